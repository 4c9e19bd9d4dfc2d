package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/reload"
)

// firstRules are those that a start puts in force.
type firstRules struct {
	rules   *engine.Ruleset
	aside   reload.Aside // what the folder holds instead
	refused bool         // because it did not pass
}

// first finds them: what the folder holds, unless somebody chose another ruleset of it before the start, or an edit
// that nobody saw does not pass the gate. Then the one that was in force last goes on.
func (k *ruleKeeper) first(ctx context.Context, files engine.Snapshot) (firstRules, error) {
	st, hash := k.ledger.now(), files.Hash()
	mode := k.d.config.now().Reload
	last := k.last(ctx, st, hash)
	waits := st.Waiting != nil && st.Waiting.Hash == hash
	r, rejected := st.rejected(hash)
	if last == nil && (rejected || waits) { // it does not count for want of another one
		if last = k.keptBefore(ctx, hash); last == nil {
			return firstRules{}, fmt.Errorf("ruleset %s, which the folder holds, must not be in force (gatefold rules list says why), and none is kept that can decide instead: edit the rules", short(hash))
		}
	}
	if rejected && !waits {
		return firstRules{rules: last, aside: reload.Aside{Hash: hash, Why: r.aside(last.Hash)}}, nil
	}
	rules, err := k.trial.load(ctx, files)
	switch {
	case err != nil:
		return firstRules{}, err
	case last == nil && mode.Timelines == config.TimelinesRequire && st.InForce != hash:
		return firstRules{rules: rules}, k.timelinesPass(ctx, rules)
	case last == nil:
		return firstRules{rules: rules}, nil
	case waits && mode.Confirm == config.ConfirmDiff:
		return firstRules{rules: last, aside: reload.Aside{Hash: hash, Why: &waitingError{st.Waiting.Changes}}}, nil
	}
	past, err := k.pass(ctx, rules, last)
	switch {
	case errors.Is(err, reload.ErrWaits):
		k.wait(rules, k.d.w.Clock.Now(), k.text(past))
	case err == nil:
		if k.changes = k.text(past); past.present+past.tried > 0 {
			k.d.log.Info("the rules were edited while nobody watched", "ruleset", short(hash), "changes", k.changes)
		}
		return firstRules{rules: rules}, nil
	}
	return firstRules{rules: last, aside: reload.Aside{Hash: hash, Why: err}, refused: !errors.Is(err, reload.ErrWaits)}, nil
}

// last is the ruleset that was in force last, if it is another one and can still be used.
func (k *ruleKeeper) last(ctx context.Context, st ruleState, folder string) *engine.Ruleset {
	if st.InForce == "" || st.InForce == folder {
		return nil
	}
	rules, err := k.loadKept(ctx, st.InForce)
	if err != nil {
		k.d.log.Error("the rules that were in force last cannot be used any more", "ruleset", short(st.InForce), "error", err)
	}
	return rules
}

// loadKept loads a ruleset that is kept.
func (k *ruleKeeper) loadKept(ctx context.Context, hash string) (*engine.Ruleset, error) {
	all, err := k.d.journal.Rulesets(ctx)
	kept, ok := keptRuleset(all, hash)
	if !ok {
		return nil, cmp.Or(err, errors.New("they are not kept"))
	}
	return k.trial.load(ctx, kept.Snapshot())
}

// fallback decides at a start whose folder is broken: what was in force last, unless it has failed; or else the newest
// that was proven, which is given, or one kept before. Never what was rejected. nil: there is none.
func (k *ruleKeeper) fallback(ctx context.Context, proven *engine.Ruleset) *engine.Ruleset {
	st := k.ledger.now()
	last := k.last(ctx, st, "")
	if last != nil && (st.Failed[last.Hash] == "" || proven == nil) {
		return last
	}
	if proven != nil {
		return proven
	}
	return k.keptBefore(ctx, "")
}

// waitOn takes up what waited to be accepted before the start, if edits still have to be. Otherwise it counts as any other.
func (k *ruleKeeper) waitOn(ctx context.Context) {
	w := k.ledger.now().Waiting
	if w == nil {
		return
	}
	if k.d.config.now().Reload.Confirm == config.ConfirmDiff {
		rules, err := k.loadKept(ctx, w.Hash)
		if err == nil {
			k.setWaiting(&waiting{control.Waiting{Hash: w.Hash, Since: w.Since, Changes: w.Changes}, rules})
			return
		}
		k.d.log.Error("the rules that waited to be accepted cannot be used any more", "ruleset", short(w.Hash), "error", err)
	}
	k.ledger.waitsNoMore()
}

// begin tells of the rules that a start put in force.
func (k *ruleKeeper) begin(first firstRules) {
	now := k.d.w.Clock.Now()
	k.warn(first.rules)
	if first.aside.Hash == "" {
		k.setWaiting(nil) // what the folder holds is newer
		k.ledger.inForce(first.rules, now, putting{by: byStart})
		k.d.metrics.ReloadSucceeded(first.rules.Hash, first.rules.RuleFiles(), now)
		return
	}
	k.ledger.inForce(first.rules, now, putting{by: byStart, folder: first.aside.Hash})
	k.d.log.Warn("the rules that were in force last decide", "ruleset", short(first.rules.Hash), "why", first.aside.Why)
	if first.refused {
		k.d.metrics.Rules(first.rules.Hash, first.rules.RuleFiles())
		k.d.metrics.ReloadFailed()
		return
	}
	k.d.metrics.ReloadSucceeded(first.rules.Hash, first.rules.RuleFiles(), now)
}
