package builtins

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// TryOut runs every handler once, about nobody, a stranger and what else there is, and gives warnings of those that fail
// though nothing is unusual. Nothing comes of what they decide. A handler of a topic may want fields that nobody knows: that
// it fails says nothing. An on_playback that fails before it has asked anything of what it was told, of state or of the time
// fails in every turn, whoever plays: that is an error, and the only one.
func TryOut(rules *engine.Ruleset, now time.Time) []engine.Problem {
	t := tryOut{rules: rules, now: now}
	for _, kind := range rules.Describe().Kinds {
		switch kind {
		case engine.KindPlayback:
			t.run(kind, NewPlayback(Playback{}), "when nobody holds the player")
			t.run(kind, stranger(), "when a device plays that was never seen")
			t.always()
		case engine.KindBlind:
			t.run(kind, engine.Blind{Kind: engine.BlindUnreachable, Since: now, Message: "no answer"}, "when Spotify cannot be reached")
		default:
			topic, _ := engine.NewTopic("cli", nil)
			t.run(kind, topic, "")
		}
	}
	for _, timer := range rules.Timers() {
		t.run(engine.KindTimer, engine.Tick{Timer: timer.ID}, "at its time")
	}
	return t.problems()
}

// tryOut is what came of the cases that were tried.
type tryOut struct {
	rules *engine.Ruleset
	now   time.Time
	found []triedFailure
}

// triedFailure is a handler that fails, the same way, in these cases.
type triedFailure struct {
	engine.Problem
	handler string
	when    []string
	always  bool
}

func (t *tryOut) evaluate(kind string, data engine.Payload) (engine.Decision, *engine.RuleError) {
	ev := engine.Event{ID: "try", Account: "home", Kind: kind, Time: t.now, Cause: engine.CauseLook, Data: data}
	d := t.rules.Evaluate(context.Background(), ev, engine.Facts{}, nil)
	var failed *engine.RuleError
	errors.As(d.Err, &failed)
	return d, failed
}

func (t *tryOut) run(kind string, data engine.Payload, when string) {
	_, failed := t.evaluate(kind, data)
	if when == "" || failed == nil {
		return
	}
	for i, known := range t.found {
		if known.same(failed) {
			t.found[i].when = append(known.when, when)
			return
		}
	}
	t.found = append(t.found, triedFailure{failed.Problem, failed.Handler, []string{when}, false})
}

func (f triedFailure) same(failed *engine.RuleError) bool {
	return f.handler == failed.Handler && f.Pos() == failed.Pos() && f.Text == failed.Text
}

// always finds out whether on_playback fails whatever it is told: it fails without having asked.
func (t *tryOut) always() {
	if slices.ContainsFunc(t.rules.Calls, func(c engine.Call) bool { return c.Name == "time" || c.Name == "time.now" || c.Name == "publish" }) {
		return // another time may be another story
	}
	asked := false
	d, failed := t.evaluate(engine.KindPlayback, unasked{stranger(), &asked})
	r := d.Reads
	if failed == nil || asked || r.Before || r.Full || r.Pauses != 0 || len(r.Holders)+len(r.Keys) > 0 || strings.Contains(failed.Text, "took longer") {
		return
	}
	for i, known := range t.found {
		t.found[i].always = known.always || known.same(failed) && len(known.when) > 1
	}
}

func (t *tryOut) problems() []engine.Problem {
	var out []engine.Problem
	for _, f := range t.found {
		p := f.Problem
		p.Code, p.Severity = engine.CodeFails, engine.Warning
		when := strings.Join(f.when, " and ")
		if f.always {
			p.Severity, when = engine.Fatal, "always, whoever plays"
		}
		p.Text = f.handler + " fails " + when + ": " + p.Text
		out = append(out, p)
	}
	return out
}

// unasked is a payload that notes whether a handler asks anything of it.
type unasked struct {
	Playback
	asked *bool
}

// Bind implements engine.Payload.
func (u unasked) Bind(ev engine.Event, facts engine.Facts) starlark.Value {
	return unaskedArg{u.Playback.Bind(ev, facts).(starlark.HasAttrs), u.asked}
}

type unaskedArg struct {
	starlark.HasAttrs
	asked *bool
}

func (u unaskedArg) Attr(name string) (starlark.Value, error) {
	*u.asked = true
	return u.HasAttrs.Attr(name)
}

func (u unaskedArg) AttrNames() []string {
	*u.asked = true
	return u.HasAttrs.AttrNames()
}

func (u unaskedArg) String() string {
	*u.asked = true
	return u.HasAttrs.String()
}

func (u unaskedArg) Hash() (uint32, error) {
	*u.asked = true
	return u.HasAttrs.Hash()
}

// Refused are the errors among what TryOut has found.
func Refused(problems []engine.Problem) error {
	var out []engine.Problem
	for _, p := range problems {
		if p.Severity == engine.Fatal {
			out = append(out, p)
		}
	}
	if out == nil {
		return nil
	}
	return &engine.LoadError{Problems: out}
}

func stranger() Playback {
	return NewPlayback(Playback{
		Device:  &Device{ID: "0000", Name: "Stranger's Laptop", Type: "computer", Active: true},
		Item:    &Item{Name: "Blue Train", Artists: []string{"John Coltrane"}, Album: "Blue Train", URI: "spotify:track:0000000000000000000000", Duration: 10 * time.Minute},
		Playing: true,
	})
}
