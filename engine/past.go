package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Past is what a turn read of the past, as it is kept with its decision: so much that the same rules decide the same
// again (Told), and no more. What was read and was not there is named too: to other rules it is known not to be there.
type Past struct {
	Seen     string                     `json:"seen,omitempty"`   // where the snapshot before is: one of the Seen constants
	Before   json.RawMessage            `json:"before,omitempty"` // it, when Seen is SeenHere
	At       time.Time                  `json:"at,omitzero"`      // when it was seen
	Episodes map[string]Episode         `json:"episodes,omitempty"`
	Pauses   map[string][]time.Duration `json:"pauses,omitempty"` // of episodes: how long before
	Ledger   map[string]Known           `json:"ledger,omitempty"`
	State    []Write                    `json:"state,omitempty"`     // entries, approvals among them
	None     []string                   `json:"none,omitempty"`      // keys that had no entry
	Strange  []string                   `json:"strangers,omitempty"` // holders of whom nothing was known
	Once     []string                   `json:"once,omitempty"`      // all that was to happen once, where the record leaves some out
	Writes   []Write                    `json:"writes,omitempty"`    // all that was written, where the record leaves some out
	Lacks    string                     `json:"lacks,omitempty"`     // why it is not enough; "": it is
}

// Where the snapshot before is.
const (
	SeenNever = ""      // nothing was seen before, or nobody asked
	SeenRun   = "run"   // in the run that ended with this turn
	SeenEvent = "event" // it is the event's own
	SeenHere  = "here"  // in Before
)

// turned is a turn on its way to the journal.
type turned struct {
	told    Facts
	state   State
	full    Decision // as the rules made it
	settled Decision // without what is not carried out
	asked   []string
	sign    string
	ended   Run
}

// past picks from what the turn was told what it read of it.
func (t turned) past(run json.RawMessage, data []byte) *Past {
	p := &Past{}
	reads, at := t.full.Reads, t.full.Event.Time
	if reads.Before {
		p.before(t, run, data)
	}
	for _, holder := range slices.Sorted(slices.Values(reads.Holders)) { // some were found in a map
		p.holder(t, holder, at)
	}
	for _, key := range reads.Keys {
		p.entry(t.state, key, at)
	}
	if len(t.settled.Once) != len(t.full.Once) {
		p.Once = calls(t.full.Once)
	}
	if len(t.settled.State) != len(t.full.State) {
		p.Writes = t.full.State
	}
	switch {
	case errors.Is(t.full.Err, ErrKilled):
		p.Lacks = "the rules ended the process they ran in, and what they had read with it"
	case reads.Full:
		p.Lacks = "the state was full, and what was given up for it depends on all of it"
	}
	return p
}

// before says where the snapshot before is. Mostly the journal has it anyway.
func (p *Past) before(t turned, run json.RawMessage, data []byte) {
	held := t.told.Held
	if held == nil {
		return
	}
	p.At = wallTime(t.full.Event.Time, t.told.HeldAt)
	raw, err := held.MarshalJSON()
	switch {
	case err != nil:
		p.Lacks = "the snapshot before could not be kept"
	case run != nil:
		p.Seen = SeenRun
	case string(raw) == string(data):
		p.Seen = SeenEvent
	default:
		p.Seen, p.Before = SeenHere, raw
	}
}

// holder keeps what was known of somebody.
func (p *Past) holder(t turned, holder string, at time.Time) {
	e, denied := t.told.Episodes[holder]
	if denied = denied && at.Sub(e.LastDeny) < episodeGap; denied {
		if p.Episodes == nil {
			p.Episodes = map[string]Episode{}
		}
		p.Episodes[holder] = e.toRules(at)
		p.pauses(holder, e, at, t.full.Reads.Pauses)
	}
	k, known := t.told.Ledger[holder]
	if known {
		if p.Ledger == nil {
			p.Ledger = map[string]Known{}
		}
		p.Ledger[holder] = k
	}
	w, approved := t.state.kept(reservedApproval+holder, at)
	if approved {
		p.State = append(p.State, w)
	}
	if !denied && !known && !approved {
		p.Strange = append(p.Strange, holder)
	}
	p.text(holder)
}

// pauses keeps those that rules looked back for.
func (p *Past) pauses(holder string, e Episode, at time.Time, back time.Duration) {
	for _, t := range e.Pauses {
		if ago := at.Sub(t); ago < back {
			if p.Pauses == nil {
				p.Pauses = map[string][]time.Duration{}
			}
			p.Pauses[holder] = append(p.Pauses[holder], ago)
		}
	}
}

