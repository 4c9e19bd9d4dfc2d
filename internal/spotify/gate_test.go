package spotify

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sec is a time that many seconds after the start.
func sec(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }

// must takes a call that has to pass, refused one that must not; both at second s.
func must(t *testing.T, g *Gate, s float64, c Class) {
	t.Helper()
	if err := g.Take(sec(s), c); err != nil {
		t.Fatalf("%v at %vs: %v", c, s, err)
	}
}

func refused(t *testing.T, g *Gate, s float64, c Class) *WaitError {
	t.Helper()
	e := (*WaitError)(nil)
	if err := g.Take(sec(s), c); !errors.As(err, &e) {
		t.Fatalf("%v at %vs passed (%v)", c, s, err)
	}
	return e
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		limits                     Limits
		other, look, verify, pause int // calls of that class that pass one after another
	}{
		{Limits{8, 6000}, 5, 6, 7, 8},
		{Limits{}, 5, 6, 7, 8},
		{Limits{1, 100}, 1, 1, 1, 1},
		{Limits{2, 100}, 1, 1, 1, 2},
		{Limits{3, 100}, 1, 1, 2, 3},
		{Limits{4, 100}, 1, 2, 3, 4},
		{Limits{1000, 100}, 80, 90, 99, 100},
		{Limits{1000, 1}, 1, 1, 1, 1},
		{Limits{1000, 2}, 1, 1, 1, 2},
		{Limits{1000, 15}, 11, 13, 14, 15},
		{Limits{20000, 10000}, 8800, 9400, 9999, 10000},
	} {
		for class, want := range map[Class]int{Other: c.other, Look: c.look, Verify: c.verify, Pause: c.pause} {
			g, n := NewGate(c.limits, GateState{}, start, nil), 0
			for n <= want && g.Take(start, class) == nil {
				n++
			}
			if n != want {
				t.Errorf("%+v: %d of %v pass, want %d", c.limits, n, class, want)
			}
		}
	}
}

func TestLimitsAreThoseInForce(t *testing.T) {
	for given, want := range map[Limits]Limits{{}: {8, 6000}, {3, 100}: {3, 100}, {-1, 20}: {8, 20}} {
		if short, day := NewGate(given, GateState{}, start, nil).Limits(); short != want.Per30s || day != want.PerDay {
			t.Errorf("%+v: %d and %d, want %+v", given, short, day, want)
		}
	}
}

func TestWindowRolls(t *testing.T) {
	g := NewGate(Limits{2, 100}, GateState{}, start, nil)
	must(t, g, 0, Pause)
	must(t, g, 10, Pause)
	e := refused(t, g, 10, Pause)
	if !e.Until.Equal(sec(30)) || e.Kind != RateLimited || !strings.Contains(e.Error(), "budget of 2 calls per 30s is used up") {
		t.Error(e)
	}
	refused(t, g, 29.999999999, Pause)
	must(t, g, 30, Pause)
	if e := refused(t, g, 30, Pause); !e.Until.Equal(sec(40)) {
		t.Error(e)
	}
}

func TestDayRolls(t *testing.T) {
	g := NewGate(Limits{100, 3}, GateState{}, start, nil)
	must(t, g, 0.5, Pause)
	must(t, g, 1, Pause)
	e := refused(t, g, 2, Look)
	if !e.Until.Equal(sec(86400.5)) || e.Kind != Quota || !strings.Contains(e.Reason, "the last one is kept for a pause") {
		t.Error(e)
	}
	must(t, g, 2, Pause)
	if e := refused(t, g, 2, Pause); !e.Until.Equal(sec(86400.5)) || e.Kind != Quota {
		t.Error(e)
	}
	refused(t, g, 86400.4, Pause)
	must(t, g, 86400.5, Pause)
}

func TestBothWindowsFull(t *testing.T) {
	g := NewGate(Limits{1, 1}, GateState{}, start, nil)
	must(t, g, 0, Look)
	if e := refused(t, g, 0, Pause); e.Kind != Quota || !e.Until.Equal(sec(86400)) {
		t.Error(e)
	}
}

func TestPauseBeforeLook(t *testing.T) {
	claim := func() *Gate {
		g := NewGate(Limits{1, 100}, GateState{}, start, nil)
		must(t, g, 0, Look)
		if e := refused(t, g, 10, Pause); !e.Until.Equal(sec(30)) {
			t.Fatal(e)
		}
		return g
	}
	g := claim()
	for _, c := range []Class{Look, Verify, Other} {
		if e := refused(t, g, 30, c); !e.Until.Equal(sec(32)) {
			t.Error(c, e)
		}
	}
	must(t, g, 31, Pause) // the claim is taken
	must(t, g, 61, Look)

	g = claim()
	refused(t, g, 31.999, Look)
	must(t, g, 32, Look) // the claim lapsed
}

