package worker

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"gatefold/engine"
)

// past is what the past says of one account, as the difference from what was said before. Of engine.Facts it has what a
// turn can be told.
type past struct {
	Held     heldState
	Data     []byte // of the snapshot before, when it is a new one
	HeldAt   time.Time
	Episodes change[engine.Episode]
	Ledger   change[engine.Known]
	State    change[engine.Entry]
}

// heldState says where the snapshot before is to be had.
type heldState uint8

const (
	heldNone  heldState = iota // there is none
	heldAs                     // as it was
	heldEvent                  // it is what the event before showed
	heldHere                   // in past.Data
)

// change is what became of a map.
type change[V any] struct {
	Set  map[string]V
	Gone []string
}

// mirror is what one side knows that the other side knows of an account.
type mirror struct {
	held     engine.Held
	seen     engine.Held // by the last event that showed something
	episodes map[string]engine.Episode
	ledger   engine.Ledger
	state    engine.State
	clock    time.Time // of the first event
	skew     time.Duration
	used     uint64 // when, by the count of turns
	size     int    // about, in bytes
}

// differ gives what the other side has to be told, and takes it for told. It is in parts, of which all but the last are
// sent ahead.
func (m *mirror) differ(now time.Time, facts engine.Facts, state engine.State) (parts []past, last past, err error) {
	last.HeldAt = onWall(now, facts.HeldAt)
	m.keepTime(now)
	switch {
	case facts.Held == nil:
		last.Held = heldNone
	case sameHeld(m.held, facts.Held):
		last.Held = heldAs
	case sameHeld(m.seen, facts.Held):
		last.Held = heldEvent
	default:
		last.Held = heldHere
		if last.Data, err = facts.Held.MarshalJSON(); err != nil {
			return nil, last, fmt.Errorf("writing the snapshot before: %w", err)
		}
	}
	last.Episodes = differ(m.episodes, facts.Episodes, sameEpisode)
	for key, e := range last.Episodes.Set {
		last.Episodes.Set[key] = episodeOnWall(now, e)
	}
	last.Ledger = differ(m.ledger, facts.Ledger, sameKnown)
	changed := differ(m.state, state, sameEntry)
	parts = split(changed, &last)
	for key, e := range changed.Set {
		m.size += len(key) + len(e.Value) + entrySize - sizeOf(m.state, key)
	}
	for _, key := range changed.Gone {
		m.size -= sizeOf(m.state, key)
	}
	m.size += entrySize * 2 * (len(facts.Ledger) - len(m.ledger))
	m.held, m.episodes, m.ledger, m.state = facts.Held, facts.Episodes, facts.Ledger, state
	return parts, last, nil
}

// set is how far a clock may drift from what it measures before it counts as set.
const set = 500 * time.Millisecond

// keepTime has all episodes told anew when the clock was set: the other side has only what it shows, and must see the
// past as long ago as it was.
func (m *mirror) keepTime(now time.Time) {
	if m.clock.IsZero() {
		m.clock = now
	}
	skew := now.Sub(m.clock) - now.Round(0).Sub(m.clock.Round(0))
	if d := skew - m.skew; d > set || d < -set {
		m.skew, m.episodes = skew, nil
	}
}

// onWall is a moment as a clock on the wall has to show it to be as long before now as it was.
func onWall(now, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return now.Round(0).Add(-now.Sub(t))
}

func episodeOnWall(now time.Time, e engine.Episode) engine.Episode {
	e.Began, e.LastDeny, e.LastPause = onWall(now, e.Began), onWall(now, e.LastDeny), onWall(now, e.LastPause)
	e.Pauses = slices.Clone(e.Pauses)
	for i, t := range e.Pauses {
		e.Pauses[i] = onWall(now, t)
	}
	return e
}

const entrySize = 128 // what an entry costs beside its text

func sizeOf(s engine.State, key string) int {
	e, ok := s[key]
	if !ok {
		return 0
	}
	return len(key) + len(e.Value) + entrySize
}

// partMost is how much of the state goes into one message.
const partMost = 4 << 20

// split leaves as much of a change as one message holds with last, and gives the rest as parts before it.
func split(c change[engine.Entry], last *past) (parts []past) {
	size := 0
	for _, e := range c.Set {
		size += len(e.Value)
	}
	if size <= partMost {
		last.State = c
		return nil
	}
	last.State.Gone = c.Gone
	part := map[string]engine.Entry{}
	size = 0
	for key, e := range c.Set {
		part[key] = e
		if size += len(e.Value); size > partMost {
			parts = append(parts, past{State: change[engine.Entry]{Set: part}})
			part, size = map[string]engine.Entry{}, 0
		}
	}
	last.State.Set = part
	return parts
}

// differ compares two maps of which neither is ever changed.
func differ[M ~map[string]V, V any](was, is M, same func(a, b V) bool) change[V] {
	var out change[V]
	if reflect.ValueOf(was).Pointer() == reflect.ValueOf(is).Pointer() {
		return out
	}
	for key, v := range is {
		if old, ok := was[key]; !ok || !same(old, v) {
			if out.Set == nil {
				out.Set = map[string]V{}
			}
			out.Set[key] = v
		}
	}
	for key := range was {
		if _, ok := is[key]; !ok {
			out.Gone = append(out.Gone, key)
		}
	}
	return out
}

func sameHeld(a, b engine.Held) bool {
	if a == nil || b == nil || !reflect.TypeOf(a).Comparable() {
		return false
	}
	return a == b
}

func sameEntry(a, b engine.Entry) bool {
	return a.Expires.Equal(b.Expires) && bytes.Equal(a.Value, b.Value)
}

func sameKnown(a, b engine.Known) bool {
	return a.First.Equal(b.First) && a.Last.Equal(b.Last) && slices.Equal(a.Targets, b.Targets)
}

func sameEpisode(a, b engine.Episode) bool {
	return a.Began.Equal(b.Began) && a.LastDeny.Equal(b.LastDeny) && a.LastPause.Equal(b.LastPause) && a.Count == b.Count &&
		slices.Equal(a.Pauses, b.Pauses) && slices.Equal(a.Resumes, b.Resumes) && sameFix(a.Fixed, b.Fixed)
}

func sameFix(a, b *engine.Fix) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// take is the other side of differ: what an event is told. The maps are changed in place: nobody has them any more.
func (m *mirror) take(p past, read *reader) (engine.Facts, engine.State, error) {
	switch p.Held {
	case heldNone:
		m.held = nil
	case heldEvent:
		m.held = m.seen
	case heldHere:
		data, err := read.payload(engine.KindPlayback, payload{JSON: p.Data})
		if err != nil {
			return engine.Facts{}, nil, err
		}
		m.held, _ = data.(engine.Held)
	}
	m.episodes = p.Episodes.apply(m.episodes)
	m.ledger = p.Ledger.apply(m.ledger)
	m.state = p.State.apply(m.state)
	return engine.Facts{Held: m.held, HeldAt: p.HeldAt, Episodes: m.episodes, Ledger: m.ledger}, m.state, nil
}

func (c change[V]) apply(to map[string]V) map[string]V {
	if to == nil {
		to = map[string]V{}
	}
	maps.Copy(to, c.Set)
	for _, key := range c.Gone {
		delete(to, key)
	}
	return to
}

// saw remembers what an event showed.
func (m *mirror) saw(ev engine.Event) {
	if h, ok := ev.Data.(engine.Held); ok {
		m.seen = h
	}
}
