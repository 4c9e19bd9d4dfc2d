package main

import (
	"fmt"
	"sync"

	"gatefold/engine"
	"gatefold/internal/control"
	"gatefold/internal/worker"
)

// openWorker has rules run in a process of their own.
func (d *daemon) openWorker() (err error) {
	var once sync.Once
	d.worker, err = openWorker(d.w.Stdio, d.cfg.Timezone, vocabularyOf(d.cfg), worker.Options{
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
	k.d.log.Error("a rule has ended the process that rules run in", "rule", l.Death.Rule.String(), "error", l.Death,
		"ruleset", short(l.Ruleset), "times", l.Deaths)
	if l.Aside {
		k.saving.Go(func() { k.setAside(l) }) // not here: a loop waits for this turn
	}
}

// setAside puts the ruleset that was in force before in the place of one that has ended its process too often. The folder
// stays watched: what its files become is tried as ever.
func (k *ruleKeeper) setAside(l worker.Loss) {
	k.mu.Lock()
	if k.rules == nil || k.rules.Hash != l.Ruleset {
		k.mu.Unlock()
		return
	}
	older := k.olderThan(l.Ruleset)
	if older == nil {
		k.mu.Unlock()
		k.d.log.Error("the rules in force are set aside, and there are none before them: nobody is judged until the files change",
			"ruleset", short(l.Ruleset))
		return
	}
	k.rules = older
	k.aside = fmt.Sprintf("ruleset %s has ended the process that rules run in %d times, and was set aside for %s: %s",
		short(l.Ruleset), l.Deaths, short(older.Hash), l.Death)
	text := k.aside
	k.mu.Unlock()
	k.d.metrics.Rules(older.Hash, older.RuleFiles())
	k.d.metrics.ReloadFailed()
	k.d.log.Error(text)
	for _, a := range k.d.accounts {
		a.send(k.d.running, engine.Installed{Ruleset: older})
	}
}

// olderThan is the newest ruleset that was in force before one, and is not set aside itself.
func (k *ruleKeeper) olderThan(hash string) *engine.Ruleset {
	aside := map[string]bool{hash: true}
	for _, h := range k.d.worker.Aside() {
		aside[h] = true
	}
	for i := len(k.earlier) - 1; i >= 0; i-- {
		if !aside[k.earlier[i].Hash] {
			return k.earlier[i]
		}
	}
	if k.before != nil && !aside[k.before.Hash] {
		return k.before
	}
	return nil
}
