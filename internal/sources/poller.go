package sources

import (
	"time"

	"gatefold/engine"
)

// Poller says when to look at the player next. The zero value is useless: fill
// in every interval.
type Poller struct {
	Denied  time.Duration // a denied device plays, and for a while after a pause
	Playing time.Duration
	Paused  time.Duration
	Idle    time.Duration // nobody holds the player ...
	IdleMax time.Duration // ... rising to this within ten minutes
}

var _ engine.Pacer = Poller{}

const (
	afterChange = 2 * time.Second
	afterPause  = 2 * time.Minute
	riseTime    = 10 * time.Minute
)

// Next is pure. While a denied device plays the looks count from when the last
// pause was sent, so that no beat is missed because an answer came early or
// late. poll() in a rule takes the place of the configured interval, and an
// operator's override the place of both, except that a pause that stands is never
// slowed down by them.
func (p Poller) Next(s engine.Pace) (due time.Time, why string) {
	said := "poll() in a rule"
	if s.Override > 0 {
		s.PollEvery, said = s.Override, "an operator's override"
	}
	switch {
	case !s.Seen:
		return s.Now, "first look"
	case s.Verdict == engine.Deny && s.Playing:
		return p.beat(s), "denied and playing"
	case !s.Paused.IsZero() && s.Now.Sub(s.Paused) < afterPause:
		return p.beat(s), "after a pause of ours"
	case !s.Followed && s.Surplus && s.PollEvery == 0:
		return s.Looked.Add(min(afterChange, p.interval(s))), "just changed"
	case s.PollEvery > 0:
		return s.Looked.Add(s.PollEvery), said
	}
	return s.Looked.Add(p.interval(s)), p.why(s)
}

// beat is the next moment on the grid that the last pause began.
func (p Poller) beat(s engine.Pace) time.Time {
	step := p.Denied
	if s.PollEvery > 0 {
		step = s.PollEvery
	}
	step = smaller(step, s.PauseEvery)
	if s.Paused.IsZero() {
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

func (p Poller) interval(s engine.Pace) time.Duration {
	switch {
	case s.Playing:
		return p.Playing
	case s.Held:
		return p.Paused
	}
	quiet := min(s.Now.Sub(s.QuietSince), riseTime)
	rise := max(p.IdleMax-p.Idle, 0)
	return p.Idle + time.Duration(float64(rise)*float64(max(quiet, 0))/float64(riseTime))
}

func (p Poller) why(s engine.Pace) string {
	switch {
	case s.Playing:
		return "playing"
	case s.Held:
		return "paused"
	}
	return "nobody plays"
}

// smaller ignores what is not set.
func smaller(a, b time.Duration) time.Duration {
	if b > 0 && b < a {
		return b
	}
	return a
}
