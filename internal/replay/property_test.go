package replay

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/journal"
)

const sometimes = `
def on_playback(now):
    device = now.device
    if device == None:
        return
    if device.approved or (device.id_known and device.ids < 3):
        allow(str(device.first_seen))
    elif state.get("party"):
        allow(str(state.get("party")))
    elif device.blocked or now.pauses_in("30s") > 1 or "device" in now.changed:
        deny(str((now.denied_for, now.pauses, now.previous and now.time - now.previous.time)))
        pause(every = "5s")
        slack.post(device.name, every = "1m")
        slack.post(str(now.previous and now.previous.item))
    if device.volume == 7:
        approve(device.key, for_ = "2m")
    if device.volume == 8:
        fail(device.name)
    if device.volume == 9:
        slack.post(str([d.name for d in spotify.devices()] if type(spotify.devices()) == "tuple" else "none"))
    state.set("last", device.name, ttl = "1m")

def on_party(event):
    state.set("party", [event, event.by], ttl = "40s")

def on_blind(problem):
    state.set("blind", str(problem.time - problem.since))

every("30s", lambda event: state.set("n", state.get("n", 0) + 1))
`

// rig is a loop, driven by hand.
type rig struct {
	t       interface{ Context() context.Context }
	loop    *engine.Loop
	journal *journal.Journal
	now     time.Time
	looking bool
}

func newRig(t interface{ Context() context.Context }, set *engine.Ruleset, enforce bool, zone *time.Location) *rig {
	r := &rig{t: t, now: time.Date(2026, 10, 25, 1, 58, 0, 7, zone)} // summer time ends
	r.journal = journal.New(journal.NewMemory(), func() time.Time { return r.now })
	r.loop = engine.NewLoop(engine.LoopOptions{
		Account: "home", Enforce: enforce, Zone: zone, Pacer: pacer{}, Decode: builtins.DecodePlayback,
	}, engine.Recovered{}, r.now)
	r.step(engine.Installed{Ruleset: set})
	return r
}

func (r *rig) step(in engine.Input) {
	for inputs := []engine.Input{in}; len(inputs) > 0; inputs = inputs[1:] {
		actions, _ := r.loop.Step(r.now, inputs[0])
		for _, action := range actions {
			switch a := action.(type) {
			case engine.LookNow:
				r.looking = true
			case engine.PauseNow:
				inputs = append(inputs, engine.PauseDone{Holder: a.Holder, Sent: r.now, Outcome: "paused"})
			case engine.AskNow:
				inputs = append(inputs, engine.Answered{N: a.N})
			case engine.CommitNow:
				receipt, err := r.journal.Commit(r.t.Context(), a.Record)
				inputs = append(inputs, engine.CommitDone{N: a.N, Receipt: receipt, Err: err})
			}
		}
	}
}

// Whatever happens, every turn that is recorded is decided the same again, and comes out of JSON as it went in.
func TestWhateverHappens(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	set, err := engine.Load(engine.Snapshot{{Path: "home.star", Data: []byte(sometimes)}}, engine.Limits{}, modules()...)
	if err != nil {
		t.Fatal(err)
	}
	turns := 0
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t, set, rapid.Bool().Draw(t, "enforce"), zone)
		for i := range rapid.IntRange(5, 40).Draw(t, "steps") {
			r.now = r.now.Add(time.Duration(rapid.Int64Range(1, 20e9).Draw(t, "wait")))
			r.step(engine.Wake{})
			name := rapid.SampledFrom([]string{"a", "b", "ü:\u202e", "<b>\u2028&\ufffd"}).Draw(t, "name")
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				r.step(engine.Approve{ID: fmt.Sprint(i), Holder: "speaker:" + name, Allowed: rapid.Bool().Draw(t, "allowed"), By: "cli", For: 30 * time.Second})
			case 1:
				f, _ := engine.ParseField("minutes=2.5")
				g, _ := engine.ParseField("a=None")
				r.step(engine.Publish{ID: fmt.Sprint(i), Topic: "party", By: "cli", Fields: []engine.Field{f, g}})
			case 2:
				if r.looking {
					r.looking = false
					r.step(engine.LookFailed{Kind: engine.BlindQuota, Message: "quota", RetryAt: r.now.Add(10 * time.Second)})
				}
			default:
				if !r.looking {
					continue
				}
				r.looking = false
				p := builtins.Playback{}
				if rapid.IntRange(0, 5).Draw(t, "held") > 0 {
					p = builtins.Playback{
						Device:  &builtins.Device{ID: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "id"), Name: name, Type: "speaker", Volume: rapid.IntRange(-1, 10).Draw(t, "volume")},
						Item:    &builtins.Item{Kind: "track", Name: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "item"), Duration: time.Minute},
						Playing: rapid.Bool().Draw(t, "playing"),
					}
				}
				r.step(engine.Looked{Data: builtins.NewPlayback(p), Got: r.now})
			}
		}
		all, err := Recent(t.Context(), r.journal, "home", 1000, Options{Zone: zone, Modules: modules()})
		if err != nil {
			t.Fatal(err)
		}
		turns += len(all)
		for _, turn := range all {
			if is := turn.Again(t.Context(), set); !Identical(turn.Was, is) || turn.Lacks != "" {
				t.Fatalf("at %s %s was decided\n%s\nand now (%s)\n%s", turn.Event.Time, turn.Event.Data, text(turn.Was), turn.Lacks, text(is))
			}
		}
		report, err := Do(t.Context(), r.journal, Run{Account: "home", Rules: set, Hash: set.Hash, All: true}, Options{Zone: zone, Modules: modules()})
		if err != nil || report.Same != len(all) || report.Differ != 0 {
			t.Fatalf("%+v, %v", report, err)
		}
	})
	if turns == 0 {
		t.Error("nothing was ever decided")
	}
}

// pacer looks at once.
type pacer struct{}

func (pacer) Next(p engine.Pace) engine.Plan { return engine.Plan{Due: p.Now} }
