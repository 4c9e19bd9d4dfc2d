package spotify

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pass makes n calls of a lane within a second, which pass.
func pass(t *testing.T, l *Lane, at time.Time, n int) {
	t.Helper()
	for range n {
		if err := l.Take(at, Pause); err != nil {
			t.Fatalf("at %v: %v", at.Sub(start), err)
		}
		l.Succeeded(at)
	}
}

func (g *Gate) limitsAt(at time.Time) Limits {
	a := g.Lane("").Afford(at)
	return Limits{a.Per30s, a.PerDay}
}

// A 429 with eleven calls in 30 s: on with 7, one more after some minutes, up to 9, and beyond that only
// after six hours, and only as it is used.
func TestWhatARateLimitTeaches(t *testing.T) {
	g := NewGate(Limits{Per30s: 12}, GateState{}, start, nil)
	l := g.Lane("a")
	pass(t, l, start, 10)
	if err := l.Take(start, Pause); err != nil {
		t.Fatal(err)
	}
	if got := g.limitsAt(start).Per30s; got != 12 {
		t.Fatal("before any 429:", got)
	}
	l.Limited(start, RateLimited, 6*time.Second, true)
	for _, c := range []struct {
		after time.Duration
		want  int
	}{
		{0, 7}, {time.Minute, 8}, {3 * time.Minute, 8}, {7 * time.Minute, 9}, {6*time.Hour - time.Second, 9}, {100 * time.Hour, 9},
	} {
		if got := g.limitsAt(start.Add(c.after)).Per30s; got != c.want {
			t.Errorf("%v later: %d, want %d", c.after, got, c.want)
		}
	}
	// It is used: a step at most each half minute, a call after some minutes.
	at, steps := start.Add(100*time.Hour), 0
	for ; g.limitsAt(at).Per30s < 11 && steps < 100; steps++ {
		pass(t, l, at, g.limitsAt(at).Per30s)
		at = at.Add(31 * time.Second)
	}
	if steps < 20 || steps > 60 {
		t.Errorf("two more calls after %d half minutes", steps)
	}
	// With all of it allowed, a week without harm ends the memory.
	for range 200 {
		pass(t, l, at, g.limitsAt(at).Per30s)
		at = at.Add(31 * time.Second)
	}
	if g.limitsAt(at).Per30s != 12 || g.short.failed == 0 {
		t.Error(g.limitsAt(at), g.short.failed)
	}
	if g.limitsAt(at.AddDate(0, 0, 8)); g.short.failed != 0 {
		t.Error("not forgotten")
	}
}

// One 429 that comes at clearly less than others have been allowed changes nothing, a second one soon after does; the
// wait is kept both times.
func TestOneOddRateLimitIsNotBelieved(t *testing.T) {
	g := NewGate(Limits{}, GateState{}, start, nil)
	l := g.Lane("a")
	limited := func(at time.Time, n, want int) {
		t.Helper()
		pass(t, l, at, n)
		l.Limited(at, RateLimited, 6*time.Second, true)
		if _, _, blocked := g.Blocked(at); !blocked {
			t.Error("not blocked")
		}
		if got := g.limitsAt(at).Per30s; got != want {
			t.Errorf("after a 429 at %d calls: %d, want %d", n, got, want)
		}
	}
	limited(start, 3, 8)
	limited(start.Add(2*time.Hour), 6, 8)
	limited(start.Add(2*time.Hour+time.Minute), 6, 4) // 0.7 of it
	limited(start.Add(3*time.Hour), 2, 2)             // never less than a look and its pause
	if got := g.limitsAt(start.Add(3*time.Hour + time.Hour)).Per30s; got != 2 {
		t.Error(got)
	}
	// So little is tried again after half an hour.
	at := start.Add(4 * time.Hour)
	for range 20 {
		pass(t, l, at, 2)
		at = at.Add(31 * time.Second)
	}
	if got := g.limitsAt(at).Per30s; got < 3 {
		t.Error(got)
	}
}

