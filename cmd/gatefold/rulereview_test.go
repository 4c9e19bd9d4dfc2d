package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/replay"
	"gatefold/internal/worker"
)

var evening = time.Date(2026, 3, 1, 21, 4, 0, 0, time.UTC)

// lookAt is a turn about a device, "" for nobody.
func lookAt(account, device string, at time.Time) replay.Turn {
	p := builtins.Playback{Playing: device != ""}
	if device != "" {
		p.Device = &builtins.Device{Name: device, Type: "speaker", ID: "x"}
	}
	ev := engine.Event{
		ID: account + at.Format(time.RFC3339Nano), Account: account, Kind: engine.KindPlayback, Time: at, Cause: engine.CauseLook, Data: builtins.NewPlayback(p),
	}
	return replay.Turn{Event: ev}
}

func rulesFrom(t testing.TB, text string) *engine.Ruleset {
	t.Helper()
	rules, err := loadRules(engine.Snapshot{{Path: "home.star", Data: []byte(text)}}, vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// asJudge is a ruleset as differing takes it.
func asJudge(by engine.Decider) judge {
	if rules, ok := by.(*engine.Ruleset); ok {
		return judge{rules, rules.Hash}
	}
	return judge{by, ""}
}

const denyBob = `
def on_playback(now):
    if now.device == None:
        return
    if now.device.name == "Bob":
        deny("a stranger")
        pause()
        slack.post("Bob is there", every="30m")
    else:
        allow()
        blink1.set("green")
`

func TestReview(t *testing.T) {
	past := []replay.Turn{
		lookAt("home", "Kitchen", evening.Add(-26*time.Hour)), lookAt("home", "Bob", evening.Add(-time.Hour)), lookAt("home", "", evening.Add(-time.Minute)),
		lookAt("home", "Kitchen", evening),
	}
	for name, c := range map[string]struct {
		rules, now string
		of         int // turns of the past
		want       string
		verdict    bool
	}{
		"nothing":        {denyBob + "# a comment\n", "Kitchen", 4, "nothing changes now or for the last 4 turns", false},
		"nothing seen":   {denyBob, "-", 0, "nothing was seen yet on which they could be tried", false},
		"no past":        {denyBob, "Bob", 0, "nothing changes now", false},
		"no present":     {strings.Replace(denyBob, `"Bob"`, `"Eve"`, 1), "-", 4, "of the last 4 turns 1 would differ, the newest 20:04 Bob: deny -> allow (home.star:10)", true},
		"now and then":   {strings.Replace(denyBob, `"Bob"`, `"Kitchen"`, 1), "Kitchen", 4, "now: Kitchen: allow -> deny (home.star:6); of the last 4 turns 3 would differ, the newest 21:04 Kitchen: allow -> deny (home.star:6)", true},
		"now only":       {strings.Replace(denyBob, `"Bob"`, `"Eve"`, 1), "Eve", 1, "now: Eve: allow -> deny (home.star:6); none of the last 1 turn would differ", true},
		"of another day": {strings.Replace(denyBob, `"Bob"`, `"Bob" or now.device.name == "Kitchen"`, 1), "-", 1, "of the last 1 turn 1 would differ, the newest 2026-02-28 19:04 Kitchen: allow -> deny (home.star:6)", true},
		"calls":          {strings.Replace(denyBob, `"green"`, `"blue"`, 1), "Kitchen", 4, `now: Kitchen: allow as before, blink1.set(color="#0000ff") instead of blink1.set(color="#008000"); of the last 4 turns 2 would differ (0 in the verdict), the newest 21:04 Kitchen: allow as before, blink1.set(color="#0000ff") instead of blink1.set(color="#008000")`, false},
		"a call less":    {strings.Replace(denyBob, "        pause()\n", "", 1), "Bob", 0, "now: Bob: deny as before, without pause()", false},
		"a call more":    {strings.Replace(denyBob, "        allow()", "        allow()\n        poll(every=\"1m\")", 1), "Kitchen", 0, `now: Kitchen: allow as before, and poll(every="1m")`, false},
		"a reason":       {strings.Replace(denyBob, "a stranger", "Bob\x1b himself", 1), "Bob", 0, "now: Bob: deny as before, because: Bob himself", false},
		"it fails":       {strings.Replace(denyBob, "        allow()", "        allow(1 // 0)", 1), "Kitchen", 4, "now: Kitchen: allow -> fails (home.star:10:17: ", true},
		"a question":     {strings.Replace(denyBob, "        allow()", "        allow() if spotify.recently_played() else deny(\"x\")", 1), "Kitchen", 4, "none of the last 2 turns would differ; 2 turns cannot be told: they ask what nobody asked then", true},
		"nobody":         {"def on_playback(now):\n    deny(\"all\")\n", "", 3, "now: nobody: idle -> deny (home.star:2); of the last 3 turns 3 would differ", true},
	} {
		t.Run(name, func(t *testing.T) {
			var looks []replay.Turn
			if c.now != "-" {
				looks = append(looks, lookAt("home", c.now, evening))
			}
			r := differing(t.Context(), looks, past[:c.of], asJudge(rulesFrom(t, denyBob)), asJudge(rulesFrom(t, c.rules)), time.Minute)
			got := r.text(evening, time.UTC, 1)
			if got != c.want && !(strings.HasPrefix(got, c.want) && (name == "it fails" || name == "nobody")) {
				t.Errorf("text:\n %s\nwant:\n %s", got, c.want)
			}
			if r.mayChangeVerdict() != c.verdict {
				t.Errorf("another verdict, or one that cannot be told: %v", r.mayChangeVerdict())
			}
		})
	}
}

// With several accounts it says which; of many the first.
func TestReviewOfSeveralAccounts(t *testing.T) {
	var looks []replay.Turn
	for i := range 5 {
		looks = append(looks, lookAt(fmt.Sprint("a", i), "Bob", evening))
	}
	r := differing(t.Context(), looks, nil, asJudge(rulesFrom(t, denyBob)), asJudge(rulesFrom(t, allowAll)), time.Minute)
	want := "now: a0 Bob: deny -> allow (home.star:2), a1 Bob: deny -> allow (home.star:2), a2 Bob: deny -> allow (home.star:2), 2 more accounts"
	if got := r.text(evening, time.UTC, 5); got != want {
		t.Errorf("text: %s", got)
	}
}

// Where the rules in force fail, what was decided then is the measure: an older ruleset decided.
func TestReviewOfRulesThatFail(t *testing.T) {
	turn := lookAt("home", "Kitchen", evening)
	turn.Was = engine.RecordOf(rulesFrom(t, denyBob).Decide(t.Context(), turn.Event, turn.Facts, turn.State))
	failing := rulesFrom(t, "def on_playback(now):\n    allow(1 // 0)\n")
	if r := differing(t.Context(), nil, []replay.Turn{turn}, asJudge(failing), asJudge(rulesFrom(t, denyBob)), time.Minute); len(r.past) != 0 || r.tried != 1 {
		t.Errorf("a fix: %+v", r)
	}
	if r := differing(t.Context(), nil, []replay.Turn{turn}, asJudge(failing), asJudge(rulesFrom(t, "def on_playback(now):\n    deny(\"x\")\n")), time.Minute); !r.mayChangeVerdict() {
		t.Errorf("another verdict: %+v", r)
	}
}

// slow decides some turns, and takes its time for each of those after them.
type slow struct {
	engine.Decider
	left  int
	takes time.Duration
}

func (s *slow) Decide(ctx context.Context, ev engine.Event, facts engine.Facts, state engine.State) engine.Decision {
	if s.left--; s.left < 0 {
		time.Sleep(s.takes)
	}
	return s.Decider.Decide(ctx, ev, facts, state)
}

// There is no time for more than there is time for; what was being decided when it was up comes to its end, and counts.
func TestReviewIsBounded(t *testing.T) {
	var past []replay.Turn
	for i := range 20 {
		past = append(past, lookAt("home", "Bob", evening.Add(time.Duration(i)*time.Minute)))
	}
	for name, c := range map[string]struct {
		inForce, candidate int // turns in time
		takes              time.Duration
		want               int
	}{
		"the candidate": {100, 3, 1100 * time.Millisecond, 4}, "those in force": {5, 100, 600 * time.Millisecond, 6}, "both": {0, 0, 1100 * time.Millisecond, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inForce, candidate := &slow{rulesFrom(t, denyBob), c.inForce, c.takes}, &slow{rulesFrom(t, allowAll), c.candidate, c.takes}
			r := differing(t.Context(), nil, past, asJudge(inForce), asJudge(candidate), time.Second)
			if r.tried != c.want || len(r.past) != c.want || !r.late || r.untold != 0 {
				t.Errorf("%+v", r)
			}
			if want := fmt.Sprintf("there was no time for more than %d of 20", c.want); !strings.Contains(r.text(evening, time.UTC, 1), want) {
				t.Errorf("text: %s", r.text(evening, time.UTC, 1))
			}
		})
	}
}

// What brought no news is the present only; the oldest go.
func TestRecentTurns(t *testing.T) {
	r := newRecent()
	report := func(i int, news bool) {
		turn := lookAt("home", fmt.Sprint("d", i), evening.Add(time.Duration(i)*time.Second))
		r.Observe("home", engine.TurnReport{Decision: engine.Decision{Event: turn.Event, Ruleset: "x"}, News: news})
	}
	r.seed([]replay.Turn{lookAt("home", "before", evening), lookAt("work", "desk", evening)})
	for i := range recentTurns + 3 {
		report(i, true)
	}
	report(1000, false)
	past := r.past()
	if len(past) != recentTurns || subject(past[0].Event) != "d3" || subject(past[recentTurns-1].Event) != "d502" || past[0].Was.Ruleset != "x" {
		t.Errorf("%d turns, from %s to %s", len(past), subject(past[0].Event), subject(past[len(past)-1].Event))
	}
	looks := r.lastLooks()
	if len(looks) != 1 || subject(looks[0].Event) != "d1000" {
		t.Errorf("the present: %v", looks)
	}
	for i := range 2 * recentAccounts {
		r.Observe("", engine.TurnReport{Decision: engine.Decision{Event: lookAt(fmt.Sprint(i), "x", evening).Event}})
	}
	r.Observe("", engine.TurnReport{Decision: engine.Decision{Event: engine.Event{Account: "topic", Kind: "party"}}})
	if n := len(r.lastLooks()); n != recentAccounts {
		t.Errorf("the present of %d accounts is kept", n)
	}
}

// What an edit costs before it is in force, with 500 turns to try it on.
func BenchmarkReview(b *testing.B) {
	var past []replay.Turn
	for i := range recentTurns {
		past = append(past, lookAt("home", []string{"Kitchen", "Bob", ""}[i%3], evening.Add(time.Duration(i)*time.Minute)))
	}
	inForce, candidate := rulesFrom(b, denyBob), rulesFrom(b, strings.Replace(denyBob, `"Bob"`, `"Eve"`, 1))
	for b.Loop() {
		if r := differing(b.Context(), past[:1], past, asJudge(inForce), asJudge(candidate), reviewWithin); r.tried != recentTurns {
			b.Fatalf("%d turns in %s", r.tried, reviewWithin)
		}
	}
}

// An edit that nobody can compare to the end may change a verdict: it waits, if edits are to be accepted.
func TestReviewThatIsNotWhole(t *testing.T) {
	past := []replay.Turn{lookAt("home", "Kitchen", evening.Add(-time.Hour)), lookAt("home", "Bob", evening)}
	asks := strings.Replace(denyBob, `        deny("a stranger")`, "        p = spotify.recently_played(limit=5)\n        allow(\"asked\")\n        return", 1)
	for name, c := range map[string]struct {
		inForce, candidate engine.Decider
		looks, past        []replay.Turn
		within             time.Duration
		waits              bool
		text               string
	}{
		"the same":                   {rulesFrom(t, denyBob), rulesFrom(t, denyBob+"#\n"), past[1:], past, time.Minute, false, "nothing changes now or for the last 2 turns"},
		"it asks about Bob":          {rulesFrom(t, denyBob), rulesFrom(t, asks), nil, past, time.Minute, true, "none of the last 1 turn would differ; 1 turn cannot be told"},
		"it asks now":                {rulesFrom(t, denyBob), rulesFrom(t, asks), past[1:], nil, time.Minute, true, "nothing could be compared"},
		"it asks always":             {rulesFrom(t, denyBob), rulesFrom(t, "def on_playback(now):\n    p = spotify.recently_played(limit=5)\n    allow()\n"), nil, past, time.Minute, true, "nothing could be compared; 2 turns cannot be told"},
		"no time for those in force": {&slow{rulesFrom(t, denyBob), 0, time.Second}, rulesFrom(t, denyBob), nil, past, 10 * time.Millisecond, true, "there was no time for more than 1 of 2 turns"},
		"no time for the candidate":  {rulesFrom(t, denyBob), &slow{rulesFrom(t, denyBob), 0, time.Second}, past[1:], past, 10 * time.Millisecond, true, "there was no time for more than 0 of 2 turns"},
		"the system keeps it from it": {rulesFrom(t, denyBob), deciding(func(ev engine.Event) engine.Decision {
			return engine.Decision{Event: ev, Err: errors.New("no process")}
		}), nil, past, time.Minute, true, "there was no time for more than 0 of 2 turns"},
		"somebody else ended its process": {rulesFrom(t, denyBob), deciding(func(ev engine.Event) engine.Decision {
			return engine.Decision{Event: ev, Err: &engine.RuleError{Cause: &worker.Death{Reason: worker.DiedByKill}}}
		}), nil, past, time.Minute, true, "there was no time for more than 0 of 2 turns"},
		"nothing was seen": {rulesFrom(t, denyBob), rulesFrom(t, allowAll), nil, nil, time.Minute, false, "nothing was seen yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := differing(t.Context(), c.looks, c.past, asJudge(c.inForce), asJudge(c.candidate), c.within)
			if r.mayChangeVerdict() != c.waits || r.killed != nil {
				t.Errorf("%+v", r)
			}
			if got := r.text(evening, time.UTC, 1); !strings.Contains(got, c.text) {
				t.Errorf("text: %s", got)
			}
		})
	}
}

