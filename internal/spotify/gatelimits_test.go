package spotify

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever budgets a gate is given while it is used: a pause passes exactly when the last
// 30 s and the last 24 h have room for it by those in force.
func TestSetLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Limits {
			return Limits{rapid.IntRange(1, 8).Draw(t, "per30s"), rapid.IntRange(1, 30).Draw(t, "perDay")}
		}
		limits, now := draw(), start
		g := NewGate(limits, GateState{}, start, nil)
		var sends []time.Time
		within := func(span time.Duration) (n int) {
			for _, s := range sends {
				if now.Sub(s) < span {
					n++
				}
			}
			return n
		}
		for range 200 {
			now = now.Add(time.Duration(rapid.Int64Range(0, 3600e9).Draw(t, "ns")) / time.Duration(rapid.SampledFrom([]int{1, 100, 1000}).Draw(t, "of")))
			if rapid.IntRange(0, 9).Draw(t, "edit") == 0 {
				limits = draw()
				g.SetLimits(now, limits)
			}
			short, day := g.Remaining(now)
			if short != max(0, limits.Per30s-within(30*time.Second)) || day != max(0, limits.PerDay-within(24*time.Hour)) {
				t.Fatalf("%d and %d left of %+v after %v", short, day, limits, sends)
			}
			room := short > 0 && day > 0
			passed := g.Take(now, Pause) == nil
			if passed != room {
				t.Fatalf("room %v, passed %v at %v by %+v after %v", room, passed, now, limits, sends)
			}
			if passed {
				sends = append(sends, now)
			}
		}
	})
}

// A larger budget ends a wait, a smaller one makes one that is honest.
func TestSetLimitsWhileOneWaits(t *testing.T) {
	g := NewGate(Limits{4, 5}, GateState{}, start, nil)
	for s := range 4 {
		must(t, g, float64(s), Pause)
	}
	refused(t, g, 4, Pause)
	g.SetLimits(sec(4), Limits{5, 5})
	must(t, g, 4, Pause)
	if e := refused(t, g, 40, Pause); e.Kind != Quota {
		t.Error(e)
	}
	g.SetLimits(sec(40), Limits{5, 100})
	must(t, g, 40, Pause)
	must(t, g, 41, Pause)
	must(t, g, 42, Pause)
	g.SetLimits(sec(43), Limits{2, 100})
	if e := refused(t, g, 43, Pause); !e.Until.Equal(sec(71)) || e.Kind != RateLimited {
		t.Error(e)
	}
	must(t, g, 71, Pause)
	g.SetLimits(sec(71), Limits{}) // as given to NewGate: the defaults
	if short, day := g.Remaining(sec(71)); short != 8-2 || day != 6000-9 {
		t.Error(short, day)
	}
}

// What Spotify asked for outranks every budget.
func TestSetLimitsOpensNoBlock(t *testing.T) {
	g := NewGate(Limits{4, 100}, GateState{}, start, nil)
	g.Limited(start, RateLimited, time.Hour, true)
	g.SetLimits(sec(1), Limits{1000, 10000})
	if e := refused(t, g, 3599, Pause); !e.Until.Equal(sec(3600)) {
		t.Error(e)
	}
}
