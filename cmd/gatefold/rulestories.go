package main

import (
	"context"
	"errors"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

// storyRun is one run of the folder's timelines on rules that are in force already: what it says is a warning.
type storyRun struct {
	rules   *engine.Ruleset
	done    chan struct{} // closed at its end
	failing []string
	err     error
}

// warnOfTimelines runs the timelines beside, if that is wanted and those rules came from the folder: what was in force
// before was chosen for that, and is not to be lost for a story.
func (k *ruleKeeper) warnOfTimelines(rules *engine.Ruleset, by string) {
	if k.d.config.now().Reload.Timelines != config.TimelinesWarn || by == byRollback || by == byDeath {
		return
	}
	run := k.runStories(rules, func(run *storyRun) {
		switch {
		case kills(run.err) && by == byAccept: // somebody's word
			k.d.log.Warn("the accepted rules end the process that their timelines run in", "error", deathText(run.err))
		case kills(run.err):
			k.setAside(rules.Hash, "has ended the process that its timelines ran in", deathText(run.err))
		case run.err != nil:
			k.d.log.Warn("the timelines could not be run", "error", run.err)
		case len(run.failing) > 0:
			text := timelineWarning(k.d.cfg.Rules, run.failing)
			k.d.log.Warn(text)
			if k.d.w.Warned != nil {
				k.d.w.Warned(text)
			}
		}
	})
	k.mu.Lock()
	k.stories = run
	k.mu.Unlock()
}

// runStories begins a run: one at a time, and of the rules in force only. Its end hears of it before whoever waits does.
func (k *ruleKeeper) runStories(rules *engine.Ruleset, ended func(*storyRun)) *storyRun {
	run := &storyRun{rules: rules, done: make(chan struct{})}
	k.saving.Go(func() {
		defer close(run.done)
		k.trying.Lock()
		defer k.trying.Unlock()
		if k.inForce() != rules || k.d.running.Err() != nil {
			return
		}
		run.failing, run.err = k.trial.timelines(k.d.running, k.d.cfg.Rules, rules.Files)
		if k.d.running.Err() == nil {
			ended(run)
		}
	})
	return run
}

// addStories says in the answer to who asked for a reload what the timelines say: of the run that came with it, or of
// one that begins now, because a timeline may have been edited.
func (k *ruleKeeper) addStories(ctx context.Context, out *control.Reloaded) {
	rules := k.inForce()
	k.mu.Lock()
	run := k.stories
	k.stories = nil // the next one who asks has them run again
	k.mu.Unlock()
	if run == nil || run.rules != rules {
		run = k.runStories(rules, func(*storyRun) {})
	}
	select {
	case <-run.done:
	case <-ctx.Done():
		return
	}
	switch now := k.inForce(); {
	case kills(run.err) && now != rules: // and were set aside
		changes := out.Changes
		*out = k.reloaded("failed")
		out.Error, out.Changes = problemText(run.err), changes
	case run.err != nil:
		out.Warnings = append(out.Warnings, "the timelines could not be run: "+problemText(run.err))
	case len(run.failing) > 0:
		out.Warnings = append(out.Warnings, timelineWarning(k.d.cfg.Rules, run.failing))
	}
}

// deathText is in one line how rules have ended a process.
func deathText(err error) string {
	var load *engine.LoadError
	if errors.As(err, &load) && len(load.Problems) > 0 {
		return load.Problems[0].Text
	}
	return err.Error()
}