// While the block goes on, whatever Spotify said of its end, its further 429s are not about how many calls there were;
// every wait is kept, however it grows.
func TestARetryAfterThatGrows(t *testing.T) {
	var saved GateState
	g := NewGate(Limits{Per30s: 12}, GateState{}, start, func(s GateState) { saved = s })
	a, b := g.Lane("a"), g.Lane("b")
	pass(t, a, start, 11)
	a.Limited(start, RateLimited, 6*time.Second, true)
	before := g.short.bound
	at, wait := start.Add(6*time.Second), 12*time.Second
	for range 6 {
		at = at.Add(31 * time.Second)
		if err := b.Take(at, Look); err != nil {
			t.Fatal(err)
		}
		b.Limited(at, RateLimited, wait, true)
		for _, l := range []*Lane{a, b, g.Lane("c")} {
			if l.Take(at.Add(wait-time.Millisecond), Pause) == nil {
				t.Fatal(l.name, "passed a block")
			}
		}
		again := NewGate(Limits{Per30s: 12}, roundTrip(t, saved), at.Add(time.Second), nil)
		if until, kind, ok := again.Lane("b").Blocked(at.Add(time.Second)); !ok || kind != RateLimited || !until.Equal(at.Add(wait)) {
			t.Error("after a restart:", until, kind, ok)
		}
		at = at.Add(wait)
		wait *= 2
	}
	if g.short.failed != before.failed || g.short.good != 0 {
		t.Errorf("%+v, was %+v", g.short.bound, before)
	}
	if b.Succeeded(at); g.short.good == 0 {
		t.Error("an answer after the block is not heard")
	}
}

// A rate limit that asks for hours is the day's, whatever it calls itself.
func TestKindsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		kind       string
		wait       time.Duration
		short, day bool
	}{
		{RateLimited, 6 * time.Second, true, false},
		{RateLimited, 49861 * time.Second, false, true},
		{Quota, 49861 * time.Second, false, true},
		{Quota, 0, false, true},
		{RateLimited, 0, true, false},
	} {
		g := NewGate(Limits{Per30s: 2000, PerDay: 2000}, GateState{}, start, nil)
		l := g.Lane("a")
		pass(t, l, start, 1200)
		l.Limited(start, c.kind, c.wait, c.wait > 0)
		if short, day := g.short.failed > 0, g.day.failed > 0; short != c.short || day != c.day {
			t.Errorf("%s, %v: the 30 s learned: %v, the day learned: %v", c.kind, c.wait, short, day)
		}
		if _, kind, _ := g.Blocked(start); kind != c.kind {
			t.Error(kind)
		}
	}
}

// A quota that nobody publishes: 5,000 calls in rolling 24 h, where 6,000 are configured. It is
// met once, then kept for a week; meanwhile nobody is blind for longer than Spotify asked.
func TestHiddenQuotaIsFound(t *testing.T) {
	const hidden, days = 5000, 30
	g := NewGate(Limits{Per30s: 1000}, GateState{}, start, nil)
	l := g.Lane("a")
	var passed []time.Time
	var hits []int
	total, blind, over := 0, time.Duration(0), time.Time{}
	for at := start; at.Before(start.AddDate(0, 0, days)); at = at.Add(14 * time.Second) { // 6,171 a day
		if l.Take(at, Pause) != nil {
			continue
		}
		for len(passed) > 0 && at.Sub(passed[0]) >= 24*time.Hour {
			passed = passed[1:]
		}
		if len(passed) >= hidden {
			wait := passed[0].Add(24 * time.Hour).Sub(at)
			hits = append(hits, int(at.Sub(start)/(24*time.Hour)))
			l.Limited(at, Quota, wait, true)
			over = at.Add(wait)
			continue
		}
		passed = append(passed, at)
		total++
		if !over.IsZero() {
			blind, over = max(blind, at.Sub(over)), time.Time{}
		}
		l.Succeeded(at)
	}
	used := float64(total) / (hidden * days)
	t.Logf("429s on the days %v; %.0f %% of the quota used; at most %v longer without a look than was asked for", hits, 100*used, blind)
	if len(hits) > 4 || used < 0.85 || blind > time.Minute {
		t.Errorf("%v, %.2f, %v", hits, used, blind)
	}
}

