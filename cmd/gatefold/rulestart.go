package main

import (
	"context"
	"errors"

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
	if last != nil && st.Aside == hash && !waits {
		return firstRules{rules: last, aside: reload.Aside{Hash: hash, Why: &asideError{folder: hash, inForce: last.Hash, by: st.By, why: st.Failed[hash]}}}, nil
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
		k.setWaiting(&waiting{control.Waiting{Hash: hash, Since: st.Waiting.Since, Changes: st.Waiting.Changes}, rules})
		return firstRules{rules: last, aside: reload.Aside{Hash: hash, Why: &waitingError{st.Waiting.Changes}}}, nil
	}
	r, err := k.pass(ctx, rules, last)
	switch {
	case errors.Is(err, reload.ErrWaits):
		k.wait(rules, k.d.w.Clock.Now(), k.text(r))
	case err == nil:
		if k.changes = k.text(r); r.present+r.tried > 0 {
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
	all, err := k.d.journal.Rulesets(ctx)
	kept, ok := keptRuleset(all, st.InForce)
	if !ok {
		k.d.log.Error("the rules that were in force last are not kept", "ruleset", short(st.InForce), "error", err)
		return nil
	}
	rules, err := k.trial.load(ctx, kept.Snapshot())
	if err != nil {
		k.d.log.Error("the rules that were in force last cannot be used any more", "ruleset", short(st.InForce), "error", err)
		return nil
	}
	return rules
}

// begin tells of the rules that a start put in force.
func (k *ruleKeeper) begin(first firstRules) {
	now := k.d.w.Clock.Now()
	k.warn(first.rules)
	aside := first.aside.Hash
	if aside == "" {
		k.ledger.inForce(first.rules, now, "start", "")
		k.d.metrics.ReloadSucceeded(first.rules.Hash, first.rules.RuleFiles(), now)
		return
	}
	k.d.log.Warn("the rules that were in force last decide", "ruleset", short(first.rules.Hash), "why", first.aside.Why)
	if first.refused {
		k.d.metrics.Rules(first.rules.Hash, first.rules.RuleFiles())
		k.d.metrics.ReloadFailed()
		return
	}
	k.d.metrics.ReloadSucceeded(first.rules.Hash, first.rules.RuleFiles(), now)
}
