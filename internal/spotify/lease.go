package spotify

import "time"

// A lease is a number of calls that were saved as made before they are made. So the journal
// sees one small write per lease instead of one per call, and after a crash we know of
// every call that may have been sent.

// leaseSize is half of what 30 s allow, so that a crash leaves room for a look and a pause
// at once, and a day of full budget has at least 375 writes: 4 for the default budget.
func leaseSize(per30s, perDay int) int { return min(max(per30s/2, 1), max(perDay/375, 1), 4096) }

// count enters one call of a lane, under a new lease when the last one is used up, and gives the
// version that must be saved before the call is sent.
func (g *Gate) count(at time.Duration, l *Lane) uint64 {
	g.short.add(at)
	g.day.add(at)
	now := g.part(at)
	g.made.roll(now)
	g.made.add(now, 1)
	l.calls.roll(now)
	l.calls.add(now, 1)
	l.served = at
	l.sent = [2]int{len(g.short.calls), len(g.day.calls)}
	for _, w := range [...]*window{&g.short, &g.day} {
		w.counted(at, 10*w.n() >= 9*w.share(Look))
	}
	if g.lease == 0 {
		g.lease = leaseSize(g.short.limit(), g.day.limit())
		g.version++
	}
	g.lease--
	return g.version
}

// persist returns when a state at least as new as need was saved. Whoever comes while
// another saves waits for it: its call may rest on that very lease.
func (g *Gate) persist(need uint64) {
	if g.saved.Load() >= need {
		return
	}
	g.saving.Lock()
	defer g.saving.Unlock()
	if g.saved.Load() >= need {
		return
	}
	if g.save == nil {
		g.saved.Store(need)
		return
	}
	g.mu.Lock()
	version, state := g.version, g.snapshot()
	g.mu.Unlock()
	g.save(state)
	g.saved.Store(version)
}

// Close gives the open lease back and saves for the last time. A gate used after that is
// still right: it takes a new lease.
func (g *Gate) Close(now time.Time) {
	g.mu.Lock()
	g.tick(now)
	g.lease = 0
	g.version++
	need := g.version
	g.mu.Unlock()
	g.persist(need)
}
