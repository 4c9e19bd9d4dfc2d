package poller

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"go.starlark.net/starlark"
	"pgregory.net/rapid"

	"gatefold/engine"
)

// calls is an accounting of its own of what was sent: two exact rolling windows, and
// of each a part that is kept for what is more urgent.
type calls struct {
	per30s, perDay int
	accounts       int
	all            []call // ascending
	day, short     int    // the first of each window
	urgent         int    // in the day
	looks          map[part]uint16
}

// part is ten minutes of an account's ordinary looks.
type part struct {
	who  int
	slot int64
}

type call struct {
	at     time.Time
	who    int
	urgent bool
}

func (c *calls) pass(now time.Time) {
	for ; c.day < len(c.all) && now.Sub(c.all[c.day].at) >= 24*time.Hour; c.day++ {
		if c.all[c.day].urgent {
			c.urgent--
		}
	}
	for ; c.short < len(c.all) && now.Sub(c.all[c.short].at) >= 30*time.Second; c.short++ {
	}
}

const (
	aPause = iota
	aVerify
	aLook
)

// limits are how many calls the windows may hold after one of a class.
func (c *calls) limits(class int) (short, day int) {
	keep := [...]int{0, 1, max(1, min((c.perDay+9)/10, 600)-c.urgent)}[class]
	return max(1, c.per30s-class), c.perDay - keep
}

// opens is when a call fits.
func (c *calls) opens(now time.Time, short, day int) (at time.Time, byDay bool) {
	c.pass(now)
	at = now
	if n := len(c.all) - c.short; n >= short {
		at = c.all[len(c.all)-short].at.Add(30 * time.Second)
	}
	if n := len(c.all) - c.day; n >= day {
		if free := c.all[len(c.all)-day].at.Add(24 * time.Hour); free.After(at) {
			return free, true
		}
	}
	return at, false
}

func (c *calls) send(now time.Time, who int, urgent bool) {
	c.all = append(c.all, call{now, who, urgent})
	if urgent {
		c.urgent++
		return
	}
	c.looks[part{who, now.UnixNano() / int64(Slot)}]++
}

// budget is what one of the accounts may plan with: its equal part.
func (c *calls) budget(now time.Time, who int) Budget {
	c.pass(now)
	share := 1 / float64(c.accounts)
	_, day := c.limits(aLook)
	b := Budget{
		Per30s: c.per30s, PerDay: float64(c.perDay) * share, Urgent: float64(c.urgent) * share,
		Left: float64(max(0, day-(len(c.all)-c.day))) * share,
	}
	slot := now.UnixNano() / int64(Slot)
	for i := range b.Day {
		b.Day[i] = c.looks[part{who, slot - int64(Slots-1-i)}]
	}
	fit := func(class int) time.Time {
		short, _ := c.limits(class)
		at, _ := c.opens(now, short, math.MaxInt) // the day shows when a look is tried
		return at
	}
	b.Look, b.Pair = fit(aLook), fit(aVerify)
	for i := range b.More {
		at, _ := c.opens(now, max(1, c.per30s-2-i), math.MaxInt)
		b.More[i] = later(at, b.Pair)
	}
	return b
}