// What was learned is kept; states of older and newer versions are read.
func TestWhatWasLearnedIsKept(t *testing.T) {
	var saved GateState
	g := NewGate(Limits{Per30s: 12}, GateState{}, start, func(s GateState) { saved = s })
	l := g.Lane("a")
	pass(t, l, start, 11)
	l.Limited(start, RateLimited, 6*time.Second, true)
	later := start.Add(time.Hour)
	again := NewGate(Limits{Per30s: 12}, roundTrip(t, saved), later, nil)
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 7}, {10 * time.Minute, 9}, {90 * time.Hour, 9}} {
		if got := again.limitsAt(later.Add(c.after)).Per30s; got != c.want {
			t.Errorf("%v later: %d, want %d", c.after, got, c.want)
		}
	}
	if until := again.time(again.short.hold); until.Sub(start.Add(6*time.Hour)).Abs() > 2*time.Second {
		t.Error("kept until", until)
	}
	// Less is configured now: that holds, and the memory stays.
	if got := NewGate(Limits{Per30s: 5}, saved, later, nil).limitsAt(later.Add(time.Hour)).Per30s; got != 5 {
		t.Error(got)
	}
	// The clock was set back by a year: no longer than it was meant to be.
	past := start.AddDate(-1, 0, 0)
	if hold := NewGate(Limits{Per30s: 12}, saved, past, nil).short.hold; hold > 6*time.Hour {
		t.Error(hold)
	}
	var of GateState
	newer := `{"recent":[1],"rate":{"failed":11,"limit":7.7,"since":"tomorrow"},"lanes":{"a":1}}`
	if err := json.Unmarshal([]byte(newer), &of); err != nil || of.Rate.Failed != 11 {
		t.Error(of, err)
	}
	older := `{"recent":[1],"day":[[2,3]],"lease":2}`
	of = GateState{}
	if err := json.Unmarshal([]byte(older), &of); err != nil || NewGate(Limits{}, of, start, nil).limitsAt(start) != (Limits{8, 6000}) {
		t.Error(of, err)
	}
}

// Whatever happens, and whatever was saved: never more than is configured, never less than the least.
func TestBoundsOfABound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{rapid.IntRange(1, 40).Draw(t, "per30s"), rapid.IntRange(1, 9000).Draw(t, "perDay")}
		number := rapid.OneOf(rapid.Int64Range(-5, 5000), rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64}))
		learned := func() Learned {
			return Learned{
				int(number.Draw(t, "failed")), rapid.Float64().Draw(t, "limit"), number.Draw(t, "until"),
				int(number.Draw(t, "odd")), rapid.Float64().Draw(t, "scale"), int(number.Draw(t, "good")),
			}
		}
		g := NewGate(limits, GateState{Rate: learned(), Quota: learned()}, start, nil)
		l, at := g.Lane("a"), start
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.Int64Range(-3e9, 3600e9).Draw(t, "on")) / time.Duration(rapid.SampledFrom([]int{1, 60, 3600}).Draw(t, "of")))
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				kind := rapid.SampledFrom([]string{RateLimited, Quota}).Draw(t, "kind")
				l.Limited(at, kind, time.Duration(rapid.IntRange(0, 3).Draw(t, "s"))*time.Second, true)
			case 1:
				l.Succeeded(at)
			default:
				_ = l.Take(at, Pause)
			}
			got := g.limitsAt(at)
			if got.Per30s < min(2, limits.Per30s) || got.Per30s > limits.Per30s || got.PerDay < min(600, limits.PerDay) || got.PerDay > limits.PerDay {
				t.Fatalf("%+v, configured %+v", got, limits)
			}
		}
	})
}
