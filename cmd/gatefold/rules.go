package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/reload"
	"gatefold/internal/timeline"
)

// readRules reads and loads a rules folder: the one validator behind check,
// start and reload.
func readRules(ctx context.Context, dir string, t trial) (*engine.Ruleset, error) {
	files, err := reload.Read(dir, reload.Limits{})
	if err != nil {
		return nil, err
	}
	return t.load(ctx, files)
}

// loadRules also refuses a ruleset that would judge nobody: a file that an
// editor or a full disk has emptied must not disarm the guard.
func loadRules(files engine.Snapshot, modules []engine.Module) (*engine.Ruleset, error) {
	return judging(engine.Load(files, engine.Limits{}, modules...))
}

func judging(rules *engine.Ruleset, err error) (*engine.Ruleset, error) {
	if err == nil && !rules.Handles(engine.KindPlayback) {
		return nil, &engine.LoadError{Problems: []engine.Problem{{
			Code: engine.CodeNoPlayback, Text: "no rule file has an on_playback: nobody would be judged", Hint: "write def on_playback(now)",
		}}}
	}
	return rules, err
}

// usualRules is the rules folder of whoever names none: that of the configuration that was named or lies here, or ./rules.
func usualRules(s stdio, config string) string {
	if config == "" && there("gatefold.yaml") {
		config = "gatefold.yaml"
	}
	if config == "" {
		return "rules"
	}
	cfg, err := loadConfig(s, config)
	if err != nil { // which others say
		return filepath.Join(filepath.Dir(config), "rules")
	}
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, cfg.Rules); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return cfg.Rules
}

// storiesWithin is how long the timelines of a folder may take beside a reload:
// rules may be slow and stories long, and nobody asked for them.
const storiesWithin = 10 * time.Second

// failingTimelines runs the timelines of a rules folder and says which of them
// tell another story than the rules. A folder without timelines has none.
func failingTimelines(ctx context.Context, dir string, files engine.Snapshot) ([]string, error) {
	outcomes, err := outcomesWithin(ctx, dir, files)
	var failing []string
	for _, o := range outcomes {
		failing = append(failing, o.Path)
	}
	return failing, err
}

// outcomesWithin gives what became of those that fail.
func outcomesWithin(ctx context.Context, dir string, files engine.Snapshot) (failing []timeline.Outcome, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, storiesWithin, fmt.Errorf("took longer than %s (gatefold test runs them to their end)", storiesWithin))
	defer cancel()
	outcomes, err := timeline.RunDir(dir, files, timeline.Options{Context: ctx})
	if errors.Is(err, timeline.ErrNone) {
		return nil, nil
	}
	if err == nil && ctx.Err() != nil {
		err = fmt.Errorf("timelines: %w", context.Cause(ctx))
	}
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		if !o.OK() {
			failing = append(failing, o)
		}
	}
	return failing, nil
}

// timelineWarning is what is said of them: they do not hold rules back.
func timelineWarning(dir string, failing []string) string {
	return fmt.Sprintf("%s: %s (gatefold test %s shows what happens instead)", count(len(failing), "failing timeline"), strings.Join(failing, ", "), dir)
}

// vocabulary is what rules can call, carried out by nobody: enough to load, vet
// and read effects back.
func vocabulary() []engine.Module { return builtins.All(builtins.Deps{}) }

// vocabularyBeside is the vocabulary of a configuration: with the names that it gives. Without one, or with one that is
// wrong (which others say), it is that of every name.
func vocabularyBeside(s stdio, file string) []engine.Module {
	if file == "" {
		if file = "gatefold.yaml"; !there(file) {
			return vocabulary()
		}
	}
	cfg, err := loadConfig(s, file)
	if err != nil {
		return vocabulary()
	}
	return vocabularyOf(cfg)
}

// vocabularyOf is what rules can call with a configuration, carried out by nobody.
func vocabularyOf(cfg *config.Config) []engine.Module { return builtins.All(namesFor(cfg).Deps()) }
