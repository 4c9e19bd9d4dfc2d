package spotify

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// busiest gives the largest number of sends in any half-open span of that length.
func busiest(sends []time.Time, span time.Duration) int {
	most, from := 0, 0
	for to := range sends {
		for sends[to].Sub(sends[from]) >= span {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

// Whatever is asked for and whenever, over restarts, crashes, blocks and a clock that is
// set back: the budgets hold in real time, nothing passes a block, refusals are honest.
func TestGateHoldsItsBudgets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{rapid.IntRange(1, 12).Draw(t, "per30s"), rapid.SampledFrom([]int{1, 2, 5, 40, 200, 6000}).Draw(t, "perDay")}
		real, skew := start, time.Duration(0) // the gate's clock shows real + skew
		now := func() time.Time { return real.Add(skew) }
		var saved []byte
		save := func(s GateState) {
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			saved = b
		}
		g := NewGate(limits, GateState{}, now(), save)
		restart := func() {
			var s GateState
			if saved != nil {
				if err := json.Unmarshal(saved, &s); err != nil {
					t.Fatal(err)
				}
			}
			g = NewGate(limits, s, now(), save)
		}
		var sends []time.Time
		var blocked time.Time // in real time
		take := func(c Class) *WaitError {
			err := g.Take(now(), c)
			if err != nil {
				e := (*WaitError)(nil)
				if !errors.As(err, &e) || !e.Until.After(now()) {
					t.Fatalf("refused at %v: %v", now(), err)
				}
				return e
			}
			if real.Before(blocked) {
				t.Fatalf("%v passed at %v, blocked until %v", c, real, blocked)
			}
			sends = append(sends, real)
			return nil
		}
		class := rapid.SampledFrom([]Class{Pause, Verify, Look, Other})
		wait := func(until time.Time) { real = real.Add(until.Sub(now())) }
		t.Repeat(map[string]func(*rapid.T){
			"ask": func(t *rapid.T) { take(class.Draw(t, "class")) },
			"burst": func(t *rapid.T) {
				c := class.Draw(t, "class")
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					take(c)
					real = real.Add(time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "ns")))
				}
			},
			"come back when told": func(t *rapid.T) {
				c := class.Draw(t, "class")
				if e := take(c); e != nil {
					wait(e.Until)
					if again := take(c); again != nil {
						t.Fatalf("%v was told %v and then %v", c, e.Until, again)
					}
				}
			},
			"a pause comes before a look": func(t *rapid.T) {
				e := take(Pause)
				if e == nil {
					return
				}
				wait(e.Until)
				for range 3 {
					take(Look)
					take(Verify)
				}
				if again := take(Pause); again != nil {
					t.Fatalf("looks took its call: %v", again)
				}
			},
			"seconds":        func(t *rapid.T) { real = real.Add(time.Duration(rapid.Int64Range(0, 40e9).Draw(t, "ns"))) },
			"hours":          func(t *rapid.T) { real = real.Add(time.Duration(rapid.Int64Range(0, 20*3600e9).Draw(t, "ns"))) },
			"clock set back": func(t *rapid.T) { skew -= time.Duration(rapid.Int64Range(0, 9e12).Draw(t, "ns")) },
			"429": func(t *rapid.T) {
				d := time.Duration(rapid.Int64Range(1, 100).Draw(t, "s")) * time.Second
				g.Limited(now(), RateLimited, d, true)
				if until, _, ok := g.Blocked(now()); !ok || until.Before(now().Add(d)) {
					t.Fatalf("asked for %v, blocked until %v", d, until)
				}
				blocked = real.Add(d)
			},
			"restart": func(*rapid.T) { g.Close(now()); restart() },
			"crash":   func(*rapid.T) { restart() },
			"": func(t *rapid.T) {
				if n := busiest(sends, 30*time.Second); n > limits.Per30s {
					t.Fatalf("%d calls in 30 s, %+v", n, limits)
				}
				if n := busiest(sends, 24*time.Hour); n > limits.PerDay {
					t.Fatalf("%d calls in 24 h, %+v", n, limits)
				}
				short, day := g.Remaining(now())
				if short < 0 || short > limits.Per30s || day < 0 || day > limits.PerDay {
					t.Fatal("remaining", short, day)
				}
			},
		})
	})
}

// Without restarts the windows are exact the other way round too: a pause passes whenever
// the last 30 s and the last 24 h have room for it.
func TestGateWastesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{rapid.IntRange(1, 8).Draw(t, "per30s"), rapid.IntRange(1, 30).Draw(t, "perDay")}
		g, now := NewGate(limits, GateState{}, start, nil), start
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
			room := within(30*time.Second) < limits.Per30s && within(24*time.Hour) < limits.PerDay
			passed := g.Take(now, Pause) == nil
			if passed != room {
				t.Fatalf("room %v, passed %v at %v after %v", room, passed, now, sends)
			}
			if passed {
				sends = append(sends, now)
			}
		}
	})
}
