package spotify

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Limits are the budgets of one developer account. Zero or less: 8 and 6,000.
type Limits struct{ Per30s, PerDay int }

// Gate is passed by every request of every account behind one developer account.
//
// Both windows are exact: no half-open span of 30 s holds more than Per30s calls, none of
// 24 h more than PerDay, over restarts and crashes too (see GateState). Of each window the
// last part is kept back: the last 2 calls of the 30 s and the last tenth of the day (at
// most 600) for pauses and the looks that go with them, the very last call for a pause
// alone. However small the budget, one look is possible. A pause that was refused
// has a claim until 2 s after the time it was told: no look leaves it without a call.
// After a 429 nothing passes, until the time that was asked for.
//
// The gate makes nobody wait and has no clock: it answers for the time it is given. A
// backward jump of that clock moves what lies in the future to now; it never frees a call.
type Gate struct {
	saved  atomic.Uint64 // the version that save has seen
	saving sync.Mutex    // one save at a time; taken before mu
	save   func(GateState)
	base   time.Time // offsets count from here; monotonic where the caller's clock is

	mu      sync.Mutex
	version uint64 // of what must be saved before it may be relied on
	last    time.Duration
	wall    time.Time     // the time last given, and
	wallAt  time.Duration // its offset
	short   window        // 30 s
	day     window        // 24 h
	claim   time.Duration // a pause's claim holds before this
	block   block
	lease   int // calls that may still be made on what was saved
	watch   []func(time.Time, string)
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
	if l.Per30s <= 0 {
		l.Per30s = 8
	}
	if l.PerDay <= 0 {
		l.PerDay = 6000
	}
	g := &Gate{
		save:  save,
		base:  now,
		wall:  now,
		short: window{span: 30 * time.Second, limit: l.Per30s},
		day:   window{span: 24 * time.Hour, limit: l.PerDay},
	}
	g.restore(s, now)
	return g
}

// Take asks for one request now: nil means that it is counted and must be sent at once,
// otherwise the error is a *WaitError.
func (g *Gate) Take(now time.Time, c Class) error {
	g.mu.Lock()
	at := g.tick(now)
	if wait := g.refuse(at, c); wait != nil {
		g.mu.Unlock()
		return wait
	}
	if c == Pause {
		g.claim = at
	}
	need := g.count(at)
	g.mu.Unlock()
	g.persist(need)
	return nil
}

// charge counts a request that was sent without being asked for.
func (g *Gate) charge(now time.Time) {
	g.mu.Lock()
	need := g.count(g.tick(now))
	g.mu.Unlock()
	g.persist(need)
}

// Remaining tells how many calls are left in the two windows, reserves included.
func (g *Gate) Remaining(now time.Time) (per30s, perDay int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tick(now)
	return g.short.left(), g.day.left()
}

// Limits tells how many calls the two windows allow at all.
func (g *Gate) Limits() (per30s, perDay int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.short.limit, g.day.limit
}

// Surplus tells whether a look that need not be is affordable: after it another look is
// possible at once, and a quarter of the looks of the day are left.
func (g *Gate) Surplus(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.tick(now)
	short, day := g.shares(at, Look)
	return at >= g.block.until && at >= g.claim &&
		len(g.short.calls)+2 <= short && len(g.day.calls)+1+day/4 <= day
}

// refuse says why a request of this class may not be sent now, nil if it may. Of several
// reasons the one that lasts longest counts, so that coming back then is worth it.
func (g *Gate) refuse(at time.Duration, c Class) *WaitError {
	short, day := g.shares(at, c)
	wait := later(g.full(&g.short, short, RateLimited, c), g.full(&g.day, day, Quota, c))
	if at < g.block.until {
		wait = later(wait, &WaitError{Until: g.time(g.block.until), Kind: g.block.kind, Reason: g.block.reason()})
	}
	if wait != nil && c == Pause {
		g.claim = max(g.claim, wait.Until.Sub(g.wall)+g.wallAt+grace)
	}
	return wait
}

// later gives the wait that ends later; nil is no wait.
func later(a, b *WaitError) *WaitError {
	if a == nil || b != nil && b.Until.After(a.Until) {
		return b
	}
	return a
}

// full says until when a class has used its share of one window, nil if it has not. With
// no share at all that is until the pause that claims it has had its time.
func (g *Gate) full(w *window, share int, kind string, c Class) *WaitError {
	until, used := w.free(max(share, 1))
	if share < 1 {
		until, used = max(until, g.claim), true
	}
	if !used {
		return nil
	}
	reason := fmt.Sprintf("the budget of %d calls per %s is used up", w.limit, spanName(w.span))
	switch kept := w.limit - share; {
	case kept == 1:
		reason = fmt.Sprintf("of %d calls per %s the last one is kept for a pause", w.limit, spanName(w.span))
	case kept > 1:
		reason = fmt.Sprintf("of %d calls per %s the last %d are kept for pauses", w.limit, spanName(w.span), kept)
	}
	return &WaitError{Until: g.time(until), Kind: kind, Reason: reason}
}

// shares tells how much of both windows a class may use. Only with a limit of 1 is a share
// 0, while a pause claims that one call.
func (g *Gate) shares(at time.Duration, c Class) (short, day int) {
	short, day = g.short.limit, g.day.limit
	switch c {
	case Pause:
		return short, day
	case Verify:
		short, day = max(1, short-1), max(1, day-1)
	default:
		short, day = max(1, short-2), max(1, day-min((day+9)/10, 600))
	}
	if at < g.claim {
		short, day = min(short, g.short.limit-1), min(day, g.day.limit-1)
	}
	return short, day
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
	return g.last
}

// setBack follows a clock that was set back: calls of the future were made now, and a
// block lasts no longer than it was meant to.
func (g *Gate) setBack(at time.Duration) {
	g.last = at
	g.short.notAfter(at)
	g.day.notAfter(at)
	g.block.notAfter(at)
	g.claim = at
}

// time turns an offset back into a time on the caller's clock.
func (g *Gate) time(offset time.Duration) time.Time { return g.wall.Add(offset - g.wallAt) }

func spanName(d time.Duration) string {
	if d == 24*time.Hour {
		return "day"
	}
	return d.String()
}

// Room tells whether a call of a class could be made now; if not, from when on asking again is
// worth it, and why. It counts nothing.
func (g *Gate) Room(now time.Time, c Class) (until time.Time, reason string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	claim := g.claim
	wait := g.refuse(g.tick(now), c)
	g.claim = claim
	if wait == nil {
		return time.Time{}, "", true
	}
	return wait.Until, wait.Reason, false
}
