package main

import (
	"context"
	"fmt"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/timeline"
	"gatefold/internal/worker"
)

// trialApart tries in a child process, and rules decide there.
type trialApart struct{ worker *worker.Worker }

func (t trialApart) load(ctx context.Context, files engine.Snapshot) (*engine.Ruleset, error) {
	return judging(t.loadAny(ctx, files))
}

func (t trialApart) loadAny(ctx context.Context, files engine.Snapshot) (*engine.Ruleset, error) {
	return t.worker.Load(ctx, files)
}

func (t trialApart) adopt(rules *engine.Ruleset) { t.worker.Adopt(rules) }

func (t trialApart) looksOn(rules *engine.Ruleset) { t.worker.Beside(rules) }

func (t trialApart) beside(rules *engine.Ruleset) engine.Decider { return t.worker.Trial(rules) }

func (t trialApart) lookingOn(rules *engine.Ruleset) engine.Decider {
	return t.worker.TrialBeside(rules)
}

func (t trialApart) pardon(hash string) { t.worker.Pardon(hash) }

func (t trialApart) timelines(ctx context.Context, dir string, files engine.Snapshot) ([]string, error) {
	stories, err := timeline.Stories(dir)
	if err != nil || len(stories) == 0 {
		return nil, err
	}
	return t.worker.Timelines(ctx, files, stories)
}

func (t trialApart) otherwise(ctx context.Context, dir string, files engine.Snapshot) ([]engine.Problem, error) {
	stories, err := timeline.Stories(dir)
	if err != nil || len(stories) == 0 {
		return nil, err
	}
	_, problems, err := t.worker.TimelineProblems(ctx, files, stories)
	return problems, err
}

// openWorker makes a worker whose children know the same names as modules do, and the zone of a configuration.
func openWorker(s stdio, zone *time.Location, v worker.Vocabulary, o worker.Options) (*worker.Worker, error) {
	self, err := worker.Self()
	if err != nil {
		return nil, &codedError{
			code: exitFailed, err: fmt.Errorf("the program does not find itself, to run rules in a process of their own: %w", err),
			hint: "isolation: none in the configuration runs them in this one",
		}
	}
	o.Program, o.Vocabulary, o.Zone, o.TZ, o.Now = self, v, zone, s.getenv("TZ"), time.Now
	if o.Modules == nil {
		o.Modules = builtins.All(v.Deps())
	}
	return worker.New(o), nil
}

// namesFor is what a configuration says of what rules can name.
func namesFor(c *config.Config) worker.Vocabulary {
	targets := c.TargetNames()
	return worker.Vocabulary{Targets: targets, AnyName: targets == nil, Lights: lightsOptions{light: c.Light, names: c.Lights}.known()}
}

// trialBeside is where a command tries rules: as the configuration wants it, with the names that it gives. Without one, or
// with one that is wrong (which others say), they are tried apart and every name is known. closed ends it.
func trialBeside(s stdio, file string) (t trial, closed func(), err error) {
	if file == "" && there("gatefold.yaml") {
		file = "gatefold.yaml"
	}
	if file != "" {
		if cfg, err := loadConfig(s, file); err == nil {
			return trialFor(s, cfg)
		}
	}
	w, err := openWorker(s, time.Local, worker.Vocabulary{AnyName: true}, worker.Options{})
	if err != nil {
		return nil, nil, err
	}
	return trialApart{w}, func() { _ = w.Close() }, nil
}

// trialFor is where a command tries rules, and has them decide, with a configuration. closed ends it.
func trialFor(s stdio, cfg *config.Config) (t trial, closed func(), err error) {
	if cfg.Isolation == config.IsolationNone {
		return trialHere{vocabularyOf(cfg)}, func() {}, nil
	}
	w, err := openWorker(s, cfg.Timezone, namesFor(cfg), worker.Options{})
	if err != nil {
		return nil, nil, err
	}
	return trialApart{w}, func() { _ = w.Close() }, nil
}
