package engine

import (
	"strings"
	"testing"
	"time"
)

func TestPauseCadence(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.until(30 * time.Second)
	h.only("pause").expect("at once and every ten seconds", "pause bob", "pause bob", "pause bob", "pause bob")
	equal(t, "counted", h.l.facts.Episode("bob", h.now).Count, 4)

	// Looks in between do not pause.
	for range 5 {
		h.now = h.now.Add(time.Second)
		h.step(LookSoon{})
	}
	h.only("pause").expect("in between")

	// It stopped: no pause. It plays again: the cadence goes on.
	h.plays(snap{Who: "bob"})
	h.until(50 * time.Second)
	h.only("pause").expect("stopped")
	h.plays(bob)
	h.until(51 * time.Second)
	h.step(LookSoon{})
	h.only("pause").expect("plays again", "pause bob")
}

func TestSmallestPauseWins(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tdeny('x')\n\tpause(every='20s')\n\tpause(every='5s')\n\tpause()\n\tpoll(every='1m')"}})
	h.until(20 * time.Second)
	equal(t, "pauses", len(h.only("pause").trace), 5)
}

func TestPauseEndsWithTheTurnThatDoesNotSaySo(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tdeny('x')\n\tif now.pauses < 2:\n\t\tpause(every='5s')\n\tpoll(every='5s')"}})
	h.until(time.Minute)
	h.only("pause").expect("two", "pause bob", "pause bob")
}

// Every pause follows a look at most two seconds old that shows that device
// playing.
func TestPauseNeedsAFreshLook(t *testing.T) {
	for _, c := range []struct {
		name   string
		looked Looked
		want   []string
	}{
		{"fresh", Looked{Data: bob}, []string{"pause bob"}},
		{"two seconds old", Looked{Data: bob, Got: start.Add(-2 * time.Second)}, []string{"pause bob"}},
		{"older", Looked{Data: bob, Got: start.Add(-2*time.Second - 1)}, nil},
		{"paused", Looked{Data: snap{Who: "bob"}}, nil},
		{"nobody", Looked{Data: snap{Plays: true}}, nil},
		{"allowed", Looked{Data: ann}, nil},
		{"without an id", Looked{Data: snap{Who: "bob", Plays: true, NoID: true}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.looked.Got.IsZero() {
				c.looked.Got = start
			}
			h := &house{t: t, now: start, sees: func() Input { return c.looked }}
			h.boot(houseOptions{rules: []string{intruder}})
			h.only("pause").expect("pauses", c.want...)
		})
	}
}

func TestADeviceWithoutAnIDIsToldOnce(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.plays(snap{Who: "eve", Plays: true, NoID: true})
	h.until(time.Minute)
	told := 0
	for _, r := range reported[PauseReport](h) {
		if r.Holder == "eve" {
			told++
			equal(t, "outcome", r.Outcome, "restricted")
		}
	}
	equal(t, "told", told, 1)
}

func TestOnlyTheDeniedDeviceIsPaused(t *testing.T) {
	// The turn fails for eve: bob's pause stands as it stood, and is not hers.
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tif now.who == 'eve':\n\t\tfail('x')\n\tdeny('x')\n\tpause()"}})
	h.plays(snap{Who: "eve", Plays: true})
	h.until(time.Minute)
	h.only("pause").expect("pauses", "pause bob")
	h.plays(bob)
	h.until(70 * time.Second)
	h.only("pause").expect("pauses of bob", "pause bob")
}

// A pause that stands while turns fail keeps its cadence, also when the episode
// would be over.
func TestPauseWhileTurnsFail(t *testing.T) {
	h := newHouse(t, houseOptions{pace: 4 * time.Second, rules: []string{"def on_playback(now):\n\tdeny('x')\n\tpause(every='20s')\n\tif now.item == 'bad':\n\t\tfail('x')"}})
	h.plays(snap{Who: "bob", Item: "bad", Plays: true})
	h.until(time.Hour)
	n := len(h.only("pause").trace)
	if n != 181 {
		t.Errorf("%d pauses in an hour of one every 20 s", n)
	}
	equal(t, "condition", h.shown.Condition, ConditionFault)
}

func TestOnePauseAtATime(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.until(time.Second)
	h.trace, h.pauses = nil, nil
	h.until(10 * time.Minute)
	h.only("pause").expect("one on its way", "pause bob")
	h.step(PauseDone{Holder: "bob", Sent: h.now, Outcome: "paused"})
	h.step(PauseDone{Holder: "bob", Sent: h.now, Outcome: "paused"}) // nobody asked
	equal(t, "counted", h.l.facts.Episode("bob", h.now).Count, 2)
	equal(t, "reports", len(reported[PauseReport](h)), 2)
}

func TestPauseOutcomes(t *testing.T) {
	for outcome, counts := range map[string]int{"paused": 1, "already": 0, "restricted": 0, "gone": 0, "premium": 0, "failed": 0} {
		h := &house{t: t, now: start, commits: func() error { return nil }, pauses: func() string { return outcome }}
		h.plays(bob)
		h.mails = func(ApplyNow) Input { return nil }
		h.boot(houseOptions{rules: []string{intruder}})
		equal(t, outcome, h.l.facts.Episode("bob", h.now).Count, counts)
		h.until(9 * time.Second)
		h.only("pause").expect(outcome+" keeps the cadence", "pause bob")
	}
}

