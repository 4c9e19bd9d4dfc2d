package poller

import (
	"testing"
	"time"

	"gatefold/engine"
)

// learned is an account of some weeks whose visitor has just left, and half a day's calls.
func learned() (engine.Pace, Budget) {
	h := engine.Habits{
		Starts: &engine.Week{}, Watched: 3e6, Silence: engine.Quarter{Starts: 20, Seconds: 2e6}, Company: engine.Quarter{Starts: 8, Seconds: 9e5},
		Left: noon.Add(-5 * time.Minute), Visits: 40, Returned: 12, Gaps: engine.Gaps{4, 3, 2, 1, 1, 1},
	}
	for i := range 28 {
		h.Starts[i*6]++
	}
	b := Budget{Per30s: 8, PerDay: 6000, Left: 2700, Look: noon}
	for i := range b.Day[72:] {
		b.Day[72+i] = 37
	}
	return engine.Pace{Now: noon, Looked: noon, Seen: true, Followed: true, QuietSince: noon.Add(-time.Hour), Habits: h}, b
}

func BenchmarkPlan(b *testing.B) {
	s, budget := learned()
	price, _ := Price(shipped, s, budget)
	b.ReportAllocs()
	for b.Loop() {
		shipped.Plan(s, budget, price)
	}
}

func BenchmarkPrice(b *testing.B) {
	s, budget := learned()
	b.ReportAllocs()
	for b.Loop() {
		Price(shipped, s, budget)
	}
}
