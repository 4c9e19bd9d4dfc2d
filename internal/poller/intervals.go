package poller

import (
	"time"

	"gatefold/engine"
)

// Intervals are the longest times between looks. All are needed.
type Intervals struct {
	Denied  time.Duration // a denied device plays, and for a while after a pause
	Playing time.Duration
	Paused  time.Duration
	Idle    time.Duration // nobody holds the player ...
	IdleMax time.Duration // ... rising to this within ten minutes
}

const (
	afterChange = 2 * time.Second
	afterPause  = 2 * time.Minute
	riseTime    = 10 * time.Minute
)

// longest is the longest interval of a state in which nobody is denied.
func (i Intervals) longest(s engine.Pace) time.Duration {
	switch {
	case s.Playing:
		return i.Playing
	case s.Held:
		return i.Paused
	}
	quiet := min(s.Now.Sub(s.QuietSince), riseTime)
	rise := max(i.IdleMax-i.Idle, 0)
	return i.Idle + time.Duration(float64(rise)*float64(max(quiet, 0))/float64(riseTime))
}

// beat is the next moment on the grid that the last pause began: so that no beat is
// missed because an answer came early or late.
func (i Intervals) beat(s engine.Pace) time.Time {
	step := i.Denied
	for _, every := range []time.Duration{s.PollEvery, s.Override} {
		if every > 0 {
			step = every
		}
	}
	step = smaller(step, s.PauseEvery)
	if s.Paused.IsZero() || s.Paused.After(s.Now) { // later than now: the clock was set back
		return s.Looked.Add(step)
	}
	due := nextBeat(s.Paused, step, s.Looked)
	if s.PauseEvery > 0 {
		if again := nextBeat(s.Paused, s.PauseEvery, s.Looked); again.Before(due) {
			due = again
		}
	}
	return due
}

// nextBeat is the first of from+step, from+2*step, ... after a moment.
func nextBeat(from time.Time, step time.Duration, after time.Time) time.Time {
	n := max(after.Sub(from)/step+1, 1)
	return from.Add(n * step)
}

// smaller ignores what is not set.
func smaller(a, b time.Duration) time.Duration {
	if b > 0 && b < a {
		return b
	}
	return a
}
