package sim

import "time"

// How time passes: everything that was due since the last call is done, in the order in which it was due.

// clock is the injected clock, kept from stepping back.
func (s *Spotify) clock() time.Time {
	if now := s.o.Now(); now.After(s.last) {
		s.last = now
	}
	return s.last
}

// live makes the stories come true up to now. Accounts no story touched lag until they are asked for.
func (s *Spotify) live() time.Time {
	now := s.clock()
	for {
		f, at := s.nextScene()
		if f == nil || at.After(now) {
			break
		}
		f.play(s, at)
	}
	s.faults.forget(now)
	return now
}

// live makes what this account's player and person do of themselves come true up to now.
func (a *Account) live(now time.Time) {
	for {
		at, do := a.next()
		if do == nil || at.After(now) {
			return
		}
		do(at)
	}
}

// next is what happens next of itself: a delayed command takes effect, somebody presses play again, a track ends.
func (a *Account) next() (at time.Time, do func(time.Time)) {
	for i, c := range a.pending {
		if do == nil || c.at.Before(at) {
			at, do = c.at, func(t time.Time) { a.carryOut(i, t) }
		}
	}
	if !a.wake.IsZero() && (do == nil || a.wake.Before(at)) {
		at, do = a.wake, a.personResumes
	}
	if end, ok := a.now.ends(); ok && (do == nil || end.Before(at)) {
		at, do = end, a.itemEnds
	}
	return at, do
}

func (a *Account) itemEnds(t time.Time) {
	p := a.now.what
	p.Progress, p.Context = 0, ""
	if p.Single {
		p.Playing = false
	} else {
		p.Item = following(p.Item)
	}
	a.show(showing{open: true, what: p, since: t, changed: t})
	if p.Single {
		a.happen(t, Player, "comes to the end")
	} else {
		a.happen(t, Player, "goes on to "+p.Item.title())
	}
}

// carryOut lets a pending command take effect.
func (a *Account) carryOut(i int, t time.Time) {
	c := a.pending[i]
	a.pending = append(a.pending[:i:i], a.pending[i+1:]...)
	a.effect(c, t)
}

// isObedient: what the playback says, else the account. Whoever is said to be stubborn, or no longer, can be paused.
func (a *Account) isObedient() bool {
	p := a.now.what
	if p.Obeys != nil {
		return *p.Obeys
	}
	return a.obeys || p.Stubborn != nil
}

func (a *Account) stubbornness() time.Duration {
	if p := a.now.what; p.Stubborn != nil {
		return *p.Stubborn
	}
	return a.stubborn
}
