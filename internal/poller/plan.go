package poller

import (
	"math"
	"time"

	"gatefold/engine"
)

const (
	afterResume = 700 * time.Millisecond // after he is expected to have pressed play: it takes a moment to show
	afterEnd    = time.Second            // of an item
	worstLate   = 5 * time.Second        // what answers and eventual consistency add to an interval
	jitter      = 0.06                   // of an interval, taken off: accounts must not look in step
)

// Plan says when to look next. price is that of Price; it does not count without a
// budget.
func (i Intervals) Plan(s engine.Pace, b Budget, price float64) engine.Plan {
	p := i.wish(s, b, price)
	if !b.rates() {
		return p
	}
	if fits := i.fits(s, b); fits.After(p.Due) {
		if fits.Sub(p.Due) > time.Second {
			p.Cause, p.Why = "budget", p.Why+", as soon as the budget allows"
		}
		p.Due = fits
		if p.Worst > 0 {
			p.Worst = max(p.Worst, p.Due.Sub(s.Looked)+worstLate)
		}
	}
	return p
}

// fits is when the budget of the 30 s has room for the look.
func (i Intervals) fits(s engine.Pace, b Budget) time.Time {
	if s.Verdict == engine.Deny && s.PauseEvery > 0 && s.Playing {
		if n := min(s.Commands, len(b.More)); n > 0 {
			return b.More[n-1]
		}
		return b.Pair
	}
	return b.Look
}

// wish is the plan as far as the 30 s do not forbid it.
func (i Intervals) wish(s engine.Pace, b Budget, price float64) engine.Plan {
	switch {
	case !s.Seen:
		return engine.Plan{Due: s.Now, Cause: "start", Why: "first look"}
	case s.Verdict == engine.Deny && s.Playing:
		return engine.Plan{Due: i.chase(s, b), Cause: "denied", Why: "denied and playing"}
	case !s.Paused.IsZero() && s.Now.Sub(s.Paused) < afterPause:
		p := engine.Plan{Due: i.chase(s, b), Cause: "verify", Why: "after a pause of ours"}
		if b.days() && s.Override == 0 && s.PollEvery == 0 {
			if e := i.expect(s, b, price); e.Due.Before(p.Due) {
				p = e
			}
			if soon := s.Looked.Add(afterChange); !s.Followed && s.Surplus && soon.Before(p.Due) {
				p = engine.Plan{Due: soon, Cause: "changed", Why: "just changed"}
			}
		}
		return i.stated(s, b, p)
	case s.Override > 0:
		return i.asked(s, b, s.Override, engine.Plan{Cause: "override", Why: "an operator's override"})
	case !s.Followed && s.Surplus && s.PollEvery == 0:
		return i.stated(s, b, engine.Plan{Due: s.Looked.Add(min(afterChange, i.longest(s))), Cause: "changed", Why: "just changed"})
	case s.PollEvery > 0:
		return i.asked(s, b, s.PollEvery, engine.Plan{Cause: "rule", Why: "poll() in a rule"})
	case !b.days():
		cause, why := state(s)
		every := i.longest(s)
		return engine.Plan{Due: s.Looked.Add(every), Cause: cause, Why: why, Worst: max(every, i.IdleMax) + worstLate}
	}
	return i.stated(s, b, i.expect(s, b, price))
}

// asked is the pace that somebody has asked for, or a slower one that the day can pay.
func (i Intervals) asked(s engine.Pace, b Budget, every time.Duration, p engine.Plan) engine.Plan {
	if least := sustained(i, b, 1, askedOver); least > every {
		every, p.Cause, p.Why = least, "budget", p.Why+", as far as the day's budget goes"
	}
	p.Due, p.Worst = s.Looked.Add(every), max(every, b.crowded())+worstLate
	return p
}

// stated says the longest that somebody goes unseen who begins now.
func (i Intervals) stated(s engine.Pace, b Budget, p engine.Plan) engine.Plan {
	p.Worst = b.longest(i.IdleMax)
	if s.Playing {
		p.Worst = i.Playing
	}
	p.Worst = max(b.stretched(p.Worst), p.Due.Sub(s.Looked))
	p.Worst += worstLate
	return p
}

func state(s engine.Pace) (cause, why string) {
	switch {
	case s.Playing:
		return "playing", "playing"
	case s.Held:
		return "paused", "paused"
	}
	return "idle", "nobody plays"
}

// chase is when to look while a denied device plays, and for a while after a pause:
// on the beat of the pause, where the budget does not say slower. Where it is known
// after how long he presses play again, not before that.
func (i Intervals) chase(s engine.Pace, b Budget) time.Time {
	due := i.beat(s)
	if !b.rates() {
		return due
	}
	if s.PauseEvery > 0 && s.Resumes > 0 && !s.Paused.IsZero() {
		if expected := s.Paused.Add(s.Resumes + afterResume); expected.After(due) && !s.Looked.After(expected) {
			due = expected
			if latest := s.Looked.Add(i.Denied); due.After(latest) {
				due = latest
			}
		}
	}
	pace, earliest := enforcePace(i, b), s.Looked.Add(b.floor())
	if pace > b.pair() || s.Paused.IsZero() {
		earliest = s.Looked.Add(pace)
	} else if again := s.Paused.Add(pace); again.After(earliest) {
		earliest = again
	}
	if due.Before(earliest) {
		due = earliest
	}
	return due
}

// expect is when the exposure that a look is expected to find is worth its price.
func (i Intervals) expect(s engine.Pace, b Budget, price float64) engine.Plan {
	z := HazardOf(s.Habits)
	longest := min(i.longest(s), b.longest(i.IdleMax))
	every, returns := worth(z, s, price, max(b.floor(), min(shortest, longest)), longest)
	cause, why := state(s)
	switch {
	case returns && every < longest:
		cause, why = "restart", "he may come back"
	case every < longest:
		cause, why = "habit", why+", and at this hour strangers come"
	}
	every = b.stretched(every)
	every -= time.Duration(jitter * unit(s.Looked) * float64(every))
	due := s.Looked.Add(every)
	if ends := s.Ends.Add(afterEnd); !s.Ends.IsZero() && ends.Before(due) && ends.Sub(s.Looked) > every/2 {
		due, cause, why = ends, "item_end", "what plays comes to its end"
	}
	return engine.Plan{Due: due, Cause: cause, Why: why}
}

// worth is after how long the exposure reaches the price, and whether that is mostly
// because of a return.
func worth(z Hazard, s engine.Pace, price float64, floor, longest time.Duration) (every time.Duration, returns bool) {
	base := z.Hour(engine.HourOfWeek(s.Now)) * z.State(s.Playing)
	alone := time.Duration(math.Sqrt(2*price/base) * float64(time.Second))
	longest = max(min(longest, max(alone, floor)), floor)
	left := s.Habits.Left
	if left.IsZero() || s.Looked.Sub(left) > engine.ReturnWithin {
		return longest, false
	}
	const step = 500 * time.Millisecond
	found := 0.0
	for age := step; age < longest; age += step {
		found += age.Seconds() * (base + z.Return(s.Looked.Add(age).Sub(left))) * step.Seconds()
		if found >= price && age >= floor {
			return age, true
		}
	}
	return longest, false
}

// unit is a number from 0 to 1 that two accounts seldom share.
func unit(t time.Time) float64 {
	x := uint64(t.UnixNano()) * 0x9e3779b97f4a7c15
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	return float64(x>>11) / (1 << 53)
}
