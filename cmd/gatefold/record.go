package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.starlark.net/syntax"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/reload"
	"gatefold/internal/replay"
	"gatefold/internal/timeline"
)

type recordOptions struct {
	config, account, rules string
	since                  time.Duration
	anonymous              bool
}

func recordCommand(s stdio) *cobra.Command {
	var o recordOptions
	c := &cobra.Command{
		Use:   "record",
		Short: "turn recorded history into a timeline that gatefold test passes",
		Long: `record prints a timeline: what the players showed, what people said, when nothing
could be seen, and what the rules had kept before. What follows from it is what the
rules that decided it make of it on the virtual clock.

	gatefold record --since 1h > rules/yesterday.timeline

It says what people listened to: --anonymous hides the names of devices and items
that the rules do not mention.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(record(c.Context(), s, o))
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration")
	f.StringVarP(&o.account, "account", "a", "", "only this account's")
	f.StringVar(&o.rules, "rules", "", "what follows from it by the rules of this folder (default: those that decided it, as far as they are kept)")
	o.since = time.Hour
	f.Var(&span{&o.since}, "since", "how far back, like 30m, 2h or 7d")
	f.BoolVar(&o.anonymous, "anonymous", false, "hide the names of devices and items that the rules do not mention")
	return c
}

func record(ctx context.Context, s stdio, o recordOptions) error {
	cfg, accounts, err := accountsOf(s, o.config, o.account)
	if err != nil {
		return err
	}
	j, err := readJournal(ctx, s, cfg)
	if err != nil {
		return err
	}
	defer j.Close()
	modules := vocabularyOf(cfg)
	kept := keptFiles(ctx, j)
	mask := &replay.Mask{Hides: o.anonymous}
	now := newClock(1).Now()
	asked := replay.Recording{
		Accounts: accounts, Since: now.Add(-o.since), Until: now, Enforce: enforcing(cfg, accounts), ZoneName: zoneName(cfg.Timezone), Mask: mask,
		Budget: replay.Budget(cfg.Spotify.Budget),
	}
	read := replay.Options{Zone: cfg.Timezone, Modules: modules}
	story, err := replay.Write(ctx, j, asked, read)
	if errors.Is(err, replay.ErrQuiet) {
		return &codedError{code: exitFailed, err: err, hint: "a larger --since?"}
	}
	if err != nil {
		return err
	}
	files, err := rulesOf(s, cfg, o.rules, kept, story.Ruleset)
	if err != nil {
		return err
	}
	if o.anonymous { // once more, now that the rules are known
		mask = &replay.Mask{Hides: true, Mentions: mentionedIn(files)}
		asked.Mask = mask
		if story, err = replay.Write(ctx, j, asked, read); err != nil {
			return err
		}
	}
	for _, err := range story.Damage {
		fmt.Fprintln(s.err, "warning:", oneLine(err.Error()))
	}
	for _, note := range story.Notes {
		fmt.Fprintln(s.err, "note:", oneLine(note))
	}
	if names := mask.Kept(); len(names) > 0 {
		fmt.Fprintln(s.err, "note: the rules mention these names, so they stay:", oneLine(strings.Join(names, ", ")))
	}
	text, err := expected(ctx, story.Text, files)
	if err != nil {
		return err
	}
	_, err = s.out.Write(text)
	return err
}

// expected is a story with what rules make of it.
func expected(ctx context.Context, story []byte, files engine.Snapshot) ([]byte, error) {
	t, err := timeline.Parse("recorded.timeline", story)
	if err != nil {
		return nil, fmt.Errorf("history as a timeline: %w", err)
	}
	result, err := timeline.Run(t, timeline.Options{Context: ctx, Files: files})
	if err != nil {
		return nil, fmt.Errorf("what follows from it: %s", problemText(err))
	}
	return timeline.Update(story, result), nil
}

// rulesOf are those that are asked for, or those that decided, or the present ones.
func rulesOf(s stdio, cfg *config.Config, dir string, kept map[string]engine.Snapshot, hash string) (engine.Snapshot, error) {
	if dir == "" {
		if files, ok := kept[hash]; ok {
			return files, nil
		}
		dir = cfg.Rules
		files, err := reload.Read(dir, reload.Limits{})
		if err == nil && files.Hash() != hash {
			fmt.Fprintf(s.err, "note: the rules that decided it are not kept any more: what follows is by %s\n", dir)
		}
		return files, err
	}
	return reload.Read(dir, reload.Limits{})
}

// mentionedIn says whether rules have a name as a string, alone or in a device's key. What a comment says does not count.
func mentionedIn(files engine.Snapshot) func(string) bool {
	names := map[string]bool{}
	for _, f := range files {
		tree, err := engine.ChunkOptions().Parse(f.Path, f.Data, 0)
		if err != nil {
			continue // no rule of it has decided anything
		}
		syntax.Walk(tree, func(n syntax.Node) bool {
			lit, ok := n.(*syntax.Literal)
			if !ok || lit.Token != syntax.STRING {
				return true
			}
			text := lit.Value.(string)
			names[text] = true
			if _, name, ok := strings.Cut(text, ":"); ok {
				names[name] = true
			}
			return true
		})
	}
	return func(name string) bool { return names[name] }
}

func enforcing(cfg *config.Config, accounts []string) bool {
	for _, a := range cfg.Accounts {
		for _, name := range accounts {
			if a.Name == name && a.Enforce {
				return true
			}
		}
	}
	return false
}

// zoneName is a zone as the IANA database calls it: the machine's own has another name in Go.
func zoneName(zone *time.Location) string {
	if name := zone.String(); name != "Local" {
		return name
	}
	if link, err := os.Readlink("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(link, "zoneinfo/"); ok {
			if _, err := time.LoadLocation(name); err == nil {
				return name
			}
		}
	}
	return "UTC"
}