func (c *calls) surplus(now time.Time) bool {
	short, day := c.limits(aLook)
	c.pass(now)
	return len(c.all)-c.short+2 <= short && len(c.all)-c.day+1+day/4 <= day
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// stay is somebody at the player: an owner, or a stranger who presses play again some
// time after each pause, or (0) leaves at the first.
type stay struct {
	from, to time.Time
	stranger bool
	again    time.Duration
	silenced time.Time
}

// player is what a look shows.
type player struct {
	engine.Inert
	who   string
	plays bool
}

func (p player) Holder() string                                 { return p.who }
func (p player) Active() bool                                   { return p.plays }
func (p player) Target() string                                 { return p.who }
func (p player) String() string                                 { return p.who }
func (p player) Type() string                                   { return "player" }
func (p player) Bind(engine.Event, engine.Facts) starlark.Value { return starlark.None }
func (p player) MarshalJSON() ([]byte, error)                   { return []byte("{}"), nil }
func (p player) Same(b engine.Held) bool {
	o, ok := b.(player)
	return ok && o == p
}

// watcher is one account: what the engine does with a pacer, in short.
type watcher struct {
	n       int
	pacer   *Pacer
	stays   []stay
	every   time.Duration // of the pause
	facts   engine.Facts
	pace    engine.Pace
	plan    engine.Plan
	due     time.Time
	paused  time.Time
	resumes time.Duration

	looks, pauses, byDay int
	longest              time.Duration // between looks
	unseen               []string      // that was stated never to happen
}

// sees is who has the player. Stays are in order and do not overlap.
func (w *watcher) sees(t time.Time) *stay {
	for len(w.stays) > 0 && !t.Before(w.stays[0].to) {
		w.stays = w.stays[1:]
	}
	if len(w.stays) == 0 || t.Before(w.stays[0].from) {
		return nil
	}
	return &w.stays[0]
}

const latency = 150 * time.Millisecond

// step looks, and pauses where that is due.
func (w *watcher) step(c *calls) {
	asked := w.due
	denied := w.pace.Verdict == engine.Deny && w.pace.Playing
	class := aLook
	if denied || !w.paused.IsZero() && asked.Sub(w.paused) < afterPause {
		class = aVerify
	}
	short, day := c.limits(class)
	if at, byDay := c.opens(asked, short, day); at.After(asked) {
		if w.due = at; byDay {
			w.byDay++
		}
		return
	}
	c.send(asked, w.n, class == aVerify)
	now := asked.Add(latency)
	shows, verdict := player{}, engine.Idle
	s := w.sees(now)
	switch {
	case s != nil && s.stranger:
		verdict = engine.Deny
		shows = player{who: "stranger", plays: s.silenced.IsZero() || s.again > 0 && now.Sub(s.silenced) >= s.again}
	case s != nil:
		shows, verdict = player{who: "owner", plays: true}, engine.Allow
	}
	w.took(asked, now, shows, verdict)
	w.pace.PauseEvery = 0
	if verdict == engine.Deny && shows.plays {
		w.pace.PauseEvery = w.every
		if !s.silenced.IsZero() {
			w.resumes = s.again
		}
		if w.paused.IsZero() || now.Sub(w.paused) >= w.every {
			short, day = c.limits(aPause)
			if at, _ := c.opens(now, short, day); at.After(now) {
				w.due = at
				return
			}
			c.send(now, w.n, true)
			w.pauses++
			w.paused, s.silenced = now, now
			w.facts = w.facts.Paused("stranger", now, true)
		}
	}
	w.pace.Now, w.pace.Paused, w.pace.Resumes, w.pace.Habits = now, w.paused, w.resumes, w.facts.Habits
	w.pace.Surplus = c.surplus(now)
	w.plan = w.pacer.Next(w.pace)
	w.due = later(w.plan.Due, now)
}

// took takes up a look, and compares when it came with what was stated.
func (w *watcher) took(asked, now time.Time, shows player, verdict engine.VerdictKind) {
	p := &w.pace
	if p.Seen {
		gap := asked.Sub(p.Looked)
		w.longest = max(w.longest, gap)
		if w.plan.Worst > 0 && gap > w.plan.Worst {
			w.unseen = append(w.unseen, fmt.Sprintf("%s: %s after a look (%s), at most %s was stated", asked, gap, w.plan.Why, w.plan.Worst))
		}
		if w.plan.Cause == "changed" && gap > 5*time.Second {
			w.unseen = append(w.unseen, fmt.Sprintf("%s: %s after a change", asked, gap))
		}
	}
	w.looks++
	w.facts = engine.Fold(w.facts, engine.Event{Kind: engine.KindPlayback, Cause: engine.CauseLook, Time: now, Data: shows},
		engine.Decision{Verdict: engine.Verdict{Kind: verdict}})
	if changed := w.facts.Run.Count == 1; changed || !p.Followed {
		p.Followed = !changed || !p.Seen
	}
	switch {
	case shows.who != "":
		p.QuietSince = time.Time{}
	case p.QuietSince.IsZero():
		p.QuietSince = now
	}
	p.Seen, p.Verdict, p.Held, p.Playing, p.Looked = true, verdict, shows.who != "", shows.plays, asked
}

// house runs its accounts, each looked at when it is due.
type house struct {
	calls
	watchers []*watcher
}

func newHouse(per30s, perDay int, stays ...[]stay) *house {
	h := &house{calls: calls{per30s: per30s, perDay: perDay, accounts: len(stays), looks: map[part]uint16{}}}
	for i, s := range stays {
		w := &watcher{n: i, stays: s, every: 10 * time.Second, due: noon}
		w.pacer = New(shipped, func(now time.Time) Budget { return h.budget(now, i) })
		h.watchers = append(h.watchers, w)
	}
	return h
}

func (h *house) until(end time.Time) {
	for {
		next := h.watchers[0]
		for _, w := range h.watchers {
			if w.due.Before(next.due) {
				next = w
			}
		}
		if !next.due.Before(end) {
			return
		}
		next.step(&h.calls)
	}
}

// busiest is the largest number of calls in any half-open span.
func (h *house) busiest(span time.Duration) int {
	most, from := 0, 0
	for to := range h.all {
		for h.all[to].at.Sub(h.all[from].at) >= span {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

// life is some days of an account: the owner's listening, and strangers.
func life(rng *rand.Rand, days, visitsAday float64) []stay {
	var out []stay
	t, end := noon, at(days*86400)
	seconds := func(mean float64) time.Duration { return time.Duration(rng.ExpFloat64() * mean * float64(time.Second)) }
	for t.Before(end) {
		t = t.Add(seconds(3600) + time.Second)
		s := stay{from: t, to: t.Add(seconds(2400) + 10*time.Second)}
		if rng.Float64() < visitsAday/14 {
			s.stranger = true
			if rng.IntN(3) > 0 {
				s.again = time.Duration(1+rng.IntN(60)) * time.Second
			}
		}
		out = append(out, s)
		t = s.to
	}
	return out
}

// stayer is somebody who comes once and plays on for hours, whatever is done.
func stayer(from, hours, again float64) []stay {
	return []stay{{from: at(from * 3600), to: at((from + hours) * 3600), stranger: true, again: time.Duration(again * float64(time.Second))}}
}

// holds checks what must hold whatever is configured and whoever comes: no window holds
// more than is allowed, the plans never come to the end of a day's calls, and a look is
// there when it was stated.
func (h *house) holds(t interface{ Errorf(string, ...any) }) {
	if n := h.busiest(30 * time.Second); n > h.per30s {
		t.Errorf("%d calls in 30 s, of %d", n, h.per30s)
	}
	if n := h.busiest(24 * time.Hour); n > h.perDay {
		t.Errorf("%d calls in 24 h, of %d", n, h.perDay)
	}
	for i, w := range h.watchers {
		if w.byDay > 0 {
			t.Errorf("account %d: %d looks came to the end of the day's calls", i, w.byDay)
		}
		for _, s := range w.unseen[:min(3, len(w.unseen))] {
			t.Errorf("account %d: %s", i, s)
		}
	}
}

func TestDaysUnderABudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perDay := rapid.SampledFrom([]int{200, 300, 900}).Draw(t, "per day")
		per30s := rapid.SampledFrom([]int{4, 8, 10}).Draw(t, "per 30 s")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		visits := rapid.SampledFrom([]float64{0, 1, 4}).Draw(t, "visits")
		h := newHouse(per30s, perDay, life(rng, 1.5, visits))
		h.until(at(1.5 * 86400))
		h.holds(t)
	})
}

// The same with the default budget, where also nobody goes unseen for long.
func TestDaysWithTheDefaults(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	for seed := range uint64(4) {
		h := newHouse(8, 6000, life(rand.New(rand.NewPCG(seed, 2)), 3, 2))
		h.until(at(3 * 86400))
		h.holds(t)
		w := h.watchers[0]
		if w.longest > shipped.IdleMax {
			t.Errorf("seed %d: %s without a look", seed, w.longest)
		}
		if n := w.looks; n < 3*86400/120 {
			t.Errorf("seed %d: %d looks in three days", seed, n)
		}
	}
}

// Somebody who stays for hours in order to burn the day's calls does not reach the end
// of them, also on a first day, when none come back: whoever comes in its last hours is
// seen.
func TestWhoStaysDoesNotBurnTheDay(t *testing.T) {
	for _, hours := range []float64{2, 8, 20} {
		for _, again := range []float64{2, 30} {
			h := newHouse(8, 6000, stayer(20, hours, again))
			h.until(at(1.8 * 86400))
			h.holds(t)
			w := h.watchers[0]
			if w.longest > 150*time.Second {
				t.Errorf("%g hours, again after %g s: %s without a look", hours, again, w.longest)
			}
			if least := int(hours * 3600 / 120); w.pauses < least {
				t.Errorf("%g hours, again after %g s: %d pauses, at least %d could be paid", hours, again, w.pauses, least)
			}
		}
	}
}

// Of several accounts each has its part, whatever happens to the others.
func TestNoAccountStarves(t *testing.T) {
	for name, lives := range map[string][][]stay{
		"all are quiet":        {nil, nil, nil, nil},
		"to one a stayer came": {stayer(20, 18, 2), nil, nil, nil},
		"to two":               {stayer(6, 30, 2), nil, stayer(20, 18, 8), nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(8, 6000, lives...)
			h.until(at(1.8 * 86400))
			for i, w := range h.watchers {
				if w.byDay > 0 {
					t.Errorf("account %d: %d looks came to the end of the day's calls", i, w.byDay)
				}
				if lives[i] == nil && w.longest > 5*time.Minute {
					t.Errorf("account %d: %s without a look", i, w.longest)
				}
				t.Logf("account %d: %d looks, %d pauses, longest %s", i, w.looks, w.pauses, w.longest.Round(time.Second))
			}
			if n := h.busiest(24 * time.Hour); n > 6000 {
				t.Errorf("%d calls in 24 h", n)
			}
		})
	}
}
