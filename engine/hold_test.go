package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const trustingInn = `
def on_playback(now):
	if now.who == "ann":
		allow()
	elif now.who:
		deny("stranger")
		light.set("red")
		if now.plays:
			pause()
			mail.send(now.who + " plays", every="30m")
			mail.send("red")
`

// An intruder comes while the account is on hold: he is seen and lit, and nothing
// else; when the hold has ended he is paused and announced at once.
func TestHold(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{trustingInn}})
	h.step(Hold{ID: "1", For: time.Hour, By: "cli ann"})
	equals(t, "kept", h.orders(), "1 <nil>")
	equal(t, "what", h.ordered(KindHold), `{"by":"cli ann","what":"for 1h"}`)
	h.plays(bob)
	h.step(LookSoon{})
	h.shows(`deny deny(reason="stranger") light.set(color="red") pause(every="10s")`)
	turns := reported[TurnReport](h)
	equal(t, "told", fmt.Sprint(turns[len(turns)-1].DryRun, turns[len(turns)-1].OnHold), "true true")
	h.until(time.Hour - time.Second)
	h.only("pause", "apply").expect("nothing is done")
	equal(t, "throttles", len(h.l.facts.Throttle), 0)
	equal(t, "outbox", len(h.recovered().Outbox), 0)

	h.reports = nil
	h.until(time.Hour)
	h.only("look", "pause", "apply").expect("at its end",
		"look", `apply mail.send(text="bob plays", every="30m")`, `apply mail.send(text="red")`, "pause bob")
	equal(t, "told", fmt.Sprint(reported[HoldReport](h)), fmt.Sprint([]HoldReport{{}}))
	h.until(90*time.Minute - time.Second)
	h.only("apply").expect("once")
}

// ordered is the last event of a kind that the journal has.
func (h *house) ordered(kind string) string {
	for _, rec := range slices.Backward(h.kept) {
		if rec.Event != nil && rec.Event.Kind == kind {
			return string(rec.Event.Data)
		}
	}
	return "none"
}

func TestHoldEndsByCommand(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.step(Hold{For: time.Hour})
	h.until(45 * time.Minute)
	h.trace, h.reports = nil, nil
	h.step(Hold{ID: "2", By: "cli ann"})
	equal(t, "what", h.ordered(KindHold), `{"by":"cli ann","what":"off"}`)
	h.until(46 * time.Minute)
	h.only("pause", "apply").expect("at once", `apply mail.send(text="bob plays", every="30m")`,
		"pause bob", "pause bob", "pause bob", "pause bob", "pause bob", "pause bob", "pause bob")
	n := len(h.records)
	h.step(Hold{ID: "3"})
	equals(t, "there is none", h.orders(), "2 <nil>", "3 <nil>")
	equal(t, "and nothing to keep", len(h.records), n)
	h.restarts()
	h.enforces(t, "over a restart", true)
}

func TestHoldOverRestarts(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.step(Hold{For: time.Hour, By: "cli ann"})
	h.plays(bob)
	h.now = h.now.Add(30 * time.Minute)
	h.restarts()
	equal(t, "told", fmt.Sprint(reported[HoldReport](h)), fmt.Sprint([]HoldReport{{start.Add(time.Hour).In(zone), "cli ann"}}))
	h.until(time.Hour - time.Second)
	h.only("pause", "apply").expect("it holds")
	h.until(time.Hour)
	h.only("pause", "apply").expect("it ends", `apply mail.send(text="bob plays", every="30m")`, "pause bob")

	h = newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.step(Hold{For: time.Hour})
	h.now = h.now.Add(time.Hour)
	h.restarts()
	h.enforces(t, "one that ended meanwhile", true)
	equal(t, "is not told", len(reported[HoldReport](h)), 0)

	// A clock that was set back does not stretch it.
	h.step(Hold{For: time.Minute})
	h.now = h.now.Add(-24 * time.Hour)
	h.restarts()
	h.enforces(t, "on hold", false)
	h.until(h.now.Sub(start) + time.Minute)
	h.enforces(t, "a minute later", true)
}

// It is in force before the first look, and ends before it as well.
func TestHoldBeforeTheFirstLook(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}, idle: true})
	h.sees = nil
	h.step(Hold{For: time.Minute})
	h.step(Installed{Ruleset: rules(t, intruder)})
	h.now = start.Add(time.Minute)
	h.step(Wake{})
	h.enforces(t, "over", true)
	h.step(Looked{Data: bob, Got: h.now})
	h.only("pause", "apply").expect("he is paused", `apply mail.send(text="blind: unreachable")`, "pause bob", `apply mail.send(text="bob plays", every="30m")`)

	h = newHouse(t, houseOptions{rules: []string{intruder}, idle: true})
	h.sees = nil
	h.step(Hold{For: time.Minute})
	h.step(Installed{Ruleset: rules(t, intruder)})
	h.step(Looked{Data: bob, Got: h.now})
	h.until(time.Minute - time.Second)
	h.only("pause", "apply").expect("he is left alone")
}