func (p *Past) entry(s State, key string, at time.Time) {
	if w, ok := s.kept(key, at); ok {
		p.State = append(p.State, w)
	} else {
		p.None = append(p.None, key)
	}
	p.text(key)
}

// text notices a name that JSON cannot hold.
func (p *Past) text(name string) {
	if !utf8.ValidString(name) {
		p.Lacks = "a key that is no text was read"
	}
}

// kept is a live entry as a write that makes it again.
func (s State) kept(key string, at time.Time) (Write, bool) {
	e, ok := s.Live(key, at)
	return Write{Key: key, Value: e.Value, Expires: e.Expires}, ok
}

// wallTime is a moment as a clock without a monotonic reading has to show it, so that it lies as long before now as it did:
// a clock that was set in between must not stretch it when it is read back.
func wallTime(now, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return now.Round(0).Add(-now.Sub(t))
}

// toRules is what rules can read of an episode.
func (e Episode) toRules(now time.Time) Episode {
	return Episode{Began: wallTime(now, e.Began), LastDeny: wallTime(now, e.LastDeny), Count: e.Count, Fixed: e.Fixed}
}

// Told gives back what the turn of an event was told. run is the snapshot whose run ended with the turn; nil: none did.
func (p *Past) Told(ev Event, run json.RawMessage, decode func(json.RawMessage) (Payload, error)) (f Facts, s State, err error) {
	f = Facts{HeldAt: p.At, Episodes: p.episodes(ev.Time), Ledger: p.Ledger}
	s = State{}.With(p.State, time.Time{})
	raw := p.Before
	switch p.Seen {
	case SeenNever:
		return f, s, nil
	case SeenEvent:
		f.Held, _ = ev.Data.(Held)
		if f.Held == nil { // a timer's, or a topic's: they have none of their own
			return f, s, fmt.Errorf("the snapshot before is said to be that of a %s", ev.Kind)
		}
		return f, s, nil
	case SeenRun:
		raw = run
	}
	data, err := decode(raw)
	if err != nil {
		return f, s, fmt.Errorf("the snapshot before: %w", err)
	}
	f.Held, _ = data.(Held)
	return f, s, nil
}

// episodes are those that were read, with their pauses.
func (p *Past) episodes(at time.Time) map[string]Episode {
	out := maps.Clone(p.Episodes)
	for holder, pauses := range p.Pauses {
		e := out[holder]
		for _, ago := range pauses {
			e.Pauses = append(e.Pauses, at.Round(0).Add(-ago))
		}
		out[holder] = e
	}
	return out
}

// Full is the decision as the rules made it: the record without what was left out of it because it would have changed
// nothing, or was under its throttle.
func (d DecisionRecord) Full() DecisionRecord {
	if p := d.Past; p != nil {
		if p.Once != nil {
			d.Once = p.Once
		}
		if p.Writes != nil {
			d.State = p.Writes
		}
	}
	d.Past = nil
	return d
}

// Holders are those of whom was read what was known, with those of whom nothing was.
func (p *Past) Holders() []string {
	out := slices.Clone(p.Strange)
	for holder := range p.Episodes {
		out = append(out, holder)
	}
	for holder := range p.Ledger {
		out = append(out, holder)
	}
	for _, w := range p.State {
		if holder, ok := strings.CutPrefix(w.Key, reservedApproval); ok {
			out = append(out, holder)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Keys are those of the state that were read, those of approvals among them.
func (p *Past) Keys() []string {
	out := slices.Clone(p.None)
	for _, w := range p.State {
		out = append(out, w.Key)
	}
	for _, holder := range p.Holders() {
		out = append(out, reservedApproval+holder)
	}
	return out
}

// Readable says that rules can read what is written: an entry of their state, or an approval.
func (w Write) Readable() bool {
	return !isReserved(w.Key) || strings.HasPrefix(w.Key, reservedApproval)
}

// AsOf is what was known at a moment, of what is known now; false: nothing was.
func (k Known) AsOf(at time.Time) (Known, bool) {
	if k.First.After(at) {
		return Known{}, false
	}
	targets := k.Targets
	k.Targets = nil
	for _, s := range targets {
		if s.First.After(at) {
			continue
		}
		if s.Last.After(at) {
			s.Last = at
		}
		if s.Spell.After(at) {
			s.Spell = s.First // of the stretches in between only the last is known
		}
		k.Targets = append(k.Targets, s)
	}
	if k.Last.After(at) {
		k.Last = at
	}
	return k, true
}

// Approved says of whom a kept entry is the approval.
func (w Write) Approved() (holder string, ok bool) { return strings.CutPrefix(w.Key, reservedApproval) }
