package timeline

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// people play at these devices. The first two are the household's.
func people() []string {
	return []string{
		`device.name="Living Room" device.id=living`, `device.name="Kitchen" device.id=kitchen`,
		`device.name="Bob's Laptop" device.id=bob`, `device.name="Eve's Phone" device.type=smartphone device.id=eve`,
		`device.name="Kitchen " device.id=almost`, `device.name="Sonos" device.id=none`,
	}
}

// story draws a story of one household.
func drawStory(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("at 0s\n")
	at := time.Duration(0)
	for range rapid.IntRange(1, 12).Draw(t, "lines") {
		at += time.Duration(rapid.OneOf(rapid.IntRange(0, 3000), rapid.IntRange(0, 45_000)).Draw(t, "ms")) * time.Millisecond
		fmt.Fprintf(&b, "at %s %s\n", at, rapid.OneOf(
			rapid.Map(rapid.SampledFrom(people()), func(who string) string {
				return "playback " + who + rapid.SampledFrom([]string{"", " playing=false", " obeys=true", " stubborn=2s", " stubborn=9s", " item.kind=ad"}).Draw(t, "how")
			}),
			rapid.SampledFrom([]string{"playback none", "resumes", "pauses", "restart", "crash", "edit home.star _fails.star", "edit home.star _broken.star", "edit home.star"}),
			rapid.Map(rapid.SampledFrom([]string{
				"429 retry_after=20s times=1", "429 for=15s", "quota retry_after=90s times=1", "500 for=20s", "unreachable for=40s", "hang times=2", "stall times=1",
				"garbage for=10s", "truncated times=1", "huge times=1", "401 on=player for=20s", "403 on=pause times=2", "lost on=pause times=1", "401 on=token for=30s",
				"stale lag=5s for=20s", "delay lag=2s for=30s", "404 on=pause times=1",
			}), func(f string) string { return "spotify fails " + f }),
		).Draw(t, "what"))
	}
	fmt.Fprintf(&b, "at %s\n", at+time.Duration(rapid.IntRange(0, 120).Draw(t, "s"))*time.Second)
	return b.String()
}

// witness hears every report and remembers what stands and what the pauses may rest on.
type witness struct {
	t      *rapid.T
	start  time.Time
	blind  bool
	since  time.Time
	stands engine.Stands
	looks  []seen
}

type seen struct {
	at     time.Time
	target string
}

func (w *witness) observe(now time.Time, _ string, r engine.Report) {
	w.unseen(now)
	switch r := r.(type) {
	case engine.SightReport:
		if w.blind = r.Blind.Kind != "" || r.Failure != ""; w.blind {
			w.since = now
		}
	case engine.TurnReport:
		if ev := r.Decision.Event; ev.Kind != engine.KindPlayback || ev.Cause != engine.CauseLook {
			return
		}
		w.blind = false
		if r.Held.Active() {
			w.looks = append(w.looks, seen{now, r.Held.Target()})
		}
	case engine.StandsReport:
		w.stands = r.Stands
	}
}

// unseen checks, once the moment of a failure has passed, that what is not seen is not judged.
func (w *witness) unseen(now time.Time) {
	if w.blind && now.After(w.since) && (w.stands.Verdict.Kind != engine.Unknown || w.stands.Condition < engine.ConditionUnknown) {
		w.t.Errorf("judged %s while blind, at %s", w.stands.Verdict, now.Sub(w.start))
	}
}

// pauses checks every request to pause: never one of ours, and never without a look at most 2 s old.
func (w *witness) pauses(r Result) {
	for _, q := range r.Requests {
		if q.Method != "PUT" {
			continue
		}
		query, err := url.ParseQuery(q.Query)
		id := query.Get("device_id")
		if err != nil || id == "living" || id == "kitchen" || id == "" || id == "none" {
			w.t.Errorf("pause of %q at %s", q.Query, q.Time.Sub(w.start))
		}
		fresh := false
		for _, l := range w.looks {
			fresh = fresh || l.target == id && !l.at.After(q.Time) && q.Time.Sub(l.at) <= engine.PauseWithin
		}
		if !fresh {
			w.t.Errorf("pause of %s at %s, without a look that shows it playing", id, q.Time.Sub(w.start))
		}
	}
}

