package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/control"
	"gatefold/internal/reload"
)

// sceneOptions say what eval and repl work on.
type sceneOptions struct {
	config, account string
	example         bool
}

// scene is a moment of an account and the rules that decide it.
type scene struct {
	rules   *engine.Ruleset
	present engine.Present
	source  string   // "daemon", "journal", "example" or "none"
	notes   []string // what whoever looks at it has to know
}

// setScene asks the daemon; without one, the journal; without that, there is nothing to be seen, but the rules.
func setScene(ctx context.Context, s stdio, o sceneOptions) (scene, error) {
	modules := vocabularyBeside(s, o.config)
	zone := time.Local
	if o.example && !there(o.config) {
		rules, err := readRules(ctx, "rules", trialHere{modules})
		return scene{rules: rules, present: examplePresent("home", zone), source: "example"}, sceneError(err)
	}
	cfg, err := loadConfig(s, o.config)
	if err != nil {
		return scene{}, err
	}
	account, err := accountIn(cfg, o.config, o.account)
	if err != nil {
		return scene{}, err
	}
	zone = cfg.Timezone
	if o.example {
		rules, err := readRules(ctx, cfg.Rules, trialHere{modules})
		return scene{rules: rules, present: examplePresent(account, zone), source: "example"}, sceneError(err)
	}
	asked, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	answer, err := control.Client{Path: socketPath(cfg)}.Present(asked, account)
	switch {
	case err == nil:
		return liveScene(answer, modules, zone)
	case !errors.Is(err, control.ErrNotRunning):
		return scene{}, asFailed(fmt.Errorf("%s", harmless(err.Error())))
	}
	rules, err := readRules(ctx, cfg.Rules, trialHere{modules})
	if err != nil {
		return scene{}, sceneError(err)
	}
	out := scene{rules: rules, source: "none"}
	out.present.Account = account
	out.present.Event = engine.Event{Account: account, Kind: engine.KindPlayback, Cause: engine.CauseState, Time: newClock(1).Now().In(zone)}
	out.present.Why = "gatefold is not running, and there is no journal yet: --example invents somebody who plays"
	if !there(journalPath(cfg)) {
		out.notes = append(out.notes, out.present.Why)
		return out, nil
	}
	j, err := readJournal(ctx, s, cfg)
	if err != nil {
		return scene{}, asFailed(err)
	}
	defer j.Close()
	kept, err := j.Recover(ctx, account)
	if err == nil {
		out.present, err = kept.Last(account, builtins.DecodePlayback, zone)
	}
	if err != nil {
		return scene{}, asFailed(err)
	}
	out.source = "journal"
	if out.present.Event.Data == nil {
		out.present.Event.Time = newClock(1).Now().In(zone)
		out.notes = append(out.notes, "gatefold is not running, and "+out.present.Why)
		return out, nil
	}
	out.notes = append(out.notes, "gatefold is not running: this is what was seen last, at "+out.present.Event.Time.Format(time.DateTime))
	return out, nil
}

func liveScene(answer control.Present, modules []engine.Module, zone *time.Location) (scene, error) {
	out := scene{source: "daemon"}
	var err error
	if out.present, err = engine.ReadPresent(answer.Present, builtins.DecodePlayback, zone); err != nil {
		return scene{}, asFailed(err)
	}
	var files engine.Snapshot
	for _, f := range answer.Rules {
		files = append(files, engine.File{Path: f.Path, Data: f.Data})
	}
	if out.rules, err = loadRules(files, modules); err != nil {
		return scene{}, sceneError(err)
	}
	if answer.Degraded != "" {
		out.notes = append(out.notes, "the rules in force fail, and older ones decide: "+harmless(answer.Degraded))
	}
	if out.present.Why != "" {
		out.notes = append(out.notes, harmless(out.present.Why))
	}
	return out, nil
}

func sceneError(err error) error {
	if err == nil {
		return nil
	}
	out := &codedError{code: exitFailed, err: fmt.Errorf("the rules cannot be used:\n%s", problemText(err))}
	if errors.Is(err, reload.ErrNoFolder) {
		out.err, out.hint = err, "gatefold init makes a folder with rules to start from"
	}
	return out
}

// examplePresent is a look on Monday, 2026-03-02 at 21:04, by an account that has seen nothing before.
func examplePresent(account string, zone *time.Location) engine.Present {
	bob := builtins.NewPlayback(builtins.Playback{
		Playing: true, Context: "spotify:album:2Z11cXWEFKrf4hEFkSSzGw",
		Device: &builtins.Device{ID: "b0b", Name: "Bob's Laptop", Type: "computer", Active: true, Volume: 60, SupportsVolume: true},
		Item: &builtins.Item{
			Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane"}, Album: "Blue Train",
			URI: "spotify:track:0eyHNlZpTaJ3Bj3fAYCVVp", Duration: 10*time.Minute + 43*time.Second, Progress: time.Minute,
		},
	})
	return engine.Present{Account: account, Event: engine.Event{
		ID: account + "/example", Account: account, Kind: engine.KindPlayback, Cause: engine.CauseLook,
		Time: time.Date(2026, time.March, 2, 21, 4, 0, 0, zone), Data: bob,
	}}
}
