package poller

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// habits draws what an account may have learned: counts that fit together.
func habits(t *rapid.T) engine.Habits {
	count := rapid.Float64Range(0, 20)
	h := engine.Habits{Watched: rapid.Float64Range(0, 6*7*86400).Draw(t, "watched"), At: noon}
	company := rapid.Float64Range(0, 1).Draw(t, "company")
	h.Company.Seconds, h.Silence.Seconds = h.Watched*company, h.Watched*(1-company)
	if rapid.Bool().Draw(t, "visits") {
		h.Starts = &engine.Week{}
		for range rapid.IntRange(1, 12).Draw(t, "hours") {
			n := count.Draw(t, "starts")
			h.Starts[rapid.IntRange(0, len(h.Starts)-1).Draw(t, "hour")] += n
			h.Silence.Starts += n
		}
		for i := range h.Gaps {
			h.Gaps[i] = count.Draw(t, "gap")
			h.Returned += h.Gaps[i]
		}
		h.Visits = h.Silence.Starts + h.Returned
		h.Left = noon.Add(-time.Duration(rapid.Int64Range(0, 5400e9).Draw(t, "left")))
	}
	return h
}

func near(a, b, part float64) bool { return math.Abs(a-b) <= part*math.Max(math.Abs(a), math.Abs(b)) }

// Before anything is learned every hour is alike, and so is every state.
func TestPriorIsFlat(t *testing.T) {
	for _, watched := range []float64{0, 86400, 30 * 86400} {
		z := HazardOf(engine.Habits{Watched: watched})
		for hour := range len(engine.Week{}) {
			if z.Hour(hour) != z.Hour(0) || z.Hour(hour) <= 0 {
				t.Fatalf("hour %d: %g, hour 0: %g", hour, z.Hour(hour), z.Hour(0))
			}
		}
		if z.State(true) != 1 || z.State(false) != 1 || z.Return(0) != 0 {
			t.Error("states", z.State(true), z.State(false), "return", z.Return(0))
		}
	}
	if got := HazardOf(engine.Habits{}).Hour(0) * 86400; !near(got, visitsAday, 1e-9) {
		t.Errorf("%g visits a day are believed in", got)
	}
	if a, b := HazardOf(engine.Habits{Watched: 1e5}).Hour(0), HazardOf(engine.Habits{Watched: 1e6}).Hour(0); b >= a {
		t.Errorf("nobody came for long, and the hazard went from %g to %g", a, b)
	}
}

// Spreading visits over neighbouring hours neither makes nor loses any, and the mean of
// all hours lies between what was seen and what was believed.
func TestHoursConserveVisits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := habits(t)
		z := HazardOf(h)
		if h.Starts == nil {
			return
		}
		seen, smooth, hours := 0.0, 0.0, 0.0
		for i, n := range h.Starts {
			seen, smooth = seen+n, smooth+z.smooth(i)
			x := z.Hour(i)
			if !(x > 0) || math.IsInf(x, 0) {
				t.Fatalf("hour %d: %g", i, x)
			}
			hours += x * 3600
		}
		if !near(seen, smooth, 1e-9) {
			t.Fatalf("%g visits became %g", seen, smooth)
		}
		if most := (seen + 7*24*3600*z.mean) * 3; hours > most {
			t.Fatalf("%g visits a week, %g were seen in all and %g are the mean", hours, seen, 7*24*3600*z.mean)
		}
	})
}

// An hour in which somebody came is watched more closely, and no other hour as much.
func TestSeenHoursRise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := habits(t)
		if h.Starts == nil {
			h.Starts = &engine.Week{}
		}
		k := rapid.IntRange(0, 167).Draw(t, "came")
		w := *h.Starts
		w[k]++
		after := h
		after.Starts = &w
		old, z := HazardOf(h), HazardOf(after)
		rise := z.Hour(k) - old.Hour(k)
		for i := range w {
			d := z.Hour(i) - old.Hour(i)
			if d < 0 || i != k && d >= rise {
				t.Fatalf("somebody came in hour %d, which rose by %g, and hour %d by %g", k, rise, i, d)
			}
		}
	})
}

func TestStatesAreTold(t *testing.T) {
	h := engine.Habits{Watched: 2e6, Silence: engine.Quarter{Starts: 20, Seconds: 1e6}, Company: engine.Quarter{Seconds: 1e6}}
	z := HazardOf(h)
	if !(z.State(false) > 1.5 && z.State(true) < 0.5 && z.State(true) > 0) {
		t.Errorf("all came from silence: silence %g, company %g", z.State(false), z.State(true))
	}
}

// Of those who leave, as many come back within the hour as were seen to.
func TestReturnsComeToTheirShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := habits(t)
		h.Left = noon
		z := HazardOf(h)
		sum := 0.0
		const step = time.Second
		for at := engine.VisitGap; at < engine.ReturnWithin; at += step {
			x := z.Return(at + step/2)
			if !(x > 0) {
				t.Fatalf("%s after he left: %g", at, x)
			}
			sum += x * step.Seconds()
		}
		if got := 1 - math.Exp(-sum); !near(got, z.Returns(), 0.01) {
			t.Fatalf("%g return, %g were learned", got, z.Returns())
		}
		if z.Return(engine.ReturnWithin) != 0 || z.Return(-time.Second) != 0 {
			t.Fatal("a return before he left, or after the hour")
		}
	})
}
