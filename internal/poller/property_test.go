package poller

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// Whatever happened and whatever is affordable: the next look lies after the last one,
// no later than is stated, and not before the budget of the 30 s allows it.
func TestEveryPlanIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, s := intervals(t), pace(t)
		b := budget(t, s.Now)
		price, stretch := Price(i, s, b)
		b.stretch = stretch
		p := i.Plan(s, b, price)
		if !p.Due.After(s.Looked) {
			t.Fatalf("%s: the next look is %s after the last", p.Why, p.Due.Sub(s.Looked))
		}
		if p.Worst > 0 && p.Due.Sub(s.Looked) > p.Worst {
			t.Fatalf("%s: the next look is %s after the last, %s was stated", p.Why, p.Due.Sub(s.Looked), p.Worst)
		}
		if fits := i.fits(s, b); p.Due.Before(fits) {
			t.Fatalf("%s: the next look is %s before there is room for it", p.Why, fits.Sub(p.Due))
		}
		if p.Cause == "" || p.Why == "" {
			t.Fatalf("no reason is given: %+v", p)
		}
	})
}

// Neither poll() nor an operator's override has a pause that stands wait for longer than
// its own cadence; only the budget does.
func TestNobodySlowsAPause(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, s := intervals(t), pace(t)
		s.Verdict, s.Held, s.Playing, s.QuietSince = engine.Deny, true, true, time.Time{}
		s.PauseEvery = time.Duration(rapid.Int64Range(1e9, 60e9).Draw(t, "every"))
		b := Budget{}
		if rapid.Bool().Draw(t, "budget") {
			b = budget(t, s.Now)
		}
		alone, own := s, i
		alone.PollEvery, alone.Override = 0, 0
		own.Denied = max(i.Denied, s.PauseEvery)
		got, most := i.Plan(s, b, 1), own.Plan(alone, b, 1)
		if got.Due.After(most.Due) {
			t.Fatalf("poll %s, override %s: the look for a pause every %s came %s later", s.PollEvery, s.Override, s.PauseEvery, got.Due.Sub(most.Due))
		}
	})
}

// A change is looked at once more within five seconds, where the budget affords that
// and no pause of ours sets the pace.
func TestAChangeIsFollowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, s := intervals(t), pace(t)
		s.Followed, s.Surplus, s.PollEvery, s.Override, s.Paused = false, true, 0, 0, time.Time{}
		if s.Verdict == engine.Deny {
			s.Playing = false
		}
		b := budget(t, s.Now)
		b.Look = s.Now
		if due := i.Plan(s, b, dear).Due; due.Sub(later(s.Looked, s.Now.Add(-2*time.Second))) > 5*time.Second {
			t.Fatalf("the look after a change comes %s after it", due.Sub(s.Looked))
		}
	})
}

// Looks of accounts that began together drift apart, and none comes later for it.
func TestJitterOnlyShortens(t *testing.T) {
	b := Budget{Per30s: 8, PerDay: 6000, Left: 5400}
	s := engine.Pace{Seen: true, Held: true, Followed: true}
	longest := min(shipped.Paused, b.longest(shipped.IdleMax)).Seconds()
	sum, seen := 0.0, map[time.Duration]bool{}
	const n = 1000
	for k := range n {
		s.Looked = at(float64(k) * 0.001)
		s.Now, b.Look = s.Looked, s.Looked
		every := shipped.Plan(s, b, dear).Due.Sub(s.Looked)
		if every.Seconds() > longest || every.Seconds() < longest*(1-jitter) {
			t.Fatalf("%s, the longest is %g s", every, longest)
		}
		sum += every.Seconds() / longest
		seen[every.Round(10*time.Millisecond)] = true
	}
	if mean := sum / n; mean < 1-0.55*jitter || mean > 1-0.45*jitter {
		t.Errorf("on average %g of the longest", mean)
	}
	if len(seen) < 100 {
		t.Errorf("%d different intervals", len(seen))
	}
}

// The same in, the same out, and nothing that was given is changed.
func TestPlanIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, s := intervals(t), pace(t)
		b := budget(t, s.Now)
		was, _ := json.Marshal(s.Habits)
		price, stretch := Price(i, s, b)
		p := i.Plan(s, b, price)
		again, stretched := Price(i, s, b)
		if q := i.Plan(s, b, price); q != p || again != price || stretched != stretch {
			t.Fatalf("%+v at %g, then %+v at %g", p, price, q, again)
		}
		if now, _ := json.Marshal(s.Habits); string(now) != string(was) {
			t.Fatalf("the habits became %s", now)
		}
	})
}

