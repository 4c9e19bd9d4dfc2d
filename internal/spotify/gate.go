package spotify

import (
	"sync"
	"sync/atomic"
	"time"
)

// Limits are the budgets of one developer account. Zero or less: 8 and 6,000.
type Limits struct{ Per30s, PerDay int }

// Gate is passed by every request of every account behind one developer account. Each
// account has a Lane to it.
//
// Both windows are exact: no half-open span of 30 s holds more than Per30s calls, none of
// 24 h more than PerDay, over restarts and crashes too (see GateState). Of each window the
// last part is kept back for what is more urgent (see Class). However small the budget, one
// look is possible. A pause that was refused has a claim until 2 s after the time it was
// told: no look leaves it without a call. After a 429 nothing passes, until the time that
// was asked for; then less than what failed does (see bound).
//
// What does not suffice for all is shared: a lane that was refused has a claim likewise, and
// goes before every lane that has had more (see Lane).
//
// The gate makes nobody wait and has no clock: it answers for the time it is given. A
// backward jump of that clock moves what lies in the future to now; it never frees a call.
type Gate struct {
	saved  atomic.Uint64 // the version that save has seen
	saving sync.Mutex    // one save at a time; taken before mu
	save   func(GateState)
	base   time.Time     // offsets count from here; monotonic where the caller's clock is
	phase  time.Duration // how far base is into its ten minutes

	mu      sync.Mutex
	version uint64 // of what must be saved before it may be relied on
	last    time.Duration
	wall    time.Time     // the time last given, and
	wallAt  time.Duration // its offset
	short   window        // 30 s
	day     window        // 24 h
	made    ring[uint32]  // all that is in day
	urgent  ring[uint32]  // of it, pauses and looks that verify
	before  ring[uint32]  // those of it of an earlier process
	claim   time.Duration // a pause's claim holds before this
	pace    pace
	block   block
	silent  bool // nothing has passed since the last 429
	lease   int  // calls that may still be made on what was saved
	watch   []func(time.Time, string)

	lanes   map[string]*Lane
	turn    time.Duration // how far turns have got: see Lane.rank
	named   int           // lanes with a name
	weights float64       // of these together
}

const (
	grace = 2 * time.Second // a pause comes back this late at most after its time has come
	// A clock that is read by several goroutines arrives a little out of order; more than
	// this is a clock that was set back.
	disorder = time.Second
)

// NewGate continues from what was saved; the zero GateState is a gate that was never used.
// save may be nil. It is called without the gate's lock, one call at a time, before Take or
// Limited returns, and what it gets is always newer than before; it should take
// milliseconds. It may ask Blocked and Remaining, nothing else.
func NewGate(l Limits, s GateState, now time.Time, save func(GateState)) *Gate {
	l = l.orDefaults()
	g := &Gate{
		save:  save,
		base:  now,
		phase: time.Duration(((now.UnixNano() % int64(part)) + int64(part)) % int64(part)),
		wall:  now,
		short: window{span: 30 * time.Second, bound: bound{law: &shortLaw, most: l.Per30s}},
		day:   window{span: 24 * time.Hour, bound: bound{law: &dayLaw, most: l.PerDay}},
		lanes: map[string]*Lane{},
	}
	g.restore(s, now)
	return g
}

// Take is that of the lane without a name, for calls that belong to no account.
func (g *Gate) Take(now time.Time, c Class) error { return g.Lane("").Take(now, c) }

// Room is that of the lane without a name.
func (g *Gate) Room(now time.Time, c Class) (until time.Time, reason string, ok bool) {
	return g.Lane("").Room(now, c)
}

// Remaining tells how many calls are left in the two windows, reserves included.
func (g *Gate) Remaining(now time.Time) (per30s, perDay int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tick(now)
	return g.short.left(), g.day.left()
}

// Limits tells how many calls the two windows allow at all: as configured, or as 429s
// have taught.
func (g *Gate) Limits() (per30s, perDay int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.short.limit(), g.day.limit()
}

// tick turns a time into an offset that never goes back, and forgets what has passed.
func (g *Gate) tick(now time.Time) time.Duration {
	raw := now.Sub(g.base)
	if raw < g.last-disorder {
		g.setBack(raw)
	}
	g.last = max(g.last, raw)
	g.wall, g.wallAt = now, raw
	g.short.drop(g.last)
	g.day.drop(g.last)
	g.urgent.roll(g.part(g.last))
	g.day.spent = g.urgent.sum
	g.short.climb(g.last)
	g.day.climb(g.last)
	for c := range classes {
		g.short.lines[c].lapse(g.last)
		g.day.lines[c].lapse(g.last)
	}
	return g.last
}

// setBack follows a clock that was set back: calls of the future were made now, and a
// block lasts no longer than it was meant to.
func (g *Gate) setBack(at time.Duration) {
	g.last = at
	g.short.notAfter(at)
	g.day.notAfter(at)
	g.block.notAfter(at)
	g.pace.notAfter(at)
	g.claim = at
	for c := range classes {
		g.short.lines[c].clear()
		g.day.lines[c].clear()
	}
	for _, l := range g.lanes {
		l.served = min(l.served, at)
	}
}

// time turns an offset back into a time on the caller's clock.
func (g *Gate) time(offset time.Duration) time.Time { return g.wall.Add(offset - g.wallAt) }
