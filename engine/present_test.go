package engine

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const remembering = `
def on_playback(now):
    mail.send("%s %s %s %d %s" % (now.previous, now.known, now.said, now.pauses, state.get("mood", "none")))
    if now.who == "kitchen":
        allow()
        return
    deny("a stranger")
    pause(every = "10s")
    mail.send("alarm", every = "30m", key = "alarm " + now.who)
    state.set("mood", now.who)

def on_blind(problem):
    mail.send(problem.kind + " " + problem.message)
`

// present asks a loop how it stands.
func (h *house) present() Present {
	h.t.Helper()
	h.step(AskPresent{ID: "9"})
	report, ok := h.reports[len(h.reports)-1].(PresentReport)
	if !ok || report.ID != "9" {
		h.t.Fatalf("asked for the present, the loop told %#v", h.reports[len(h.reports)-1])
	}
	return report.Present
}

// What a present tells decides as the loop would, also written down and read back; and asking changes nothing.
func TestPresent(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{remembering}})
	for i, change := range []func(){
		func() {},
		func() { h.until(25 * time.Second) },
		func() { h.step(Approve{ID: "1", Holder: "bob", Allowed: true, For: time.Hour, By: "cli ann"}) },
		func() { h.plays(snap{Who: "kitchen", Plays: true}); h.until(2 * time.Minute) },
		func() { h.plays(snap{Who: "bob", Plays: true, ID: "another"}); h.until(20 * time.Minute) },
		func() { h.plays(snap{}); h.until(25 * time.Minute) },
	} {
		change()
		before := len(h.trace)
		p := h.present()
		if len(h.trace) != before {
			t.Errorf("%d: asking did %v", i, h.trace[before:])
		}
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{"habits", "post ", "story "} {
			if strings.Contains(string(raw), `\u0000`+hidden) {
				t.Errorf("%d: %s are told: %s", i, hidden, raw)
			}
		}
		again, err := ReadPresent(raw, decodeSnap, zone)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "the event's kind and account", again.Event.Kind+again.Event.Account, "playbackhome")
		if !again.Event.Time.Equal(h.now) || again.Event.Time.Location() != zone {
			t.Errorf("%d: the time is %s, at %s", i, again.Event.Time, h.now)
		}
		set := rules(t, remembering)
		live := set.Evaluate(context.Background(), p.Event, h.l.facts, h.l.state)
		equal(t, "read back it decides", asText(t, set.Evaluate(context.Background(), again.Event, again.Facts, again.State)), asText(t, live))
		for _, e := range live.Once {
			equal(t, "what is held back", again.HeldBack(e), p.HeldBack(e))
		}
	}
}

func asText(t *testing.T, d Decision) string {
	t.Helper()
	if d.Err != nil {
		t.Fatal(d.Err)
	}
	rec := RecordOf(d)
	rec.Steps = 0
	raw, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestPresentHeldBack(t *testing.T) {
	const announcing = "def on_playback(now):\n\tmail.send('here', every='30m')\n\tmail.send('as ever')\n\tmail.send('at ' + str(now.time))"
	h := newHouse(t, houseOptions{rules: []string{announcing}})
	h.until(50 * time.Second)
	p := h.present()
	var why []string
	for _, e := range rules(t, announcing).Evaluate(context.Background(), p.Event, p.Facts, p.State).Once {
		why = append(why, e.Call+": "+p.HeldBack(e))
	}
	equals(t, "held back", why, "mail.send: held back: it was less than 30m ago", "mail.send: held back: it was the same at the last look", "mail.send: ")
}

// What is not seen is not there to be evaluated.
func TestPresentUnseen(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{remembering}, idle: true})
	h.step(Wake{})
	if p := h.present(); p.Event.Data != nil || p.Why != "nobody has looked at the player yet" {
		t.Errorf("before the first look: %v, %q", p.Event.Data, p.Why)
	}
	h = newHouse(t, houseOptions{rules: []string{remembering}})
	h.fails(BlindUnreachable)
	h.step(LookSoon{})
	if p := h.present(); p.Event.Data != nil || p.Why != "the last look failed: no" {
		t.Errorf("after a look that failed: %v, %q", p.Event.Data, p.Why)
	}
	h.until(3 * time.Minute)
	p := h.present()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadPresent(raw, decodeSnap, zone)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the kind", again.Event.Kind, KindBlind)
	s, err := NewScratch(rules(t, remembering), again)
	if err != nil {
		t.Fatal(err)
	}
	equals(t, "on_blind", callsOf(s.Eval(context.Background(), "x", "on_blind(problem)").Decision.Once), `mail.send(text="unreachable no")`)
}

// Without a daemon: what a journal has kept is what was seen last.
func TestPresentOfAJournal(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{remembering}})
	h.step(Approve{ID: "1", Holder: "bob", By: "cli ann"})
	h.until(5 * time.Minute)
	h.step(Stop{})
	p, err := h.recovered().Last("home", decodeSnap, zone)
	if err != nil {
		t.Fatal(err)
	}
	live := h.present0()
	set := rules(t, remembering)
	want := set.Evaluate(context.Background(), Event{
		ID: "home/present", Account: "home", Kind: KindPlayback, Cause: CauseState, Time: live.Facts.HeldAt, Data: live.Facts.Held,
	}, live.Facts, live.State)
	equal(t, "it decides", asText(t, set.Evaluate(context.Background(), p.Event, p.Facts, p.State)), asText(t, want))
	if !p.Event.Time.Equal(live.Facts.HeldAt) {
		t.Errorf("the time is %s, it was seen at %s", p.Event.Time, live.Facts.HeldAt)
	}

	p, err = Recovered{}.Last("home", decodeSnap, zone)
	if err != nil || p.Event.Data != nil || p.Why == "" {
		t.Errorf("of an empty journal: %v %q %v", p.Event.Data, p.Why, err)
	}
	if _, err := (Recovered{Facts: json.RawMessage(`{"held": 7`)}).Last("home", decodeSnap, zone); err == nil {
		t.Error("facts that are none were read")
	}
}

// present0 is the present of a loop that has stopped.
func (h *house) present0() Present { return h.l.present(h.now) }

func TestReadPresentRefusesRubbish(t *testing.T) {
	for _, raw := range []string{``, `7`, `{"facts": 7}`, `{"facts": {"held": 7}}`, `{"kind": "blind", "data": 7}`, `{"kind": "playback", "data": "x"}`} {
		if _, err := ReadPresent(json.RawMessage(raw), decodeSnap, zone); err == nil {
			t.Errorf("%s was read", raw)
		}
	}
}

// Whatever comes over the socket is read or refused; what is read is written and read back the same.
func FuzzReadPresent(f *testing.F) {
	raw, err := json.Marshal(Present{Account: "home", Event: playback(bob), State: State{"mood": {Value: []byte(`"blue"`)}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"kind": "blind", "data": {"kind": "quota"}, "facts": {"episodes": {"bob": {"pauses": 2}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ReadPresent(raw, decodeSnap, zone)
		if err != nil {
			return
		}
		again, err := json.Marshal(p)
		if err != nil {
			return // a value of the state that is no JSON
		}
		if _, err := ReadPresent(again, decodeSnap, zone); err != nil {
			t.Errorf("%s was read, and written as %s, which is not: %v", raw, again, err)
		}
	})
}