// budget checks that no half-open span holds more requests of the API than the gate allows.
func (w *witness) budget(r Result, span time.Duration, limit int) {
	var calls []time.Time
	for _, q := range r.Requests {
		if strings.HasPrefix(q.Path, "/v1/") {
			calls = append(calls, q.Time)
		}
	}
	for i := limit; i < len(calls); i++ {
		if gap := calls[i].Sub(calls[i-limit]); gap < span {
			w.t.Errorf("%d requests in %s, at %s", limit+1, gap, calls[i].Sub(w.start))
		}
	}
}

// greedy rules spend all the budget there is, and pause whether it plays or not.
const greedy = `
def on_playback(now):
    poll(every = "1s")
    if now.device and now.device.name in ("Living Room", "Kitchen"):
        allow()
    elif now.device:
        deny("a stranger")
        pause(every = "2s")
`

// TestHousehold: whatever people, Spotify and the network do, nobody of the household is paused, nobody is judged unseen,
// and the budget holds.
func TestHousehold(t *testing.T) {
	others := engine.Snapshot{
		{Path: "_fails.star", Data: []byte("def on_playback(now):\n    fail('at run time')\n")},
		{Path: "_broken.star", Data: []byte("def on_playback(now)\n")},
	}
	rules := []engine.Snapshot{append(folder(t, "testdata/intruder"), others...), append(rule(greedy), others...)}
	rapid.Check(t, func(t *rapid.T) {
		files := rapid.SampledFrom(rules).Draw(t, "rules")
		text := drawStory(t)
		story, err := Parse("story.timeline", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		slow := rapid.IntRange(0, 3000).Draw(t, "latency")
		w := &witness{t: t, start: story.Start}
		r, err := Run(story, Options{Files: files, Observe: w.observe, Latency: func() time.Duration {
			return time.Duration(dice.IntN(slow+1)) * time.Millisecond
		}})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		w.unseen(story.Start.Add(time.Hour))
		w.pauses(r)
		w.budget(r, 30*time.Second, 8)
	})
}

// TestUpdateMends: a story that was updated to what happened expects what happens, and is not changed by another update.
func TestUpdateMends(t *testing.T) {
	files := append(folder(t, "testdata/intruder"),
		engine.File{Path: "_fails.star", Data: []byte("def on_playback(now):\n    fail('at run time')\n")},
		engine.File{Path: "_broken.star", Data: []byte("def on_playback(now)\n")})
	rapid.Check(t, func(t *rapid.T) {
		run := func(data []byte) Result {
			story, err := Parse("story.timeline", data)
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			r, err := Run(story, Options{Files: files})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		data := []byte(drawStory(t))
		updated := Update(data, run(data))
		again := run(updated)
		if !again.OK() || again.Diff() != "" {
			t.Fatalf("%s\ndiffers:\n%s", updated, again.Diff())
		}
		// Some lines are lost, others are wrong: the next update puts that right, and nothing else.
		lines := strings.Split(string(updated), "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, "\t") {
				lines[i] = rapid.SampledFrom([]string{line, line, "\tpause(\"9s\")", "\t+1s wrong", line + "\n" + line}).Draw(t, "line")
			}
		}
		spoilt := []byte(strings.Join(lines, "\n"))
		if mended := Update(spoilt, run(spoilt)); !run(mended).OK() {
			t.Fatalf("%s\nwas updated to\n%s", spoilt, mended)
		}
		if twice := Update(updated, again); string(twice) != string(updated) {
			t.Fatalf("%s\nwas updated again to\n%s", updated, twice)
		}
	})
}
