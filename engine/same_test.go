package engine

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const busy = `
SEEN = {"bob": ("a", "b"), "eve": ("c",)}

def on_playback(now):
	state.set("n", state.get("n", 0) + 1)
	log(now.who, now.cause, now.previous, now.pauses, now.denied_for, time.now())
	if now.who in SEEN:
		allow("known")
		[light.set(x, led=i + 1) for i, x in enumerate(SEEN[now.who])]
	elif now.who:
		deny("unknown")
		pause(every="5s")
		mail.send("*%s*" % now.who, every="30m")
		publish("stranger", who=now.who, seen=sorted(SEEN.keys()))

def on_stranger(e):
	log(e.who, e.seen, e)
	state.set("last " + e.who, e.time.unix, ttl="1h")
	if len(e.who) > 3:
		fail("too long")
`

// text is all of a decision.
func text(d Decision) string {
	raw, _ := json.Marshal(RecordOf(d))
	lines, _ := json.Marshal(d.Logs)
	ids := ""
	for _, e := range append(d.Once, d.Standing...) {
		ids += fmt.Sprintln(e.ID, e.Pos, e.Key, e.Lane, e.Every, e.Expires, e.Time)
	}
	return string(raw) + string(lines) + ids
}

func drawEvent(t *rapid.T) (Event, Facts, State) {
	s := snap{
		Who:   rapid.SampledFrom([]string{"", "bob", "eve", "mal", "mallory"}).Draw(t, "who"),
		Item:  rapid.SampledFrom([]string{"a", "b"}).Draw(t, "item"),
		Plays: rapid.Bool().Draw(t, "plays"),
	}
	ev := playback(s)
	ev.Time = start.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "time")))
	ev.Cause = rapid.SampledFrom([]string{CauseLook, CauseReload, CauseState, CauseClock}).Draw(t, "cause")
	f := Facts{}
	if rapid.Bool().Draw(t, "seen") {
		f.Held = bob
	}
	f.Episodes = map[string]Episode{"mal": {Began: start, LastDeny: ev.Time.Add(-time.Minute), Count: rapid.IntRange(0, 9).Draw(t, "pauses")}}
	state := State{"n": entry(fmt.Sprint(rapid.IntRange(0, 99).Draw(t, "n")), time.Time{})}
	return ev, f, state
}

// Same event, rules, state: same decision (promise 3), whatever was evaluated
// before, and by a ruleset that was loaded anew.
func TestSameInSameOut(t *testing.T) {
	one, two := rules(t, busy), rules(t, busy)
	rapid.Check(t, func(t *rapid.T) {
		ev, facts, state := drawEvent(t)
		first := text(one.Evaluate(t.Context(), ev, facts, state))
		otherEv, otherFacts, otherState := drawEvent(t)
		between := one.Evaluate(t.Context(), otherEv, otherFacts, otherState)
		kept := text(between)
		for _, set := range []*Ruleset{one, two, one} {
			if got := text(set.Evaluate(t.Context(), ev, facts, state)); got != first {
				t.Fatalf("first\n%s\nthen\n%s", first, got)
			}
		}
		if text(between) != kept {
			t.Fatalf("a later evaluation changed a decision:\n%s\n%s", kept, text(between))
		}
	})
}

func TestOneRulesetForManyGoroutines(t *testing.T) {
	set := rules(t, busy)
	type asked struct {
		ev   Event
		want string
	}
	var questions []asked
	for i, who := range []string{"", "bob", "eve", "mal", "mallory"} {
		ev := playback(snap{Who: who, Plays: true})
		ev.Time = start.Add(time.Duration(i) * time.Minute)
		questions = append(questions, asked{ev, text(set.Evaluate(t.Context(), ev, Facts{}, nil))})
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				q := questions[(i+j)%len(questions)]
				if got := text(set.Evaluate(t.Context(), q.ev, Facts{}, nil)); got != q.want {
					t.Errorf("got\n%s\nwant\n%s", got, q.want)
					return
				}
			}
		})
	}
	wg.Wait()
}
