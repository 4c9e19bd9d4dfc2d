package poller

import (
	"math"
	"time"

	"gatefold/engine"
)

const (
	visitCalls   = 60.0 // looks that a visit makes worth their price, for its return
	spare        = 0.02 // of the day's looks is left for what the forecast misses
	persists     = 12   // slots for which what plays now is taken to go on
	visitsMost   = 0.1  // of the looks of the day are expected to go to returns
	stretchStep  = 1.25
	cheap, dear  = 1e-7, 1e5 // prices between which the right one lies
	priceHalving = 24
)

// Price is what a look must be worth, in exposed seconds that it is expected to
// find: the least at which what the looks of the next 24 hours cost never exceeds
// what is left and what comes back as the calls of yesterday grow older than a day.
// Where even the longest intervals cost more than that, stretch (else 1) is by how
// much they have to be longer.
func Price(i Intervals, s engine.Pace, b Budget) (price, stretch float64) {
	f := newForecast(i, s, b)
	most := max(1, f.slowest/min(f.playing, f.longest)) // no interval is longer then
	for !f.fits(dear) && f.stretch < most {
		f.stretch = min(f.stretch*stretchStep, most)
	}
	if f.stretch > 1 {
		return dear, f.stretch
	}
	lo, hi := math.Log(cheap), math.Log(dear)
	for range priceHalving {
		if mid := (lo + hi) / 2; f.fits(math.Exp(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return min(math.Exp(hi), dear), 1
}

// forecast is what the next 24 hours look like from now, by slots.
type forecast struct {
	hazard  [Slots]float64 // in silence
	visits  [Slots]float64 // calls that visits will cost
	supply  [Slots]float64 // calls that may have been made up to the slot's end
	company float64        // share of time in which somebody plays who may
	now     float64        // the same for the first slots
	floor   float64        // seconds, as are the next two
	playing float64
	longest float64
	slowest float64
	stretch float64
}

func newForecast(i Intervals, s engine.Pace, b Budget) *forecast {
	h := s.Habits
	z := HazardOf(h)
	f := &forecast{
		floor: max(b.floor(), min(shortest, i.IdleMax)).Seconds(), playing: i.Playing.Seconds(), longest: b.longest(i.IdleMax).Seconds(), slowest: b.slowest().Seconds(),
		company: (h.Company.Seconds + 3600) / (h.Watched + 6*3600), stretch: 1,
	}
	f.now = f.company
	if s.Playing {
		f.now = 1
	}
	state := z.State(false)
	left := b.left()
	rate, hour := 0.0, -1
	for k := range Slots {
		t := s.Now.Add(time.Duration(k) * Slot)
		if t.Hour() != hour {
			hour = t.Hour()
			rate = z.Hour(engine.HourOfWeek(t)) * state
		}
		f.visits[k] = min(rate*Slot.Seconds()*visitCalls, visitsMost*b.looks()/Slots)
		f.hazard[k] = rate + z.Return(t.Add(Slot/2).Sub(h.Left))
		f.supply[k] = max(left-spare*b.looks(), left/2)
		left += float64(b.Day[k])
	}
	return f
}

// fits says whether the price is high enough.
func (f *forecast) fits(price float64) bool {
	spent := 0.0
	for k := range f.hazard {
		spent += f.cost(k, price)
		if spent > f.supply[k] {
			return false
		}
	}
	return true
}

func (f *forecast) stretched(every float64) float64 {
	return max(every, min(every*f.stretch, f.slowest))
}

// cost is how many calls a slot takes.
func (f *forecast) cost(k int, price float64) float64 {
	every := min(max(math.Sqrt(2*price/f.hazard[k]), f.floor), f.longest)
	seconds := Slot.Seconds()
	company := f.company
	if k < persists {
		company = f.now
	}
	return seconds*(1-company)/f.stretched(every) + seconds*company/f.stretched(min(every, f.playing)) + f.visits[k]
}