func TestPauseFindsItsReserve(t *testing.T) {
	g := NewGate(Limits{}, GateState{}, start, nil)
	for range 6 {
		must(t, g, 0, Look)
	}
	refused(t, g, 0, Look)
	must(t, g, 0, Verify)
	refused(t, g, 0, Verify)
	must(t, g, 0, Pause)
	refused(t, g, 0, Pause)
}

func TestLimited(t *testing.T) {
	g := NewGate(Limits{}, GateState{}, start, nil)
	g.Limited(sec(0), RateLimited, 41*time.Second, true)
	e := refused(t, g, 40.999, Pause)
	if !e.Until.Equal(sec(41)) || e.Kind != RateLimited || !strings.Contains(e.Reason, "41s") {
		t.Error(e)
	}
	if until, kind, ok := g.Blocked(sec(40)); !ok || kind != RateLimited || !until.Equal(sec(41)) {
		t.Error(until, kind, ok)
	}
	if _, _, ok := g.Blocked(sec(41)); ok {
		t.Error("still blocked")
	}
	must(t, g, 41, Pause)

	g.Limited(sec(100), Quota, 49861*time.Second, true)
	g.Limited(sec(101), RateLimited, time.Second, true) // of a request that was under way: the longer block stands
	if until, kind, _ := g.Blocked(sec(102)); kind != Quota || !until.Equal(sec(100+49861)) {
		t.Error(until, kind)
	}
	g.Limited(sec(102), "nonsense", math.MaxInt64, true)
	if until, kind, _ := g.Blocked(sec(103)); kind != RateLimited || !until.Equal(sec(102).Add(longest)) {
		t.Error(until, kind)
	}
}

func TestLimitedWithoutRetryAfter(t *testing.T) {
	g := NewGate(Limits{}, GateState{}, start, nil)
	at := 0.0
	limit := func(has bool, want float64) {
		t.Helper()
		g.Limited(sec(at), RateLimited, 0, has)
		g.Limited(sec(at), RateLimited, 0, has) // a second request was under way: no repetition
		g.Lane("").Succeeded(sec(at))           // and a third one: it says nothing about now
		until, _, _ := g.Blocked(sec(at))
		if got := until.Sub(sec(at)).Seconds(); got != want {
			t.Errorf("at %vs: %vs, want %v", at, got, want)
		}
		at += want
	}
	for _, want := range []float64{5, 10, 20, 40, 80, 160, 300, 300} {
		limit(want > 30, want)
	}
	g.Lane("").Succeeded(sec(at))
	limit(true, 5)
	limit(false, 10)
}

func TestWatch(t *testing.T) {
	g := NewGate(Limits{}, GateState{}, start, nil)
	var heard []string
	for i := range 2 {
		g.Watch(func(until time.Time, kind string) {
			g.Remaining(until) // the lock is free
			heard = append(heard, fmt.Sprint(i, kind, until.Sub(start)))
		})
	}
	g.Limited(sec(0), RateLimited, 10*time.Second, true)
	g.Limited(sec(1), RateLimited, 2*time.Second, true) // nothing new
	g.Limited(sec(2), Quota, time.Hour, true)
	if d := cmp.Diff([]string{"0rate_limited10s", "1rate_limited10s", "0quota1h0m2s", "1quota1h0m2s"}, heard); d != "" {
		t.Error(d)
	}
}

func TestRemainingAndSurplus(t *testing.T) {
	g := NewGate(Limits{8, 100}, GateState{}, start, nil)
	for i := range 5 {
		if !g.Lane("").Surplus(sec(0)) {
			t.Fatal("no surplus after", i)
		}
		must(t, g, 0, Look)
	}
	if g.Lane("").Surplus(sec(0)) {
		t.Error("surplus although only one look is left")
	}
	if short, day := g.Remaining(sec(0)); short != 3 || day != 95 {
		t.Error(short, day)
	}
	if short, day := g.Remaining(sec(30)); short != 8 || day != 95 {
		t.Error(short, day)
	}
	if g.Limited(sec(40), RateLimited, time.Minute, true); g.Lane("").Surplus(sec(50)) {
		t.Error("surplus while blocked")
	}
	for i := range 63 {
		must(t, g, 100+float64(i)*30, Look)
	}
	if s := 100 + 64*30.0; g.Lane("").Surplus(sec(s)) {
		t.Error("surplus although the day is nearly used up")
	}
}