// A candidate that ends its process on a turn of the past is not asked again, and kept out.
func TestReviewOfAKiller(t *testing.T) {
	past := []replay.Turn{lookAt("home", "Kitchen", evening.Add(-time.Hour)), lookAt("home", "Bob", evening)}
	asked := 0
	killer := deciding(func(ev engine.Event) engine.Decision {
		asked++
		return engine.Decision{Event: ev, Err: &engine.RuleError{Handler: "on_playback", Cause: engine.ErrKilled}}
	})
	r := differing(t.Context(), past[1:], past, asJudge(rulesFrom(t, denyBob)), asJudge(killer), time.Minute)
	if !errors.Is(r.killed, engine.ErrKilled) || asked != 1 || r.tried != 0 {
		t.Errorf("%+v, asked %d times", r, asked)
	}
}

// Those in force are not asked again about a turn that an older ruleset had to decide for them: it may end their process.
func TestReviewSparesThoseInForce(t *testing.T) {
	inForce := rulesFrom(t, "def on_playback(now):\n    fail('here')\n")
	turn := lookAt("home", "Bob", evening)
	turn.Was = engine.DecisionRecord{Ruleset: "older", Degraded: inForce.Hash, Verdict: engine.Verdict{Kind: engine.Deny}}
	told, _ := decided(t.Context(), []replay.Turn{turn}, inForce.Hash, newWitness(t.Context(), inForce))
	if len(told) != 1 || told[0].Was.Err != "" || told[0].Was.Ruleset != "older" {
		t.Errorf("%+v", told)
	}
}

// deciding is a Decider in a few words.
type deciding func(engine.Event) engine.Decision

// Decide implements engine.Decider.
func (f deciding) Decide(_ context.Context, ev engine.Event, _ engine.Facts, _ engine.State) engine.Decision {
	return f(ev)
}
