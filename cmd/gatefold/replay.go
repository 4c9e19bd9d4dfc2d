package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/reload"
	"gatefold/internal/replay"
)

type replayOptions struct {
	config, account, rules     string
	since                      time.Duration
	explain, all, asJSON, fail bool
}

func replayCommand(s stdio) *cobra.Command {
	var o replayOptions
	c := &cobra.Command{
		Use:   "replay",
		Short: "run recorded history through rules, and say what they decide and what that changes",
		Long: `replay has rules decide the turns of the past anew. Turns that these rules decided
then come to the same, and are listed with what was decided (--explain: and why).
With other rules (--rules, or after an edit) it says which turns differ, when and
where, and what that comes to: how long an intruder would have played, how many
pauses and messages there would have been.

Nothing is asked of Spotify and nothing is carried out. A running daemon need not stop.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(replayHistory(c.Context(), s, o))
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration")
	f.StringVarP(&o.account, "account", "a", "", "only this account's")
	f.StringVar(&o.rules, "rules", "", "a folder of other rules: only what they would change is listed (default: the configuration's, turn by turn)")
	o.since = 24 * time.Hour
	f.Var(&span{&o.since}, "since", "how far back, like 30m, 2h or 7d")
	f.BoolVar(&o.explain, "explain", false, "with each turn, the conditions that led to its verdict and what they read")
	f.BoolVar(&o.all, "all", false, "differences of lights, pauses and messages too, and not of verdicts alone")
	f.BoolVar(&o.asJSON, "json", false, "print a JSON object a line")
	f.BoolVar(&o.fail, "fail", false, "exit with 1 when a turn differs")
	return c
}

// errDiffers is only an exit code: what differs is printed.
var errDiffers = &codedError{code: exitFailed, err: errors.New("")}

func replayHistory(ctx context.Context, s stdio, o replayOptions) error {
	cfg, accounts, err := accountsOf(s, o.config, o.account)
	if err != nil {
		return err
	}
	dir := o.rules
	if dir == "" {
		dir = cfg.Rules
	}
	modules := vocabularyOf(cfg)
	files, err := reload.Read(dir, reload.Limits{})
	if err != nil {
		return err
	}
	try, closed, err := trialFor(s, cfg)
	if err != nil {
		return err
	}
	defer closed()
	rules, err := try.load(ctx, files)
	if err != nil {
		return &codedError{code: exitFailed, err: fmt.Errorf("%s: %s", dir, problemText(err)), hint: "gatefold check " + dir}
	}
	try.adopt(rules)
	j, err := readJournal(ctx, s, cfg)
	if err != nil {
		return err
	}
	defer j.Close()
	show := &replayed{
		stdio: s, o: o, cfg: cfg, modules: modules, several: len(accounts) > 1,
		kept: &keptRules{try: try, files: keptFiles(ctx, j), loaded: map[string]engine.Decider{}}, why: map[string]*engine.Explainer{}, files: map[string]engine.Snapshot{rules.Hash: files},
	}
	since := newClock(1).Now().Add(-o.since)
	differs := false
	for _, account := range accounts {
		report, err := replay.Do(ctx, j, replay.Run{
			Account: account, Since: since, Rules: rules, Hash: rules.Hash, All: o.all,
			Kept: func(hash string) engine.Decider { return show.kept.decider(ctx, hash) },
			Each: func(d replay.Decided) error { return show.turn(ctx, d) },
		}, replay.Options{Zone: cfg.Timezone, Modules: modules})
		if err != nil {
			return err
		}
		if err := show.report(account, since, report); err != nil {
			return err
		}
		differs = differs || report.Differ > 0
	}
	if differs && o.fail {
		return errDiffers
	}
	return nil
}

// accountsOf reads the configuration, and says whose history is meant.
func accountsOf(s stdio, file, account string) (*config.Config, []string, error) {
	cfg, err := loadConfig(s, file)
	if err != nil {
		return nil, nil, err
	}
	names := accountNames(cfg)
	switch {
	case account == "":
		return cfg, names, nil
	case !slices.Contains(names, account):
		return nil, nil, usage(fmt.Errorf("there is no account %q in %s", clean(account), file))
	}
	return cfg, []string{account}, nil
}

// keptRules are the rulesets that the journal keeps, loaded when they are needed.
type keptRules struct {
	try    trial
	files  map[string]engine.Snapshot
	loaded map[string]engine.Decider // nil: it does not load any more
}

// keptFiles are the rulesets that the journal keeps, by hash. What cannot be read is left out: turns that they decided are
// said to be without their rules.
func keptFiles(ctx context.Context, j *journal.Journal) map[string]engine.Snapshot {
	out := map[string]engine.Snapshot{}
	if hash, files, err := j.Rules(ctx); err == nil && files != nil {
		out[hash] = journal.KeptRuleset{Files: files}.Snapshot()
	}
	all, _ := j.Rulesets(ctx)
	for _, kept := range all {
		out[kept.Hash] = kept.Snapshot()
	}
	return out
}

func (k *keptRules) decider(ctx context.Context, hash string) engine.Decider {
	if d, ok := k.loaded[hash]; ok {
		return d
	}
	k.loaded[hash] = nil
	if files, ok := k.files[hash]; ok {
		if set, err := k.try.loadAny(ctx, files); err == nil && set.Hash == hash {
			k.try.adopt(set)
			k.loaded[hash] = set
		}
	}
	return k.loaded[hash]
}
