package poller

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

var shipped = Intervals{
	Denied: 10 * time.Second, Playing: 15 * time.Second, Paused: 30 * time.Second,
	Idle: 60 * time.Second, IdleMax: 120 * time.Second,
}

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

func TestStates(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name string
		pace engine.Pace
		want float64 // seconds after noon
	}{
		{"first look", engine.Pace{Now: at(3)}, 3},
		{"authorized and playing", engine.Pace{Now: at(0.2), Seen: true, Verdict: engine.Allow, Held: true, Playing: true, Looked: at(0), Followed: true}, 15},
		{"authorized and paused", engine.Pace{Now: at(0.2), Seen: true, Verdict: engine.Allow, Held: true, Looked: at(0), Followed: true}, 30},
		{"nobody", engine.Pace{Now: at(0), Seen: true, Verdict: engine.Idle, Looked: at(0), QuietSince: at(0), Followed: true}, 60},
		{"nobody for five minutes", engine.Pace{Now: at(300), Seen: true, Verdict: engine.Idle, Looked: at(300), QuietSince: at(0), Followed: true}, 390},
		{"nobody for an hour", engine.Pace{Now: at(3600), Seen: true, Verdict: engine.Idle, Looked: at(3600), QuietSince: at(0), Followed: true}, 3720},
		{"a change is looked at once more", engine.Pace{Now: at(0.2), Seen: true, Verdict: engine.Allow, Held: true, Playing: true, Looked: at(0), Surplus: true}, 2},
		{"but only with a surplus", engine.Pace{Now: at(0.2), Seen: true, Verdict: engine.Allow, Held: true, Playing: true, Looked: at(0)}, 15},
		{"denied and playing, not paused yet", engine.Pace{Now: at(0.2), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), PauseEvery: 10 * s}, 10},
		{"counted from the pause, not from the look", engine.Pace{Now: at(0.5), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), Paused: at(0.4), PauseEvery: 10 * s}, 10.4},
		{"no beat is missed by a late answer", engine.Pace{Now: at(10.9), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(10.4), Paused: at(0.4), PauseEvery: 10 * s}, 20.4},
		{"the pause's cadence is the smaller", engine.Pace{Now: at(0.5), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), Paused: at(0.4), PauseEvery: 4 * s}, 4.4},
		{"a slow pause does not slow the looks", engine.Pace{Now: at(0.5), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), Paused: at(0.4), PauseEvery: 60 * s}, 10.4},
		{"poll() does not slow the pause down", engine.Pace{Now: at(0.5), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), Paused: at(0.4), PauseEvery: 10 * s, PollEvery: 60 * s}, 10.4},
		{"poll() speeds it up", engine.Pace{Now: at(0.5), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), Paused: at(0.4), PauseEvery: 10 * s, PollEvery: 3 * s}, 3.4},
		{"for two minutes after a pause", engine.Pace{Now: at(60), Seen: true, Verdict: engine.Deny, Held: true, Looked: at(60), Paused: at(0), Followed: true}, 70},
		{"and then as any paused device", engine.Pace{Now: at(121), Seen: true, Verdict: engine.Deny, Held: true, Looked: at(121), Paused: at(0), Followed: true}, 151},
		{"the owner has taken over", engine.Pace{Now: at(60), Seen: true, Verdict: engine.Allow, Held: true, Playing: true, Looked: at(60), Paused: at(0), Followed: true}, 70},
		{"poll() after a pause of ours", engine.Pace{Now: at(60), Seen: true, Verdict: engine.Deny, Held: true, Looked: at(60), Paused: at(0), PollEvery: 60 * s, Followed: true}, 120},
		{"poll() in a rule", engine.Pace{Now: at(0), Seen: true, Verdict: engine.Allow, Held: true, Playing: true, Looked: at(0), PollEvery: 5 * s, Followed: true}, 5},
		{"an override outranks it", engine.Pace{Now: at(0), Seen: true, Verdict: engine.Allow, Held: true, Playing: true, Looked: at(0), PollEvery: 5 * s, Override: 40 * s, Followed: true}, 40},
		{"and a look at a change once more", engine.Pace{Now: at(0.2), Seen: true, Verdict: engine.Allow, Held: true, Playing: true, Looked: at(0), Surplus: true, Override: 40 * s}, 40},
		{"an override does not slow the pause down", engine.Pace{Now: at(0.5), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), Paused: at(0.4), PauseEvery: 10 * s, PollEvery: 3 * s, Override: 60 * s}, 10.4},
		{"an override speeds it up", engine.Pace{Now: at(0.5), Seen: true, Verdict: engine.Deny, Held: true, Playing: true, Looked: at(0), Paused: at(0.4), PauseEvery: 10 * s, Override: 2 * s}, 2.4},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := shipped.Plan(c.pace, Budget{}, 0)
			got, why := plan.Due, plan.Why
			if d := got.Sub(at(c.want)).Abs(); d > time.Millisecond {
				t.Errorf("next look at %s (%s), want %s", got.Sub(noon), why, at(c.want).Sub(noon))
			}
			if why == "" {
				t.Error("no reason is given")
			}
		})
	}
}

// Whatever happened, the next look lies after the last one, and within the
// longest interval.
func TestAlwaysLooksAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := func(name string, most float64) time.Time { return at(rapid.Float64Range(0, most).Draw(t, name)) }
		looked := seconds("looked", 1e5)
		p := engine.Pace{
			Now: looked.Add(time.Duration(rapid.Int64Range(0, 12e9).Draw(t, "latency"))), Seen: true,
			Verdict: rapid.SampledFrom([]engine.VerdictKind{engine.Unknown, engine.Idle, engine.Allow, engine.Deny}).Draw(t, "verdict"),
			Held:    rapid.Bool().Draw(t, "held"), Looked: looked, Followed: rapid.Bool().Draw(t, "followed"),
			Surplus: rapid.Bool().Draw(t, "surplus"), QuietSince: seconds("quiet", 1e5),
			PauseEvery: time.Duration(rapid.Int64Range(0, 3600e9).Draw(t, "pause")),
			PollEvery:  time.Duration(rapid.SampledFrom([]int64{0, 1e8, 5e9, 3600e9}).Draw(t, "poll")),
		}
		p.Playing = p.Held && rapid.Bool().Draw(t, "playing")
		if rapid.Bool().Draw(t, "paused") {
			p.Paused = p.Now.Add(-time.Duration(rapid.Int64Range(0, 1e14).Draw(t, "ago")))
		}
		due := shipped.Plan(p, Budget{}, 0).Due
		if !due.After(p.Looked) {
			t.Fatalf("the next look (%s) is not after the last one (%s)", due.Sub(noon), p.Looked.Sub(noon))
		}
		if longest := max(p.PollEvery, shipped.IdleMax); due.Sub(p.Now) > longest {
			t.Fatalf("the next look is %s away, more than %s", due.Sub(p.Now), longest)
		}
	})
}
