package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

func rulesCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "rules",
		Short: "list, show, accept and roll back the rulesets that were in force",
		Long: `The last 20 rulesets that were in force are kept, by the hash of their files. With
reload: {confirm: diff} in the configuration, an edit that would change a verdict, now or
of the recent past, waits until it is accepted.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	var asJSON, asDiff bool
	list := &cobra.Command{
		Use:   "list",
		Short: "list the rulesets that are kept, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(rulesList(c.Context(), s, file, asJSON))
		},
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	show := &cobra.Command{
		Use:   "show [HASH]",
		Short: "print the files of a ruleset, or what it changed",
		Long: `show prints the files of the ruleset that waits to be accepted, or else of the one in
force; with a HASH, or the beginning of one, those of that ruleset.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(rulesShow(c.Context(), s, file, optional(args, 0), asDiff))
		},
	}
	show.Flags().BoolVar(&asDiff, "diff", false, "print what differs from the ruleset kept before it")
	accept := &cobra.Command{
		Use:   "accept [HASH]",
		Short: "put the ruleset in force that waits",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(rulesChoose(c.Context(), s, file, control.Client.Accept, optional(args, 0)))
		},
	}
	rollback := &cobra.Command{
		Use:   "rollback [HASH]",
		Short: "put an older ruleset in force, until the folder holds something new",
		Long: `rollback puts the ruleset before the present one in force, or the one with the HASH,
also one that was set aside. It stays in force over restarts; an edit that is new takes
its place, and so does gatefold reload. What was taken back stays out until then, also
when the folder holds it again. The files in the folder are not touched.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(rulesChoose(c.Context(), s, file, control.Client.Rollback, optional(args, 0)))
		},
	}
	shadow := &cobra.Command{
		Use:   "shadow",
		Short: "list the newest turns that the shadow rules would have decided differently",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(rulesShadow(c.Context(), s, file, asJSON))
		},
	}
	shadow.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(list, show, accept, rollback, shadow)
	return c
}

// askRules asks the daemon, or reads the journal when none runs.
func askRules[T any](ctx context.Context, s stdio, file string, ask func(control.Client, context.Context) (T, error),
	read func(cfg *config.Config) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	var none T
	daemon, err := daemonOf(ctx, s, file)
	if err != nil {
		return none, err
	}
	out, err := ask(daemon, ctx)
	if !errors.Is(err, control.ErrNotRunning) {
		return out, err
	}
	cfg, err := loadConfig(s, file)
	if err != nil {
		return none, err
	}
	return read(cfg)
}

func rulesList(ctx context.Context, s stdio, file string, asJSON bool) error {
	list, err := askRules(ctx, s, file, control.Client.Rulesets, func(cfg *config.Config) (control.Rulesets, error) {
		j, err := readJournal(ctx, s, cfg)
		if err != nil {
			return control.Rulesets{}, err
		}
		defer j.Close()
		st, err := readRuleState(ctx, j)
		if err != nil {
			return control.Rulesets{}, err
		}
		return listRulesets(ctx, j, st, newClock(1).Now())
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(s.out, list, "  ")
	}
	return printRulesets(s, list)
}

func printRulesets(s stdio, list control.Rulesets) error {
	if len(list.Rulesets) == 0 {
		fmt.Fprintln(s.err, "none is kept yet")
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, r := range list.Rulesets {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t+%d -%d\t%s\n", short(r.Hash), r.At.Local().Format(time.DateTime), cmp.Or(r.By, "-"),
			count(ruleFiles(r.Files), "file"), r.Added, r.Removed, markOf(r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if list.Aside != "" {
		fmt.Fprintln(s.out, harmless(list.Aside))
	}
	if list.Damaged != "" {
		fmt.Fprintln(s.err, "warning: some cannot be read:", harmless(list.Damaged))
	}
	return nil
}

// ruleFiles counts those that are rules: beside them lie drafts, tests and what is loaded.
func ruleFiles(files []string) int {
	n := 0
	for _, f := range files {
		if engine.IsRule(f) {
			n++
		}
	}
	return n
}

// markOf is what is special about a ruleset.
func markOf(r control.Ruleset) string {
	var marks []string
	if r.InForce {
		marks = append(marks, "in force")
	}
	if r.Waiting != "" {
		marks = append(marks, "waits: "+harmless(r.Waiting))
	} else if r.By == "" {
		marks = append(marks, "was never accepted")
	}
	if r.Failed != "" {
		first, _, _ := strings.Cut(r.Failed, "\n")
		marks = append(marks, "failed: "+briefText(harmless(first), 100))
	}
	return strings.Join(marks, "; ")
}

func rulesShow(ctx context.Context, s stdio, file, hash string, asDiff bool) error {
	r, err := askRules(ctx, s, file, func(c control.Client, ctx context.Context) (control.RulesetFiles, error) {
		return c.Ruleset(ctx, control.RulesetRequest{Hash: hash})
	}, func(cfg *config.Config) (control.RulesetFiles, error) {
		j, err := readJournal(ctx, s, cfg)
		if err != nil {
			return control.RulesetFiles{}, err
		}
		defer j.Close()
		st, err := readRuleState(ctx, j)
		if err != nil {
			return control.RulesetFiles{}, err
		}
		return showRuleset(ctx, j, st, hash)
	})
	if err != nil {
		return err
	}
	if asDiff {
		_, err := io.WriteString(s.out, harmlessLines(string(diffOf(bytesOf(r.Was), bytesOf(r.Content)))))
		return err
	}
	return printRuleset(s.out, r)
}

func printRuleset(w io.Writer, r control.RulesetFiles) error {
	fmt.Fprintf(w, "# ruleset %s, %s\n", r.Hash, r.At.Local().Format(time.DateTime))
	for _, name := range slices.Sorted(maps.Keys(r.Content)) {
		text := harmlessLines(r.Content[name])
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if _, err := fmt.Fprintf(w, "# %s\n%s", harmless(name), text); err != nil {
			return err
		}
	}
	return nil
}

// harmlessLines is harmless for the text of rules, which may have tabs.
func harmlessLines(s string) string {
	lines := strings.Split(s, "\t")
	for i := range lines {
		lines[i] = harmless(lines[i])
	}
	return strings.Join(lines, "\t")
}

func bytesOf(files map[string]string) map[string][]byte {
	out := map[string][]byte{}
	for name, text := range files {
		out[name] = []byte(text)
	}
	return out
}

func rulesChoose(ctx context.Context, s stdio, file string, order func(control.Client, context.Context, control.RulesetRequest) (control.Reloaded, error), hash string) error {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	daemon, err := daemonOf(ctx, s, file)
	if err != nil {
		return err
	}
	r, err := order(daemon, ctx, control.RulesetRequest{Hash: hash})
	if err != nil {
		return askError(err)
	}
	return showRules(s, r)
}

func rulesShadow(ctx context.Context, s stdio, file string, asJSON bool) error {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	daemon, err := daemonOf(ctx, s, file)
	if err != nil {
		return err
	}
	list, err := daemon.Shadow(ctx)
	if err != nil {
		return askError(err)
	}
	if asJSON {
		return printJSON(s.out, list, "  ")
	}
	printDisagreements(s.out, list)
	return nil
}

func printDisagreements(w io.Writer, list control.Disagreements) {
	if list.Shadow == nil {
		fmt.Fprintln(w, "no rules see everything and do nothing: gatefold run --shadow DIR, or shadow: in the configuration")
		return
	}
	fmt.Fprintln(w, shadowText(*list.Shadow))
	for _, d := range list.Turns {
		account := ""
		if !strings.HasPrefix(d.Text, d.Account+" ") {
			account = d.Account + " "
		}
		fmt.Fprintf(w, "%s %s%s\n", clockText(list.Now, d.At, time.Local), account, harmless(d.Text))
	}
}

// shadowText is how the shadow rules stand.
func shadowText(s control.Shadow) string {
	ruleset := "ruleset " + short(s.Hash)
	if s.Hash == "" {
		ruleset = "no ruleset yet"
	}
	text := fmt.Sprintf("%s, %s: %d of %s decided differently", s.Folder, ruleset, s.Disagreed, count(int(s.Seen), "turn"))
	if s.Untold > 0 {
		text += fmt.Sprintf(", %d cannot be told (they ask what nobody asked)", s.Untold)
	}
	if s.Dropped > 0 {
		text += fmt.Sprintf(", %d not seen (they are behind)", s.Dropped)
	}
	return text
}
