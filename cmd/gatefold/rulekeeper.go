package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/reload"
)

// ruleKeeper keeps the ruleset in force: it loads it at the start (or, when the
// folder is broken, the newest one of the journal that decided without failing),
// has the folder watched, has every edit pass the gate (rulegate.go), and remembers
// in the journal what was in force and what was proven.
type ruleKeeper struct {
	d       *daemon
	trial   trial
	watcher *reload.Watcher
	recent  *recent
	ledger  *ruleLedger

	trying sync.Mutex     // one run of the timelines at a time
	saving sync.WaitGroup // rules on their way to the journal, and timelines that run beside

	mu      sync.Mutex
	rules   *engine.Ruleset
	before  *engine.Ruleset // the journal's: the newest that was proven, or, where that is in force, the one kept before it
	proven  string          // hash of what the journal has
	waiting *waiting        // nil: nothing waits to be accepted
	changes string          // what came with the rules in force
	stories *storyRun       // of the rules in force: what their timelines say; nil: they were not run since they are

	earlier []*engine.Ruleset // that were in force before, the newest last
}

// What puts rules in force.
const (
	byStart    = "start"
	bySave     = "save"
	byReload   = "reload" // somebody asked for the folder
	byAccept   = "accept"
	byRollback = "rollback"
	byDeath    = "death" // of those that were in force: the ones before them
)

// putting is how rules come to be in force.
type putting struct {
	by      string
	changes string
	folder  string      // hash of what the folder holds, as far as it is known
	reject  []rejection // what must not be in force again without a word
}

// waits says that what waits to be accepted goes on waiting: it is not to blame for rules that die, nor for a folder that
// a start cannot take.
func (p putting) waits() bool { return p.by == byDeath || p.by == byStart && p.folder != "" }

// start loads the folder. Broken rules at the start are not the end: the newest
// good ones decide, degraded, and the folder is watched for the mend.
func (k *ruleKeeper) start(ctx context.Context) error {
	kept, err := k.kept(ctx)
	if err != nil {
		k.d.log.Error("the rules in the journal cannot be used", "error", err)
	}
	k.ledger.open(ctx)
	if st := k.ledger.now(); kept != nil {
		if _, ok := st.rejected(kept.Hash); ok {
			kept = nil
		}
	}
	k.recent.seed(k.d.recall(ctx))
	k.waitOn(ctx)
	var first firstRules
	files, err := reload.Read(k.d.cfg.Rules, reload.Limits{})
	if err == nil {
		first, err = k.first(ctx, files)
	}
	if err != nil && first.rules == nil {
		kept = k.fallback(ctx, kept)
	}
	switch {
	case err == nil:
		k.rules = first.rules
		if kept != nil && kept.Hash != k.rules.Hash {
			k.before = kept
		} else {
			k.before = k.keptBefore(ctx, k.rules.Hash)
		}
		k.begin(first)
	case kept == nil:
		return &codedError{
			code: exitFailed, err: fmt.Errorf("the rules in %s cannot be used:\n%s", k.d.cfg.Rules, problemText(err)),
			hint: "gatefold check shows the same without a daemon",
		}
	default:
		k.rules = kept
		k.before = k.keptBefore(ctx, kept.Hash)
		k.d.log.Error("the rules cannot be used: others that worked decide instead", "folder", k.d.cfg.Rules,
			"error", err, "ruleset", short(kept.Hash))
		k.ledger.inForce(kept, k.d.w.Clock.Now(), putting{by: byStart, folder: files.Hash()})
		k.d.metrics.Rules(kept.Hash, kept.RuleFiles())
		k.d.metrics.ReloadFailed()
	}
	k.trial.adopt(k.rules)
	if k.before != nil {
		k.trial.adopt(k.before)
	}
	k.watcher, err = reload.New(reload.Options{
		Dir: k.d.cfg.Rules, Clock: newClock(1), Build: k.build, Report: k.report, InForce: k.rules.Hash, Aside: first.aside, Barred: k.barred,
	})
	return err
}

// kept is the newest ruleset that decided without failing, from the journal.
func (k *ruleKeeper) kept(ctx context.Context) (*engine.Ruleset, error) {
	hash, files, err := k.d.journal.Rules(ctx)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	var s engine.Snapshot
	for path, data := range files {
		s = append(s, engine.File{Path: path, Data: data})
	}
	rules, err := k.trial.load(ctx, s)
	if err != nil {
		return nil, err
	}
	k.proven = hash
	return rules, nil
}

