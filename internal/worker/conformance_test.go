package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.starlark.net/starlark"

	"gatefold/builtins"
	"gatefold/engine"
)

// turn is one question to both deciders.
type turn struct {
	event engine.Event
	facts engine.Facts
	state engine.State
}

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

func look(n int, name string, playing bool) engine.Event {
	p := builtins.Playback{Playing: playing, Context: "spotify:album:1"}
	if name != "" {
		p.Device = &builtins.Device{ID: "id-" + name, Name: name, Type: "Computer", Active: true, Volume: 40, SupportsVolume: true}
		p.Item = &builtins.Item{Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane", "Lee Morgan"}, Album: "Blue Train",
			URI: "spotify:track:0eyHNlZpTaJ3Bj3fAYCVVp", Duration: 643 * time.Second, Progress: time.Duration(n) * 1234 * time.Millisecond}
	}
	return engine.Event{ID: fmt.Sprintf("home/playback/%d", n), Account: "home", Kind: engine.KindPlayback, Cause: engine.CauseLook,
		Time: time.Date(2026, 7, 2, 22, 0, n, 123456789, berlin), Data: builtins.NewPlayback(p)}
}

// story is looks that follow on each other, with everything else that can be an event among them, and the past that goes
// with them.
func story(t *testing.T, rules *engine.Ruleset) []turn {
	var out []turn
	facts, state := engine.Facts{}, engine.State{}
	add := func(ev engine.Event) {
		out = append(out, turn{ev, facts, state})
		d := rules.Evaluate(context.Background(), ev, facts, state)
		facts = engine.Fold(facts, ev, d)
		state = state.With(d.State, ev.Time)
	}
	kitchen, bob := "Kitchen", "Bob's Laptop\u202e"
	for i, name := range []string{"", kitchen, kitchen, bob, bob, bob, kitchen, "", bob, "Weird \"name\" \\ 'x'", strings.Repeat("é", 300)} {
		add(look(i, name, i%5 != 4))
		if name == bob {
			facts = facts.Paused("computer:"+bob, out[len(out)-1].event.Time, true)
		}
	}
	again := out[len(out)-2].event
	again.Cause, again.ID = engine.CauseState, "home/playback/again"
	add(again)
	at := time.Date(2026, 7, 2, 23, 0, 0, 0, berlin)
	add(engine.Event{ID: "home/blind/1", Account: "home", Kind: engine.KindBlind, Time: at,
		Data: engine.Blind{Kind: engine.BlindQuota, Since: at.Add(-time.Minute), RetryAt: at.Add(time.Hour), Message: "429"}})
	for _, timer := range rules.Timers() {
		add(engine.Event{ID: "home/timer/1", Account: "home", Kind: engine.KindTimer, Time: at, Data: engine.Tick{Timer: timer.ID}})
	}
	list := starlark.NewList([]starlark.Value{starlark.MakeInt(1), starlark.Float(2), starlark.None, starlark.True})
	dict := starlark.NewDict(1)
	_ = dict.SetKey(starlark.String("a"), list)
	topic, err := engine.NewTopic("slack:U1", []engine.Field{{Name: "who", Value: starlark.String("bob")}, {Name: "data", Value: dict}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range rules.Describe().Kinds {
		if kind != engine.KindPlayback && kind != engine.KindBlind {
			add(engine.Event{ID: "home/" + kind + "/1", Account: "home", Kind: kind, Time: at, Data: topic})
		}
	}
	other := look(50, kitchen, true)
	other.Account = "office"
	facts, state = engine.Facts{}, engine.State{}
	add(other)
	return out
}

// conform compares whole decisions. Errors of the interpreter are compared by what they say.
func conform(t *testing.T, what string, here, there engine.Decision) {
	t.Helper()
	var a, b *engine.RuleError
	if errors.As(here.Err, &a) != errors.As(there.Err, &b) || (here.Err == nil) != (there.Err == nil) {
		t.Fatalf("%s: the error here is %v, there %v", what, here.Err, there.Err)
	}
	if a != nil {
		if a.Problem != b.Problem || a.Handler != b.Handler || a.Backtrace != b.Backtrace || a.Cause.Error() != b.Cause.Error() {
			t.Errorf("%s: here %+v\nthere %+v", what, a, b)
		}
	} else if here.Err != nil && here.Err.Error() != there.Err.Error() {
		t.Errorf("%s: here %v, there %v", what, here.Err, there.Err)
	}
	here.Err, there.Err = nil, nil
	same := func(a, b engine.Write) bool { // large values: faster than cmp
		return a.Key == b.Key && bytes.Equal(a.Value, b.Value) && (a.Value == nil) == (b.Value == nil) && a.Expires.Equal(b.Expires) && a.Length == b.Length
	}
	if !slices.EqualFunc(here.State, there.State, same) {
		t.Errorf("%s: other writes: %d here, %d there", what, len(here.State), len(there.State))
	}
	here.State, there.State = nil, nil
	slices.Sort(here.Reads.Holders) // the ledger is a map: found in any order
	slices.Sort(there.Reads.Holders)
	all := cmp.Exporter(func(reflect.Type) bool { return true })
	if d := cmp.Diff(here, there, all, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b time.Time) bool {
		return a.Equal(b) && a.Location().String() == b.Location().String()
	})); d != "" {
		t.Errorf("%s: here - there +\n%s", what, d)
	}
}

