package spotify

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// asker is a lane that wants a look every so often, and comes back when it is told to.
type asker struct {
	*Lane
	class Class
	every time.Duration // 0: at once again
	next  time.Time
	sent  []time.Time
}

// run lets askers ask until a moment, and gives all that was sent. Each is late by what late gives.
func run(askers []*asker, until time.Time, late func() time.Duration) (sends []time.Time) {
	for {
		a := slices.MinFunc(askers, func(a, b *asker) int { return a.next.Compare(b.next) })
		if !a.next.Before(until) {
			return sends
		}
		now := a.next
		wait := (*WaitError)(nil)
		if errors.As(a.Take(now, a.class), &wait) {
			a.next = wait.Until.Add(late())
			continue
		}
		a.sent = append(a.sent, now)
		sends = append(sends, now)
		a.next = now.Add(max(a.every, 50*time.Millisecond))
	}
}

func punctual() time.Duration { return 0 }

// Several greedy lanes and a modest one: whatever the numbers, the budget holds, it is used up while somebody wants
// it, the modest lane gets what it asks for as long as that is no more than its part, and the greedy ones get the same.
func TestGreedyLanesShareFairly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{rapid.IntRange(3, 40).Draw(t, "per30s"), 1 << 20}
		n := rapid.IntRange(1, 6).Draw(t, "greedy")
		class := rapid.SampledFrom([]Class{Verify, Look, Other}).Draw(t, "class")
		g := NewGate(limits, GateState{}, start, nil)
		share := g.short.share(class)
		fair := 30 * time.Second * time.Duration(n+1) / time.Duration(share) // between two calls of each
		every := time.Duration(float64(fair) * rapid.Float64Range(1.1, 4).Draw(t, "modest"))
		modest := &asker{Lane: g.Lane("modest"), class: class, every: every, next: start.Add(10 * time.Second)}
		askers := []*asker{modest}
		for i := range n {
			askers = append(askers, &asker{Lane: g.Lane(fmt.Sprint("greedy", i)), class: class, next: start})
		}
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		late := func() time.Duration { return time.Duration(rnd.IntN(1000)) * time.Millisecond }
		const took = 15 * time.Minute
		sends := run(askers, start.Add(took), late)

		if most := busiest(sends, 30*time.Second); most > share {
			t.Fatalf("%d calls in 30 s, %d are allowed", most, share)
		}
		if want := float64(share) * took.Seconds() / 33; float64(len(sends)) < want-float64(share) {
			t.Fatalf("%d calls, although somebody always wanted more; %.0f fit", len(sends), want)
		}
		// It comes back every so often after it got one: what it waited is all that it lost.
		waits := took.Seconds() - float64(len(modest.sent))*every.Seconds()
		if perCall := waits / float64(max(1, len(modest.sent))); perCall > 2*g.short.spacing(class).Seconds()+1.5 {
			t.Fatalf("the modest lane got %d calls, one every %v was wanted: it waited %.1f s for each", len(modest.sent), every, perCall)
		}
		least, most := math.MaxInt, 0
		for _, a := range askers[1:] {
			least, most = min(least, len(a.sent)), max(most, len(a.sent))
		}
		if float64(least) < 0.9*float64(most)-2 {
			t.Fatalf("equal lanes got %d to %d", least, most)
		}
	})
}

// A lane that was refused goes before one that has used more, and what it has a claim on is not taken.
func TestTheLaneThatHadLessGoesFirst(t *testing.T) {
	g := NewGate(Limits{Per30s: 5}, GateState{}, start, nil) // 3 looks
	a, b := g.Lane("a"), g.Lane("b")
	for i := range 3 {
		if err := a.Take(sec(float64(i)), Look); err != nil {
			t.Fatal(err)
		}
	}
	turn := func(l *Lane, s, until float64) *WaitError {
		t.Helper()
		wait := (*WaitError)(nil)
		if !errors.As(l.Take(sec(s), Look), &wait) || !wait.Until.Equal(sec(until)) {
			t.Fatalf("%s at %v s: %v, want %v", l.name, s, wait, until)
		}
		return wait
	}
	gets := func(l *Lane, s float64) {
		t.Helper()
		if err := l.Take(sec(s), Look); err != nil {
			t.Fatalf("%s at %v s: %v", l.name, s, err)
		}
	}
	turn(a, 5, 30)
	turn(b, 6, 30)                                      // it had nothing
	if wait := turn(a, 30, 40); !wait.Common.IsZero() { // not the call of b; three a window are one every ten seconds
		t.Error("for everybody until", wait.Common)
	}
	gets(b, 30.5)
	gets(a, 40)
	if wait := turn(b, 41, 50); !wait.Common.Equal(sec(50)) {
		t.Error("for everybody until", wait.Common)
	}
	c := g.Lane("c")
	turn(c, 49, 50) // it had nothing
	turn(b, 50, 60.5)
	gets(c, 51)
	turn(a, 61, 70) // not the call of b, which is late
	gets(a, 62.5)   // who does not come loses the claim after two seconds
	if g.Lane("a") != a {
		t.Error("another lane for the same name")
	}
}

