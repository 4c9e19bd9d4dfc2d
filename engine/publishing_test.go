package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"
)

const partyRules = `
def on_playback(now):
	if now.who == "ann" or state.get("party"):
		allow()
	elif now.who:
		deny("stranger")
		pause()

def on_party(e):
	log(e.by)
	if e.minutes > 99:
		fail("too long")
	state.set("party", True, ttl = "%dm" % e.minutes)
	mail.send("party", every = "1h")
	publish("told")

def on_told(e):
	mail.send("told")
`

func party(id string, minutes int) Publish {
	return Publish{ID: id, Topic: "party", Fields: []Field{{"minutes", starlark.MakeInt(minutes)}}, By: "cli"}
}

// did gives the reports of orders, with what they did.
func (h *house) did() []string {
	var out []string
	for _, r := range reported[OrderReport](h) {
		line := r.ID
		if r.Err != nil {
			line += " failed: " + r.Err.Error()
		}
		for _, call := range r.Did.Calls {
			line += " " + call
		}
		for _, call := range r.Did.Would {
			line += " would " + call
		}
		if r.Did.Held > 0 {
			line += fmt.Sprint(" held back ", r.Did.Held)
		}
		for _, l := range r.Did.Logs {
			line += " log " + l.Text
		}
		out = append(out, line)
	}
	return out
}

// A party begins: bob may play from this moment on, for as long as it lasts.
func TestPublishFromOutside(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{partyRules}})
	h.trace, h.reports = nil, nil
	h.step(party("1", 30))
	h.expect("a turn, and on_playback again",
		"commit party", "commit playback state", "show allow allow()",
		`apply mail.send(text="party", every="1h")`, "done sent", `apply mail.send(text="told")`, "done sent")
	equals(t, "told", h.did(), `1 state.set(key="party", value=True, ttl="30m") mail.send(text="party", every="1h") mail.send(text="told") log cli`)
	equal(t, "kept", string(h.records[len(h.records)-2].Event.Data), `{"by":"cli","fields":{"minutes":30}}`)
	h.step(party("2", 29))
	equals(t, "within the hour", h.did(), `2 state.set(key="party", value=True, ttl="29m") mail.send(text="told") held back 1 log cli`)
	h.until(29*time.Minute - time.Second)
	h.only("pause").expect("it lasts")
	h.until(29 * time.Minute)
	h.only("pause").expect("it is over", "pause bob")
}

func TestPublishThatFails(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{partyRules}})
	h.trace, h.reports = nil, nil
	h.step(party("1", 100))
	got := strings.Join(h.did(), "|")
	if !strings.HasPrefix(got, "1 failed: home.star:12:7: ") || !strings.Contains(got, "too long") {
		t.Error(got)
	}
	h.only("commit", "apply").expect("it is void, and kept as such", "commit party")

	h.commits = func() error { return errDisk }
	h.step(party("2", 30))
	equals(t, "not kept", h.did(), "2 failed: no space left")
	h.only("apply").expect("nothing of it happens")
	h.commits = nil
	for i := range maxPending {
		h.step(party(fmt.Sprint("x", i), 30))
	}
	h.reports = nil
	h.step(party("3", 30))
	equals(t, "not taken", h.did(), "3 failed: the journal does not take it: nothing of it happens")
}

// The newest rules fail, and the older ones decide: both is told.
func TestPublishDegraded(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{partyRules}})
	h.step(party("1", 10))
	h.step(Installed{Ruleset: rules(t, strings.Replace(partyRules, "e.minutes > 99", "e.hours > 1", 1))})
	h.reports = nil
	h.step(party("2", 30))
	r := reported[OrderReport](h)[0]
	if r.Err != nil || len(r.Did.Calls) == 0 || r.Did.Degraded == nil || !strings.Contains(r.Did.Degraded.Error(), "hours") {
		t.Errorf("%+v", r)
	}
}

