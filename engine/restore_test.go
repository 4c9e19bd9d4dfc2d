package engine

import (
	"encoding/json"
	"testing"
	"time"
)

func TestFactsOverARestart(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.until(25 * time.Second)
	h.step(Stop{})
	kept := Recovered{Facts: h.records[len(h.records)-1].Facts}
	h.now = start.Add(3 * time.Minute)
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tlog(now.previous, now.changed, now.pauses, now.denied_for)\n\tdeny('x')\n\tpause()"}, kept: kept})
	equals(t, "the past", h.causes(), "bob False 3 3m0s")
	e := h.l.facts.Episode("bob", h.now)
	equal(t, "began", e.Began.Equal(start), true)
	equal(t, "pauses", e.Count, 4) // three before, one now
	equal(t, "run goes on", h.l.facts.Run.Count, 4)
	h.now = start.Add(13*time.Minute + 3*time.Second)
	h.boot(houseOptions{rules: []string{intruder}, kept: kept})
	equal(t, "after ten minutes a new one", h.l.facts.Episode("bob", h.now).Began.Equal(h.now), true)
}

// A clock that was set back must not stretch what was kept.
func TestFutureTimesAreCut(t *testing.T) {
	year := start.AddDate(1, 0, 0)
	facts, _ := json.Marshal(keptFacts{
		HeldAt: year, Run: Run{year, year, 3}, LastID: 7,
		Episodes: map[string]Episode{"bob": {Began: year, LastDeny: year, LastPause: year, Count: 2, Pauses: []time.Time{start.Add(-time.Hour), year}}},
	})
	h := &house{t: t, now: start}
	h.boot(houseOptions{idle: true, kept: Recovered{Facts: facts, Throttles: map[string]time.Time{"mail bob": year, "old": start.Add(-time.Hour)}}})
	f := h.l.facts
	e := f.Episode("bob", start)
	for what, at := range map[string]time.Time{"began": e.Began, "last deny": e.LastDeny, "last pause": e.LastPause, "pause": e.Pauses[1],
		"held": f.HeldAt, "first": f.Run.First, "last": f.Run.Last, "throttle": f.Throttle["mail bob"]} {
		equal(t, what, at, start)
	}
	equal(t, "what is past", e.Pauses[0].Equal(start.Add(-time.Hour)), true)
	equal(t, "what is past", f.Throttle["old"], start.Add(-time.Hour))
	h.plays(bob)
	h.mails = func(ApplyNow) Input { return nil }
	h.commits = func() error { return nil }
	h.step(Installed{Ruleset: rules(t, intruder)})
	h.until(9 * time.Second)
	h.only("pause", "apply").expect("held back from now on")
	h.until(31 * time.Minute)
	if h.only("pause", "apply"); len(h.trace) < 2 {
		t.Errorf("not carried out any more: %v", h.trace)
	}
}

func TestStateOverARestart(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tlog(state.get('a'), state.get('b'), state.get('c'))"}, kept: Recovered{State: []Write{
		{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("2"), Expires: start.Add(time.Second)}, {Key: "c", Value: []byte("3"), Expires: start.Add(-time.Second)},
	}}})
	h.until(5 * time.Second)
	equals(t, "state", h.causes(), "1 2 None", "1 None None")
}

// A loop that watches without its past is better than none.
func TestWhatCannotBeReadBack(t *testing.T) {
	for facts, want := range map[string]string{
		`{`: "lost facts", `{"held":{"who":7}}`: "lost snapshot", `{"episodes":[]}`: "lost facts", ``: "", `{}`: "",
	} {
		h := newHouse(t, houseOptions{rules: []string{intruder}, kept: Recovered{Facts: []byte(facts)}})
		if want != "" {
			equal(t, facts, h.trace[0], want)
		}
		h.shows(`deny deny(reason="stranger") light.set(color="red") pause(every="10s")`)
	}
	// Nobody wants to know.
	l := NewLoop(LoopOptions{Account: "home", Pacer: pacer(1)}, Recovered{Facts: []byte("{")}, start)
	if _, wake := l.Step(start, Installed{Ruleset: rules(t, intruder)}); !wake.IsZero() && wake.Before(start) {
		t.Error(wake)
	}
}

// What dry runs asked for meanwhile does not count as carried out, and what they
// did not ask for any more is asked for anew.
func TestRepeatsOverADryRun(t *testing.T) {
	const src = "def on_playback(now):\n\tallow()\n\tif now.plays:\n\t\tmail.send(now.who)"
	h := newHouse(t, houseOptions{rules: []string{src}})
	restart := func(dry bool, shows snap) {
		h.step(Stop{})
		h.plays(shows)
		h.now = h.now.Add(time.Minute)
		h.boot(houseOptions{dry: dry, rules: []string{src}, kept: Recovered{Facts: h.records[len(h.records)-1].Facts}})
	}
	h.trace = nil
	restart(true, bob)
	restart(false, bob)
	h.only("apply").expect("all the time the same")
	restart(true, snap{Who: "bob"})
	restart(false, bob)
	h.only("apply").expect("it stopped in between", `apply mail.send(text="bob")`)
}

// A Pi without a clock battery starts weeks back: what was kept for an hour is
// kept for an hour from then.
func TestTTLKeepsItsLength(t *testing.T) {
	kept := Recovered{State: []Write{{
		Key: "guests", Value: []byte("true"), Expires: start.Add(30 * 24 * time.Hour), Length: time.Hour,
	}}}
	l := NewLoop(LoopOptions{Account: "home", Pacer: pacer(1)}, kept, start)
	equal(t, "expires", l.state["guests"].Expires, start.Add(time.Hour))
}
