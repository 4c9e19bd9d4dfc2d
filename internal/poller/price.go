package poller

import (
	"math"
	"time"

	"gatefold/engine"
)

const (
	agesOfMean  = 2.5  // the longest age of a look, in mean intervals of the budget
	returnCalls = 60.0 // that a visit costs in looks for its return, about
	margin      = 0.97 // of what is there is planned with
	enforceOver = time.Hour
)

// cap is the longest time between looks in silence: a wrong model must not leave
// an hour unwatched.
func (b Budget) cap(longest time.Duration) time.Duration {
	mean := 24 * float64(time.Hour) / b.looks()
	return min(longest, time.Duration(agesOfMean*mean))
}

// Price is what a look must be worth (in exposed seconds that it is expected to
// find): the least at which what looks will cost never exceeds what is left and
// comes back as the calls of yesterday grow older than a day, at any time of the
// next 24 hours.
func Price(i Intervals, h engine.Habits, b Budget, now time.Time) float64 {
	f := newForecast(i, h, b, now)
	lo, hi := math.Log(1e-7), math.Log(1e5)
	if f.fits(math.Exp(lo)) {
		return math.Exp(lo)
	}
	for range 24 {
		if mid := (lo + hi) / 2; f.fits(math.Exp(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp(hi)
}

// forecast is what the next 24 hours look like from now, by slots.
type forecast struct {
	hazard  [Slots]float64 // in silence
	supply  [Slots]float64 // calls that may have been made up to the slot's end
	company float64        // share of time in which somebody plays who may
	floor   float64        // seconds, as are the next two
	playing float64
	longest float64
}

func newForecast(i Intervals, h engine.Habits, b Budget, now time.Time) *forecast {
	z := HazardOf(h)
	f := &forecast{
		floor: b.floor().Seconds(), playing: i.Playing.Seconds(), longest: b.cap(i.IdleMax).Seconds(),
		company: (h.Company.Seconds + 3600) / (h.Watched + 6*3600),
	}
	state := z.State(false)
	left := b.Left
	rate, hour := 0.0, -1
	for k := range Slots {
		t := now.Add(time.Duration(k) * Slot)
		if t.Hour() != hour {
			hour = t.Hour()
			rate = z.Hour(engine.HourOfWeek(t))
		}
		f.hazard[k] = rate * state
		left += float64(b.Day[k])
		f.supply[k] = left * margin
	}
	return f
}

// fits says whether the price is high enough.
func (f *forecast) fits(price float64) bool {
	spent := 0.0
	for k, h := range f.hazard {
		spent += f.cost(h, price)
		if spent > f.supply[k] {
			return false
		}
	}
	return true
}

// cost is how many calls a slot takes.
func (f *forecast) cost(hazard, price float64) float64 {
	every := min(max(math.Sqrt(2*price/hazard), f.floor), f.longest)
	seconds := Slot.Seconds()
	return seconds*(1-f.company)/every + seconds*f.company/min(every, f.playing) + hazard*seconds*returnCalls
}

// enforcePace is the shortest time between looks that may each be followed by a
// pause, so that hours of it leave every later look its longest interval: a
// guest who never leaves must not burn the budget of those who come after him.
func enforcePace(i Intervals, b Budget) time.Duration {
	longest := b.cap(i.IdleMax)
	perSlot := Slot.Seconds() / longest.Seconds()
	spare := b.Left + kept*b.PerDay // what is kept back is for this
	least := spare
	for k := range Slots {
		spare += float64(b.Day[k]) - perSlot
		least = min(least, spare)
	}
	pace := b.pair()
	if least <= 1 {
		return max(pace, longest)
	}
	return min(max(pace, time.Duration(2*float64(enforceOver)/least)), max(pace, longest))
}
