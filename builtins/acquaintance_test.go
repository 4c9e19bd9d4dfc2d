package builtins

import (
	"context"
	"testing"
	"time"

	"gatefold/engine"
)

// An approval was written in the zone of that day's configuration; rules read it in the zone of the turn.
func TestApprovedAtFollowsTheZone(t *testing.T) {
	x := example{state: engine.State{}, before: []string{`approve("computer:Bob's Laptop")`}}
	if err := x.said(); err != nil {
		t.Fatal(err)
	}
	source := "def on_playback(now):\n\tlog(now.device.approved_at.hour, now.device.approved_at.unix_nano)"
	rules, err := engine.Load(engine.Snapshot{{Path: "home.star", Data: []byte(source)}}, engine.Limits{}, All(Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	there := time.FixedZone("there", 5*3600)
	ev := engine.Event{Kind: engine.KindPlayback, Time: standardTime.In(there), Data: standardLook()}
	d := rules.Evaluate(context.Background(), ev, engine.Facts{}, x.state)
	if d.Err != nil || len(d.Logs) != 1 {
		t.Fatalf("%v, logged %v", d.Err, d.Logs)
	}
	if got, want := d.Logs[0].Text, "2 1772485380000000000"; got != want {
		t.Errorf("21:03 UTC is %s five hours east, not %s", got, want)
	}
}
