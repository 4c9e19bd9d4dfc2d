package spotify

import "time"

// Allowance is what the gate affords one account, as a poller goes by.
type Allowance struct {
	Per30s, PerDay int // limits in force for everybody behind this gate

	// Share is this lane's part of the day's calls, 0 to 1: half of it equal among the
	// lanes, half by weight (Lane.Weigh).
	Share float64

	// Day has this lane's calls of the last 24 h by ten minutes, oldest first; the last
	// are the ten minutes that run. Of calls before a restart only the total is known:
	// every lane has its equal part of them.
	Day [parts]uint16

	Left    int       // calls of the day left for ordinary looks (without the reserve), for everybody
	Look    time.Time // when the next ordinary look fits: now, if at once
	Pair    time.Time // when a verifying look and its pause fit together; with a limit of 1: the look
	Blocked time.Time // until when a 429 stands; zero: none does
}

// Afford says what the gate affords this lane now. It counts nothing and claims nothing, does
// not allocate, and takes well under a microsecond.
func (l *Lane) Afford(now time.Time) (a Allowance) {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.tick(now)
	a.Per30s, a.PerDay = g.short.limit(), g.day.limit()
	a.Share = l.share()
	a.Left = max(0, g.day.share(Look)-g.day.n())
	a.Look, a.Pair = now, now
	if r := g.refuse(at, Look, l, false); r.until > at {
		a.Look = g.time(r.until)
	}
	// What a look that verifies leaves is its pause's.
	if r := g.refuse(at, Verify, l, false); r.until > at {
		a.Pair = g.time(r.until)
	}
	if at < g.block.until {
		a.Blocked = g.time(g.block.until)
	}
	l.fill(&a.Day, g.part(at))
	return a
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