// Whoever pauses, and however often others do: a pause waits no longer than for its turn among those of others.
func TestPausesOfManyLanes(t *testing.T) {
	g := NewGate(Limits{Per30s: 6, PerDay: 1 << 20}, GateState{}, start, nil)
	modest := &asker{Lane: g.Lane("modest"), class: Pause, every: 40 * time.Second, next: start}
	askers := []*asker{modest}
	for i := range 4 {
		askers = append(askers, &asker{Lane: g.Lane(fmt.Sprint("greedy", i)), class: Pause, next: start})
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	sends := run(askers, sec(6000), func() time.Duration { return time.Duration(rnd.IntN(500)) * time.Millisecond })
	if most := busiest(sends, 30*time.Second); most > 6 || len(sends) < 1100 {
		t.Error(most, "calls in 30 s,", len(sends), "in all")
	}
	for i := range modest.sent[1:] {
		if gap := modest.sent[i+1].Sub(modest.sent[i]); gap > 71*time.Second {
			t.Errorf("a pause waited %v", gap-40*time.Second)
		}
	}
}

// A lane that waits with something more urgent goes before all others, a pause before everything.
func TestUrgentLanesGoFirst(t *testing.T) {
	g := NewGate(Limits{Per30s: 8}, GateState{}, start, nil)
	a, b := g.Lane("a"), g.Lane("b")
	for range 8 {
		if err := a.Take(start, Pause); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []Class{Pause, Verify} {
		if err := a.Take(sec(float64(i)), c); err == nil {
			t.Fatal(c, "passed")
		}
	}
	passed := 0
	for range 10 {
		if b.Take(sec(30), Other) == nil || b.Take(sec(30), Look) == nil {
			passed++
		}
	}
	if passed != 6 {
		t.Errorf("%d calls of b, 6 leave room for what is more urgent", passed)
	}
	if err := errors.Join(a.Take(sec(30), Verify), a.Take(sec(30), Pause)); err != nil {
		t.Error(err)
	}
}

// Over the day: who comes late to a day that is used up gets more of what comes free than
// those who used it, until it has had as much; but they go on.
func TestTheDayIsShared(t *testing.T) {
	g := NewGate(Limits{Per30s: 100, PerDay: 2000}, GateState{}, start, nil) // 1,800 looks
	var askers []*asker
	for i := range 3 { // together a look every 45 s: all of the day's are used up
		askers = append(askers, &asker{Lane: g.Lane(fmt.Sprint("greedy", i)), class: Look, every: 135 * time.Second, next: sec(float64(i) * 45)})
	}
	run(askers, sec(86000), punctual)
	if left := askers[0].Afford(sec(86000)).Left; left > 10 {
		t.Fatal(left, "left")
	}
	for _, a := range askers {
		a.every, a.sent = 0, nil
	}
	late := &asker{Lane: g.Lane("late"), class: Look, next: sec(86400)}
	askers = append(askers, late)
	sends := run(askers, sec(86400+6*3600), punctual)
	if len(sends) < 440 { // 1,800 a day
		t.Error(len(sends), "calls in six hours")
	}
	if len(late.sent) < 200 {
		t.Errorf("late got %d of %d", len(late.sent), len(sends))
	}
	for _, a := range askers[:3] {
		if len(a.sent) < 20 || len(a.sent) > 100 {
			t.Errorf("%s got %d of %d", a.name, len(a.sent), len(sends))
		}
		gap := time.Duration(0)
		for i := range a.sent[1:] {
			gap = max(gap, a.sent[i+1].Sub(a.sent[i]))
		}
		if gap > 20*time.Minute {
			t.Errorf("%s got nothing for %v", a.name, gap)
		}
	}
}

// What one leaves is for the others, at once.
func TestLanesWasteNothing(t *testing.T) {
	g := NewGate(Limits{Per30s: 12}, GateState{}, start, nil)
	askers := []*asker{{Lane: g.Lane("a"), class: Look, next: start}, {Lane: g.Lane("b"), class: Look, next: start}}
	run(askers, sec(600), punctual)
	before := len(askers[0].sent)
	run(askers[:1], sec(1200), punctual) // b has gone
	if n := len(askers[0].sent) - before; n < 10*20-15 {
		t.Errorf("%d calls alone, 200 fit", n)
	}
}

func TestAllowance(t *testing.T) {
	g := NewGate(Limits{Per30s: 8, PerDay: 100}, GateState{}, start, nil)
	a, b := g.Lane("a"), g.Lane("b")
	g.Lane("") // nobody's
	if got := a.Afford(start); got.Per30s != 8 || got.PerDay != 100 || got.Left != 90 || got.Share != 0.5 ||
		!got.Look.Equal(start) || !got.Pair.Equal(start) || !got.Blocked.IsZero() {
		t.Errorf("%+v", got)
	}
	a.Weigh(3)
	if x, y := a.Afford(start).Share, b.Afford(start).Share; x != 0.625 || y != 0.375 {
		t.Error(x, y)
	}
	a.Weigh(math.NaN())
	b.Weigh(-1)
	if x, y := a.Afford(start).Share, b.Afford(start).Share; x != 0.5 || y != 0.5 {
		t.Error(x, y)
	}
	for _, s := range []float64{0, 700, 700, 3600, 3601, 3602, 3603, 3604, 3605} {
		if err := a.Take(sec(s), Look); err != nil {
			t.Fatal(err)
		}
	}
	got := a.Afford(sec(3606))
	if n := got.Day; n[143] != 6 || n[143-5] != 2 || n[143-6] != 1 || sum(n[:]) != 9 { // start is on the hour
		t.Error(n)
	}
	if got.Left != 81 || !got.Look.Equal(sec(3630)) || !got.Pair.Equal(sec(3606)) || sum2(b.Afford(sec(3606))) != 0 {
		t.Errorf("%+v", got)
	}
	if err := a.Take(sec(3606), Verify); err != nil {
		t.Fatal(err)
	}
	if got := b.Afford(sec(3607)); !got.Look.Equal(sec(3631)) || !got.Pair.Equal(sec(3630)) {
		t.Errorf("%+v", got)
	}
	if got := a.Afford(sec(86400 + 1300)); got.Day[0] != 0 || sum(got.Day[:]) != 6 || got.Urgent != 1 {
		t.Error(got.Day)
	}
	a.Limited(sec(90000), Quota, time.Hour, true)
	// A look that is planned for the end of a block would let stand till then what was seen before it.
	if got := b.Afford(sec(90001)); !got.Blocked.Equal(sec(93600)) || !got.Look.Equal(sec(90001)) || !got.Pair.Equal(sec(90001)) || !got.More[1].Equal(sec(90001)) {
		t.Errorf("%+v", got)
	}
	if n := testing.AllocsPerRun(100, func() { a.Afford(sec(90002)) }); n != 0 {
		t.Error(n, "allocations")
	}
}

// The end of the day's calls is no pace either.
func TestAllowanceAtTheEndOfTheDay(t *testing.T) {
	g := NewGate(Limits{Per30s: 8, PerDay: 20}, GateState{}, start, nil)
	l := g.Lane("home")
	now := start
	for ; l.Take(now, Look) == nil; now = now.Add(time.Minute) {
	}
	if got := l.Afford(now); got.Left != 0 || !got.Look.Equal(now) || !got.Pair.Equal(now) {
		t.Errorf("%+v", got)
	}
}

func sum(day []uint16) (n int) {
	for _, d := range day {
		n += int(d)
	}
	return n
}

func sum2(a Allowance) int { return sum(a.Day[:]) }

// After a restart only the totals are known: every lane has its part of them.
func TestAllowanceAfterARestart(t *testing.T) {
	g := NewGate(Limits{}, GateState{}, start, nil)
	for i := range 120 {
		if err := g.Lane("a").Take(sec(float64(i)*10), Look); err != nil {
			t.Fatal(err)
		}
	}
	g.mu.Lock()
	state := g.snapshot()
	g.mu.Unlock()
	g = NewGate(Limits{}, roundTrip(t, state), sec(1300), nil)
	a, b := g.Lane("a"), g.Lane("b")
	if err := b.Take(sec(1300), Look); err != nil {
		t.Fatal(err)
	}
	for l, want := range map[*Lane]int{a: 60, b: 61} {
		day := l.Afford(sec(1300)).Day
		if sum(day[:]) != want || day[141] != 30 || day[142] != 30 {
			t.Error(l.name, day[140:], want)
		}
	}
	if day := a.Afford(sec(1300 + 86400)).Day; sum(day[:]) != 0 {
		t.Error(day)
	}
}

// Offsets, days and a clock that is set back: what a lane has made is never more than what the gate knows of.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring[uint16]
		want := map[int]int{}
		now := 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.SampledFrom([]int{0, 0, 1, 1, 2, 100, 144, 145, 400, -1, -3, -200}).Draw(t, "on")
			r.roll(now)
			for i, n := range want {
				switch {
				case i > now:
					want[now] += n
					delete(want, i)
				case i < now-parts:
					delete(want, i)
				}
			}
			n := rapid.IntRange(0, 5).Draw(t, "n")
			r.add(now, n)
			want[now] += n
			total := 0
			for i := now - parts; i <= now; i++ {
				if r.at(i) != want[i] {
					t.Fatalf("part %d at %d: %d, want %d", i, now, r.at(i), want[i])
				}
				total += want[i]
			}
			if r.sum != total {
				t.Fatal(r.sum, total)
			}
		}
		r.add(now, math.MaxInt)
		if r.at(now) != math.MaxUint16 {
			t.Fatal(r.at(now))
		}
	})
}

