package spotify

import (
	"math"
	"time"
)

// Lane is one account's way through the gate.
//
// While there are calls for all, every lane gets what it asks for. When there are not, a
// lane that is refused is told when it is its turn, and has a claim on that call until 2 s
// later. Lanes that wait with the same class take turns: whoever has had fewer of them
// comes first, and among equals whoever has waited longest since its last call. So calls are
// shared max-min: nobody gets more than another who asks for more than it gets, and what one
// leaves is for the others. Once the day's calls of a class are used up, what comes free goes
// first to lanes with fewer calls of the day; but one that has had nothing for ten minutes
// longer than another goes before that one, so that whoever has used much goes on, slowly.
//
// Pauses go before everything, whoever they are for.
//
// All methods are safe for concurrent use.
type Lane struct {
	gate *Gate
	id   uint64
	name string

	// what follows is guarded by the gate's lock
	turn   time.Duration // the next that it has not had
	served time.Duration // its last call
	calls  ring[uint16]
	weight float64
	places [2][classes]place // in the lines of the two windows
	sent   [2]int            // calls in the two windows when its last one was counted
}

// tenMinutesLonger is how much longer a lane has waited that goes before one with fewer calls of
// the day.
const tenMinutesLonger = 10 * time.Minute

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
	if r := g.refuse(at, c, l, true); r.until > at {
		wait := g.wait(at, r, c)
		g.mu.Unlock()
		return wait
	}
	if c == Pause {
		g.claim = at
	}
	l.taken(at, c)
	need := g.count(at, l)
	g.mu.Unlock()
	g.persist(need)
	return nil
}

// taken follows a call that it got: its places in line are for others, and its next turn
// comes after one of everybody who waits.
func (l *Lane) taken(at time.Duration, c Class) {
	g := l.gate
	turn := l.rank(at, &g.short, c).had
	g.turn = max(g.turn, turn)
	l.turn = turn + 1
	g.pace.made(at, &g.short, c, l)
	l.leave(c)
}

// leave gives up its places in the lines of a class.
func (l *Lane) leave(c Class) {
	l.gate.short.lines[c].leave(&l.places[0][c])
	l.gate.day.lines[c].leave(&l.places[1][c])
}

// rank says what a lane has had.
//
// Of the 30 s that is counted in turns. A lane that wants less than its part takes up at the
// turn that is being served, so it saves nothing for later, and owes nothing; one that has
// to wait keeps its turn, however long others take to come.
//
// Of the day it is the time of its last call, and its calls of the day: as much as ten
// minutes when they are twice its part or more.
func (l *Lane) rank(at time.Duration, w *window, c Class) rank {
	g := l.gate
	r := rank{served: l.served, lane: l.id}
	if w == &g.short {
		now := g.turn
		if p := w.lines[c].foremost(); p != nil {
			now = p.had
		}
		r.had = max(now, l.turn)
		return r
	}
	l.calls.roll(g.part(at))
	most := 2 * max(1, w.limit()/max(1, g.named))
	r.had = l.served + tenMinutesLonger*time.Duration(min(l.calls.sum, most))/time.Duration(most)
	return r
}

// ahead counts the lanes that go before this one.
func (l *Lane) ahead(at time.Duration, w *window, c Class) int {
	line := &w.lines[c]
	if line.root == nil {
		return 0
	}
	r := l.rank(at, w, c)
	n := line.ahead(r)
	if p := l.place(w, c); p.in && p.rank.before(r) {
		n--
	}
	return n
}

func (l *Lane) place(w *window, c Class) *place {
	if w == &l.gate.short {
		return &l.places[0][c]
	}
	return &l.places[1][c]
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
	r := g.refuse(at, c, l, false)
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
	return at >= g.block.until && at >= g.claim && g.short.lines[Verify].len()+g.short.lines[Look].len() == 0 &&
		g.short.n()+2 <= g.short.share(Look) && g.day.n()+1+day/4 <= day
}
