package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"
)

func starlarkString(s string) starlark.Value { return starlark.String(s) }

// mailNotice is a message about gatefold itself, at most one in an hour.
func mailNotice(text string) Effect {
	e, err := ParseEffect(fmt.Sprintf("mail.send(text=%q, every=\"1h\", key=%q)", text, text), newFakes().modules...)
	if err != nil {
		panic(err)
	}
	return e
}

func (h *house) enforces(t *testing.T, what string, want bool) {
	t.Helper()
	equal(t, what, h.l.enforce, want)
}

func TestSwitchedOffAndOn(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.until(5 * time.Second)
	h.trace, h.reports = nil, nil
	h.step(Enforce{ID: "1", On: false, By: "cli"})
	equal(t, "told", fmt.Sprint(reported[EnforceReport](h)), "[{false true}]")
	equal(t, "what", string(h.records[len(h.records)-2].Event.Data), `{"by":"cli","what":"off"}`)
	h.until(5 * time.Minute)
	h.only("pause", "apply").expect("nothing is done")
	h.now = h.now.Add(time.Second)
	h.step(Enforce{ID: "2", On: true, By: "cli"})
	h.only("pause", "apply", "look").expect("at once", "look", "pause bob")
	h.until(30*time.Minute - time.Second)
	h.only("apply").expect("the throttle goes on")
	h.until(31 * time.Minute)
	h.only("apply").expect("the throttle is over", `apply mail.send(text="bob plays", every="30m")`)
	equals(t, "those who wait are told", h.orders(), "2 <nil>")
}

// Nothing is carried out any more once it is off: not what waits, not what is
// tried again, and not what was on its way into the journal.
func TestWhatWaitsIsDiscarded(t *testing.T) {
	src := "def on_playback(now):\n\tif now.item == '1':\n\t\tfor lane in 'cab'.elems():\n\t\t\tmail.send('x', lane=lane)\n\t\t\tmail.send('y', lane=lane)"
	h := newHouse(t, houseOptions{first: ann, rules: []string{src}})
	h.mails = nil
	h.plays(snap{Who: "ann", Item: "1"})
	h.step(LookSoon{})
	h.only("apply").expect("on their way", `apply mail.send(text="x", lane="c")`, `apply mail.send(text="x", lane="a")`, `apply mail.send(text="x", lane="b")`)
	h.step(Enforce{On: false})
	h.only("done").expect("those that wait", "done discarded", "done discarded", "done discarded")
	h.step(Applied{ID: h.applying[0].ID, Outcome: Outcome{Result: "sent"}})
	h.step(Applied{ID: h.applying[1].ID, Outcome: Outcome{Error: "no"}})
	h.step(Applied{ID: h.applying[2].ID, RetryAt: h.now.Add(time.Minute)})
	h.only("done").expect("those on their way", "done sent", "done discarded", "done discarded")
	h.until(time.Hour)
	h.only("apply").expect("nothing is tried again")
	equal(t, "outbox", h.l.box.count, 0)
	equal(t, "in the journal", len(h.recovered().Outbox), 0)

	h = newHouse(t, houseOptions{first: ann, rules: []string{src}})
	h.plays(snap{Who: "ann", Item: "1"})
	h.commits = nil
	h.step(LookSoon{})
	h.step(Enforce{On: false})
	h.written(nil)
	h.only("apply", "done").expect("committed meanwhile", "done discarded", "done discarded", "done discarded", "done discarded", "done discarded", "done discarded")
}

func TestTheSwitchHoldsOverRestarts(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.step(Enforce{On: false})
	h.restarts()
	h.enforces(t, "as it was switched", false)
	equal(t, "told", fmt.Sprint(reported[EnforceReport](h)), "[{false true}]")
	h.until(time.Minute)

	// The configuration changes: it counts again, for good.
	h.options.dry = true
	h.restarts()
	h.enforces(t, "as configured", false)
	h.until(2 * time.Minute)
	h.options.dry = false
	h.restarts()
	h.enforces(t, "configured again", true)

	// Switched back to what is configured: nothing to remember.
	h.step(Enforce{On: false})
	h.step(Enforce{On: true})
	for _, w := range h.recovered().State {
		if w.Key == reservedEnforce {
			t.Errorf("the journal has %s", w.Value)
		}
	}
}

