package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/timeline"
)

// More timelines than one message holds are run all the same; too many are no fault of the rules, and end nobody.
func TestManyTimelines(t *testing.T) {
	var reasons []string
	w := open(t, func(o *Options) { o.Replaced = func(r string) { reasons = append(reasons, r) } })
	files := source("home.star", "def on_playback(now):\n    deny('x')\n")
	story := func(i, mib int, verdict string) timeline.Story {
		comment := bytes.Repeat([]byte("# "+strings.Repeat("x", 1021)+"\n"), mib<<10-1)
		return timeline.Story{Path: fmt.Sprintf("%02d.timeline", i), Data: append(comment, "at 0s playback device.name=\"Bob\"\n\t"+verdict+"\n\tblink1.set(color=\"#ff0000\")\n"...)}
	}
	var all []timeline.Story
	for i := range 36 {
		verdict := `deny(reason="x")`
		if i == 3 || i == 30 {
			verdict = "allow()"
		}
		all = append(all, story(i, 1, verdict))
	}
	parts, err := storiesOut(files, all)
	if err != nil || len(parts) < 36/4 || parts[0].Files != nil || parts[len(parts)-1].Files == nil {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for i, q := range parts {
		var b bytes.Buffer
		if err := newPipe(nil, &b).send(&request{Story: &q}); err != nil || b.Len() > 2*partMost || q.More != (i < len(parts)-1) {
			t.Errorf("part %d: %d bytes, %v", i, b.Len(), err)
		}
	}
	few := append(all[1:4:4], all[29:31]...) // in two parts
	failing, err := w.Timelines(context.Background(), files, few)
	if err != nil || len(failing) != 2 || failing[0] != "03.timeline" || failing[1] != "30.timeline" {
		t.Errorf("%v, %v", failing, err)
	}
	_, err = w.Timelines(context.Background(), files, append(all, story(40, 40, "allow()")))
	if err == nil || errors.As(err, new(*engine.LoadError)) || !strings.Contains(err.Error(), "more than 64 MiB together") {
		t.Errorf("too many: %v", err)
	}
	if len(reasons) > 0 {
		t.Errorf("children had to be replaced: %v", reasons)
	}
	w.Close()
	if _, err := w.Timelines(context.Background(), files, all[:1]); !errors.Is(err, errClosed) {
		t.Errorf("closed, and yet: %v", err)
	}
}

// A request that cannot be sent is an error of the request, and no death.
func TestRequestTooLong(t *testing.T) {
	var losses []Loss
	var reasons []string
	w := open(t, func(o *Options) {
		o.Died, o.Replaced = func(l Loss) { losses = append(losses, l) }, func(r string) { reasons = append(reasons, r) }
	})
	rules := mustLoad(t, w, denies)
	w.Adopt(rules)
	ev := plays("Bob")
	ev.ID = strings.Repeat("x", frameMost)
	if d := rules.Evaluate(context.Background(), ev, engine.Facts{}, nil); !errors.Is(d.Err, ErrOutside) || !strings.Contains(d.Err.Error(), "at most 32") {
		t.Errorf("%.300v", d.Err)
	}
	decidesStill(t, rules)
	if len(losses) > 0 || len(reasons) > 0 {
		t.Errorf("losses %+v, reasons %v", losses, reasons)
	}
}

// A decision that is too long to be told fails its turn, and says so.
func TestDecisionTooLong(t *testing.T) {
	d := decisionOut(engine.Decision{Once: []engine.Effect{{Call: "x", ID: "a/1"}}})
	d.Once[0].Text = strings.Repeat("x", 40_000_000)
	if d.size() < decisionMost {
		t.Fatalf("%d bytes", d.size())
	}
	var b bytes.Buffer
	if err := newPipe(nil, &b).send(&reply{Decided: d}); !errors.As(err, new(*unsent)) || b.Len() > 0 {
		t.Errorf("%v, and %d bytes were sent", err, b.Len())
	}
	got, err := newCalls(nil).decision(plays("Bob"), "h", *tooLong(engine.KindPlayback, d.size()))
	var rule *engine.RuleError
	if err != nil || !errors.As(got.Err, &rule) || rule.Handler != "on_playback" || !strings.Contains(got.Err.Error(), "takes 38 MiB to say: at most 24") {
		t.Errorf("%v, %v", got.Err, err)
	}
}

// What an account was told and is to be forgotten is forgotten, also when the request before that came to nothing.
func TestForgottenLater(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, "def on_playback(now):\n    allow(state.get('k', 'none'))\n")
	w.Adopt(rules)
	decide := func(account string, state engine.State) string {
		ev := plays("Kitchen")
		ev.Account = account
		d := rules.Evaluate(context.Background(), ev, engine.Facts{}, state)
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		return d.Verdict.Reason
	}
	decide("a", engine.State{"k": {Value: []byte(`"old"`)}})
	c := w.running.sits()
	c.size = mirrorsMost + 1
	c.makeRoom("b")
	if len(c.mirrors) != 0 || len(c.gone) != 1 {
		t.Fatalf("%v, %v", c.mirrors, c.gone)
	}
	c.size = 0
	if _, err := w.loadInto(context.Background(), c, source("home.star", "def"), false); err == nil { // whatever comes next tells it
		t.Fatal("it was loaded")
	}
	if len(c.gone) > 0 {
		t.Errorf("not told: %v", c.gone)
	}
	if got := decide("a", nil); got != "none" {
		t.Errorf("it has not forgotten %q", got)
	}
}

