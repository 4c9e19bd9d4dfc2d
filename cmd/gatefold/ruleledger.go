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
	"gatefold/internal/worker"
)

// ruleState is what the journal knows about the rulesets that it keeps.
type ruleState struct {
	InForce  string            `json:"in_force"`
	Since    time.Time         `json:"since"`
	By       string            `json:"by"`                 // what put it in force, as in control.Ruleset
	Aside    string            `json:"aside,omitempty"`    // hash of what the folder held last, when that is not to be in force
	Rejected []rejection       `json:"rejected,omitempty"` // the newest last
	Waiting  *waitingState     `json:"waiting,omitempty"`
	Failed   map[string]string `json:"failed,omitempty"` // hash -> why an older one had to decide
}

// rejection is that a ruleset must not be in force again without somebody's word, whatever the folder holds.
type rejection struct {
	Hash string `json:"hash"`
	By   string `json:"by"`            // byRollback or byDeath
	Why  string `json:"why,omitempty"` // of byDeath: the last one
}

// keepRejections bounds them. They come one by one, of what people do.
const keepRejections = 100

// rejected finds what is held against a ruleset.
func (st ruleState) rejected(hash string) (rejection, bool) {
	i := slices.IndexFunc(st.Rejected, func(r rejection) bool { return r.Hash == hash })
	if i < 0 {
		return rejection{}, false
	}
	return st.Rejected[i], true
}

// fallback says whether a kept ruleset may step in without somebody's word.
func (st ruleState) fallback(r journal.KeptRuleset) bool {
	_, rejected := st.rejected(r.Hash)
	return !rejected && r.By != "" && st.Failed[r.Hash] == ""
}

// notToDecide are the hashes of those that are rejected.
func (st ruleState) notToDecide() []string {
	var out []string
	for _, r := range st.Rejected {
		out = append(out, r.Hash)
	}
	return out
}

// reject adds one. That rules end their process outweighs that somebody took them back.
func (st *ruleState) reject(r rejection) {
	if old, ok := st.rejected(r.Hash); r.Hash == "" || ok && old.By == byDeath {
		return
	}
	st.pardon(r.Hash)
	st.Rejected = append(st.Rejected, r)
	st.Rejected = st.Rejected[max(0, len(st.Rejected)-keepRejections):]
}

// pardon takes one away.
func (st *ruleState) pardon(hash string) {
	st.Rejected = slices.DeleteFunc(slices.Clone(st.Rejected), func(r rejection) bool { return r.Hash == hash })
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
	if st.Aside != "" && st.Waiting == nil && len(st.Rejected) == 0 { // kept by a gatefold that knew of one only
		r := rejection{Hash: st.Aside, By: byRollback, Why: st.Failed[st.Aside]}
		if st.By == byDeath {
			r.By = byDeath
		}
		st.reject(r)
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
	st.Failed, st.Rejected = maps.Clone(st.Failed), slices.Clone(st.Rejected)
	return st
}

// inForce notes that a ruleset is in force from now on. What waits goes on waiting, unless it is that one, or what put it
// in force takes its place.
func (l *ruleLedger) inForce(rules *engine.Ruleset, at time.Time, p putting) {
	l.change(func(st *ruleState) *journal.KeptRuleset {
		known := st.InForce == rules.Hash && p.by == byStart
		for _, r := range p.reject {
			st.reject(r)
		}
		st.pardon(rules.Hash)
		if st.Aside = ""; p.folder != rules.Hash {
			if _, ok := st.rejected(p.folder); ok {
				st.Aside = p.folder
			}
		}
		if st.Waiting != nil && (!p.waits() || st.Waiting.Hash == rules.Hash) {
			st.Waiting = nil
		}
		if known {
			return nil
		}
		st.InForce, st.Since, st.By = rules.Hash, at, p.by
		delete(st.Failed, rules.Hash)
		if p.by == byRollback {
			return nil // it is kept; its place among the others stays
		}
		return &journal.KeptRuleset{Hash: rules.Hash, By: p.by, Files: filesOf(rules)}
	})
}

// reject notes that a ruleset that is not in force must not be in force again.
func (l *ruleLedger) reject(r rejection) {
	l.change(func(st *ruleState) *journal.KeptRuleset { st.reject(r); return nil })
}

// holds notes that the folder holds something that is not to be in force.
func (l *ruleLedger) holds(folder string) {
	if l.now().Aside != folder {
		l.change(func(st *ruleState) *journal.KeptRuleset { st.Aside = folder; return nil })
	}
}

// waits notes that a ruleset waits to be accepted.
func (l *ruleLedger) waits(rules *engine.Ruleset, at time.Time, changes string) {
	l.change(func(st *ruleState) *journal.KeptRuleset {
		st.Aside, st.Waiting = "", &waitingState{Hash: rules.Hash, Since: at, Changes: changes}
		return &journal.KeptRuleset{Hash: rules.Hash, Files: filesOf(rules)}
	})
}

// forget notes that nothing waits any more, and that the folder holds nothing else than is in force.
func (l *ruleLedger) forget() {
	st := l.now()
	if st.Waiting != nil || st.Aside != "" {
		l.change(func(st *ruleState) *journal.KeptRuleset { st.Aside, st.Waiting = "", nil; return nil })
	}
}

// waitsNoMore notes that what waited does not any more.
func (l *ruleLedger) waitsNoMore() {
	l.change(func(st *ruleState) *journal.KeptRuleset { st.Waiting = nil; return nil })
}

// failed notes why an older ruleset had to decide for this one: once for each. What the system did to the process of
// rules is not their fault.
func (l *ruleLedger) failed(hash string, err error) {
	if !ofRules(err) {
		return
	}
	why := err.Error()
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
	if l.state.Waiting != nil {
		needed = append(needed, l.state.Waiting.Hash)
	}
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

// ofRules says of the error of a turn that the rules made it: they failed, or ended the process they ran in.
func ofRules(err error) bool {
	var death *worker.Death
	if errors.As(err, &death) {
		return death.Reason != worker.DiedByKill
	}
	var rule *engine.RuleError
	return errors.As(err, &rule) || errors.Is(err, engine.ErrKilled)
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

// keptUntil are those that were kept before the one with a hash; all, if it is not kept.
func keptUntil(all []journal.KeptRuleset, hash string) []journal.KeptRuleset {
	if i := slices.IndexFunc(all, func(k journal.KeptRuleset) bool { return k.Hash == hash }); i >= 0 {
		return all[:i]
	}
	return all
}

// keptRuleset is the kept one with a hash.
func keptRuleset(all []journal.KeptRuleset, hash string) (journal.KeptRuleset, bool) {
	i := slices.IndexFunc(all, func(k journal.KeptRuleset) bool { return k.Hash == hash })
	if i < 0 {
		return journal.KeptRuleset{}, false
	}
	return all[i], true
}