// In a dry run, and on hold, state is written, and messages are only said.
func TestPublishDry(t *testing.T) {
	want := `1 state.set(key="party", value=True, ttl="30m") would mail.send(text="party", every="1h") would mail.send(text="told") log cli`
	h := newHouse(t, houseOptions{dry: true, rules: []string{partyRules}})
	h.step(party("1", 30))
	equals(t, "dry", h.did(), want)
	h = newHouse(t, houseOptions{rules: []string{partyRules}})
	h.step(Hold{For: time.Hour})
	h.reports = nil
	h.step(party("1", 30))
	equals(t, "on hold", h.did(), want)
	h.only("apply").expect("nothing is sent")
}

func TestPublishIsRefused(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{partyRules}})
	n := len(h.records)
	for topic, want := range map[string]string{
		"playback": `"playback" is reserved`,
		"hold":     `"hold" is reserved`,
		"Party":    "lower-case letters",
		"":         "the topic is empty",
		"parti":    `no rule handles "parti": there is no on_parti (did you mean "party"? Handled: party, told)`,
		"zoo":      `no rule handles "zoo": there is no on_zoo (handled: party, told)`,
	} {
		h.reports = nil
		h.step(Publish{ID: "1", Topic: topic})
		if got := strings.Join(h.did(), "|"); !strings.Contains(got, want) {
			t.Errorf("%q: %s", topic, got)
		}
	}
	h.step(Publish{ID: "2", Topic: "party", Fields: []Field{{"by", starlark.None}}})
	if got := strings.Join(h.did(), "|"); !strings.Contains(got, "cannot be called by") {
		t.Error(got)
	}
	equal(t, "commits", len(h.records), n)

	h = newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow()"}})
	h.reports = nil
	h.step(Publish{ID: "1", Topic: "party"})
	equals(t, "nothing is handled", h.did(), `1 failed: no rule handles "party": there is no on_party, and no other topic is handled either`)
	h = newHouse(t, houseOptions{rules: []string{partyRules}, idle: true})
	h.step(party("1", 1))
	h.sees = nil
	h.step(Installed{Ruleset: rules(t, partyRules)})
	h.step(party("2", 1))
	equals(t, "too early", h.did(), "1 failed: no rules are in force yet",
		"2 failed: the player was not looked at yet, and nothing is evaluated before that: try again in a moment")
}

func TestParseField(t *testing.T) {
	for text, want := range map[string]string{
		"count=3": "3", "count=-3": "-3", "x=3.50": "3.5", "x=1e3": "1000.0", "on=true": "True", "on=False": "False",
		"x=None": "None", "x=null": "None", "x=": `""`, "x=a=b": `"a=b"`, `x="3"`: `"3"`, `x="a \"b\""`: `"a \"b\""`,
		"x=007": `"007"`, "x= 3": `" 3"`, "x=[1]": `"[1]"`, "x={}": `"{}"`, "x=1e999": `"1e999"`, "x=NaN": `"NaN"`,
		"x=12345678901234567890123": "12345678901234567890123", "x='a'": `"'a'"`, "Größe=3": "3", "x=Bob's Laptop": `"Bob's Laptop"`,
	} {
		f, err := ParseField(text)
		if err != nil || f.Value.String() != want {
			t.Errorf("%s: %v, %v; want %s", text, f.Value, err, want)
		}
	}
	for text, want := range map[string]string{
		"count": "write key=value", "=3": "cannot be the name", "a-b=3": "cannot be the name", "3a=3": "cannot be the name", `x="a`: "not closed",
	} {
		if _, err := ParseField(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
}

// A topic whose handler asks is told when it is answered.
func TestPublishAsks(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tallow()\ndef on_x(e):\n\tmail.send(ask.one('who'))"}})
	h.trace, h.reports = nil, nil
	h.step(Publish{ID: "1", Topic: "x", By: "cli"})
	equals(t, "not yet", h.did())
	h.hears("bob")
	equals(t, "answered", h.did(), `1 mail.send(text="bob")`)
}
