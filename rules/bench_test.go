package rules_test

import (
	"context"
	"testing"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/rules"
)

// The two turns that happen most: an owner's device, and an intruder's.
var seen = map[string]string{"allow": "Kitchen", "deny": "Bob's Laptop"}

func playback(device string) builtins.Playback {
	return builtins.NewPlayback(builtins.Playback{
		Device:  &builtins.Device{ID: "x", Name: device, Type: "computer", Active: true, Volume: 50},
		Item:    &builtins.Item{Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane"}, Duration: 10 * time.Minute},
		Playing: true,
	})
}

func shipped(b *testing.B) (source []byte, set *engine.Ruleset) {
	b.Helper()
	source, err := rules.Files.ReadFile("home.star")
	if err != nil {
		b.Fatal(err)
	}
	set, err = engine.Load(engine.Snapshot{{Path: "home.star", Data: source}}, engine.Limits{}, builtins.All(builtins.Deps{})...)
	if err != nil {
		b.Fatal(err)
	}
	return source, set
}

func event(held builtins.Playback) engine.Event {
	return engine.Event{
		ID: "home/playback/1", Account: "home", Kind: engine.KindPlayback, Cause: engine.CauseLook,
		Time: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC), Data: held,
	}
}

// BenchmarkEvaluate is one whole decision of home.star. BenchmarkBareCall beside
// it is the interpreter alone: the same function on the same argument with
// builtins that do nothing, on a fresh thread with a step limit as any embedder
// needs one for each call.
func BenchmarkEvaluate(b *testing.B) {
	_, set := shipped(b)
	for verdict, device := range seen {
		b.Run(verdict, func(b *testing.B) {
			ev := event(playback(device))
			b.ReportAllocs()
			for b.Loop() {
				if d := set.Evaluate(context.Background(), ev, engine.Facts{}, nil); d.Err != nil || d.Verdict.Kind.String() != verdict {
					b.Fatal(d.Verdict, d.Err)
				}
			}
		})
	}
}

func BenchmarkBareCall(b *testing.B) {
	source, _ := shipped(b)
	nothing := func(name string) *starlark.Builtin {
		return starlark.NewBuiltin(name, func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
			return starlark.None, nil
		})
	}
	module := func(name string, members ...string) *starlarkstruct.Module {
		m := &starlarkstruct.Module{Name: name, Members: starlark.StringDict{}}
		for _, member := range members {
			m.Members[member] = nothing(name + "." + member)
		}
		return m
	}
	env := starlark.StringDict{
		"allow": nothing("allow"), "deny": nothing("deny"), "pause": nothing("pause"), "button": nothing("button"),
		"approve": nothing("approve"), "disapprove": nothing("disapprove"),
		"blink1": module("blink1", "set", "blink", "off"), "slack": module("slack", "post"),
		"state": module("state", "get", "set", "delete"), "time": module("time", "minute", "second"),
	}
	globals, err := starlark.ExecFileOptions(&syntax.FileOptions{Set: true}, &starlark.Thread{}, "home.star", source, env)
	if err != nil {
		b.Fatal(err)
	}
	globals.Freeze()
	for verdict, device := range seen {
		b.Run(verdict, func(b *testing.B) {
			ev := event(playback(device))
			args := starlark.Tuple{ev.Data.Bind(ev, engine.Facts{})}
			b.ReportAllocs()
			for b.Loop() {
				thread := new(starlark.Thread)
				thread.SetMaxExecutionSteps(1_000_000)
				if _, err := starlark.Call(thread, globals["on_playback"], args, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
