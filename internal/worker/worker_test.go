package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
)

// open makes a worker whose children are this binary.
func open(t testing.TB, change func(*Options)) *Worker {
	t.Helper()
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Program: self, Modules: builtins.All(builtins.Deps{}), Vocabulary: Vocabulary{AnyName: true}, Now: time.Now, Limits: generous}
	if change != nil {
		change(&o)
	}
	w := New(o)
	t.Cleanup(func() { w.Close() })
	return w
}

// generous limits end no rules that are merely slow: the machine may be busy.
var generous = Limits{
	Handler: time.Minute, Turn: time.Minute, Late: time.Minute, Load: time.Minute, Stories: time.Minute, Start: time.Minute, Spare: time.Minute,
}

func source(path, text string) engine.Snapshot {
	return engine.Snapshot{{Path: path, Data: []byte(text)}}
}

func mustLoad(t testing.TB, w *Worker, text string) *engine.Ruleset {
	t.Helper()
	rules, err := w.Load(context.Background(), source("home.star", text))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// plays is a look at a device that plays.
func plays(name string) engine.Event {
	return engine.Event{ID: "home/playback/1", Account: "home", Kind: engine.KindPlayback, Time: noon, Cause: engine.CauseLook,
		Data: builtins.NewPlayback(builtins.Playback{Device: &builtins.Device{ID: "d1", Name: name, Type: "computer"}, Playing: true})}
}

func TestDecides(t *testing.T) {
	w := open(t, func(o *Options) { o.Started = func(c Confinement) { t.Log(c, c.Lacks) } })
	rules := mustLoad(t, w, `
def on_playback(now):
    if now.device and now.device.name == "Kitchen":
        allow()
    elif now.device:
        deny("a stranger")
        pause(every = "10s")
`)
	d := rules.Evaluate(context.Background(), plays("Bob's Laptop"), engine.Facts{}, nil)
	if d.Err != nil || d.Verdict.String() != `deny(reason="a stranger")` || len(d.Standing) != 1 || d.Standing[0].String() != "pause()" {
		t.Errorf("%+v", d)
	}
}

func TestKilledTurnNamesItsHandler(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, `
def on_playback(now):
    if now.device and now.device.name == "Boom":
        x = [0] * ((1 << 30) - 1)
    allow()
`)
	d := rules.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil)
	var rule *engine.RuleError
	if !errors.Is(d.Err, engine.ErrKilled) || !errors.As(d.Err, &rule) || rule.Handler != "on_playback" || !strings.Contains(d.Err.Error(), "more memory") {
		t.Fatalf("%v", d.Err)
	}
	t.Log(d.Err)
	if d := rules.Evaluate(context.Background(), plays("Kitchen"), engine.Facts{}, nil); d.Err != nil || d.Verdict.Kind != engine.Allow {
		t.Errorf("the next turn: %+v", d)
	}
}

// Zones that rules name are known, though no file can be read.
func TestZones(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, "def on_playback(now):\n    allow(time.time(year=2026, month=7, day=1, location=\"Asia/Tokyo\").in_location(\"America/Lima\").format(\"15:04\"))\n")
	if d := rules.Evaluate(context.Background(), plays("Kitchen"), engine.Facts{}, nil); d.Err != nil || d.Verdict.Reason != "10:00" {
		t.Errorf("%v %v", d.Verdict, d.Err)
	}
}