// keptBefore is the newest ruleset of the journal that was in force before another one, has not failed, and was not
// rejected: it decides turns that end the process of that one. nil: there is none that can be used.
func (k *ruleKeeper) keptBefore(ctx context.Context, hash string) *engine.Ruleset {
	all, _ := k.d.journal.Rulesets(ctx) // what is damaged is left out
	for _, r := range slices.Backward(keptUntil(all, hash)) {
		if !k.ledger.now().fallback(r) {
			continue
		}
		if rules, err := k.trial.load(ctx, r.Snapshot()); err == nil {
			return rules
		}
	}
	return nil
}

// keptEarlier is how many rulesets are kept that were in force before.
const keptEarlier = 5

// install puts rules in force.
func (k *ruleKeeper) install(rules *engine.Ruleset, p putting) {
	k.trial.adopt(rules)
	k.ledger.inForce(rules, k.d.w.Clock.Now(), p) // before anything goes by what is rejected
	k.mu.Lock()
	k.earlier = append(k.earlier, k.rules)
	if p.by == byRollback { // not those that came after it
		same := func(r *engine.Ruleset) bool { return r.Hash == rules.Hash }
		if i := slices.IndexFunc(k.earlier, same); i >= 0 {
			k.earlier = k.earlier[:i]
		}
	}
	k.earlier = k.earlier[max(0, len(k.earlier)-keptEarlier):]
	if !p.waits() || k.waiting != nil && k.waiting.Hash == rules.Hash {
		k.waiting = nil
	}
	waits := k.waiting != nil
	k.rules, k.changes, k.stories = rules, p.changes, nil
	k.mu.Unlock()
	now := k.d.w.Clock.Now()
	k.d.metrics.ReloadSucceeded(rules.Hash, rules.RuleFiles(), now)
	k.d.metrics.RulesWaiting(waits)
	k.d.log.Info("rules reloaded", "ruleset", short(rules.Hash), "by", p.by, "changes", p.changes)
	k.warn(rules)
	k.tell(reload.Result{Outcome: reload.Installed, Hash: rules.Hash, InForce: rules.Hash, Time: now}, p.changes)
	for _, a := range k.d.accounts {
		a.send(k.d.running, engine.Installed{Ruleset: rules, Not: k.ledger.now().notToDecide()})
	}
	k.warnOfTimelines(rules, p.by)
}

func (k *ruleKeeper) tell(r reload.Result, changes string) {
	if k.d.w.Reloaded != nil {
		k.d.w.Reloaded(r, changes)
	}
}

func (k *ruleKeeper) warn(rules *engine.Ruleset) {
	for _, w := range rules.Warnings {
		k.d.log.Warn(w.Text, "rule", w.Pos(), "hint", w.Hint)
	}
	for _, l := range rules.Logs {
		k.d.log.Info(l.Text, "rule", l.Pos)
	}
	for _, text := range k.d.lacking(rules) {
		k.d.log.Warn(text)
	}
}

// installed is what a loop that starts is told.
func (k *ruleKeeper) installed() engine.Installed {
	st := k.ledger.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	in := engine.Installed{Ruleset: k.rules, Before: k.before, Not: st.notToDecide(), Proven: k.rules != nil && k.proven == k.rules.Hash}
	if in.Before != nil && slices.Contains(in.Not, in.Before.Hash) {
		in.Before = nil
	}
	return in
}

func (k *ruleKeeper) inForce() *engine.Ruleset {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rules
}

func (k *ruleKeeper) watch(ctx context.Context) error { return k.watcher.Run(ctx) }

