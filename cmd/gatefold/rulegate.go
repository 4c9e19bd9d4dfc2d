package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/reload"
)

// reviewWithin is how long a candidate is tried on the recent past: an edit shows at once.
const reviewWithin = 300 * time.Millisecond

// waitingError says that a candidate is good, and waits for somebody's word.
type waitingError struct{ changes string }

func (e *waitingError) Error() string {
	return "they would have decided differently, and wait for gatefold rules accept: " + e.changes
}

// Is makes it one that the watcher takes for waiting.
func (e *waitingError) Is(target error) bool { return target == reload.ErrWaits }

// asideError says that another ruleset is in force than the folder holds, because somebody chose it, or because that one
// cannot be in force.
type asideError struct{ folder, inForce, by, why string }

func (e *asideError) Error() string {
	if e.by == byDeath {
		text := fmt.Sprintf("the folder holds ruleset %s, which ends the process that rules run in: %s decides until another edit",
			short(e.folder), short(e.inForce))
		if e.why != "" {
			text += "; the last time: " + e.why
		}
		return text
	}
	return fmt.Sprintf("the folder holds ruleset %s, and %s was chosen by gatefold rules rollback: another edit or gatefold reload puts the folder in force",
		short(e.folder), short(e.inForce))
}

// waiting is a candidate that waits to be accepted.
type waiting struct {
	control.Waiting
	rules *engine.Ruleset
}

// pass tries a candidate as the configuration wants it: its timelines, and what it would change. An error keeps it out
// of force; one that is reload.ErrWaits comes with the review.
func (k *ruleKeeper) pass(ctx context.Context, candidate, inForce *engine.Ruleset) (review, error) {
	mode := k.d.config.now().Reload
	k.mu.Lock()
	killer := k.killers[candidate.Hash]
	k.mu.Unlock()
	if mode.Timelines == config.TimelinesRequire || killer {
		if err := k.timelinesPass(ctx, candidate); err != nil {
			return review{}, err
		}
	}
	r := differing(ctx, k.recent.lastLooks(), k.recent.past(), inForce, candidate, reviewWithin)
	if r.killed != nil {
		return review{}, fmt.Errorf("tried on the recent past: %w", r.killed)
	}
	if mode.Confirm == config.ConfirmDiff && r.changesVerdict() {
		return r, &waitingError{k.text(r)}
	}
	return r, nil
}

// timelinesPass is an error if they do not, or if that cannot be found out in time.
func (k *ruleKeeper) timelinesPass(ctx context.Context, candidate *engine.Ruleset) error {
	failing, err := k.trial.timelines(ctx, k.d.cfg.Rules, candidate.Files)
	switch {
	case kills(err):
		return fmt.Errorf("tried by the timelines: %w", err)
	case err != nil:
		return fmt.Errorf("the timelines have to pass first (reload: {timelines: require}), and could not be run: %w", err)
	case len(failing) > 0:
		return fmt.Errorf("the timelines have to pass first (reload: {timelines: require}): %s", timelineWarning(k.d.cfg.Rules, failing))
	}
	return nil
}

// text is a review as it is told.
func (k *ruleKeeper) text(r review) string {
	return r.text(k.d.w.Clock.Now(), k.d.cfg.Timezone, len(k.d.cfg.Accounts))
}

// build is what the watcher does with a new content of the folder.
func (k *ruleKeeper) build(files engine.Snapshot) (install func(), err error) {
	k.setWaiting(nil)
	k.ledger.forget()
	rules, err := k.trial.load(k.d.running, files)
	if err != nil {
		return nil, err
	}
	r, err := k.pass(k.d.running, rules, k.inForce())
	if errors.Is(err, reload.ErrWaits) {
		k.wait(rules, k.d.w.Clock.Now(), k.text(r))
	}
	if err != nil {
		return nil, err
	}
	return func() { k.install(rules, "save", "", k.text(r)) }, nil
}

// wait has a candidate wait to be accepted.
func (k *ruleKeeper) wait(rules *engine.Ruleset, since time.Time, changes string) {
	k.setWaiting(&waiting{control.Waiting{Hash: rules.Hash, Since: since, Changes: changes}, rules})
	k.ledger.waits(rules, since, changes)
}

func (k *ruleKeeper) setWaiting(w *waiting) {
	k.mu.Lock()
	k.waiting = w
	k.mu.Unlock()
	k.d.metrics.RulesWaiting(w != nil)
}

// accept puts in force what waits.
func (d *daemon) accept(ctx context.Context, in control.RulesetRequest) (control.Reloaded, error) {
	return d.rules.accept(ctx, in.Hash)
}

func (k *ruleKeeper) accept(ctx context.Context, hash string) (control.Reloaded, error) {
	err := k.watcher.Put(ctx, func(string) (reload.Choice, error) {
		k.mu.Lock()
		w := k.waiting
		k.mu.Unlock()
		switch {
		case w == nil:
			return reload.Choice{}, errors.New("no rules wait to be accepted")
		case !strings.HasPrefix(w.Hash, hash):
			return reload.Choice{}, fmt.Errorf("ruleset %s waits, not %s", short(w.Hash), clean(hash))
		}
		return reload.Choice{Hash: w.Hash, Install: func() { k.install(w.rules, "accept", "", w.Changes) }}, nil
	})
	if err != nil {
		return control.Reloaded{}, err
	}
	return k.chosen(), nil
}

// rollback puts in force a ruleset that is kept: the one that was kept before the present one, unless a hash is given.
func (d *daemon) rollback(ctx context.Context, in control.RulesetRequest) (control.Reloaded, error) {
	return d.rules.rollback(ctx, in.Hash)
}

func (k *ruleKeeper) rollback(ctx context.Context, hash string) (control.Reloaded, error) {
	k.ledger.settle()
	err := k.watcher.Put(ctx, func(folder string) (reload.Choice, error) {
		kept, err := k.target(ctx, hash)
		if err != nil {
			return reload.Choice{}, err
		}
		rules, err := k.trial.load(ctx, kept.Snapshot())
		if err != nil {
			return reload.Choice{}, fmt.Errorf("ruleset %s cannot be used any more:\n%s", short(kept.Hash), problemText(err))
		}
		r := differing(ctx, k.recent.lastLooks(), k.recent.past(), k.inForce(), rules, reviewWithin)
		if r.killed != nil {
			return reload.Choice{}, fmt.Errorf("ruleset %s cannot be used any more: tried on the recent past: %w", short(kept.Hash), r.killed)
		}
		if folder == rules.Hash {
			folder = ""
		}
		return reload.Choice{
			Hash: rules.Hash, Aside: &asideError{folder: folder, inForce: rules.Hash},
			Install: func() { k.install(rules, "rollback", folder, k.text(r)) },
		}, nil
	})
	if err != nil {
		return control.Reloaded{}, err
	}
	return k.chosen(), nil
}

// chosen is the answer to who has chosen a ruleset.
func (k *ruleKeeper) chosen() control.Reloaded {
	out := k.reloaded(string(reload.Installed))
	k.mu.Lock()
	out.Changes = k.changes
	k.mu.Unlock()
	return out
}
