package main

import (
	"sync"
	"time"
)

// exposure adds up for how long denied devices played, from looks and from the pauses
// between them:
//
//	two looks show it playing          all of the time between them; with a pause of ours in between,
//	                                   the time to the pause, and from when it was played again
//	only the second one shows it       the time since the player last did something (Spotify's
//	                                   timestamp), at most since the first look
//	only the first one shows it        the time to our pause; without one, to when the player last did
//	                                   something; if that is not said, half of the time
//
// Of a pair of looks that are further apart than longestGap no more than that counts,
// and nothing of a time in which nothing could be seen.
type exposure struct {
	mu   sync.Mutex
	last map[string]sighting
}

// sighting is what the last look at an account showed, and the last pause since.
type sighting struct {
	at      time.Time
	denied  bool      // a denied device plays
	changed time.Time // when the player last did something; zero: not said
	paused  time.Time // when a pause was sent since; zero: none was
}

// longestGap bounds what one pair of looks adds.
const longestGap = 3 * time.Minute

func newExposure() *exposure { return &exposure{last: map[string]sighting{}} }

// look takes a look and gives the time that it adds.
func (e *exposure) look(account string, now sighting) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	before, ok := e.last[account]
	e.last[account] = now
	if !ok {
		return 0
	}
	return min(max(between(before, now), 0), longestGap)
}

// pause takes a pause that was sent.
func (e *exposure) pause(account string, sent time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.last[account]; ok && s.paused.IsZero() {
		s.paused = sent
		e.last[account] = s
	}
}

// forget is told that nothing can be seen.
func (e *exposure) forget(account string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.last, account)
}

// between is for how long a denied device played between two looks.
func between(a, b sighting) time.Duration {
	all := b.at.Sub(a.at)
	since := b.changed // the player did something in between, or this is zero
	if !since.After(a.at) || since.After(b.at) {
		since = time.Time{}
	}
	switch {
	case a.denied && !a.paused.IsZero():
		heard := a.paused.Sub(a.at)
		if b.denied && since.After(a.paused) {
			heard += b.at.Sub(since)
		} else if b.denied {
			heard = all // the pause did nothing
		}
		return heard
	case a.denied && b.denied:
		return all
	case b.denied && !since.IsZero():
		return b.at.Sub(since)
	case b.denied:
		return all
	case a.denied && !since.IsZero():
		return since.Sub(a.at)
	case a.denied:
		return all / 2
	}
	return 0
}
