package lab

import "time"

// clairvoyant knows when somebody who should not play begins, and from when on that can be seen: it looks then, and
// never otherwise. It obeys the budgets of gatefold, and keeps a tenth of the day for the first pauses of visits: nobody
// burns what those need. No policy finds and pauses a visitor sooner.
type clairvoyant struct {
	per30s, perDay int

	*world
	short, day ring
	ours       household
	posts      messages
}

func (p *clairvoyant) begin(w *world) {
	p.world, p.ours, p.posts = w, w.story.Household(), messages{}
	p.short, p.day = newRing(30*time.Second, p.per30s), newRing(day, p.perDay)
	w.onPlay = p.plan
}

// plan has a look arrive when what was just done can be seen.
func (p *clairvoyant) plan(first bool) {
	kept := p.perDay / 10
	if first {
		kept = 0
	}
	p.when(p.visibleAt()-p.p.LatencyLeast/2, kept, func() { p.look(kept) })
}

// when spends a call at a time, or as soon after it as there is one and so many of the day are left. The budgets are
// asked when the time has come.
func (p *clairvoyant) when(at time.Duration, kept int, do func()) {
	p.at(at, func() {
		free := max(p.short.free(p.now), p.day.freeBut(p.now, kept))
		if free > p.now {
			p.when(free, kept, do)
			return
		}
		p.short.add(p.now)
		p.day.add(p.now)
		do()
	})
}

func (p *clairvoyant) look(kept int) {
	p.Look(func(a Answer) {
		switch {
		case a.Status == 429:
			p.when(p.now+a.Retry, kept, func() { p.look(kept) })
		case p.ours.denies(&a) && a.Playing():
			id := a.Device().ID
			p.posts.post(p.world, a.Device().Name)
			p.when(p.now, kept, func() { p.Pause(id, func(Answer) {}) })
		}
	})
}
