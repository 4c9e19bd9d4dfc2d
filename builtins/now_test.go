package builtins

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// past is the standard look three minutes ago, in the middle of an episode.
func past() engine.Facts {
	at := func(d time.Duration) time.Time { return standardTime.Add(-d) }
	return engine.Facts{
		Held: standardLook(), HeldAt: at(3 * time.Minute),
		Episodes: map[string]engine.Episode{
			"computer:Bob's Laptop": {
				Began: at(20 * time.Minute), LastDeny: at(3 * time.Minute), Count: 3,
				Pauses: []time.Time{at(18 * time.Minute), at(9 * time.Minute), at(4 * time.Minute)},
			},
			"tv:Old": {Began: at(time.Hour), LastDeny: at(10 * time.Minute), Count: 9, Pauses: []time.Time{at(11 * time.Minute)}},
		},
	}
}

func TestNow(t *testing.T) {
	with := func(change func(*Playback)) Playback {
		p := standardLook()
		change(&p)
		return NewPlayback(p)
	}
	same := standardLook()
	eve := with(func(p *Playback) { p.Device.Name = "Eve" })
	old := with(func(p *Playback) { p.Device.Name, p.Device.Type = "Old", "tv" })
	paused := with(func(p *Playback) { p.Playing = false })
	other := with(func(p *Playback) { p.Item.URI = "spotify:track:x" })
	rotated := with(func(p *Playback) { p.Device.ID = "another" })
	ghost := with(func(p *Playback) { p.Item.Progress = p.Item.Duration + 31*time.Second })
	late := with(func(p *Playback) { p.Item.Progress = p.Item.Duration + 30*time.Second })
	live := with(func(p *Playback) { p.Item.Progress, p.Item.Duration = time.Hour, 0 })
	for i, x := range []struct {
		look  Playback
		cause string
		facts engine.Facts
		expr  string
		want  string
	}{
		{same, "look", past(), "now.changed", `()`},
		{eve, "look", past(), "now.changed", `("device",)`},
		{paused, "look", past(), "now.changed", `("playing",)`},
		{other, "look", past(), "now.changed", `("item",)`},
		{rotated, "look", past(), "now.changed", `()`},
		{NewPlayback(Playback{}), "look", past(), "now.changed", `("device", "item", "playing")`},
		{same, "look", engine.Facts{}, "now.changed", `("device", "item", "playing")`},
		{paused, "look", engine.Facts{}, "now.changed", `("device", "item")`},
		{NewPlayback(Playback{}), "look", engine.Facts{}, "now.changed", `()`},
		{eve, "reload", past(), "now.changed", `()`},

		{eve, "look", engine.Facts{}, "now.previous", `None`},
		{eve, "look", past(), "now.previous.device.name", `"Bob's Laptop"`},
		{paused, "look", past(), "now.previous.playing, now.playing", `(True, False)`},
		{eve, "look", past(), "now.time - now.previous.time", `3m0s`},
		{eve, "state", past(), "now.previous.device == now.device, now.previous.item == now.item", `(True, True)`},
		{same, "clock", past(), "now.time - now.previous.time", `3m0s`},
		{same, "reload", engine.Facts{}, "now.time - now.previous.time", `0s`},
		{same, "look", past(), "type(now.previous)", `"snapshot"`},
		{same, "look", past(), "hasattr(now.previous, 'previous'), dir(now.previous)", `(False, ["context", "device", "item", "playing", "time"])`},
		{same, "look", past(), "now.previous.device == now.device", `True`},
		{rotated, "look", past(), "now.previous.device == now.device, now.previous.device.key == now.device.key", `(False, True)`},
		{late, "look", past(), "now.previous.item == now.item", `True`},
		{other, "look", past(), "now.previous.item == now.item", `False`},

		{same, "look", past(), "now.denied_for, now.pauses", `(20m0s, 3)`},
		{rotated, "look", past(), "now.denied_for, now.pauses", `(20m0s, 3)`},
		{same, "look", past(), "now.denied_for > 10 * time.minute", `True`},
		{eve, "look", past(), "now.denied_for, now.pauses, now.pauses_in('1h')", `(0s, 0, 0)`},
		{old, "look", past(), "now.denied_for, now.pauses, now.pauses_in('1h')", `(0s, 0, 0)`},
		{same, "look", past(), "[now.pauses_in(d) for d in ('1h', '10m', 5 * time.minute, '1m')]", `[3, 2, 1, 0]`},
		{NewPlayback(Playback{}), "look", past(), "now.denied_for, now.pauses", `(0s, 0)`},

		{ghost, "look", past(), "now.stale", `True`},
		{late, "look", past(), "now.stale", `False`},
		{live, "look", past(), "now.stale", `False`},
		{Playback{Device: &Device{Name: "L", Type: "tv", Volume: -1}}, "look", past(), "now.device.volume, now.device.id, now.device.key", `(None, None, "tv:L")`},
	} {
		rule := fmt.Sprintf("def on_playback(now):\n    log(repr((%s)))\n", x.expr)
		set, err := engine.Load(engine.Snapshot{{Path: "x.star", Data: []byte(rule)}}, engine.Limits{}, All(Deps{})...)
		if err != nil {
			t.Fatal(err)
		}
		ev := engine.Event{ID: "1", Account: "home", Kind: engine.KindPlayback, Cause: x.cause, Time: standardTime, Data: x.look}
		d := set.Evaluate(context.Background(), ev, x.facts, nil)
		if d.Err != nil {
			t.Errorf("%d: %s: %v", i, x.expr, d.Err)
		} else if got := d.Logs[0].Text; got != x.want {
			t.Errorf("%d: %s of %v (%s) is %s, not %s", i, x.expr, x.look, x.cause, got, x.want)
		}
	}
}

// TestPreviousFollowsTheZone: all times that a rule sees are in the configured zone.
func TestPreviousFollowsTheZone(t *testing.T) {
	zone := time.FixedZone("there", 5*3600)
	p := standardLook()
	now := p.Bind(engine.Event{Time: standardTime.In(zone), Cause: "look", Data: p}, past()).(*nowValue)
	v, err := starlark.Value(now.previous()).(starlark.HasAttrs).Attr("time")
	if err != nil {
		t.Fatal(err)
	}
	if hour, err := v.(starlark.HasAttrs).Attr("hour"); err != nil || hour.String() != "2" {
		t.Errorf("21:01 UTC is %v o'clock five hours east (%v)", hour, err)
	}
}

// TestSpan compares a span with a clock that walks through it.
func TestSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.IntRange(0, 1439).Draw(t, "from"), rapid.IntRange(0, 1440).Draw(t, "to")
		if from == to {
			return
		}
		days := engine.Days(rapid.IntRange(1, 127).Draw(t, "days"))
		at := standardTime.Add(time.Duration(rapid.IntRange(0, 7*1440).Draw(t, "minutes")) * time.Minute)
		length := (to - from + 1440) % 1440
		if length == 0 {
			length = 1440
		}
		want := false
		for back := range 2 { // it began today or yesterday
			y, m, d := at.Date()
			start := time.Date(y, m, d-back, from/60, from%60, 0, 0, time.UTC)
			if days.Has(start.Weekday()) && !at.Before(start) && at.Before(start.Add(time.Duration(length)*time.Minute)) {
				want = true
			}
		}
		if got := (span{from, to, weekdays{days}}).has(at); got != want {
			t.Fatalf("%v in %d to %d on %07b: %v", at, from, to, days, got)
		}
	})
}
