package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// pastOf evaluates a turn and gives what is kept of its past, as it comes out of JSON.
func pastOf(t *testing.T, set *Ruleset, ev Event, f Facts, s State) (Decision, *Past) {
	t.Helper()
	d := set.Evaluate(t.Context(), ev, f, s)
	data, err := ev.Data.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(turned{told: f, state: s, full: d, settled: d}.past(nil, data))
	if err != nil {
		t.Fatal(err)
	}
	var p Past
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	return d, &p
}

func TestPastKeepsWhatWasRead(t *testing.T) {
	set := rules(t, `
def on_playback(now):
	log(now.known, now.said, now.pauses, state.get("n"), state.get("gone"))
`)
	ev := playback(eve)
	s := State{"n": entry("1", time.Time{}), "other": entry("2", time.Time{})}.
		With([]Write{approvalWrite("eve", Approval{Allowed: true, By: "cli", At: start}, time.Hour)}, start)
	f := Facts{
		Ledger: Ledger{
			"eve": {First: start.Add(-time.Hour), Last: start, Targets: []Sighting{{Target: eve.Target(), First: start.Add(-time.Hour)}}},
			"bob": {First: start},
		},
		Episodes: map[string]Episode{
			"eve": {Began: ev.Time.Add(-time.Minute), LastDeny: ev.Time.Add(-time.Second), Count: 3, Pauses: []time.Time{start}, LastPause: start},
			"mal": {Began: start, LastDeny: start},
		},
		Held: bob, HeldAt: start,
	}
	d, p := pastOf(t, set, ev, f, s)
	equal(t, "ledger", fmt.Sprint(len(p.Ledger), p.Ledger["eve"].First.Equal(start.Add(-time.Hour))), "1 true")
	equal(t, "episodes", fmt.Sprint(len(p.Episodes), p.Episodes["eve"].Count, len(p.Episodes["eve"].Pauses)), "1 3 0")
	equal(t, "missing", fmt.Sprint(p.None), "[gone]")
	equal(t, "keys", fmt.Sprintf("%q", p.Keys()), `["gone" "\x00approval eve" "n" "\x00approval eve"]`)
	told, state, err := p.Told(ev, nil, decodeSnap)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := state["other"]; ok {
		t.Error("an entry that nobody read is kept")
	}
	again := set.Evaluate(t.Context(), ev, told, state)
	equal(t, "decided again", text(again), text(d))
}

func TestPastSaysWhereTheSnapshotBeforeIs(t *testing.T) {
	ev := playback(eve)
	data, err := eve.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	run := json.RawMessage(`{}`)
	for name, c := range map[string]struct {
		before Held
		run    json.RawMessage
		want   string
	}{
		"nobody was seen":          {nil, nil, SeenNever},
		"the run that ended":       {bob, run, SeenRun},
		"the same":                 {eve, nil, SeenEvent},
		"one that is kept nowhere": {bob, nil, SeenHere},
	} {
		t.Run(name, func(t *testing.T) {
			d := Decision{Event: ev, Reads: Reads{Before: true}}
			p := turned{told: Facts{Held: c.before, HeldAt: start}, full: d, settled: d}.past(c.run, data)
			equal(t, "where", p.Seen, c.want)
			raw, err := bob.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			f, _, err := p.Told(ev, raw, decodeSnap)
			if err != nil || f.Held != nil && f.Held != c.before || (f.Held == nil) != (c.before == nil) {
				t.Errorf("%v, %v", f.Held, err)
			}
		})
	}
	p := Past{Seen: SeenRun}
	if _, _, err := p.Told(ev, json.RawMessage(`{`), decodeSnap); err == nil {
		t.Error("a damaged run is no error")
	}
	p.Seen = SeenEvent
	if _, _, err := p.Told(Event{Kind: KindTimer, Data: Tick{}}, nil, decodeSnap); err == nil {
		t.Error("a timer has shown somebody")
	}
}

// What depends on all of the state cannot be told by what was read of it.
func TestPastThatIsNotEnough(t *testing.T) {
	full := State{}
	for i := range stateKeys {
		full[fmt.Sprint(i)] = entry("1", start.Add(time.Duration(i+1)*time.Hour))
	}
	set := rules(t, `
def on_playback(now):
	state.set("one more", 1, ttl="1h")
`)
	if _, p := pastOf(t, set, playback(eve), Facts{}, full); !strings.Contains(p.Lacks, "full") {
		t.Errorf("a full state: %q", p.Lacks)
	}
	delete(full, "0")
	if _, p := pastOf(t, set, playback(eve), Facts{}, full); p.Lacks != "" {
		t.Errorf("a state with room: %q", p.Lacks)
	}
}

// A clock that was set between two looks stretches nothing in a replay.
func TestWallTime(t *testing.T) {
	now := time.Now()
	before := now.Add(-3 * time.Second)
	if got := wallTime(now, before); now.Round(0).Sub(got) != 3*time.Second || got != got.Round(0) {
		t.Errorf("%s", got)
	}
	if !wallTime(now, time.Time{}).IsZero() {
		t.Error("never became some time")
	}
}

func TestFullIsWhatTheRulesWanted(t *testing.T) {
	rec := DecisionRecord{Once: []string{"a()"}, State: []Write{{Key: "x"}}, Past: &Past{Once: []string{"a()", "b()"}}}
	full := rec.Full()
	equal(t, "once", fmt.Sprint(full.Once), "[a() b()]")
	equal(t, "state", fmt.Sprint(len(full.State)), "1")
	if full.Past != nil || rec.Past == nil {
		t.Error("the past went along, or was lost")
	}
}

// Nobody must try again in this process what has ended another.
func TestPastOfAKilledTurn(t *testing.T) {
	d := Decision{Event: playback(snap{Who: "bob"}), Err: &RuleError{Handler: "on_playback", Cause: fmt.Errorf("it: %w", ErrKilled)}}
	if p := (turned{full: d, settled: d}).past(nil, nil); p.Lacks == "" {
		t.Errorf("a turn that killed its process can be decided again: %+v", p)
	}
}

// What was found in a map is kept in an order of its own.
func TestPastIsInOrder(t *testing.T) {
	d := Decision{Event: playback(snap{Who: "bob"}), Reads: Reads{Holders: []string{"b", "c", "a"}}}
	p := (turned{full: d, settled: d}).past(nil, nil)
	equal(t, "strangers", fmt.Sprint(p.Strange), "[a b c]")
}
