package engine

import (
	"encoding/json"
	"math"
	"time"
)

const (
	// HalfLife is how long ago a visit happened that counts half of one today.
	HalfLife = 28 * 24 * time.Hour
	// VisitGap is how long a denied device must not have been seen playing for its
	// next sight to begin another visit: shorter, it has only been played again. Nor
	// does a visit begin where the look before showed the same, however seldom looks are.
	VisitGap = time.Minute
	// ReturnWithin is how soon after a visit the next one counts as a return.
	ReturnWithin = time.Hour

	watchedAtMost = 5 * time.Minute // between two looks; what happened in a longer gap is not known
	habitsFresher = time.Hour       // how stale the fading, and the kept row, may be
)

// Habits is what an account's past says of when denied devices begin to play:
// counts that fade with HalfLife. A value of it is never changed; Fold makes the
// next one. First visits are counted by the hour of the week; those that follow
// another within ReturnWithin are returns.
type Habits struct {
	At      time.Time `json:"at,omitzero"` // up to when the counts have faded
	Starts  *Week     `json:"starts,omitempty"`
	Watched float64   `json:"watched"` // seconds
	Silence Quarter   `json:"silence"` // of it, while nothing played
	Company Quarter   `json:"company"` // and while a device played that is not denied

	Left     time.Time `json:"left,omitzero"` // when a denied device was last seen playing
	Visits   float64   `json:"visits"`        // of both sorts
	Returned float64   `json:"returned"`
	Gaps     Gaps      `json:"gaps"` // of them, by how long after the visit before
}

// Gaps counts returns by the time since the visit before, in minutes: 1 to 2, to 4,
// to 8, to 16, to 32, to 60.
type Gaps [6]float64

// GapEnds are the ends of what Gaps counts; the first begins with VisitGap.
func GapEnds() [6]time.Duration {
	return [...]time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, ReturnWithin}
}

// Week counts by hour of the week in the account's zone: 0 is Monday from 0:00 to
// 1:00.
type Week [168]float64

// Quarter is where first visits came from, and for how long they could have.
type Quarter struct {
	Starts  float64 `json:"starts"`
	Seconds float64 `json:"seconds"`
}

// HourOfWeek is the index of a time in a Week, by the time's own zone.
func HourOfWeek(t time.Time) int { return (int(t.Weekday())+6)%7*24 + t.Hour() }

// looked takes up a look that was judged. before is what was known before it.
func (h Habits) looked(before Facts, now time.Time, denied bool) Habits {
	h = h.faded(now).watched(before, now)
	if !denied {
		return h
	}
	if h.Left.IsZero() || now.Sub(h.Left) >= VisitGap && !h.goesOn(before, now) {
		h = h.begun(before, now)
	}
	h.Left = now.Round(0)
	return h
}

// goesOn says that the look before showed a denied device playing, and that nobody
// was blind for long since: who stays does not come anew with every look.
func (h Habits) goesOn(before Facts, now time.Time) bool {
	return before.Held != nil && before.Held.Active() && before.Verdict.Kind == Deny && now.Sub(before.HeldAt) < watchedAtMost
}

// faded makes what is counted weigh what it does now, to the hour.
func (h Habits) faded(now time.Time) Habits {
	if h.At.IsZero() || h.At.After(now) {
		h.At = now.Round(0)
	}
	age := now.Sub(h.At)
	if age < habitsFresher {
		return h
	}
	h.At = now.Round(0)
	f := math.Exp2(-age.Hours() / HalfLife.Hours())
	if h.Starts != nil {
		w := *h.Starts
		for i := range w {
			w[i] *= f
		}
		h.Starts = &w
	}
	for _, x := range []*float64{
		&h.Watched, &h.Silence.Starts, &h.Silence.Seconds, &h.Company.Starts, &h.Company.Seconds,
		&h.Visits, &h.Returned,
	} {
		*x *= f
	}
	for i := range h.Gaps {
		h.Gaps[i] *= f
	}
	return h
}

// watched counts the time since the look before.
func (h Habits) watched(before Facts, now time.Time) Habits {
	if before.Held == nil {
		return h
	}
	s := min(now.Sub(before.HeldAt), watchedAtMost).Seconds()
	if s <= 0 {
		return h
	}
	h.Watched += s
	switch {
	case !before.Held.Active():
		h.Silence.Seconds += s
	case before.Verdict.Kind != Deny:
		h.Company.Seconds += s
	}
	return h
}

// begun counts a visit.
func (h Habits) begun(before Facts, now time.Time) Habits {
	h.Visits++
	if gap := now.Sub(h.Left); !h.Left.IsZero() && gap < ReturnWithin {
		h.Returned++
		for i, end := range GapEnds() {
			if gap < end {
				h.Gaps[i]++
				break
			}
		}
		return h
	}
	var w Week
	if h.Starts != nil {
		w = *h.Starts
	}
	w[HourOfWeek(now)]++
	h.Starts = &w
	if before.Held != nil && before.Held.Active() {
		h.Company.Starts++
	} else {
		h.Silence.Starts++
	}
	return h
}

// notAfter is what a clock sees that was set back.
func (h Habits) notAfter(now time.Time) Habits {
	h.At, h.Left = notAfter(h.At, now), notAfter(h.Left, now)
	return h
}

// write is the habits as a row of the state.
func (h Habits) write() Write {
	raw, _ := json.Marshal(h)
	return Write{Key: reservedHabits, Value: raw}
}

// news says that the kept row has to be replaced: a visit was counted, or an hour
// has passed.
func (h Habits) news(kept Habits) bool {
	return h.Visits > kept.Visits || h.At.Sub(kept.At) >= habitsFresher
}