func TestLeases(t *testing.T) {
	var saves []GateState
	g := NewGate(Limits{100, 6000}, GateState{}, start, func(s GateState) { saves = append(saves, s) })
	for range 33 {
		must(t, g, 0, Look)
	}
	if len(saves) != 3 || saves[0].Lease != 15 || len(saves[0].Recent) != 1 {
		t.Fatalf("%d saves, %+v", len(saves), saves[0])
	}
	// The machine dies: 33 calls were made, the lease says that 48 may have been.
	if _, day := NewGate(Limits{100, 6000}, saves[2], sec(1), nil).Remaining(sec(1)); day != 6000-48 {
		t.Error("after a crash", day)
	}
	g.Close(sec(1))
	last := saves[len(saves)-1]
	if short, day := NewGate(Limits{100, 6000}, last, sec(1), nil).Remaining(sec(1)); short != 67 || day != 6000-33 {
		t.Error("after Close", short, day)
	}
	must(t, g, 2, Look) // a late call is still accounted for
	if s := saves[len(saves)-1]; s.Lease != 15 || len(s.Recent) != 34 {
		t.Errorf("%+v", s)
	}
}

// A lease of four calls: a crash then leaves room for a look and a pause at once, for 1,500
// small writes on a day that spends the whole budget.
func TestWritesOfADay(t *testing.T) {
	saves, size := 0, 0
	g := NewGate(Limits{}, GateState{}, start, func(s GateState) {
		saves++
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, len(b))
	})
	for i := range 5400 {
		must(t, g, float64(i)*16, Look)
	}
	if saves > 5400/4+10 || size > 4000 {
		t.Errorf("%d saves, up to %d bytes", saves, size)
	}
}

// Limited has saved the block when it returns, and a restart keeps it to the second.
func TestBlockOutlivesARestart(t *testing.T) {
	var saved GateState
	g := NewGate(Limits{}, GateState{}, start, func(s GateState) { saved = s })
	g.Limited(sec(0), Quota, 49861*time.Second, true)
	again := NewGate(Limits{}, roundTrip(t, saved), sec(1000), nil)
	if until, kind, ok := again.Blocked(sec(1000)); !ok || kind != Quota || !until.Equal(sec(49861)) {
		t.Error(until, kind, ok)
	}
	must(t, again, 49861, Look)

	// The clock was set back by a year: never longer than it was meant to be.
	again = NewGate(Limits{}, saved, start.AddDate(-1, 0, 0), nil)
	if until, _, ok := again.Blocked(start.AddDate(-1, 0, 0)); !ok || !until.Equal(start.AddDate(-1, 0, 0).Add(49861*time.Second)) {
		t.Error(until, ok)
	}

	// The streak goes on as well.
	g = NewGate(Limits{}, GateState{}, start, func(s GateState) { saved = s })
	g.Limited(sec(0), RateLimited, 0, false)
	again = NewGate(Limits{}, roundTrip(t, saved), sec(5), nil)
	again.Limited(sec(5), RateLimited, 0, false)
	if until, _, _ := again.Blocked(sec(5)); !until.Equal(sec(15)) {
		t.Error(until)
	}
}

func roundTrip(t *testing.T, s GateState) GateState {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out GateState
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, out); d != "" {
		t.Error(d)
	}
	return out
}

func TestDamagedState(t *testing.T) {
	for name, s := range map[string]GateState{
		"negative":  {Streak: -5, Lease: -5, Day: [][2]int64{{start.Unix() / bucket, -7}}, BlockedUntil: sec(100), BlockedFor: -1},
		"huge":      {Streak: math.MaxInt, Lease: math.MaxInt, Day: [][2]int64{{start.Unix() / bucket, math.MaxInt64}, {start.Unix() / bucket, math.MaxInt64}}, BlockedFor: math.MaxInt64, BlockedUntil: start.AddDate(200, 0, 0)},
		"elsewhere": {Recent: []int64{math.MaxInt64, math.MinInt64, 0, -1}, Day: [][2]int64{{math.MaxInt64, 1}, {math.MinInt64, 1}, {0, 5}}},
	} {
		g := NewGate(Limits{}, s, start, nil)
		short, day := g.Remaining(start)
		if short < 0 || short > 8 || day < 0 || day > 6000 {
			t.Error(name, short, day)
		}
		if until, _, ok := g.Blocked(start); ok && until.After(start.Add(longest)) {
			t.Error(name, until)
		}
		late := start.Add(longest)
		if err := g.Take(late, Look); err != nil {
			t.Error(name, err)
		}
	}
}