// An answer that comes with the end of its time is an answer, and the kill does not meet the next turn.
func TestLateKill(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, denies)
	w.Adopt(rules)
	decidesStill(t, rules)
	c := w.running.sits()
	c.overdue(c.seq, overdue) // nobody waits for it any more
	if c.waitFor(0) {
		t.Fatal("killed, though it had answered")
	}
	for range restAfter - 2 {
		c := w.running.sits()
		err := c.ask(context.Background(), w.o.Limits.turn(), request{Tell: &past{}, Decide: &decide{Event: event{Account: "x"}}}, func(reply) {
			c.overdue(c.seq, overdue) // in the last moment
		})
		if err != nil || !c.ended() {
			t.Fatalf("%v, and it has ended: %v", err, c.ended())
		}
		decidesStill(t, rules)
	}
	if len(w.records) > 0 {
		t.Errorf("%+v", w.records)
	}
}

// What is tried leaves nothing behind, and neither does what is called.
func TestNothingGrows(t *testing.T) {
	w := open(t, nil)
	for i := range 3 {
		w.Adopt(mustLoad(t, w, fmt.Sprintf("%s# %d\n", denies, i)))
	}
	if len(w.records) > 0 {
		t.Errorf("%d records", len(w.records))
	}
	calls := newCalls(builtins.All(builtins.Deps{}))
	for i := range 100 {
		if _, err := calls.effect(fmt.Sprintf("slack.post(text=%q)", strings.Repeat("x", 60_000)+fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for text := range calls.known {
		kept += len(text)
	}
	if kept > callsBytes {
		t.Errorf("%d bytes of calls are kept", kept)
	}
}

// The whole turn has one limit, here and there.
func TestTurnLimitIsTheSame(t *testing.T) {
	var files engine.Snapshot
	for i := range 6 {
		files = append(files, engine.File{Path: fmt.Sprintf("%d.star", i), Data: []byte("def on_playback(now):\n    if now.device and now.device.name == 'Bob':\n        for i in range(10000):\n            sorted(list(range(15000)))\n    deny('x')\n")})
	}
	const limit = time.Second // of what takes minutes
	here, err := engine.Load(files, engine.Limits{Wall: time.Minute, Turn: limit}, builtins.All(builtins.Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, func(o *Options) { o.Limits.Turn = limit })
	there, err := w.Load(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	w.Adopt(there)
	a := here.Evaluate(context.Background(), plays("Bob"), engine.Facts{}, nil)
	b := there.Evaluate(context.Background(), plays("Bob"), engine.Facts{}, nil)
	var x, y *engine.RuleError // where exactly it was is not the same twice
	if !errors.As(a.Err, &x) || !errors.As(b.Err, &y) || x.Handler != y.Handler || x.File != y.File || x.Text != y.Text || !strings.Contains(x.Text, "the whole turn took longer than 1s") {
		t.Errorf("here %v, there %v", a.Err, b.Err)
	}
	for _, rules := range []*engine.Ruleset{here, there} {
		if d := rules.Evaluate(context.Background(), plays("Kitchen"), engine.Facts{}, nil); d.Err != nil {
			t.Errorf("the turn after it: %v", d.Err)
		}
	}
}
