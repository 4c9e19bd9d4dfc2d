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

// How long a candidate is tried on the recent past: an edit shows at once, and one that is not to be in force before it is
// accepted has time to show that it changes nothing.
const (
	reviewWithin = 300 * time.Millisecond
	reviewWhole  = 5 * time.Second
)

// waitingError says that a candidate is good, and waits for somebody's word.
type waitingError struct{ changes string }

func (e *waitingError) Error() string {
	return "they may decide differently, and wait for gatefold rules accept: " + e.changes
}

// Is makes it one that the watcher takes for waiting.
func (e *waitingError) Is(target error) bool { return target == reload.ErrWaits }

// asideError says that another ruleset is in force than the folder holds, because somebody took that one back, or because
// it cannot be in force.
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
	return fmt.Sprintf("the folder holds ruleset %s, which gatefold rules rollback took back: %s decides until another edit or gatefold reload",
		short(e.folder), short(e.inForce))
}

// aside is a rejection as what keeps the folder out.
func (r rejection) aside(inForce string) error {
	return &asideError{folder: r.Hash, inForce: inForce, by: r.By, why: r.Why}
}

// barred is why a content of the folder must not be in force without a word: it waits for one, or was rejected. That is so
// however the folder came to hold it again.
func (k *ruleKeeper) barred(hash string) error {
	k.mu.Lock()
	w := k.waiting
	k.mu.Unlock()
	if w != nil && w.Hash == hash {
		return &waitingError{w.Changes}
	}
	if r, ok := k.ledger.now().rejected(hash); ok {
		return r.aside(k.inForce().Hash)
	}
	return nil
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
	dead, _ := k.ledger.now().rejected(candidate.Hash)
	if mode.Timelines == config.TimelinesRequire || dead.By == byDeath {
		if err := k.timelinesPass(ctx, candidate); err != nil {
			return review{}, err
		}
	}
	within := reviewWithin
	if mode.Confirm == config.ConfirmDiff {
		within = reviewWhole
	}
	r := k.review(ctx, candidate, inForce, within)
	if r.killed != nil {
		return review{}, fmt.Errorf("tried on the recent past: %w", r.killed)
	}
	if mode.Confirm == config.ConfirmDiff && r.mayChangeVerdict() {
		return r, &waitingError{k.text(r)}
	}
	return r, nil
}

// review tries a candidate on the recent past, beside the rules in force: those go on deciding, and what either does there
// is not held against it.
func (k *ruleKeeper) review(ctx context.Context, candidate, inForce *engine.Ruleset, within time.Duration) review {
	by := func(rules *engine.Ruleset) judge { return judge{k.trial.beside(rules), rules.Hash} }
	return differing(ctx, k.recent.lastLooks(), k.recent.past(), by(inForce), by(candidate), k.d.w.Stdio.within(within))
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

// build is what the watcher does with a new content of the folder. What waits to be accepted goes on waiting until there
// is something good in its place.
func (k *ruleKeeper) build(files engine.Snapshot) (install func(), err error) {
	by := bySave
	if k.watcher.Asked() {
		by = byReload
	}
	rules, r, err := k.try(files)
	if errors.Is(err, reload.ErrWaits) {
		k.wait(rules, k.d.w.Clock.Now(), k.text(r))
		return nil, err
	}
	if err != nil {
		k.refuse(files.Hash())
		return nil, err
	}
	return func() { k.install(rules, putting{by: by, folder: rules.Hash, changes: k.text(r)}) }, nil
}

func (k *ruleKeeper) try(files engine.Snapshot) (*engine.Ruleset, review, error) {
	rules, err := k.trial.load(k.d.running, files)
	if err != nil {
		return nil, review{}, err
	}
	r, err := k.pass(k.d.running, rules, k.inForce())
	return rules, r, err
}

// refuse ends the waiting of a candidate that was good when it began.
func (k *ruleKeeper) refuse(hash string) {
	k.mu.Lock()
	waits := k.waiting != nil && k.waiting.Hash == hash
	k.mu.Unlock()
	if waits {
		k.setWaiting(nil)
		k.ledger.waitsNoMore()
	}
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
	err := k.watcher.Put(ctx, func(folder string) (reload.Choice, error) {
		k.mu.Lock()
		w := k.waiting
		k.mu.Unlock()
		switch {
		case w == nil:
			return reload.Choice{}, errors.New("no rules wait to be accepted")
		case !strings.HasPrefix(w.Hash, hash):
			return reload.Choice{}, fmt.Errorf("ruleset %s waits, not %s", short(w.Hash), clean(hash))
		}
		return reload.Choice{Hash: w.Hash, Install: func() {
			k.install(w.rules, putting{by: byAccept, folder: folder, changes: w.Changes})
		}}, nil
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
		kept, back, err := k.target(ctx, hash)
		if err != nil {
			return reload.Choice{}, err
		}
		changes, st := "", k.ledger.now()
		old, again := st.rejected(kept.Hash) // it was named
		if old.By == byDeath {
			changes = "that it was set aside is forgotten; "
			k.trial.pardon(kept.Hash)
		}
		rules, err := k.trial.load(ctx, kept.Snapshot())
		if err != nil {
			return reload.Choice{}, fmt.Errorf("ruleset %s cannot be used any more:\n%s", short(kept.Hash), problemText(err))
		}
		r := k.review(ctx, rules, k.inForce(), reviewWithin)
		if r.killed != nil {
			return reload.Choice{}, fmt.Errorf("ruleset %s cannot be used any more: tried on the recent past: %w", short(kept.Hash), r.killed)
		}
		p := putting{by: byRollback, folder: folder, changes: changes + k.text(r)}
		if hash == "" || back && !again && st.By != byDeath { // not what only stood in for the one that is chosen
			p.reject = append(p.reject, rejection{Hash: k.inForce().Hash, By: byRollback})
		}
		p.reject = append(p.reject, rejection{Hash: folder, By: byRollback}) // but for the one that is chosen
		return reload.Choice{Hash: rules.Hash, Install: func() { k.install(rules, p) }}, nil
	})
	if err != nil {
		return control.Reloaded{}, err
	}
	return k.chosen(), nil
}

// chosen is the answer to who has chosen a ruleset: it is on the disk.
func (k *ruleKeeper) chosen() control.Reloaded {
	k.ledger.settle()
	out := k.reloaded(string(reload.Installed))
	k.mu.Lock()
	out.Changes = k.changes
	k.mu.Unlock()
	return out
}
