package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"gatefold/engine"
	"gatefold/internal/control"
	"gatefold/internal/reload"
	"gatefold/internal/worker"
)

// openWorker has rules run in a process of their own.
func (d *daemon) openWorker() (err error) {
	var once sync.Once
	d.worker, err = openWorker(d.w.Stdio, d.cfg.Timezone, namesFor(d.cfg), worker.Options{
		Modules: d.modules, Died: d.rules.died, Replaced: d.metrics.WorkerReplaced,
		Started: func(c worker.Confinement) {
			once.Do(func() {
				if len(c.Lacks) > 0 {
					d.log.Warn("this system does not keep rules from everything", "lacks", c.Lacks, "has", c.String())
				} else {
					d.log.Debug("rules run in a process of their own", "with", c.String())
				}
			})
		},
	})
	if err != nil {
		return err
	}
	d.down.add("rule worker", d.worker.Close)
	d.metrics.WorkerMemory(d.worker.Memory)
	d.rules.trial = trialApart{d.worker}
	return nil
}

func (d *daemon) workerStatus() control.Worker {
	out := control.Worker{Isolation: d.cfg.Isolation}
	if d.worker == nil {
		return out
	}
	pid, c, ok := d.worker.Running()
	if ok {
		out.PID, out.Memory, out.Keeps, out.Lacks = pid, d.worker.Memory(), c.String(), c.Lacks
	}
	return out
}

// died hears of a ruleset that has ended the process it ran in.
func (k *ruleKeeper) died(l worker.Loss) {
	if !l.Adopted { // tried on the past, or a shadow: whoever asked hears of it
		k.d.log.Warn("a rule has ended the process that it was tried in", "rule", l.Death.Rule.String(), "error", l.Death,
			"ruleset", short(l.Ruleset), "times", l.Deaths)
		return
	}
	k.d.log.Error("a rule has ended the process that rules run in", "rule", l.Death.Rule.String(), "error", l.Death,
		"ruleset", short(l.Ruleset), "times", l.Deaths)
	if l.Aside {
		why := fmt.Sprintf("has ended the process that rules run in %d times", l.Deaths)
		k.saving.Go(func() { k.setAside(l.Ruleset, why, l.Death.Error()) }) // not here: a loop waits for this turn
	}
}

// setAside puts the ruleset that was in force before in the place of one that ends its process. The folder stays watched:
// what its files become is tried as ever, and what waits there goes on waiting.
func (k *ruleKeeper) setAside(hash, why, last string) {
	err := k.watcher.Put(k.d.running, func(folder string) (reload.Choice, error) {
		dead := rejection{Hash: hash, By: byDeath, Why: last}
		if k.inForce().Hash != hash { // an older one decided, or somebody was quicker
			k.ledger.reject(dead)
			return reload.Choice{}, nil
		}
		older := k.olderThan(hash)
		if older == nil {
			k.trial.pardon(hash) // what they can decide is better than nothing
			return reload.Choice{}, errors.New("there are no rules before them: nobody is judged where they do")
		}
		return reload.Choice{Hash: older.Hash, Install: func() {
			k.install(older, putting{
				by: byDeath, folder: folder, reject: []rejection{dead},
				changes: fmt.Sprintf("ruleset %s %s, and is set aside: %s", short(hash), why, last),
			})
			k.d.metrics.ReloadFailed()
		}}, nil
	})
	if err != nil && k.d.running.Err() == nil {
		k.d.log.Error("the rules in force end the process that they run in, and stay in force", "ruleset", short(hash), "error", err)
	}
}

// olderThan is the newest ruleset that was in force before one, and neither is rejected itself nor waits for a word.
func (k *ruleKeeper) olderThan(hash string) *engine.Ruleset {
	st := k.ledger.now()
	may := func(r *engine.Ruleset) bool {
		_, rejected := st.rejected(r.Hash)
		return !rejected && r.Hash != hash && (st.Waiting == nil || r.Hash != st.Waiting.Hash)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range slices.Backward(k.earlier) {
		if may(r) {
			return r
		}
	}
	if k.before != nil && may(k.before) {
		return k.before
	}
	return nil
}
