package builtins

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

// posted is what a poster was given, and what it answers.
type posted struct {
	Posting
	channel string
	parts   []Part
	err     error
}

func (p *posted) Post(_ context.Context, in Posting) (Receipt, error) {
	p.Posting, p.channel, p.parts = in, in.Channel, in.Parts
	return Receipt{Channel: "C1", TS: "1"}, p.err
}

func apply(d Deps, e engine.Effect) (json.RawMessage, error) {
	for _, m := range All(d) {
		if m.Name == "slack" {
			return m.Apply(context.Background(), e)
		}
	}
	return nil, errors.New("no slack")
}

func TestApply(t *testing.T) {
	to := &posted{}
	e := effect(t, `slack.post("see " + slack.link("https://a.example", "a") + "!", channel = "#music")`)
	e.Time = standardTime
	now := func() time.Time { return standardTime.Add(time.Minute) }
	receipt, err := apply(Deps{Poster: to, Now: now}, e)
	if err != nil || string(receipt) != `{"channel":"C1","ts":"1"}` {
		t.Errorf("receipt %s, %v", receipt, err)
	}
	want := []Part{{Text: "see "}, {Text: "a", URL: "https://a.example"}, {Text: "!"}}
	if to.channel != "#music" || !reflect.DeepEqual(to.parts, want) {
		t.Errorf("posted %+v", to)
	}
	to.err = errors.New("no")
	if _, err := apply(Deps{Poster: to}, e); err != to.err {
		t.Errorf("the error became %v", err)
	}
}

// TestApplyLate: the note is added every time, never to the message itself.
func TestApplyLate(t *testing.T) {
	e := effect(t, `slack.post("hello")`)
	e.Time = standardTime
	for late, want := range map[time.Duration]string{
		-time.Hour: "", 0: "", time.Minute: "",
		61 * time.Second: "\n(written at 21:04, 1 minute ago)",
		12 * time.Minute: "\n(written at 21:04, 12 minutes ago)",
		89 * time.Minute: "\n(written at 21:04, 89 minutes ago)",
		95 * time.Minute: "\n(written at 21:04, 2 hours ago)",
		23 * time.Hour:   "\n(written at 21:04, 23 hours ago)",
	} {
		to := &posted{}
		for range 2 {
			if _, err := apply(Deps{Poster: to, Now: func() time.Time { return standardTime.Add(late) }}, e); err != nil {
				t.Fatal(err)
			}
		}
		parts := []Part{{Text: "hello"}}
		if want != "" {
			parts = append(parts, Part{Text: want})
		}
		if !reflect.DeepEqual(to.parts, parts) {
			t.Errorf("%v late: %+v", late, to.parts)
		}
	}
}

func TestApplyWithoutSlack(t *testing.T) {
	for _, e := range []engine.Effect{effect(t, `slack.post("hello")`), {Call: "slack.wave"}} {
		_, err := apply(Deps{}, e)
		var final interface{ Permanent() bool }
		if !errors.As(err, &final) || !final.Permanent() {
			t.Errorf("%s: %v is tried again", e, err)
		}
	}
}

