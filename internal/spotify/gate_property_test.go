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
		// From 2 in 30 s: with one call, which the configuration refuses, a pause that claims it keeps
		// every look away until its time has come.
		limits := Limits{rapid.IntRange(2, 12).Draw(t, "per30s"), rapid.SampledFrom([]int{1, 2, 5, 40, 200, 6000}).Draw(t, "perDay")}
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
		var lane string
		draw := func(t *rapid.T) { lane = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "lane") }
		take := func(c Class) *WaitError {
			err := g.Lane(lane).Take(now(), c)
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
			"another lane": draw,
			"ask":          func(t *rapid.T) { take(class.Draw(t, "class")) },
			"burst": func(t *rapid.T) {
				c := class.Draw(t, "class")
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					draw(t)
					take(c)
					real = real.Add(time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "ns")))
				}
			},
			"come back when told": func(t *rapid.T) {
				c := class.Draw(t, "class")
				e := take(c)
				alone := !othersWait(g, lane, Other) // else they may have a claim that they do not use
				for tries := 1; e != nil; tries++ {
					wait(e.Until)
					again := take(c)
					if again != nil && (alone || tries > 8) {
						t.Fatalf("%v was told %v and then %v (alone: %v, %d tries, %+v)", c, e.Until, again, alone, tries, limits)
					}
					e = again
				}
			},
			"a pause comes before a look": func(t *rapid.T) {
				e := take(Pause)
				if e == nil {
					return
				}
				wait(e.Until)
				who := lane
				for range 3 {
					draw(t)
					take(Look)
					take(Verify)
				}
				lane = who
				if again := take(Pause); again != nil && !othersWait(g, lane, Pause) {
					t.Fatalf("looks took its call: %v", again)
				}
			},
			"seconds":        func(t *rapid.T) { real = real.Add(time.Duration(rapid.Int64Range(0, 40e9).Draw(t, "ns"))) },
			"hours":          func(t *rapid.T) { real = real.Add(time.Duration(rapid.Int64Range(0, 20*3600e9).Draw(t, "ns"))) },
			"clock set back": func(t *rapid.T) { skew -= time.Duration(rapid.Int64Range(0, 9e12).Draw(t, "ns")) },
			"429": func(t *rapid.T) {
				d := time.Duration(rapid.Int64Range(1, 100).Draw(t, "s")) * time.Second
				g.Lane(lane).Limited(now(), rapid.SampledFrom([]string{RateLimited, Quota}).Draw(t, "kind"), d, true)
				if until, _, ok := g.Blocked(now()); !ok || until.Before(now().Add(d)) {
					t.Fatalf("asked for %v, blocked until %v", d, until)
				}
				blocked = real.Add(d)
			},
			"an answer": func(*rapid.T) { g.Lane(lane).Succeeded(now()) },
			"restart":   func(*rapid.T) { g.Close(now()); restart() },
			"crash":     func(*rapid.T) { restart() },
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

// othersWait tells whether another lane waits with a class up to this one.
func othersWait(g *Gate, lane string, upTo Class) bool {
	l, n := g.Lane(lane), 0
	for _, w := range []*window{&g.short, &g.day} {
		for c := Pause; c <= upTo; c++ {
			n += w.lines[c].len()
			if l.place(w, c).in {
				n--
			}
		}
	}
	return n > 0
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
