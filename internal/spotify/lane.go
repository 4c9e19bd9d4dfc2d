package spotify

import (
	"math"
	"time"
)

// Lane is one account's way through the gate.
//
// While there are calls for all, every lane gets what it asks for. When there are not, a
// lane that is refused is told when it is its turn, and has a claim on that call until 2 s
// later: among lanes that wait with the same class, whoever has had fewer calls in the
// last 30 s comes first, and among equals whoever has waited longest since its last one. So
// calls are shared max-min: nobody gets more than another who asks for more than it gets, and
// what one leaves is for the others. Once the day's share of a class is used up, what comes
// free goes first to lanes with fewer calls of the day; but one that has had nothing for ten
// minutes longer than another goes before that one, so that whoever has used much goes on,
// slowly.
//
// Pauses go before everything, whoever they are for.
//
// All methods are safe for concurrent use.
type Lane struct {
	gate *Gate
	id   uint64
	name string

	// what follows is guarded by the gate's lock
	recent int           // calls of the last 30 s
	served time.Duration // its last call
	calls  ring[uint16]
	weight float64
	places [classes]place
	sent   [2]int // calls in the two windows when its last one was counted
}

// longer is how much longer a lane has waited that goes before one with fewer calls of
// the day.
const longer = 10 * time.Minute

// Lane gives the lane of an account: for the same name the same.
func (g *Gate) Lane(account string) *Lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[account]
	if l == nil {
		l = &Lane{gate: g, id: uint64(len(g.lanes)), name: account, weight: 1, served: g.last - 24*time.Hour}
		l.calls.newest = g.part(g.last)
		g.lanes[account] = l
		if account != "" {
			g.named++
			g.weights += l.weight
		}
	}
	return l
}

// Weigh says how much this account gains from calls, compared with the others; all are
// equal at first. It is for Allowance.Share alone: the gate itself prefers nobody.
func (l *Lane) Weigh(w float64) {
	if !(w > 0) {
		w = 0
	}
	w = min(w, math.MaxFloat32)
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	if l.name != "" {
		l.gate.weights = max(0, l.gate.weights+w-l.weight)
	}
	l.weight = w
}

// Take asks for one request now: nil means that it is counted and must be sent at once,
// otherwise the error is a *WaitError.
func (l *Lane) Take(now time.Time, c Class) error {
	g := l.gate
	g.mu.Lock()
	at := g.tick(now)
	if r := g.refuse(at, c, l); r.until > at {
		l.wait(at, c, r.until)
		wait := g.wait(at, r, c)
		g.mu.Unlock()
		return wait
	}
	if c == Pause {
		g.claim = at
	}
	g.lines[c].leave(&l.places[c])
	need := g.count(at, l)
	g.mu.Unlock()
	g.persist(need)
	return nil
}

// wait lets a lane stand in line.
func (l *Lane) wait(at time.Duration, c Class, until time.Duration) {
	p, line := &l.places[c], &l.gate.lines[c]
	line.leave(p)
	p.rank, p.lapses = l.rank(at, c), until+grace
	line.join(p)
	if c == Pause {
		l.gate.claim = max(l.gate.claim, until+grace)
	}
}

// rank says what a lane has had: 30 s for each call of the last 30 s, and the time of the
// last one. Once the day has nothing left that is for this class, its calls of the day
// count too: as much as longer when they are twice its part or more.
func (l *Lane) rank(at time.Duration, c Class) rank {
	g := l.gate
	had := l.served + time.Duration(l.recent)*g.short.span
	if len(g.day.calls) >= g.day.share(c) {
		l.calls.roll(g.part(at))
		most := 2 * max(1, g.day.limit()/max(1, g.named))
		had += longer * time.Duration(min(l.calls.sum, most)) / time.Duration(most)
	}
	return rank{had, l.id}
}

// charge counts a request that was sent without being asked for.
func (l *Lane) charge(now time.Time) {
	l.gate.mu.Lock()
	need := l.gate.count(l.gate.tick(now), l)
	l.gate.mu.Unlock()
	l.gate.persist(need)
}

// Room tells whether a call of a class could be made now; if not, from when on asking again is
// worth it, and why. It counts nothing, and claims nothing.
func (l *Lane) Room(now time.Time, c Class) (until time.Time, reason string, ok bool) {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.tick(now)
	r := g.refuse(at, c, l)
	if r.until <= at {
		return time.Time{}, "", true
	}
	wait := g.wait(at, r, c)
	return wait.Until, wait.Reason, false
}

// Remaining tells how many calls are left in the two windows, reserves included, for
// everybody.
func (l *Lane) Remaining(now time.Time) (per30s, perDay int) { return l.gate.Remaining(now) }

// Surplus tells whether a look that need not be is affordable: nobody waits, after it another
// look is possible at once, and a quarter of the looks of the day are left.
func (l *Lane) Surplus(now time.Time) bool {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.tick(now)
	day := g.day.share(Look)
	return at >= g.block.until && at >= g.claim && g.lines[Verify].len()+g.lines[Look].len() == 0 &&
		len(g.short.calls)+2 <= g.short.share(Look) && len(g.day.calls)+1+day/4 <= day
}
