package replay

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/lab"
)

// edited are the rules of a month with another text in home.star.
func edited(t testing.TB, rules *engine.Ruleset, changes ...string) *engine.Ruleset {
	t.Helper()
	files := slices.Clone(rules.Files)
	for i, f := range files {
		if f.Path != "home.star" {
			continue
		}
		text := string(f.Data)
		for n := 0; n+1 < len(changes); n += 2 {
			text = replaced(t, text, changes[n], changes[n+1])
		}
		files[i].Data = []byte(text)
	}
	set, err := engine.Load(files, engine.Limits{}, modules()...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestWhatIf(t *testing.T) {
	t.Parallel()
	m := fiveDays(t)
	do := func(rules *engine.Ruleset, all bool) Report {
		t.Helper()
		r, err := Do(t.Context(), m.journal, Run{
			Account: "home", Since: lab.Start(), Rules: rules, Hash: rules.Hash, All: all,
			Kept: func(hash string) engine.Decider {
				if hash == m.rules.Hash {
					return m.rules
				}
				return nil
			},
		}, options())
		if err != nil {
			t.Fatal(err)
		}
		if r.Exact != r.Turns || r.Same != r.Turns || r.Turns < 400 || r.Damaged > 0 {
			t.Fatalf("%d turns, %d exact, %d the same, %d damaged rows", r.Turns, r.Exact, r.Same, r.Damaged)
		}
		return r
	}
	t.Run("the same rules", func(t *testing.T) {
		r := do(m.rules, true)
		if r.Differ > 0 || r.Was != r.Is || r.Was.Denied == 0 || r.Was.Pauses == 0 || r.Was.Messages == 0 {
			t.Errorf("%d differ: %+v", r.Differ, r)
		}
		t.Logf("%+v %+v looks %d turns %d", r.Was, r.Is, r.Looks, r.Turns)
	})
	t.Run("another text, the same meaning", func(t *testing.T) {
		r := do(edited(t, m.rules, "# Who may play", "# who may play"), true)
		for i, c := range r.Changes {
			if i < 10 {
				t.Errorf("%s to %s: %s", c.From.Format(time.DateTime), c.To.Format(time.DateTime), c)
			}
		}
		if r.Differ > 0 || r.Was != r.Is {
			t.Errorf("%d of %d differ; %+v %+v", r.Differ, r.Turns+r.Looks, r.Was, r.Is)
		}
	})
	t.Run("a device less", func(t *testing.T) {
		// What is expected comes from the record alone: every time the Kitchen was allowed.
		looks := 0
		_, _, err := Turns(t.Context(), m.journal, "home", lab.Start(), options(), func(turn Turn) error {
			if who(turn.Event) == "Kitchen" && turn.Event.Kind == engine.KindPlayback && turn.Was.Verdict.Kind == engine.Allow {
				looks++
			}
			return nil
		})
		if err != nil || looks < 3 {
			t.Fatalf("the Kitchen was allowed %d times: %v", looks, err)
		}
		r := do(edited(t, m.rules, `device.name in HOUSEHOLD and not`, `device.name in HOUSEHOLD and device.name != "Kitchen" and not`), false)
		recorded := 0
		for _, c := range r.Changes {
			if c.Who != "Kitchen" || c.What != "allow -> deny" || !strings.HasPrefix(c.Pos, "home.star:") || c.To.Before(c.From) {
				t.Errorf("%+v", c)
			}
			recorded += c.Turns
		}
		if recorded != r.Differ || r.Differ < looks || r.More > 0 {
			t.Errorf("%d turns differ, %d in all changes; the record alone has %d", r.Differ, recorded, looks)
		}
		if r.Is.Denied <= r.Was.Denied || r.Is.Messages <= r.Was.Messages || r.Is.Pauses <= r.Was.Pauses {
			t.Errorf("%+v became %+v", r.Was, r.Is)
		}
	})
	t.Run("what only looks between changes can show", func(t *testing.T) {
		r := do(edited(t, m.rules, "def on_playback(now):\n", "def on_playback(now):\n    if now.between(\"20:10\", \"20:20\"):\n        deny(\"supper\")\n        done()\n        return\n"), false)
		if r.Differ == 0 {
			t.Error("nobody was ever looked at between 20:10 and 20:20")
		}
		for _, c := range r.Changes {
			for _, at := range []time.Time{c.From, c.To} {
				if clock := at.Format("15:04"); clock < "20:10" || clock >= "20:20" {
					t.Errorf("%s: %s", at, c)
				}
			}
		}
	})
	t.Run("rules that fail", func(t *testing.T) {
		r := do(edited(t, m.rules, "        deny(\"blocked\" if", "        fail(\"oh\")\n        deny(\"blocked\" if"), false)
		if len(r.Changes) == 0 || !strings.HasPrefix(r.Changes[0].What, "deny -> fails: home.star:") {
			t.Errorf("%+v", r.Changes)
		}
	})
	t.Run("timers of their own", func(t *testing.T) {
		files := append(slices.Clone(m.rules.Files), engine.File{Path: "timer.star", Data: []byte(`
def note(event):
    state.set("tick", True, ttl = "1m")

def on_playback(now):
    if state.get("tick") and now.device != None:
        deny("tick")

at("19:30", note)
`)})
		set, err := engine.Load(files, engine.Limits{}, modules()...)
		if err != nil {
			t.Fatal(err)
		}
		r := do(set, false)
		if len(r.Changes) == 0 {
			t.Error("nobody played at 19:30 in five days")
		}
		for _, c := range r.Changes {
			if from, to := c.From.Format("15:04"), c.To.Format("15:04"); from != "19:30" || to > "19:31" {
				t.Errorf("%s to %s: %s", c.From, c.To, c)
			}
		}
	})
}

// Sight that comes back to what was seen before brings no news, and is not recorded: it is as it was before.
func TestSightComesBack(t *testing.T) {
	t.Parallel()
	const rules = "def on_playback(now):\n    if now.device:\n        deny(\"x\")\n        blink1.set(\"red\")\n\ndef on_blind(problem):\n    state.set(\"blind\", state.get(\"blind\", 0) + 1)\n"
	load := func(text string) *engine.Ruleset {
		set, err := engine.Load(engine.Snapshot{{Path: "home.star", Data: []byte(text)}}, engine.Limits{}, modules()...)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	set := load(rules)
	r := newRig(t, set, true, time.UTC)
	look := func(name string) {
		r.now = r.now.Add(10 * time.Second)
		r.step(engine.Wake{})
		r.step(engine.Looked{Got: r.now, Data: builtins.NewPlayback(builtins.Playback{
			Playing: true, Device: &builtins.Device{ID: "x", Name: name, Type: "speaker", Active: true},
		})})
	}
	blind := func() {
		r.now = r.now.Add(10 * time.Second)
		r.step(engine.Wake{})
		r.step(engine.LookFailed{Kind: engine.BlindRateLimited, Message: "wait", RetryAt: r.now.Add(time.Minute)})
		r.now = r.now.Add(time.Minute)
	}
	look("Bob")
	look("Bob")
	blind()
	for range 5 {
		look("Bob")
	}
	look("Eve")
	same, err := Do(t.Context(), r.journal, Run{Account: "home", Rules: set, Hash: set.Hash, All: true}, options())
	if err != nil || same.Differ > 0 || same.Same != 3 || same.Looks != 6 || same.Was.Denied != same.Is.Denied {
		t.Errorf("by the same rules: %+v, %v", same, err)
	}
	other := load(rules + "# another text\n")
	is, err := Do(t.Context(), r.journal, Run{Account: "home", Rules: other, Hash: other.Hash, All: true}, options())
	if err != nil || is.Differ > 0 || is.Was != same.Was || is.Is != is.Was {
		t.Errorf("by rules of the same meaning: %+v, %v", is, err)
	}
	// A timer of theirs comes while nothing can be seen, and between then and the next look.
	timed := load(rules + "def tick(event):\n    pass\n\nevery(\"7s\", tick)\n")
	is, err = Do(t.Context(), r.journal, Run{Account: "home", Rules: timed, Hash: timed.Hash}, options())
	if err != nil || is.Differ > 0 || is.Is.Denied != same.Is.Denied {
		t.Errorf("by rules with a timer: %+v, %v", is, err)
	}
	if want := 70 * time.Second; same.Was.Denied < want-10*time.Second || same.Was.Denied > want+10*time.Second { // looks are laid evenly
		t.Errorf("denied for %s", same.Was.Denied)
	}
}