// A pacer gives the plan of its parts, whoever asks, and follows a new configuration
// at once.
func TestPacer(t *testing.T) {
	b := Budget{Per30s: 8, PerDay: 6000, Left: 5400}
	p := New(shipped, func(now time.Time) Budget { b.Look = now; return b })
	s := engine.Pace{Now: noon, Looked: noon, Seen: true, Followed: true, QuietSince: noon}
	got := p.Next(s)
	b.Look = noon
	price, stretch := Price(shipped, s, b)
	c := b
	c.stretch = stretch
	if want := shipped.Plan(s, c, price); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	p = New(shipped, nil)
	if due := p.Next(s).Due; !due.Equal(noon.Add(time.Minute)) {
		t.Errorf("without a budget in %s", due.Sub(noon))
	}
	quick := shipped
	quick.Idle, quick.IdleMax = 3*time.Second, 3*time.Second
	p.Set(quick)
	if due := p.Next(s).Due; !due.Equal(noon.Add(3 * time.Second)) {
		t.Errorf("with another configuration in %s", due.Sub(noon))
	}
}

// A pause that lies ahead, because the clock was set back, does not put looks off.
func TestAPauseOfTheFuture(t *testing.T) {
	s := engine.Pace{Now: noon, Looked: noon, Seen: true, Verdict: engine.Deny, Held: true, Playing: true, PauseEvery: 10 * time.Second, Paused: noon.Add(time.Hour)}
	if due := shipped.Plan(s, Budget{}, 0).Due.Sub(noon); due > 10*time.Second {
		t.Errorf("the next look in %s", due)
	}
}

// What is stated as the worst case counts a budget that is used up.
func TestWorstWithoutCalls(t *testing.T) {
	s := engine.Pace{Now: noon, Looked: noon, Seen: true, Followed: true, QuietSince: noon}
	b := Budget{Per30s: 8, PerDay: 6000, Look: noon.Add(2 * time.Hour)}
	p := shipped.Plan(s, b, dear)
	if p.Worst < 2*time.Hour || p.Cause != "budget" {
		t.Errorf("the next look in %s (%s), and %s was stated", p.Due.Sub(noon), p.Cause, p.Worst)
	}
}

// An hour of the week that does not exist is in no forecast, one that exists twice is in
// it twice, and what is planned does not jump with the clocks.
func TestSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	h := engine.Habits{Watched: 4 * 7 * 86400, Starts: &engine.Week{}}
	const hour = 6*24 + 2 // Sunday, 2 to 3
	h.Starts[hour] = 50
	b := Budget{Per30s: 8, PerDay: 6000, Left: 3000}
	for name, c := range map[string]struct {
		day  time.Time
		want int // slots in that hour
	}{
		"as usual":            {time.Date(2026, 3, 22, 0, 0, 0, 0, berlin), 6},
		"it does not exist":   {time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), 0},
		"it exists twice":     {time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), 12},
		"seen from far ahead": {time.Date(2026, 10, 24, 4, 0, 0, 0, berlin), 12},
	} {
		s := engine.Pace{Now: c.day, Looked: c.day, Seen: true, Followed: true, Habits: h, QuietSince: c.day.Add(-time.Hour)}
		f := newForecast(shipped, s, b)
		n, peak := 0, HazardOf(h).Hour(hour)*HazardOf(h).State(false)
		for _, x := range f.hazard {
			if near(x, peak, 1e-9) {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s: %d parts of ten minutes have its hazard, want %d", name, n, c.want)
		}
		price, _ := Price(shipped, s, b)
		for m := range 5 * 60 { // through the night, minute by minute
			s.Looked = c.day.Add(time.Duration(m) * time.Minute)
			s.Now, b.Look = s.Looked, s.Looked
			p := shipped.Plan(s, b, price)
			if every := p.Due.Sub(s.Looked); every <= 0 || every > p.Worst {
				t.Fatalf("%s: at %s the next look is in %s, at most %s", name, s.Looked, every, p.Worst)
			}
		}
	}
	// Without habits the zone makes no difference at all.
	jump := time.Date(2026, 3, 29, 1, 59, 50, 0, berlin)
	s := engine.Pace{Now: jump, Looked: jump, Seen: true, Followed: true, QuietSince: jump.Add(-time.Hour)}
	b.Look = jump
	here := shipped.Plan(s, b, 0.01)
	s.Now = jump.UTC()
	if there := shipped.Plan(s, b, 0.01); !here.Due.Equal(there.Due) {
		t.Errorf("in Berlin %s, in UTC %s", here.Due, there.Due)
	}
}