// The row that the journal has still to forget is forgotten even if a commit
// fails, and whoever switches in between.
func TestTheSwitchIsForgotten(t *testing.T) {
	for name, meanwhile := range map[string]func(h *house){
		"a look":              func(*house) {},
		"switched, not kept":  func(h *house) { h.step(Enforce{On: true}) },
		"switched off and on": func(h *house) { h.step(Enforce{On: false}); h.step(Enforce{On: true}) },
		"many orders": func(h *house) {
			h.commits = nil
			for range maxPending + 3 {
				h.step(Approve{Holder: "x"})
			}
			h.step(Enforce{On: true})
			h.written(errDisk)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, houseOptions{dry: true, rules: []string{intruder}})
			h.step(Enforce{On: false})
			h.step(Enforce{On: true})
			h.options.dry = false // the switch said on, when off was configured
			h.commits = func() error { return errDisk }
			h.restarts()
			h.enforces(t, "as configured", true)
			meanwhile(h)
			h.commits = func() error { return nil }
			h.until(h.now.Sub(start) + 10*time.Minute)
			h.step(Stop{})
			h.options.dry = true
			h.restarts()
			h.enforces(t, "it is forgotten", false)
		})
	}
}

// A switch that could not be kept is told, holds all the same, and is kept as
// soon as the journal takes something.
func TestTheSwitchThatIsNotKept(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.commits = func() error { return errDisk }
	h.step(Enforce{ID: "1", On: false})
	equals(t, "told", h.orders(), "1 no space left")
	h.enforces(t, "off", false)
	h.commits = func() error { return nil }
	h.until(2 * time.Minute)
	h.restarts()
	h.enforces(t, "still", false)
	h.commits = nil
	h.step(Enforce{ID: "2", On: true})
	h.step(Enforce{ID: "3", On: false})
	h.step(Enforce{ID: "4", On: true})
	h.orders()
	was := h.committed
	h.committed = nil
	for i, a := range was { // the second and what follows fails, the last switch is kept
		var err error
		if i > 0 && (a.Record.Event == nil || !strings.Contains(string(a.Record.Event.Data), `"on"`)) {
			err = errDisk
		}
		h.step(h.answered(a, err))
	}
	h.written(nil)
	h.restarts()
	h.enforces(t, "the last one counts", true)
}

func TestNotice(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.trace = nil
	h.step(Notice{Effect: mailNotice("a")})
	h.step(Notice{Effect: mailNotice("a")})
	h.step(Notice{Effect: mailNotice("b")})
	h.expect("one of each", "commit notice", `apply mail.send(text="a", every="1h", key="a")`, "done sent", "commit notice", `apply mail.send(text="b", every="1h", key="b")`, "done sent")
	rec := h.records[len(h.records)-1]
	equal(t, "message", fmt.Sprint(rec.Outbox[0].ID == rec.Event.ID+"/1", rec.Outbox[0].Expires.Sub(h.now), rec.Outbox[0].Every), "true 24h0m0s 1h0m0s")
	h.now = h.now.Add(59 * time.Minute)
	h.restarts()
	h.trace = nil
	h.step(Notice{Effect: mailNotice("a")})
	h.expect("over a restart")
	h.now = h.now.Add(time.Minute)
	h.step(Notice{Effect: mailNotice("a")})
	h.only("apply").expect("an hour later", `apply mail.send(text="a", every="1h", key="a")`)

	h = newHouse(t, houseOptions{dry: true, first: ann, rules: []string{intruder}})
	h.trace = nil
	h.step(Notice{Effect: mailNotice("a")})
	h.expect("not in a dry run")
	h.step(Enforce{On: true})
	h.commits = func() error { return errDisk }
	h.trace = nil
	h.step(Notice{Effect: mailNotice("a")})
	h.commits = func() error { return nil }
	h.step(Notice{Effect: mailNotice("a")})
	h.only("apply").expect("one that was not kept did not count", `apply mail.send(text="a", every="1h", key="a")`)
}

func TestRefreshed(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.trace = nil
	h.step(Refreshed{What: "an access token was fetched"})
	h.expect("kept", "commit token")
	equal(t, "what", string(h.records[len(h.records)-1].Event.Data), `{"by":"gatefold","what":"an access token was fetched"}`)
	equals(t, "nobody waits", h.orders())
}
