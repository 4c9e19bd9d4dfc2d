package spotify

import "time"

// SetLimits gives a gate in use other budgets. What was sent counts on, so that neither the
// old nor the new windows hold more than is allowed: after a smaller budget nothing passes
// until enough of it has left its window, a larger one lets pass at once. Blocks, what 429s
// taught, and claims stand.
//
// Only what a restart under a smaller budget did not take up (see GateState: at most as many
// calls as it allowed) cannot count any more under a larger one.
func (g *Gate) SetLimits(now time.Time, l Limits) {
	l = l.orDefaults()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tick(now)
	g.short.most, g.day.most = l.Per30s, l.PerDay
}

// orDefaults fills in what is not given.
func (l Limits) orDefaults() Limits {
	if l.Per30s <= 0 {
		l.Per30s = 8
	}
	if l.PerDay <= 0 {
		l.PerDay = 6000
	}
	return l
}
