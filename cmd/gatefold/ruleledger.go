package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"gatefold/engine"
	"gatefold/internal/journal"
)

// ruleState is what the journal knows about the rulesets that it keeps.
type ruleState struct {
	InForce string            `json:"in_force"`
	Since   time.Time         `json:"since"`
	By      string            `json:"by"`                // what put it in force, as in control.Ruleset
	Aside   string            `json:"aside,omitempty"`   // hash of what the folder holds, when that is not to be in force
	Waiting *waitingState     `json:"waiting,omitempty"` // is it because it waits
	Failed  map[string]string `json:"failed,omitempty"`  // hash -> why an older one had to decide
}

type waitingState struct {
	Hash    string    `json:"hash"`
	Since   time.Time `json:"since"`
	Changes string    `json:"changes"`
}

const ruleStateName = "rulesets"

// readRuleState gives what was kept; nothing is an empty one.
func readRuleState(ctx context.Context, j *journal.Journal) (st ruleState, err error) {
	raw, _, err := j.Value(ctx, ruleStateName)
	if err == nil && raw != nil {
		err = json.Unmarshal(raw, &st)
	}
	return st, err
}

// ruleLedger keeps in the journal which rulesets were in force, and which waits. It never makes anybody wait for the
// disk: what is to be written is written in order, beside.
type ruleLedger struct {
	journal *journal.Journal
	log     *slog.Logger

	mu      sync.Mutex
	state   ruleState
	queue   []func(context.Context) error
	writing bool
	idle    *sync.Cond // of mu: nothing is left to be written
}

func newRuleLedger(j *journal.Journal, log *slog.Logger) *ruleLedger {
	l := &ruleLedger{journal: j, log: log}
	l.idle = sync.NewCond(&l.mu)
	return l
}

// open reads what the last run left.
func (l *ruleLedger) open(ctx context.Context) {
	st, err := readRuleState(ctx, l.journal)
	if err != nil {
		l.log.Error("what was in force before is not known", "error", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = st
}

// now is how things stand.
func (l *ruleLedger) now() ruleState {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.state
	st.Failed = maps.Clone(st.Failed)
	return st
}

// inForce notes that a ruleset is in force from now on. aside is the hash of what the folder holds instead, if it is
// known to be left aside.
func (l *ruleLedger) inForce(rules *engine.Ruleset, at time.Time, by, aside string) {
	l.change(func(st *ruleState) *journal.KeptRuleset {
		known := st.InForce == rules.Hash && by == "start"
		st.Aside, st.Waiting = aside, nil
		if known {
			return nil
		}
		st.InForce, st.Since, st.By = rules.Hash, at, by
		delete(st.Failed, rules.Hash)
		if by == "rollback" {
			return nil // it is kept; its place among the others stays
		}
		return &journal.KeptRuleset{Hash: rules.Hash, By: by, Files: filesOf(rules)}
	})
}

// waits notes that a ruleset waits to be accepted.
func (l *ruleLedger) waits(rules *engine.Ruleset, at time.Time, changes string) {
	l.change(func(st *ruleState) *journal.KeptRuleset {
		st.Aside, st.Waiting = rules.Hash, &waitingState{Hash: rules.Hash, Since: at, Changes: changes}
		return &journal.KeptRuleset{Hash: rules.Hash, Files: filesOf(rules)}
	})
}

// forget notes that nothing waits any more, and that the folder is not left aside.
func (l *ruleLedger) forget() {
	st := l.now()
	if st.Waiting != nil || st.Aside != "" {
		l.change(func(st *ruleState) *journal.KeptRuleset { st.Aside, st.Waiting = "", nil; return nil })
	}
}

// failed notes why an older ruleset had to decide for this one: once for each.
func (l *ruleLedger) failed(hash, why string) {
	l.mu.Lock()
	known := l.state.Failed[hash] != ""
	l.mu.Unlock()
	if known {
		return
	}
	l.change(func(st *ruleState) *journal.KeptRuleset {
		failed := maps.Clone(st.Failed)
		if failed == nil || len(failed) >= journal.KeepRulesets {
			failed = map[string]string{}
		}
		failed[hash] = why
		st.Failed = failed
		return nil
	})
}

// change changes the state, and has it written together with a ruleset that is to be kept.
func (l *ruleLedger) change(f func(*ruleState) *journal.KeptRuleset) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keep := f(&l.state)
	raw, err := json.Marshal(l.state)
	needed := []string{l.state.InForce, l.state.Aside}
	l.queue = append(l.queue, func(ctx context.Context) error {
		if err != nil {
			return err
		}
		if keep != nil { // before the state that names it
			if err := l.journal.KeepRuleset(ctx, *keep, needed...); err != nil {
				return err
			}
		}
		return l.journal.SetValue(ctx, ruleStateName, raw, time.Time{})
	})
	if !l.writing {
		l.writing = true
		go l.write()
	}
}

func (l *ruleLedger) write() {
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			l.writing = false
			l.idle.Broadcast()
			l.mu.Unlock()
			return
		}
		next := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		if err := next(context.Background()); err != nil && !errors.Is(err, journal.ErrClosed) {
			l.log.Error("which rules are in force could not be kept in the journal", "error", err)
		}
	}
}

// settle waits until everything is written.
func (l *ruleLedger) settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.writing {
		l.idle.Wait()
	}
}

func filesOf(rules *engine.Ruleset) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range rules.Files {
		if f.Err == nil {
			files[f.Path] = f.Data
		}
	}
	return files
}

// keptRuleset is the kept one with a hash.
func keptRuleset(all []journal.KeptRuleset, hash string) (journal.KeptRuleset, bool) {
	i := slices.IndexFunc(all, func(k journal.KeptRuleset) bool { return k.Hash == hash })
	if i < 0 {
		return journal.KeptRuleset{}, false
	}
	return all[i], true
}
