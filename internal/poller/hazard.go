package poller

import (
	"math"
	"time"

	"gatefold/engine"
)

// What is believed before anything was seen, and how much it weighs. The figures
// were found with gatefold simulate (docs/polling.md).
const (
	visitsAday  = 1.0     // first visits of denied devices
	priorWatch  = 86400.0 // seconds of watching that this belief is worth
	hourPrior   = 3.0     // days that the account's mean is worth against an hour of the day,
	weekPrior   = 3.0     // weeks that an hour of the day is worth against an hour of the week
	neighbours  = 0.25    // of each visit count for the hour before, and as much for the hour after
	returnPrior = 2.0     // visits that the belief "one in two returns" is worth
	statePrior  = 2.0     // visits that "silence and company are alike" is worth
)

// Hazard is how likely it is, per second, that a denied device begins to play: by
// hour of the week, by state, and after the last visit.
type Hazard struct {
	h    engine.Habits
	mean float64 // first visits per second of watching
}

// HazardOf reads what was learned.
func HazardOf(h engine.Habits) Hazard {
	starts := 0.0
	if h.Starts != nil {
		for _, n := range h.Starts {
			starts += n
		}
	}
	return Hazard{h, (starts + visitsAday*priorWatch/86400) / (h.Watched + priorWatch)}
}

// Hour is the hazard of first visits in an hour of the week: what was seen in that
// hour, drawn towards that hour of such days (work days, or the weekend), and that
// towards the mean of the account.
func (z Hazard) Hour(hour int) float64 {
	if z.h.Starts == nil {
		return z.mean
	}
	weeks := z.h.Watched / (7 * 86400)
	first, days := 0, 5
	if hour/24 >= 5 {
		first, days = 5, 2
	}
	seen := 0.0
	for d := first; d < first+days; d++ {
		seen += z.smooth(d*24 + hour%24)
	}
	alike := (seen + z.mean*3600*hourPrior) / (3600 * (weeks*float64(days) + hourPrior))
	return (z.smooth(hour) + alike*3600*weekPrior) / (3600 * (weeks + weekPrior))
}

func (z Hazard) smooth(hour int) float64 {
	const n = len(engine.Week{})
	w := z.h.Starts
	return neighbours*(w[(hour+n-1)%n]+w[(hour+1)%n]) + (1-2*neighbours)*w[hour]
}

// State is how much more first visits come from this state than from the mean: from
// silence, or while somebody plays who may.
func (z Hazard) State(playing bool) float64 {
	all := z.h.Silence.Seconds + z.h.Company.Seconds
	if all <= 0 {
		return 1
	}
	q := z.h.Silence
	if playing {
		q = z.h.Company
	}
	expected := (z.h.Silence.Starts + z.h.Company.Starts) * q.Seconds / all
	return (q.Starts + statePrior) / (expected + statePrior)
}

// Returns is the share of visits that are followed by another within
// engine.ReturnWithin.
func (z Hazard) Returns() float64 {
	return (z.h.Returned + returnPrior/2) / (z.h.Visits + returnPrior)
}

// Return is the hazard of a return at a time after the last visit ended: of those
// that are still to be expected, how many come in this part of the hour. Before
// engine.VisitGap is over it is that of the first part.
func (z Hazard) Return(after time.Duration) float64 {
	if z.h.Left.IsZero() || after < 0 || after >= engine.ReturnWithin {
		return 0
	}
	all, gone := z.h.Visits+returnPrior, 0.0
	begin := engine.VisitGap
	for i, end := range engine.GapEnds() {
		n := z.h.Gaps[i] + returnPrior/2/float64(len(z.h.Gaps))
		if after < end {
			width := (end - begin).Seconds()
			into := max(0, (after-begin).Seconds()/width)
			return n / width / (all - gone - n*into)
		}
		gone += n
		begin = end
	}
	return 0
}

// Weight is how many looks an account is worth against others: they find most where
// each has them by the root of its hazard. Visits that follow others count too.
func Weight(h engine.Habits) float64 {
	z := HazardOf(h)
	return math.Sqrt(z.mean / (1 - 0.9*z.Returns()))
}
