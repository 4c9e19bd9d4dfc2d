package spotify

import "time"

// Allowance is what the gate affords one account, as a poller goes by.
type Allowance struct {
	Per30s, PerDay int // limits in force for everybody behind this gate

	// Share is this lane's part of the day's calls, 0 to 1: half of it equal among the
	// lanes, half by weight (Lane.Weigh).
	Share float64

	// Day has this lane's ordinary looks (and what is like them) of the last 24 h by ten minutes, oldest first; the last
	// are the ten minutes that run. Of calls before a restart only the total is known:
	// every lane has its equal part of them.
	Day [parts]uint16

	Urgent  int          // the others of the last 24 h, for everybody: pauses, looks that verify
	Left    int          // calls of the day left for ordinary looks (without the reserve), for everybody
	Look    time.Time    // when the next ordinary look fits in the 30 s: now, if at once
	Pair    time.Time    // when a verifying look and its pause do; with a limit of 1: the look
	More    [2]time.Time // when one and two more calls do with them: commands to the player
	Blocked time.Time    // until when a 429 stands; zero: none does
}

// Afford says what the gate affords this lane now. It counts nothing and claims nothing, does
// not allocate, and takes well under a microsecond.
func (l *Lane) Afford(now time.Time) (a Allowance) {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.tick(now)
	a.Per30s, a.PerDay = g.short.limit(), g.day.limit()
	a.Share, a.Urgent = l.share(), g.urgent.sum
	a.Left = max(0, g.day.share(Look)-g.day.n())
	a.Look, a.Pair, a.More = now, now, [2]time.Time{now, now}
	if at < g.block.until {
		a.Blocked = g.time(g.block.until)
	} else {
		a.Look = l.paced(at, Look)
		a.Pair = l.paced(at, Verify) // what a look that verifies leaves is its pause's
		for i := range a.More {
			until := max(a.Pair.Sub(g.wall)+g.wallAt, g.short.opens(at, max(1, a.Per30s-2-i), 0))
			a.More[i] = g.time(until)
		}
	}
	l.fill(&a.Day, g.part(at))
	return a
}

// paced is when a call of a class fits, as far as that is a matter of seconds. Where the day's calls are used up, as while a
// 429 stands, it is now: whoever tries then is refused, and knows that nobody is seen, where a look planned for when the
// gate opens would let stand what was seen before.
func (l *Lane) paced(at time.Duration, c Class) time.Time {
	g := l.gate
	if r := g.refuse(at, c, l, false); r.until > at && r.window == &g.short {
		return g.time(r.until)
	}
	return g.time(at)
}

// share is 1 for the only lane.
func (l *Lane) share() float64 {
	n := float64(max(1, l.gate.named))
	if l.gate.weights <= 0 {
		return 1 / n
	}
	return 0.5/n + 0.5*min(1, l.weight/l.gate.weights)
}

func (l *Lane) fill(day *[parts]uint16, newest int) {
	l.calls.roll(newest)
	from := index(newest + 1 - parts)
	n := copy(day[:], l.calls.n[from:])
	copy(day[n:], l.calls.n[:])
	before := &l.gate.before
	before.roll(newest)
	if before.sum == 0 {
		return
	}
	named := max(1, l.gate.named)
	for i := range day {
		day[i] += uint16(min((before.at(newest+1-parts+i)+named/2)/named, int(^uint16(0)-day[i])))
	}
}