// A pause that the gate refused was not sent: the next look decides anew.
func TestPauseThatWasNotSent(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.until(time.Second)
	h.pauses = nil
	h.until(10 * time.Second)
	h.trace = nil
	h.until(11 * time.Second)
	h.step(PauseDone{Holder: "bob", RetryAt: h.now.Add(3 * time.Second), Kind: BlindRateLimited, Message: "the gate is shut"})
	h.until(13 * time.Second)
	h.only("pause", "look").expect("while it is shut")
	h.until(14 * time.Second)
	h.only("pause", "look").expect("as soon as it opens", "look", "pause bob")
	equal(t, "not counted", h.l.facts.Episode("bob", h.now).Count, 1)
	h.step(PauseDone{Holder: "bob", RetryAt: h.now.Add(time.Minute), Kind: BlindRateLimited})
	equal(t, "a longer wait is blindness", h.shown.Condition, ConditionBlind)
}

// Nothing is enforced before the owner says so (promise 10).
func TestDryRun(t *testing.T) {
	h := newHouse(t, houseOptions{dry: true, rules: []string{intruder}})
	h.until(10 * time.Minute)
	h.plays(ann)
	h.until(12 * time.Minute)
	h.plays(bob)
	h.until(20 * time.Minute)
	h.only("pause", "apply", "done").expect("nothing is enforced")
	equal(t, "commits of turns", turnsIn(h.records), 3)
	for _, r := range h.records {
		equal(t, "outbox", len(r.Outbox), 0)
	}
	equal(t, "throttles", len(h.l.facts.Throttle), 0)
	equal(t, "pauses", h.l.facts.Episode("bob", h.now).Count, 0)
	h.shows(`deny deny(reason="stranger") light.set(color="red") pause(every="10s")`)
	turns := reported[TurnReport](h)
	if !turns[0].DryRun || len(turns[0].Decision.Once) != 1 {
		t.Errorf("a dry run does not tell what would be done: %+v", turns[0])
	}
	for i, r := range turns {
		if r.News != (r.Held.Holder() != "bob" || i == 0 || turns[i-1].Held.Holder() != "bob") && r.Held.Holder() == "bob" {
			t.Errorf("look %d: news is %v", i, r.News)
		}
	}
}

// Looks that serve enforcement may use the reserve.
func TestVerify(t *testing.T) {
	look := func(h *house) bool {
		h.sees = nil
		h.looking = false
		actions, _ := h.l.Step(h.now, LookSoon{})
		for _, a := range actions {
			if look, ok := a.(LookNow); ok {
				return look.Verify
			}
		}
		t.Fatal("no look")
		return false
	}
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.until(time.Second)
	equal(t, "denied and playing", look(h), true)
	h.step(Looked{Data: ann, Got: h.now})
	h.now = h.now.Add(time.Minute)
	equal(t, "after a pause", look(h), true)
	h.step(Looked{Data: ann, Got: h.now})
	h.now = h.now.Add(time.Minute)
	equal(t, "long after a pause", look(h), false)
	h = newHouse(t, houseOptions{dry: true, rules: []string{intruder}})
	h.until(time.Second)
	equal(t, "dry run", look(h), false)
}

// A stop while a pause is on its way must not lead to a second one after the
// start.
func TestPauseOnItsWayIsKept(t *testing.T) {
	h := &house{t: t, now: start, commits: func() error { return nil }} // the pause hangs
	h.plays(bob)
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tdeny('x')\n\tpause()"}})
	h.step(Stop{})
	h.only("commit", "pause").expect("the stop", "pause bob", "commit playback look")
	if facts := string(h.records[0].Facts); !strings.Contains(facts, `"last_pause"`) {
		t.Error(facts)
	}
	h.now = h.now.Add(3 * time.Second)
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tdeny('x')\n\tpause()"}, kept: Recovered{Facts: h.records[len(h.records)-1].Facts}})
	h.only("pause").expect("three seconds later")
	h.until(14 * time.Second)
	h.only("pause").expect("ten seconds later", "pause bob")
}

func turnsIn(records []Record) int {
	n := 0
	for _, r := range records {
		if r.Event != nil {
			n++
		}
	}
	return n
}

// A deny that brings no news is still remembered: after a crash the episode goes
// on, it did not end ten minutes after the last commit.
func TestQuietDenyIsKept(t *testing.T) {
	h := newHouse(t, houseOptions{dry: true, rules: []string{intruder}})
	h.until(25 * time.Minute)
	kept := h.records[len(h.records)-1]
	l := NewLoop(LoopOptions{Account: "home", Pacer: pacer(1), Decode: decodeSnap}, Recovered{Facts: kept.Facts}, h.now)
	if got := l.facts.Episode("bob", h.now); !got.Began.Equal(start) {
		t.Errorf("after a crash the episode began at %s, it was %s", got.Began, start)
	}
	if n := len(h.records); n > 8 {
		t.Errorf("%d commits in 25 quiet minutes", n)
	}
}

// A ruleset that has decided such turns is not left for an older one when it
// fails: a stranger could have made it fail, to get what was allowed before.
func TestNoFallbackBehindProvenRules(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow('old')"}})
	h.until(time.Second)
	h.step(Installed{Ruleset: rules(t, "def on_playback(now):\n\tif now.who == 'ann': fail('bug')\n\tdeny('new')")})
	h.until(30 * time.Second)
	h.shows("deny deny(reason=\"new\")")
	h.plays(ann)
	h.until(90 * time.Second)
	h.shows("fault unknown")
}
