package spotify

import (
	"fmt"
	"time"
)

// delay is why a request may not be sent now, and until when.
type delay struct {
	until  time.Duration // not after now: it may
	common time.Duration // nobody may before
	window *window       // that is full; nil: a 429 stands
	share  int           // of it
	ahead  int           // lanes that go first
}

// refuse says until when a lane has to wait with a request of this class. Of several
// reasons the one that lasts longest counts, so that coming back then is worth it. With
// join, the lane stands in line for what it waits for longest: a claim on anything else
// would only keep others from it.
func (g *Gate) refuse(at time.Duration, c Class, l *Lane, join bool) delay {
	r := delay{until: g.block.until, common: g.block.until}
	line := &g.short
	for _, w := range [...]*window{&g.short, &g.day} {
		full := g.full(at, w, c, l)
		common := max(r.common, full.common)
		if full.until > max(r.until, at) {
			r, line = full, w
		}
		r.common = common
	}
	if !join || r.until <= at {
		return r
	}
	if line == &g.short && g.pace.crowd(at, line, c, l) {
		return g.refuse(at, c, l, join) // it has to wait for its pace now
	}
	if c == Pause {
		g.claim = max(g.claim, r.until+grace)
	}
	p, rank := l.place(line, c), l.rank(at, line, c)
	l.leave(c)
	p.rank, p.lapses = rank, r.until+grace
	line.lines[c].join(p)
	return r
}

// full says until when one window has no call for a lane. With no share at all, which is
// so with a limit of 1 while a pause claims that one call, that is until the pause has had
// its time.
func (g *Gate) full(at time.Duration, w *window, c Class, l *Lane) delay {
	r := delay{window: w, share: w.share(c), ahead: l.ahead(at, w, c)}
	if c != Pause && at < g.claim {
		r.share = min(r.share, w.limit()-1)
	}
	if r.share < 1 {
		r.until = max(w.opens(at, 1, 0), g.claim)
		r.common = r.until
		return r
	}
	from := max(at, g.block.until) // nobody gets ahead before
	r.common = w.opens(from, r.share, 0)
	r.until = w.opens(from, r.share, r.ahead)
	if w == &g.short {
		r.common = max(r.common, g.pace.until(at, w, c, 0))
		r.until = max(r.until, g.pace.until(at, w, c, r.ahead))
	}
	for u := Verify; u < c; u++ { // whoever waits with something more urgent
		others := w.lines[u].len()
		if l.place(w, u).in {
			others--
		}
		if others > 0 {
			r.until = max(r.until, w.opens(from, w.share(u), others))
		}
	}
	return r
}

// wait puts a delay into words.
func (g *Gate) wait(at time.Duration, r delay, c Class) *WaitError {
	e := &WaitError{Until: g.time(r.until), Kind: g.block.kind}
	if r.common > at {
		e.Common = g.time(r.common)
	}
	if r.window == nil {
		e.Reason = g.block.reason()
		return e
	}
	e.Kind = RateLimited
	if r.window == &g.day {
		e.Kind = Quota
	}
	budget := fmt.Sprintf("%d calls per %s", r.window.limit(), spanName(r.window.span))
	if r.window.failed > 0 {
		budget += fmt.Sprintf(" (%d are configured, a 429 came at %d)", r.window.most, r.window.failed)
	}
	behind := "pauses"
	if c == Other {
		behind = "looks and pauses"
	}
	switch kept := r.window.limit() - r.share; {
	case r.ahead > 0 && r.common <= at:
		e.Reason = fmt.Sprintf("of %s the next are for others that have had less", budget)
	case kept == 0:
		e.Reason = fmt.Sprintf("the budget of %s is used up", budget)
	case kept == 1:
		e.Reason = fmt.Sprintf("of %s the last one is kept for a pause", budget)
	default:
		e.Reason = fmt.Sprintf("of %s the last %d are kept for %s", budget, kept, behind)
	}
	return e
}

func spanName(d time.Duration) string {
	if d == 24*time.Hour {
		return "day"
	}
	return d.String()
}