func TestFutureCallsCountAsNow(t *testing.T) {
	future := sec(7200)
	s := GateState{Recent: []int64{future.UnixMilli()}, Day: [][2]int64{{future.Unix() / bucket, 3}}}
	g := NewGate(Limits{1, 3}, s, start, nil)
	if e := refused(t, g, 0, Pause); !e.Until.Equal(sec(86400)) {
		t.Error(e)
	}
	if short, _ := g.Remaining(sec(29)); short != 0 {
		t.Error(short)
	}
	if short, _ := g.Remaining(sec(30)); short != 1 {
		t.Error(short)
	}
}

func TestClockSetBackWhileRunning(t *testing.T) {
	g := NewGate(Limits{2, 100}, GateState{}, start, nil)
	must(t, g, 7200, Pause)
	must(t, g, 7201, Pause)
	g.Limited(sec(7201), RateLimited, 20*time.Second, true)
	if until, _, ok := g.Blocked(sec(0)); !ok || !until.Equal(sec(20)) {
		t.Error(until, ok)
	}
	if e := refused(t, g, 20, Pause); !e.Until.Equal(sec(31)) { // what a 429 taught is counted over a second more
		t.Error(e)
	}
	must(t, g, 31, Pause)
}

// Times that arrive out of order must not age a call.
func TestTimesOutOfOrder(t *testing.T) {
	g := NewGate(Limits{2, 100}, GateState{}, start, nil)
	must(t, g, 0.9, Pause)
	must(t, g, 0, Pause) // was asked earlier, came later: counts as 0.9
	if e := refused(t, g, 30, Pause); !e.Until.Equal(sec(30.9)) {
		t.Error(e)
	}
}

func TestEqualCallersAllGetTheirTurn(t *testing.T) {
	const callers = 6
	g := NewGate(Limits{4, 6000}, GateState{}, start, nil)
	next, got := [callers]time.Time{}, [callers]int{}
	for i := range next {
		next[i] = start
	}
	for turn := 0; turn < 20000; turn++ {
		now, who := next[0], 0
		for i := range callers {
			if c := (turn + i) % callers; next[c].Before(now) || i == 0 {
				now, who = next[c], c
			}
		}
		e := (*WaitError)(nil)
		switch err := g.Take(now, Look); {
		case errors.As(err, &e):
			if !e.Until.After(now) {
				t.Fatal("told to come back at", e.Until, "at", now)
			}
			next[who] = e.Until
		default:
			got[who]++
			next[who] = now.Add(5 * time.Second)
		}
	}
	for i, n := range got {
		if n == 0 || n*4 < got[0] || got[0]*4 < n {
			t.Errorf("caller %d got %d of %v", i, n, got)
		}
	}
}

func TestGateConcurrently(t *testing.T) {
	var mu sync.Mutex
	var passed int
	var saved GateState
	g := NewGate(Limits{100, 6000}, GateState{}, start, nil)
	g.save = func(s GateState) {
		g.Remaining(start) // allowed while saving
		mu.Lock()
		defer mu.Unlock()
		if len(s.Recent) < len(saved.Recent) {
			t.Error("an older state was saved after a newer one")
		}
		saved = s
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if g.Take(start, Pause) == nil {
					mu.Lock()
					if passed++; passed > len(saved.Recent)+saved.Lease {
						t.Error("a call passed that no saved lease covers")
					}
					mu.Unlock()
				}
				g.Limited(start, RateLimited, 0, true)
				g.Lane("").Succeeded(start)
				g.Lane("").Surplus(start)
				g.block.forget(g)
			}
		})
	}
	wg.Wait()
	g.Close(start)
	if passed != 100 || len(saved.Recent) != 100 || saved.Lease != 0 {
		t.Error(passed, len(saved.Recent), saved.Lease)
	}
}

// forget lifts a block and what it taught, for tests that want to go on.
func (b *block) forget(g *Gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b.until = g.last
	g.short.forget()
	g.day.forget()
}

func BenchmarkTake(b *testing.B) {
	g, now := NewGate(Limits{}, GateState{}, start, func(GateState) {}), start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(16 * time.Second)
		if err := g.Take(now, Look); err != nil {
			b.Fatal(err)
		}
	}
}