// evaluate gives the effects of a rule for a look at a device.
func evaluate(t *testing.T, file, rule, device string) []engine.Effect {
	t.Helper()
	set, err := engine.Load(engine.Snapshot{{Path: file, Data: []byte(rule)}}, engine.Limits{}, All(Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	p := standardLook()
	p.Device.Name = device
	ev := engine.Event{ID: "1", Account: "home", Kind: engine.KindPlayback, Cause: engine.CauseLook, Time: standardTime, Data: NewPlayback(p)}
	d := set.Evaluate(context.Background(), ev, engine.Facts{}, nil)
	if d.Err != nil {
		t.Fatal(d.Err)
	}
	return d.Once
}

func TestPostKeys(t *testing.T) {
	const rule = `
def on_playback(now):
    slack.post("a", every = "30m")
    announce()
    slack.post("c", every = "1h", key = "at home.star")
    slack.post("d")
def announce():
    slack.post("b", every = "30m", channel = "#b")
`
	got := evaluate(t, "home.star", rule, "Bob")
	for i, want := range []struct{ key, lane string }{
		{"slack.post at home.star on_playback - computer:Bob", "slack"},
		{"slack.post at home.star announce #b computer:Bob", "slack #b"},
		{"slack.post key at home.star", "slack"},
		{"", "slack"},
	} {
		if e := got[i]; e.Key != want.key || e.Lane != want.lane || !e.Expires.Equal(standardTime.Add(24*time.Hour)) {
			t.Errorf("%s: key %q, lane %q, expires %v", e, e.Key, e.Lane, e.Expires)
		}
	}
	if got[0].Every != 30*time.Minute || got[3].Every != 0 {
		t.Errorf("throttles: %v, %v", got[0].Every, got[3].Every)
	}
	if other := evaluate(t, "home.star", rule, "Eve"); other[0].Key == got[0].Key || other[2].Key != got[2].Key {
		t.Errorf("a second intruder: %q, %q", other[0].Key, other[2].Key)
	}
}

// TestNamesCannotBreakTheRule: no name that somebody gives a device may void the turn, or stop it from being announced.
func TestNamesCannotBreakTheRule(t *testing.T) {
	const rule = `
HOUSE = {"Kitchen": "green"}
def on_playback(now):
    device = now.device
    if device.name in HOUSE:
        allow()
        return
    deny("%s is not of the household" % device.name)
    pause()
    slack.post("*%s* is playing %s" % (device.name, now.item), every = "30m")
    slack.post("who is " + device.name, every = "1h", key = device.name)
    state.set("seen:" + device.key, device.name, ttl = "1d")
    log(device.name[:3], device)
    publish("seen", device = device)
def on_seen(event):
    slack.post("seen " + event.device.name + slack.link("https://x.example", event.device.name))
`
	for _, name := range []string{
		"", " ", "\x00", "\"", "é\u202e", "<!channel>", "%s", "{}", strings.Repeat("é", 1700), strings.Repeat("x", 10_000), "\xff\xff", "Kitchen\n",
	} {
		for _, e := range evaluate(t, "home.star", rule, name) {
			if err := readBack(e); err != nil {
				t.Error(err)
			}
			if n := len(e.Key); n > 300 {
				t.Errorf("a key of %d bytes", n)
			}
		}
	}
}

func TestMarkupIsBounded(t *testing.T) {
	long := strings.Repeat("é", 5000)
	text := func(n int) Part { return Part{Text: long[:2*n]} }
	link := func(s string) Part { return Part{Text: s, URL: "https://a.example"} }
	for name, x := range map[string]struct{ given, want []Part }{
		"it fits":                   {[]Part{text(3000)}, []Part{text(3000)}},
		"with a link":               {[]Part{text(2997), link("abc")}, []Part{text(2997), link("abc")}},
		"too long":                  {[]Part{text(3001)}, []Part{{Text: long[:2*2999] + "…"}}},
		"too long behind a link":    {[]Part{link("abc"), text(5000)}, []Part{link("abc"), {Text: long[:2*2996] + "…"}}},
		"a link that does not fit":  {[]Part{text(2998), link("abc")}, []Part{{Text: long[:2*2998] + "…"}}},
		"a link behind a full text": {[]Part{text(3000), link("abc")}, []Part{{Text: long[:2*2999] + "…"}}},
		"a link behind a link":      {[]Part{text(2990), link("abc"), link("abcdefgh")}, []Part{text(2990), link("abc"), {Text: "…"}}},
		"text behind a full text":   {[]Part{text(2999), link("a"), {Text: "b"}}, []Part{{Text: long[:2*2999] + "…"}}},
	} {
		got := shortened(x.given)
		if !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %d parts, ends in %.40q", name, len(got), got[len(got)-1].Text)
		}
		if !reflect.DeepEqual(shortened(got), got) {
			t.Errorf("%s: shortened again it is another", name)
		}
	}
}
