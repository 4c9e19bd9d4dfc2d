package main

import (
	"context"
	"errors"

	"gatefold/builtins"
	"gatefold/engine"
)

// trial is where rules are loaded and their timelines run: what files hold that nobody has tried may kill or hang the
// process that runs it.
type trial interface {
	// load makes a ruleset that may decide turns, wherever it does. A *engine.LoadError says what is wrong with it.
	load(ctx context.Context, files engine.Snapshot) (*engine.Ruleset, error)
	// loadAny is load, also of files that judge nobody.
	loadAny(ctx context.Context, files engine.Snapshot) (*engine.Ruleset, error)
	// adopt says of a ruleset that load gave that it is in force now.
	adopt(rules *engine.Ruleset)
	// looksOn says of a ruleset that load gave that it only looks on.
	looksOn(rules *engine.Ruleset)
	// beside decides as rules do, and not where those in force decide: what happens there is held against nobody.
	beside(rules *engine.Ruleset) engine.Decider
	// lookingOn is beside, among those that look on: nobody waits for it who tries rules either.
	lookingOn(rules *engine.Ruleset) engine.Decider
	// pardon forgets what is held against a ruleset where it runs.
	pardon(hash string)
	// timelines runs those of a rules folder, and gives the paths of those that fail. A *engine.LoadError says that
	// rules have ended the process that ran them: they are to be refused.
	timelines(ctx context.Context, dir string, files engine.Snapshot) (failing []string, err error)
	// otherwise is timelines, and gives where each of those that fail does.
	otherwise(ctx context.Context, dir string, files engine.Snapshot) ([]engine.Problem, error)
}

// kills says of an error of timelines that rules have ended the process that ran them.
func kills(err error) bool {
	var load *engine.LoadError
	return errors.As(err, &load)
}

// trialHere tries in this process.
type trialHere struct{ modules []engine.Module }

func (t trialHere) load(ctx context.Context, files engine.Snapshot) (*engine.Ruleset, error) {
	return judging(t.loadAny(ctx, files))
}

func (t trialHere) loadAny(_ context.Context, files engine.Snapshot) (*engine.Ruleset, error) {
	rules, err := engine.Load(files, engine.Limits{}, t.modules...)
	if err != nil {
		return nil, err
	}
	tried := builtins.TryOut(rules, newClock(1).Now())
	if err := builtins.Refused(tried); err != nil {
		return nil, err
	}
	rules.Warnings = append(rules.Warnings, tried...)
	return rules, nil
}

func (t trialHere) adopt(*engine.Ruleset) {}

func (t trialHere) looksOn(*engine.Ruleset) {}

func (t trialHere) beside(rules *engine.Ruleset) engine.Decider { return rules }

func (t trialHere) lookingOn(rules *engine.Ruleset) engine.Decider { return rules }

func (t trialHere) pardon(string) {}

func (t trialHere) timelines(ctx context.Context, dir string, files engine.Snapshot) ([]string, error) {
	return failingTimelines(ctx, dir, files)
}

func (t trialHere) otherwise(ctx context.Context, dir string, files engine.Snapshot) (problems []engine.Problem, err error) {
	failing, err := outcomesWithin(ctx, dir, files)
	for _, o := range failing {
		problems = append(problems, o.Problems()...)
	}
	return problems, err
}
