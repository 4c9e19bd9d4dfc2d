package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

// A look every 30 s shows somebody after 15 s on average, and the lag and the latencies come on top.
func TestFixedIntervalOnFlat(t *testing.T) {
	p := Flat(3, 12)
	p.VisitsFrom, p.VisitsTo, p.Burners = 20, 28, 0
	rec, err := live(NewStory(p), false, &fixed{every: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	lag, latency := p.Lag.Seconds()/5, (p.LatencyLeast + p.LatencyMore/3).Seconds() // means of u^4 and u^2
	d := detection(rec.Visits, silence)
	near(t, "mean time to the first pause", d.Mean, 15+lag+latency, 1.5)
	near(t, "its 95th percentile", d.P95, 28.5+lag+latency, 2)
	if d.Visits < 150 {
		t.Errorf("only %d visits", d.Visits)
	}
}

// In a week gatefold keeps the limits, and pauses nobody of the household.
func TestOursKeepsTheLimits(t *testing.T) {
	for _, p := range []Params{Habits(1, 7), Flat(2, 2)} {
		rec, err := live(NewStory(p), false, &daemon{})
		if err != nil {
			t.Fatal(err)
		}
		if rec.Refused != 0 || rec.Locked != 0 || rec.Needless != 0 {
			t.Errorf("%s: %d answers 429, %s locked out, %d needless pauses", p.Population, rec.Refused, rec.Locked, rec.Needless)
		}
		for i := range rec.Sent {
			if i >= 8 && rec.Sent[i]-rec.Sent[i-8] < 30*time.Second {
				t.Fatalf("%s: nine calls in 30 s, at %s", p.Population, rec.Sent[i])
			}
			if i >= 6000 && rec.Sent[i]-rec.Sent[i-6000] < day {
				t.Fatalf("%s: more than 6,000 calls in a day, at %s", p.Population, rec.Sent[i])
			}
		}
		if len(rec.Visits) < 6 || rec.Pauses == 0 || rec.Messages == 0 {
			t.Errorf("%s: %d visits, %d pauses, %d messages", p.Population, len(rec.Visits), rec.Pauses, rec.Messages)
		}
		for _, v := range rec.Visits {
			if v.End < v.Begin || v.Heard+v.Muted > v.End-v.Begin {
				t.Errorf("%s: a visit is heard longer than it lasts: %+v", p.Population, v)
			}
		}
	}
}

// Where the id of a pause is honoured, no policy pauses an owner; and all of them meet the same first visits.
func TestPoliciesMeetTheSamePeople(t *testing.T) {
	s := NewStory(Habits(5, 2))
	planned := map[time.Duration]string{}
	for _, v := range s.Visits {
		planned[v.Begin] = v.Who.Name
	}
	for name, p := range map[string]policy{
		"original": &original{}, "fixed": &fixed{every: 20 * time.Second}, "track end": &fixed{every: 30 * time.Second, ends: true},
		"ours": &daemon{}, "clairvoyant": &clairvoyant{per30s: 8, perDay: 6000},
	} {
		rec, err := live(s, false, p)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Needless != 0 {
			t.Errorf("%s: %d needless pauses", name, rec.Needless)
		}
		first := 0
		for _, v := range rec.Visits {
			if v.Return > 0 {
				continue
			}
			first++
			if planned[v.Begin] != v.Who {
				t.Errorf("%s: %s came at %s, as nobody had planned", name, v.Who, v.Begin)
			}
		}
		if first != len(planned) {
			t.Errorf("%s: %d of %d planned visits", name, first, len(planned))
		}
	}
}

func TestResultsDoNotDependOnScheduling(t *testing.T) {
	var texts []string
	for _, workers := range []int{1, 4} {
		r, err := Run(t.Context(), Options{
			Params: []Params{Habits(1, 1), Habits(2, 1)}, Policies: []string{"fixed 60s", Same, "ours", "clairvoyant"}, Workers: workers,
		})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(raw))
		same, ours := r.policy(Same), r.policy("ours")
		if math.Abs(same.CallsPerDay-ours.CallsPerDay) > 0.02*ours.CallsPerDay {
			t.Errorf("%.0f calls a day are not as many as %.0f", same.CallsPerDay, ours.CallsPerDay)
		}
	}
	if texts[0] != texts[1] {
		t.Errorf("one at a time: %s\nfour at once: %s", texts[0], texts[1])
	}
}

// The plot is XML without nonsense, and names everybody in both panels.
func TestPlot(t *testing.T) {
	r, err := Run(t.Context(), Options{
		Params: []Params{Habits(2, 2)}, Policies: []string{"fixed 60s", "fixed 2m", "30s + track end", "clairvoyant"}, Curve: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var svg, table bytes.Buffer
	if err := errors.Join(r.SVG(&svg), r.Table(&table)); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(svg.Bytes()))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(svg.String(), "NaN") || strings.Contains(svg.String(), "Inf") {
		t.Error("something is drawn nowhere")
	}
	for _, m := range r.Policies {
		if n := strings.Count(svg.String(), ">"+m.Policy+"</text>"); n != 2 {
			t.Errorf("%s is named %d times in the plot", m.Policy, n)
		}
		if !strings.Contains(table.String(), m.Policy) {
			t.Errorf("%s is not in the table", m.Policy)
		}
	}
}

func TestStubbornIntruder(t *testing.T) {
	mute, err := HomeStar(`pause(every = "10s")`, `spotify.volume(0, device = device.id, every = "10s")`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := StubbornIntruder([]Ours{{}, {Name: "mute", Rules: mute, HeardAtMost: 50}})
	if err != nil {
		t.Fatal(err)
	}
	heard := map[string]Stubborn{}
	for _, s := range got {
		heard[s.Policy] = s
		if s.Heard < 0 || s.Heard > 60 || s.Bound > 1.1 {
			t.Errorf("%+v", s)
		}
	}
	near(t, "the original, a minute", heard["original 3s"].Heard, 52, 4) // 10 of 12 s, and more while it is locked out
	if m := heard["mute"]; m.Muted < 5 || m.AtMost != 50 {
		t.Errorf("volume 0 leaves no trace: %+v", m)
	}
	if c := heard["clairvoyant"]; c.Bound < 0.95 {
		t.Errorf("knowing everything brings only %.0f %% of the bound", 100*c.Bound)
	}
	if b := StubbornBound(2*time.Second, 8); b != 8*time.Second {
		t.Errorf("the bound is %s in 30 s", b)
	}
}

func TestWorstThatIsStated(t *testing.T) {
	worst := func(engine.Pacer, time.Time) time.Duration { return time.Second }
	r, err := Run(t.Context(), Options{Params: []Params{Habits(1, 2)}, Policies: []string{"ours"}, Ours: []Ours{{Worst: worst}}})
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Policies[0]; m.Stated == 0 || m.Exceeded == 0 || m.MostStated != 1 {
		t.Errorf("a second is stated, and kept: %+v", m)
	}
}

func TestWrittenToDisk(t *testing.T) {
	t.Parallel() // it mostly waits for the disk
	n, err := written(NewStory(Habits(1, 1)), Ours{})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no /proc/self/io here")
	}
	if err != nil || n < 10_000 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestWhatCannotBeRun(t *testing.T) {
	for want, o := range map[string]Options{
		"no seed":                {},
		`no policy "fixed 1"`:    {Params: []Params{Habits(1, 1)}, Policies: []string{"fixed 1"}},
		"needs ours":             {Params: []Params{Habits(1, 1)}, Policies: []string{Same}},
		"no HOUSEHOLD":           {Params: []Params{Habits(1, 1)}, Policies: []string{"ours"}, Ours: []Ours{{Rules: engine.Snapshot{{Path: "a.star"}}}}},
		"undefined: nonsense":    {Params: []Params{Habits(1, 1)}, Policies: []string{"ours"}, Ours: []Ours{{Rules: engine.Snapshot{{Path: "a.star", Data: []byte("HOUSEHOLD = {\n}\nnonsense()\n")}}}}},
		"not end with a line":    {Params: []Params{Habits(1, 1)}, Policies: []string{"ours"}, Ours: []Ours{{Rules: engine.Snapshot{{Path: "a.star", Data: []byte("HOUSEHOLD = {\n")}}}}},
		"the rules fail: ":       {Params: []Params{Habits(1, 1)}, Policies: []string{"ours"}, Ours: []Ours{{Rules: engine.Snapshot{{Path: "a.star", Data: []byte("HOUSEHOLD = {\n}\ndef on_playback(now):\n    fail(\"here\")\n")}}}}},
		context.Canceled.Error(): {Params: []Params{Habits(1, 1)}, Policies: []string{"fixed 30s"}},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if want == context.Canceled.Error() {
			cancel()
		}
		if _, err := Run(ctx, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		cancel()
	}
	if _, err := HomeStar("not there", ""); err == nil {
		t.Error("a change of what is not there is no error")
	}
	if _, err := Population("nobody", 1, 1); err == nil {
		t.Error("there is a population called nobody")
	}
}