// 10,000 lanes that wait: what one call costs.
func BenchmarkLanes(b *testing.B) {
	for _, n := range []int{1, 100, 10000} {
		g := NewGate(Limits{Per30s: n/2 + 4, PerDay: 1 << 30}, GateState{}, start, nil)
		lanes := make([]*Lane, n)
		for i := range lanes {
			lanes[i] = g.Lane(fmt.Sprint(i))
		}
		now, i := start, 0
		next := func() *Lane { // three times as many ask as may
			now = now.Add(20 * time.Second / time.Duration(n+8))
			i = (i + 7919) % n
			return lanes[i]
		}
		for range 5 * n {
			_ = next().Take(now, Look)
		}
		b.Run(fmt.Sprint("take/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = next().Take(now, Look)
			}
			b.ReportMetric(float64(g.short.lines[Look].len()), "waiting")
		})
		b.Run(fmt.Sprint("afford/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = next().Afford(now)
			}
		})
	}
}

// What is kept back for pauses is theirs once: pauses of today take nothing from the
// looks of today, after a restart either.
func TestPausesSpendWhatIsKeptForThem(t *testing.T) {
	const day, tenth = 100, 10
	g := NewGate(Limits{Per30s: 1000, PerDay: day}, GateState{}, start, nil)
	l := g.Lane("home")
	for range tenth - 1 {
		if err := l.Take(start, Pause); err != nil {
			t.Fatal(err)
		}
	}
	looks := 0
	for l.Take(start, Look) == nil {
		if looks++; looks == day/2 {
			g.Close(start)
			g = NewGate(Limits{Per30s: 1000, PerDay: day}, g.snapshot(), start, nil)
			l = g.Lane("home")
		}
	}
	if looks != day-tenth || g.day.left() != 1 {
		t.Errorf("%d looks, %d left", looks, g.day.left())
	}
	if err := l.Take(start, Pause); err != nil {
		t.Error("the last call is a pause's:", err)
	}
	{ // beyond that, pauses take from looks
		g = NewGate(Limits{Per30s: 1000, PerDay: day}, GateState{}, start, nil)
		l = g.Lane("home")
		for range 2 * tenth {
			if err := l.Take(start, Verify); err != nil {
				t.Fatal(err)
			}
		}
		looks = 0
		for l.Take(start, Look) == nil {
			looks++
		}
		if looks != day-2*tenth-1 {
			t.Errorf("after %d pauses: %d looks", 2*tenth, looks)
		}
	}
}
