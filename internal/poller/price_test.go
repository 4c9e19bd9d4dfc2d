package poller

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// intervals draws what may be configured.
func intervals(t *rapid.T) Intervals {
	d := func(name string) time.Duration {
		return rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 10 * time.Minute}).Draw(t, name)
	}
	i := Intervals{Denied: d("denied"), Playing: d("playing"), Paused: d("paused"), Idle: d("idle")}
	i.IdleMax = max(d("idle max"), i.Idle)
	return i
}

// budget draws what a gate may afford.
func budget(t *rapid.T, now time.Time) Budget {
	b := Budget{Per30s: rapid.IntRange(1, 20).Draw(t, "per 30 s"), PerDay: rapid.SampledFrom([]float64{20, 300, 2000, 6000, 100000}).Draw(t, "per day")}
	left := b.PerDay
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, Slots-1), 0, 40).Draw(t, "slots") {
		n := min(float64(rapid.IntRange(0, 200).Draw(t, "calls")), left)
		b.Day[i] += uint16(n)
		left -= float64(uint16(n))
	}
	b.Urgent = left * rapid.Float64Range(0, 1).Draw(t, "urgent")
	b.Left = max(0, left-b.Urgent-kept*b.PerDay)
	at := func(name string) time.Time {
		return now.Add(time.Duration(rapid.SampledFrom([]int64{0, 0, 3e9, 20e9, 7200e9}).Draw(t, name)))
	}
	b.Look, b.Pair = at("look"), at("pair")
	b.More = [2]time.Time{later(b.Pair, at("one more")), later(b.Pair, at("two more"))}
	return b
}

// pace draws what the engine may tell.
func pace(t *rapid.T) engine.Pace {
	looked := at(rapid.Float64Range(0, 7*86400).Draw(t, "looked"))
	some := func(name string, most int64) time.Duration {
		return time.Duration(rapid.Int64Range(0, most).Draw(t, name))
	}
	s := engine.Pace{
		Now: looked.Add(some("latency", 12e9)), Looked: looked, Seen: true, Habits: habits(t),
		Verdict:  rapid.SampledFrom([]engine.VerdictKind{engine.Unknown, engine.Idle, engine.Allow, engine.Deny}).Draw(t, "verdict"),
		Held:     rapid.Bool().Draw(t, "held"),
		Followed: rapid.Bool().Draw(t, "followed"), Surplus: rapid.Bool().Draw(t, "surplus"),
		PauseEvery: time.Duration(rapid.SampledFrom([]int64{0, 1e9, 10e9, 60e9}).Draw(t, "pause")),
		PollEvery:  time.Duration(rapid.SampledFrom([]int64{0, 0, 1e8, 5e9, 3600e9}).Draw(t, "poll")),
		Override:   time.Duration(rapid.SampledFrom([]int64{0, 0, 1e9, 60e9, 3600e9}).Draw(t, "override")),
		Resumes:    time.Duration(rapid.SampledFrom([]int64{0, 2e9, 15e9, 1800e9}).Draw(t, "resumes")),
		Commands:   rapid.IntRange(0, 3).Draw(t, "commands"),
	}
	s.Playing = s.Held && rapid.Bool().Draw(t, "playing")
	if !s.Held {
		s.QuietSince = looked.Add(-some("quiet", 3600e9))
	}
	if s.Playing && rapid.Bool().Draw(t, "ends") {
		s.Ends = s.Now.Add(some("left", 600e9))
	}
	if rapid.Bool().Draw(t, "paused") {
		s.Paused = s.Now.Add(-some("ago", 1e13))
	}
	return s
}

// The forecast at the price never spends what is not there, and no lower price would do.
func TestPriceIsPaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, s := intervals(t), pace(t)
		b := budget(t, s.Now)
		price, stretch := Price(i, s, b)
		if price < cheap || price > dear || stretch < 1 {
			t.Fatalf("a price of %g, stretched by %g", price, stretch)
		}
		f := newForecast(i, s, b)
		f.stretch = stretch
		most := max(1, f.slowest/min(f.playing, f.longest))
		if stretch < most && !f.fits(price) {
			t.Fatalf("at the price of %g, stretched by %g, more is spent than there is", price, stretch)
		}
		if stretch == 1 && price > 2*cheap && f.fits(price*0.99) {
			t.Fatalf("%g would have been enough, not %g", price*0.99, price)
		}
		if stretch > 1 {
			if f.stretch = stretch / stretchStep; stretch < most && f.fits(dear) {
				t.Fatalf("stretched by %g, and %g would do", stretch, f.stretch)
			}
		}
	})
}

// Who has more left looks no less often.
func TestPriceFallsWithWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, s := intervals(t), pace(t)
		b := budget(t, s.Now)
		more := b
		more.Left += rapid.Float64Range(0, 5000).Draw(t, "more")
		price, stretch := Price(i, s, b)
		less, shorter := Price(i, s, more)
		if less > price || shorter > stretch {
			t.Fatalf("with %g more left the price went from %g (%g) to %g (%g)", more.Left-b.Left, price, stretch, less, shorter)
		}
	})
}

// While a denied device stays, what its looks and pauses cost is there until calls of
// yesterday come back, at any time of a day.
func TestEnforcementLasts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, b := intervals(t), budget(t, noon)
		left, spent := b.unspent(), 0.0
		if p := enforcePace(i, b); p < b.pair() {
			t.Fatalf("a look and a pause every %s, and %d calls in 30 s", p, b.Per30s)
		}
		for k := range Slots {
			for range 10 { // asked again and again
				c := b
				c.Day = Spent{}
				copy(c.Day[:], b.Day[k:])
				c.Left, c.Urgent = max(0, left-spent), c.PerDay
				for _, n := range c.Day {
					c.Urgent -= float64(n)
				}
				c.Urgent = max(c.Urgent-c.Left, kept*c.PerDay)
				spent += 2 * (Slot.Seconds() / 10) / enforcePace(i, c).Seconds()
			}
			if left > 1 && spent > left+5 {
				t.Fatalf("after %s %g calls were spent, and %g were there", time.Duration(k+1)*Slot, spent, left)
			}
			left += float64(b.Day[k])
		}
	})
}