// report tells metrics and log what came of a look at the folder. That a ruleset
// was installed is told by install, before the loops decide by it.
func (k *ruleKeeper) report(r reload.Result) {
	rules := k.inForce()
	changes := ""
	switch r.Outcome {
	case reload.Installed:
		return
	case reload.LeftAside:
		var aside *asideError
		if errors.As(r.Err, &aside); aside != nil && aside.by == byDeath {
			k.d.metrics.ReloadFailed()
		} else {
			k.d.metrics.ReloadSucceeded(rules.Hash, rules.RuleFiles(), r.Time)
		}
		k.ledger.holds(r.Hash)
		k.d.log.Warn("the folder holds rules that must not be in force: those in force stay", "error", r.Err, "ruleset", short(r.InForce))
	case reload.Restored:
		k.setWaiting(nil)
		k.ledger.forget()
		k.d.metrics.ReloadSucceeded(rules.Hash, rules.RuleFiles(), r.Time)
		k.d.log.Info("the folder holds the rules in force again", "ruleset", short(r.InForce))
	case reload.Waiting:
		var w *waitingError
		if errors.As(r.Err, &w) {
			changes = w.changes
		}
		k.d.metrics.ReloadSucceeded(rules.Hash, rules.RuleFiles(), r.Time)
		k.d.log.Warn("rules wait for gatefold rules accept: those in force stay", "ruleset", short(r.Hash), "changes", changes, "in_force", short(r.InForce))
	case reload.Failed:
		k.d.metrics.ReloadFailed()
		k.d.log.Error("the rules were not reloaded: those in force stay", "error", r.Err, "ruleset", short(r.InForce))
	}
	k.tell(r, changes)
}

// reload reads the folder now, for gatefold reload and SIGHUP.
func (k *ruleKeeper) reload(ctx context.Context) (control.Reloaded, error) {
	r, err := k.watcher.Reload(ctx)
	if err != nil {
		return control.Reloaded{}, err
	}
	out := k.reloaded(string(r.Outcome))
	switch {
	case r.Outcome == reload.Installed:
		k.mu.Lock()
		out.Changes = k.changes
		k.mu.Unlock()
	case r.Err != nil && r.Outcome != reload.Waiting:
		out.Error = problemText(r.Err)
		if dead, ok := k.ledger.now().rejected(r.Hash); ok && dead.By == byDeath {
			out.Error += "\nif it was not these rules: gatefold rules rollback " + short(r.Hash) + " forgets it and puts them in force"
		}
	}
	if k.d.config.now().Reload.Timelines == config.TimelinesWarn {
		k.addStories(ctx, &out)
	}
	k.ledger.settle()
	return out, nil
}

// reloaded says how the rules stand after an order.
func (k *ruleKeeper) reloaded(outcome string) control.Reloaded {
	rules, st := k.inForce(), k.status()
	out := control.Reloaded{Outcome: outcome, Hash: rules.Hash, Waiting: st.Waiting, Aside: st.Aside}
	for _, w := range rules.Warnings {
		out.Warnings = append(out.Warnings, w.String())
	}
	out.Warnings = append(out.Warnings, k.d.lacking(rules)...)
	_, out.Degraded = k.d.board.snapshot()
	return out
}

func (k *ruleKeeper) status() control.Rules {
	rules, w := k.inForce(), k.watcher.Status()
	out := control.Rules{
		Folder: k.d.cfg.Rules, Hash: rules.Hash, Files: rules.RuleFiles(), Since: w.Since, Watching: w.Watching,
	}
	k.mu.Lock()
	if k.waiting != nil {
		out.Waiting = &k.waiting.Waiting
	}
	k.mu.Unlock()
	var aside *asideError
	switch {
	case errors.As(w.Err, &aside):
		out.Aside, out.AsideBy = aside.Error(), aside.by
	case w.Err != nil && !errors.Is(w.Err, reload.ErrWaits):
		out.Error = w.Err.Error()
	}
	return out
}

// Observe remembers turns for the gate, and keeps a ruleset in the journal once it has decided without failing.
func (k *ruleKeeper) Observe(account string, r engine.Report) {
	switch r := r.(type) {
	case engine.TurnReport:
		k.recent.Observe(account, r)
		if r.Failed != nil {
			k.ledger.failed(cmp.Or(r.Decision.Degraded, r.Decision.Ruleset), r.Failed)
		}
	case engine.ProvenReport:
		k.prove(r)
	}
}

func (k *ruleKeeper) prove(proven engine.ProvenReport) {
	k.mu.Lock()
	known := k.proven == proven.Ruleset.Hash
	k.proven = proven.Ruleset.Hash
	k.mu.Unlock()
	if known {
		return
	}
	k.saving.Go(func() {
		err := k.d.journal.SaveRules(context.Background(), proven.Ruleset.Hash, filesOf(proven.Ruleset))
		if err != nil && !errors.Is(err, context.Canceled) {
			k.d.log.Error("the rules could not be kept in the journal", "error", err)
		}
	})
}

func goVersion() string { return runtime.Version() }