// rulesets are what is tried: everything that rules can call, the shipped rules, and the examples.
func rulesets(t *testing.T) map[string]engine.Snapshot {
	t.Helper()
	out := map[string]engine.Snapshot{}
	paths, err := filepath.Glob("testdata/conform/*.star")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%v: %d rulesets", err, len(paths))
	}
	for _, dir := range []string{"../../rules/*.star", "../../examples/rules/*/*.star"} {
		more, err := filepath.Glob(dir)
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		paths = append(paths, more...)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[p] = source(filepath.Base(p), string(data))
	}
	return out
}

// A turn is decided by the worker as it would be here.
func TestConformance(t *testing.T) {
	t.Setenv("TZ", "Europe/Berlin")
	modules := builtins.All(builtins.Deps{})
	w := open(t, func(o *Options) { o.Zone = berlin })
	tried, failed, asked := 0, 0, 0
	for name, files := range rulesets(t) {
		here, err := engine.Load(files, engine.Limits{}, modules...)
		there, errThere := w.Load(context.Background(), files)
		if err != nil || errThere != nil {
			if err == nil || errThere == nil || err.Error() != errThere.Error() {
				t.Errorf("%s: loading here: %v, there: %v", name, err, errThere)
			}
			if strings.Contains(name, "/conform/") && !strings.HasSuffix(name, "broken.star") {
				t.Errorf("%s does not load: %v", name, err)
			}
			continue
		}
		here.Warnings = append(here.Warnings, builtins.TryOut(here, time.Now().In(berlin))...)
		if d := cmp.Diff(here.Describe(), there.Describe(), cmpopts.IgnoreFields(engine.Timer{}, "Fn"), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: described otherwise:\n%s", name, d)
		}
		for i, turn := range story(t, here) {
			a := here.Evaluate(context.Background(), turn.event, turn.facts, turn.state)
			b := there.Evaluate(context.Background(), turn.event, turn.facts, turn.state)
			what := fmt.Sprintf("%s: turn %d (%s)", name, i, turn.event.ID)
			conform(t, what, a, b)
			tried++
			if a.Err != nil {
				failed++
			}
			if len(a.Asks) > 0 {
				asked++
				turn.event.Answers = engine.AnswerNow(context.Background(), func() time.Time { return noon }, modules, b.Asks)
				conform(t, what+" answered", here.Evaluate(context.Background(), turn.event, turn.facts, turn.state),
					there.Evaluate(context.Background(), turn.event, turn.facts, turn.state))
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d turns, of which %d failed and %d asked", tried, failed, asked)
	if tried < 150 || failed < 10 || asked < 2 {
		t.Errorf("%d turns, %d failed, %d asked: too few to tell", tried, failed, asked)
	}
}
