package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"gatefold/engine"
)

// Options say how history is read.
type Options struct {
	Zone    *time.Location  // required: of the configuration; rules read the clock on the wall
	Modules []engine.Module // required: they read events back
}

// memory is what history says of the past, moment by moment: for rules that read what nobody has recorded for them.
type memory struct {
	Options
	account string
	facts   engine.Facts
	state   engine.State
	ledger  engine.Ledger // as the journal has it now
}

// newMemory begins with what the journal keeps now, but for what history is going to write.
func newMemory(o Options, account string, kept []engine.Write, touched map[string]bool) *memory {
	m := &memory{Options: o, account: account, state: engine.State{}, ledger: engine.Ledger{}}
	for _, row := range engine.LedgerRows(kept) {
		m.ledger[row.Holder] = row.Known
	}
	var known []engine.Write
	for _, w := range kept {
		if w.Readable() && !touched[w.Key] {
			known = append(known, w)
		}
	}
	m.state = m.state.With(known, time.Time{})
	return m
}

// turn is the moment as its rules saw it; false: no rules did.
func (m *memory) turn(now moment) (Turn, bool, error) {
	if now.decision == nil {
		return Turn{}, false, nil
	}
	ev, err := now.event.Read(m.account, m.Zone, m.Modules...)
	if err != nil {
		return Turn{}, false, err
	}
	t := Turn{Seq: now.seq, Event: ev, Was: now.decision.Full()}
	past := now.decision.Past
	if past == nil {
		past = &engine.Past{Lacks: "it was recorded by an older gatefold, which did not say what its rules had read"}
		t.exact = told{m.around(engine.Facts{}, *past, ev), m.state}
	} else {
		var run json.RawMessage
		if now.run != nil {
			run = now.run.Data
		}
		if t.exact.facts, t.exact.state, err = past.Told(ev, run, m.decode); err != nil {
			past.Lacks = err.Error()
		}
	}
	t.Lacks = past.Lacks
	t.Facts = m.around(t.exact.facts, *past, ev)
	t.State = m.stateAround(t.exact.state, *past)
	return t, true, nil
}

func (m *memory) decode(raw json.RawMessage) (engine.Payload, error) {
	if raw == nil {
		return nil, fmt.Errorf("it is damaged, or gone")
	}
	for _, module := range m.Modules {
		if decode := module.Events[engine.KindPlayback]; decode != nil {
			return decode(raw)
		}
	}
	return nil, fmt.Errorf("nobody can read it")
}

// around is what was read, with the rest of the past as history has it.
func (m *memory) around(exact engine.Facts, past engine.Past, ev engine.Event) engine.Facts {
	f := m.facts
	if exact.Held != nil {
		f.Held, f.HeldAt = exact.Held, exact.HeldAt
	}
	f.Episodes = maps.Clone(f.Episodes)
	if f.Episodes == nil {
		f.Episodes = map[string]engine.Episode{}
	}
	f.Ledger = m.ledgerAt(ev.Time)
	read := past.Holders()
	for _, holder := range read {
		delete(f.Ledger, holder)
		delete(f.Episodes, holder)
	}
	maps.Copy(f.Ledger, exact.Ledger)
	maps.Copy(f.Episodes, exact.Episodes)
	return f
}

// ledgerAt is the ledger as it must have been: what was seen by then, of what is known now.
func (m *memory) ledgerAt(at time.Time) engine.Ledger {
	out := engine.Ledger{}
	for holder, k := range m.ledger {
		if known, ok := k.AsOf(at); ok {
			out[holder] = known
		}
	}
	for holder, k := range m.facts.Ledger {
		if _, ok := out[holder]; !ok {
			out[holder] = k
		}
	}
	return out
}

func (m *memory) stateAround(exact engine.State, past engine.Past) engine.State {
	out := maps.Clone(m.state)
	for _, key := range past.Keys() {
		delete(out, key)
	}
	maps.Copy(out, exact)
	return out
}

// goOn takes up what the moment came to.
func (m *memory) goOn(now moment, t Turn, turned bool) {
	if w, ok := now.event.Written(); ok {
		m.state = m.state.With([]engine.Write{w}, now.event.Time)
		return
	}
	if !turned {
		return
	}
	// What was read is better known than what was told of before.
	m.facts.Held, m.facts.HeldAt = t.Facts.Held, t.Facts.HeldAt
	m.facts.Episodes = t.Facts.Episodes
	m.state = t.State
	d := engine.Decision{Event: t.Event, Verdict: t.Was.Verdict}
	if t.Was.Err != "" {
		d.Err = fmt.Errorf("%s", t.Was.Err)
	}
	m.facts = engine.Fold(m.facts, t.Event, d)
	m.state = m.state.With(t.Was.State, t.Event.Time)
}