// What waits when a hold begins is discarded, and says why.
func TestHoldDiscardsWhatWaits(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.mails = func(a ApplyNow) Input { return Applied{ID: a.Effect.ID, Outcome: Outcome{Error: "no"}} }
	h.plays(bob)
	h.step(LookSoon{})
	equal(t, "waits", h.l.box.count, 1)
	h.reports = nil
	h.step(Hold{For: time.Hour})
	out := reported[OutboxReport](h)
	equal(t, "outcome", out[0].Outcome.Result+": "+out[0].Outcome.Error, "discarded: the account is on hold")
	equal(t, "in the journal", len(h.recovered().Outbox), 0)

	h.until(2 * time.Hour)
	h.commits = nil // on its way into the journal when the hold begins
	h.until(3 * time.Hour)
	h.trace = nil
	h.step(Hold{For: time.Hour})
	h.written(nil)
	h.only("apply").expect("committed meanwhile")
	equal(t, "outbox", h.l.box.count, 0)
}

// A hold never switches a dry run live, and a switch that is thrown meanwhile
// counts when it has ended.
func TestHoldAndTheSwitch(t *testing.T) {
	for _, c := range []struct {
		dry  bool
		do   []Input
		then bool // is it enforced when the hold has ended?
	}{
		{true, []Input{Hold{For: time.Hour}}, false},
		{true, []Input{Hold{For: time.Hour}, Enforce{On: true}}, true},
		{true, []Input{Enforce{On: true}, Hold{For: time.Hour}, Enforce{On: false}}, false},
		{false, []Input{Hold{For: time.Hour}}, true},
		{false, []Input{Enforce{On: false}, Hold{For: time.Hour}}, false},
		{false, []Input{Hold{For: time.Hour}, Enforce{On: false}, Enforce{On: true}}, true},
		{false, []Input{Enforce{On: false}, Hold{For: time.Hour}, Enforce{On: true}}, true},
	} {
		for _, restarts := range []bool{false, true} {
			h := newHouse(t, houseOptions{dry: c.dry, first: ann, rules: []string{intruder}})
			for _, in := range c.do {
				h.step(in)
			}
			if restarts {
				h.restarts()
			}
			h.enforces(t, fmt.Sprint(c, " while it holds"), false)
			h.until(time.Hour)
			h.enforces(t, fmt.Sprint(c, " after it"), c.then)
		}
	}
}

func TestHoldBounds(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	n := len(h.records)
	h.step(Hold{ID: "1", For: 59 * time.Second})
	h.step(Hold{ID: "2", For: 8 * 24 * time.Hour})
	h.step(Hold{ID: "3", For: -time.Hour})
	h.enforces(t, "refused", true)
	equal(t, "commits", len(h.records), n)
	for _, line := range h.orders() {
		if !strings.Contains(line, "at least 1m, at most 7d") {
			t.Error(line)
		}
	}
}

// Like the enforcement switch, a hold counts whether it is kept or not, and is
// kept as soon as the journal takes something; and its end is.
func TestAHoldThatIsNotKept(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.commits = func() error { return errDisk }
	h.step(Hold{ID: "1", For: time.Hour})
	h.step(Hold{ID: "2", For: 2 * time.Hour})
	h.step(Override{ID: "3", Every: 30 * time.Second, For: time.Hour})
	equals(t, "told", h.orders(), "1 no space left", "2 no space left", "3 no space left")
	h.enforces(t, "on hold", false)
	h.commits = func() error { return nil }
	h.until(time.Minute)
	h.restarts()
	equal(t, "the last one is kept", h.l.hold.Until.Equal(start.Add(2*time.Hour)), true)
	equal(t, "and what else was thrown", h.l.override.Every, 30*time.Second)
	h.commits = func() error { return errDisk }
	h.step(Hold{ID: "4"})
	h.enforces(t, "over", true)
	h.commits = func() error { return nil }
	h.until(5 * time.Minute)
	h.restarts()
	h.enforces(t, "for good", true)
}

// gatefold's own messages wait for the end: whoever sends them asks again.
func TestNoNoticeOnHold(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.step(Hold{For: time.Hour})
	h.trace = nil
	h.step(Notice{Effect: mailNotice("a")})
	h.expect("on hold")
	h.until(time.Hour)
	h.trace = nil
	h.step(Notice{Effect: mailNotice("a")})
	h.only("apply").expect("after it", `apply mail.send(text="a", every="1h", key="a")`)
}
