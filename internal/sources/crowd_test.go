package sources

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gatefold/engine"
	"gatefold/internal/poller"
	"gatefold/internal/spotify"
)

// crowd is several accounts behind one gate, each with a pacer of its own, and nobody
// plays anywhere.
type crowd struct {
	gate  *spotify.Gate
	begin time.Time
	all   []*watched
}

// watched is one of them.
type watched struct {
	lane    *spotify.Lane
	pacer   *poller.Pacer
	pace    engine.Pace
	due     time.Time
	stated  time.Duration
	looks   int
	longest time.Duration // without a look
	late    time.Duration // more than was stated
}

func newCrowd(n int, limits spotify.Limits, every time.Duration) *crowd {
	c := &crowd{begin: noon, gate: spotify.NewGate(limits, spotify.GateState{}, noon, nil)}
	for i := range n {
		w := &watched{lane: c.gate.Lane(fmt.Sprint(i)), due: noon.Add(time.Duration(i) * time.Second)}
		w.pacer = poller.New(poller.Intervals{
			Denied: 10 * time.Second, Playing: 15 * time.Second, Paused: 30 * time.Second,
			Idle: time.Minute, IdleMax: 2 * time.Minute,
		}, Budget(w.lane))
		w.pacer.Weigh = w.lane.Weigh
		w.pace = engine.Pace{
			Seen: true, Verdict: engine.Idle, Followed: true, Changed: noon, QuietSince: noon, Looked: w.due, PollEvery: every,
		}
		c.all = append(c.all, w)
	}
	return c
}

// live lets time pass, to the moment of each look.
func (c *crowd) live(t *testing.T, until time.Time) {
	t.Helper()
	for {
		next := c.all[0]
		for _, w := range c.all {
			if w.due.Before(next.due) {
				next = w
			}
		}
		if next.due.After(until) {
			return
		}
		next.look(t)
	}
}

func (w *watched) look(t *testing.T) {
	now := w.due
	err := w.lane.Take(now, spotify.Look)
	if wait := (*spotify.WaitError)(nil); errors.As(err, &wait) {
		if !wait.Until.After(now) {
			t.Fatal("refused until now")
		}
		w.due = wait.Until
		return
	}
	w.lane.Succeeded(now)
	gap := now.Sub(w.pace.Looked)
	w.looks++
	w.longest = max(w.longest, gap)
	if w.stated > 0 {
		w.late = max(w.late, gap-w.stated)
	}
	seen := min(gap, 5*time.Minute).Seconds()
	w.pace.Now, w.pace.Looked = now, now
	w.pace.Habits.Watched += seen
	w.pace.Habits.Silence.Seconds += seen
	p := w.pacer.Next(w.pace)
	w.due, w.stated = p.Due, p.Worst
}

// However many accounts share the calls, and whoever asks for more than there is: over
// three days each of them is looked at as often as its part pays for, none is left
// alone for long, and what was stated holds.
func TestNobodyIsLeftAlone(t *testing.T) {
	for _, c := range []struct {
		n     int
		most  time.Duration // without a look
		every time.Duration // that a rule asks for
		day   int           // calls
	}{
		{n: 1, most: 70 * time.Second},
		{n: 2, most: 2 * time.Minute},
		{n: 5, most: 5 * time.Minute},
		{n: 20, most: 20 * time.Minute},
		{n: 1, every: 5 * time.Second, most: 90 * time.Second},
		{n: 3, every: time.Second, most: 4 * time.Minute},
		{n: 1, day: 100, most: time.Hour},
	} {
		t.Run(fmt.Sprintf("%d accounts, poll %s, %d a day", c.n, c.every, c.day), func(t *testing.T) {
			all := newCrowd(c.n, spotify.Limits{PerDay: c.day}, c.every)
			all.live(t, noon.Add(72*time.Hour))
			total := 0
			for i, w := range all.all {
				total += w.looks
				if w.longest > c.most || w.late > 5*time.Second {
					t.Errorf("account %d: %d looks, once none for %s, %s later than was stated", i, w.looks, w.longest, w.late)
				}
			}
			day := 6000
			if c.day > 0 {
				day = c.day
			}
			if a := float64(total) / 3 / float64(day); a < 0.4 || a > 0.91 {
				t.Errorf("%.0f %% of the calls are used", 100*a)
			}
		})
	}
}
