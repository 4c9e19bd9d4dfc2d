package timeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"gatefold/engine"
)

// TestSameTwice: the same timeline and rules give the same result.
func TestSameTwice(t *testing.T) {
	paths, err := filepath.Glob("testdata/*/*.timeline")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no timelines: %v", err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Files: folder(t, filepath.Dir(p))}
		one := mustRun(t, mustParse(t, string(data)), o)
		two := mustRun(t, mustParse(t, string(data)), o)
		if !reflect.DeepEqual(one.Happenings, two.Happenings) || !reflect.DeepEqual(one.Requests, two.Requests) {
			t.Errorf("%s: two runs differ", p)
		}
	}
}

// latencies are those of a near, a usual, a slow and a fickle network.
func latencies() map[string]func() time.Duration {
	out := map[string]func() time.Duration{}
	for _, d := range []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond, 900 * time.Millisecond} {
		out[d.String()] = func() time.Duration { return d }
	}
	for seed := range uint64(5) {
		dice := rand.New(rand.NewPCG(seed, 7))
		out[fmt.Sprintf("random %d", seed)] = func() time.Duration { return time.Duration(dice.Int64N(int64(1200 * time.Millisecond))) }
	}
	return out
}

const worst = 1200 * time.Millisecond

// The moments lie apart from those of the pauses by more than any latency.
const intruders = `
at 0s   playback device.name="Kitchen"
at 20s  playback device.name="Bob's Laptop" stubborn=2s
at 46s  playback device.name="Eve's Phone"
at 72s  playback device.name="Kitchen"
at 80s  playback device.name="Bob's Laptop"
at 96s  playback none
at 2m
`

// TestLatency: however slow the network, the same things happen in the same order, and pauses keep their pace.
func TestLatency(t *testing.T) {
	files := folder(t, "testdata/intruder")
	want := texts(mustRun(t, mustParse(t, intruders), Options{Files: files}))
	if len(want) < 15 {
		t.Fatalf("only %d things happen: %q", len(want), want)
	}
	for name, latency := range latencies() {
		t.Run(name, func(t *testing.T) {
			r := mustRun(t, mustParse(t, intruders), Options{Files: files, Latency: latency})
			if got := texts(r); !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %q\nwant %q", got, want)
			}
			paces(t, r, 10*time.Second, worst)
		})
	}
}

func texts(r Result) (out []string) {
	for _, h := range r.Happenings {
		out = append(out, h.Text)
	}
	return out
}

// paces checks the requests to pause of each device while it is the one that is denied: not closer than every, and not
// further apart than that and what an answer takes. (Three times that without one is another visit.)
func paces(t *testing.T, r Result, every, latency time.Duration) {
	t.Helper()
	last := map[string]time.Time{}
	for _, q := range r.Requests {
		if q.Method != "PUT" {
			continue
		}
		before, again := last[q.Query]
		last[q.Query] = q.Time
		if gap := q.Time.Sub(before); again && (gap < every || gap > every+latency && gap < 3*every) {
			t.Errorf("%s was paused %s after the last time, at %s", q.Query, gap, q.Time.Sub(r.Timeline.Start))
		}
	}
	if len(last) == 0 {
		t.Error("nobody was paused")
	}
}

// TestPlaybackCausesALook, even while another look is on its way that shows what was before.
func TestPlaybackCausesALook(t *testing.T) {
	story := mustParse(t, "at 0s\nat 100ms playback device.name=Kitchen\nat 3s\n")
	r := mustRun(t, story, Options{Files: folder(t, "testdata/intruder"), Latency: func() time.Duration { return 300 * time.Millisecond }})
	want := []Happening{
		{At: 600 * time.Millisecond, Account: "home", Text: `blink1.set(color="#ffffff", brightness=5)`}, // the token took as long
		{At: 900 * time.Millisecond, Account: "home", Text: `allow()`},
		{At: 900 * time.Millisecond, Account: "home", Text: `blink1.set(color="#2962ff")`},
	}
	if !reflect.DeepEqual(r.Happenings, want) {
		t.Errorf("%+v", r.Happenings)
	}
}

// TestLookThatIsRefusedIsNotBlindness: a look that only the story asks for, and that the budget does not allow, comes
// when it was due anyway.
func TestLookThatIsRefusedIsNotBlindness(t *testing.T) {
	text := "budget 4/30s\nat 0s playback device.name=Kitchen\nat 18s playback none\nat 40s\n"
	blind := false
	r := mustRun(t, mustParse(t, text), Options{Files: folder(t, "testdata/intruder"), Observe: func(_ time.Time, _ string, r engine.Report) {
		if s, ok := r.(engine.SightReport); ok && s.Blind.Kind != "" {
			blind = true
		}
	}})
	last := r.Happenings[len(r.Happenings)-1]
	if blind || last.Text != `blink1.set(color="#ffffff", brightness=5)` || last.At != 30*time.Second {
		t.Errorf("blind %t: %+v", blind, r.Happenings)
	}
}

// TestPositionOfUnknownMember: a typo is refused with its file, line and column.
func TestPositionOfUnknownMember(t *testing.T) {
	files := rule("def on_playback(now):\n    blink1.set('red')\n", "_typo.star", "def on_playback(now):\n    blink1.sett('red')\n")
	r := mustRun(t, mustParse(t, "at 0s\nat 1s edit home.star _typo.star\n"), Options{Files: files})
	last := r.Happenings[len(r.Happenings)-1]
	if want := "refused: home.star:2:12: blink1 has no member sett (did you mean blink1.set?)"; last.Text != want {
		t.Errorf("got %s", last.Text)
	}
}

// TestTheStoryEnds with its last line: nobody looks any more.
func TestTheStoryEnds(t *testing.T) {
	r := mustRun(t, mustParse(t, "at 0s playback device.name=Bob\nat 10s\n"), Options{
		Files: folder(t, "testdata/intruder"), Latency: func() time.Duration { return 800 * time.Millisecond },
	})
	var last time.Time
	for _, q := range r.Requests {
		last = q.Time
	}
	if end := r.Timeline.Start.Add(10*time.Second + 800*time.Millisecond); last.After(end) {
		t.Errorf("a request %s after the end", last.Sub(end))
	}
}
