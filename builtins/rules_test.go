package builtins

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

// standardTime is when the standard event happens: a Monday evening.
var standardTime = time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)

// standardLook is the standard event, as playback.md tells it.
func standardLook() Playback {
	return NewPlayback(Playback{
		Device: &Device{
			ID: "0d1841b0976bae2a3a310dd74c0f3df354899bc8", Name: "Bob's Laptop", Type: "Computer",
			Active: true, Volume: 60, SupportsVolume: true,
		},
		Item: &Item{
			Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane"}, Album: "Blue Train",
			URI: "spotify:track:0eyHNlZpTaJ3Bj3fAYCVVp", Duration: 643 * time.Second, Progress: 61 * time.Second,
		},
		Playing: true, Context: "spotify:album:2Z11cXWEFKrf4hEFkSSzGw",
	})
}

// example is a rule, the event that it is given, and what should come of it. Comments say so:
//
//	# event: playback device="Kitchen" type="speaker" playing=false kind="ad"   (or: playback none)
//	# event: blind kind="quota"      # event: timer      # event: bad_auth
//	# state: seen=[1, 2]
//	# seen: ago=24h id=x            (the device of the standard look, under that id, last an hour ago; ago=0s: just now)
//	# before: approve("computer:Bob's Laptop")   (what another handler said before)
//	# answer: spotify.devices()=[]                (its answer, as JSON; or an error: !it is down)
//	# asks: spotify.devices()                     (a question without an answer)
//	# -> blink1.set(color="#ff0000")   (or: # want: ...; "nothing" for nothing)
//	# error: part of what is said
type example struct {
	source string
	event  string
	state  engine.State
	facts  engine.Facts
	before []string
	answer []engine.Answer
	want   []string
	errors []string
}

func readExample(source string) (example, error) {
	x := example{source: source, state: engine.State{}}
	for line := range strings.Lines(source) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if !ok {
			continue
		}
		for _, mark := range []string{"->", "want:", "error:", "event:", "state:", "seen:", "before:", "answer:", "asks:"} {
			value, ok := strings.CutPrefix(text, mark)
			if value = strings.TrimSpace(value); !ok {
				continue
			}
			switch mark {
			case "->", "want:":
				x.want = append(x.want, value)
			case "error:":
				x.errors = append(x.errors, value)
			case "event:":
				x.event = value
			case "asks:":
				x.want = append(x.want, "asks "+value)
			case "before:":
				x.before = append(x.before, value)
			case "answer:":
				call, data, _ := strings.Cut(value, ")=")
				call += ")"
				a := engine.Answer{Call: call, Data: json.RawMessage(data), At: standardTime}
				if text, failed := strings.CutPrefix(data, "!"); failed {
					a.Data, a.Err = nil, text
				} else if !json.Valid(a.Data) {
					return x, fmt.Errorf("answer %s is not JSON", value)
				}
				x.answer = append(x.answer, a)
			case "seen:":
				if err := x.seen(value); err != nil {
					return x, err
				}
			case "state:":
				key, raw, _ := strings.Cut(value, "=")
				if !json.Valid([]byte(raw)) {
					return x, fmt.Errorf("state %s is not JSON", value)
				}
				x.state[key] = engine.Entry{Value: json.RawMessage(raw)}
			}
		}
	}
	if len(x.want) == 0 && len(x.errors) == 0 {
		return x, fmt.Errorf("no expectation: it tests nothing")
	}
	if len(x.want) == 1 && x.want[0] == "nothing" {
		x.want = []string{}
	}
	return x, nil
}

// seen puts the device of the standard look into the ledger, under an id.
func (x *example) seen(value string) error {
	set, err := fields(value)
	if err != nil {
		return err
	}
	ago, err := time.ParseDuration(set["ago"])
	if err != nil {
		return err
	}
	look := standardLook()
	if id, ok := set["id"]; ok {
		look.Device.ID = id
	}
	look = NewPlayback(look)
	for _, at := range []time.Time{standardTime.Add(-ago), standardTime.Add(-ago / 24)} {
		ev := engine.Event{Kind: engine.KindPlayback, Cause: engine.CauseLook, Time: at, Data: look}
		x.facts = engine.Fold(x.facts, ev, engine.Decision{})
	}
	return nil
}

// fields reads key=value pairs; a value may be quoted as in Go.
func fields(s string) (map[string]string, error) {
	out := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		key, rest, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("no = in %s", s)
		}
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			value, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, err
			}
			out[key], s = value, rest[len(quoted):]
			continue
		}
		out[key], s, _ = strings.Cut(rest, " ")
	}
	return out, nil
}

// payload makes the event's payload from the standard one.
func (x example) payload() (kind string, data engine.Payload, err error) {
	kind, rest, _ := strings.Cut(x.event, " ")
	if rest == "none" {
		return kind, NewPlayback(Playback{}), nil
	}
	set, err := fields(rest)
	if err != nil {
		return "", nil, err
	}
	switch kind {
	case "", engine.KindPlayback:
		p := standardLook()
		for key, value := range set {
			switch key {
			case "device":
				p.Device.Name = value
			case "type":
				p.Device.Type = value
			case "id":
				p.Device.ID = value
			case "kind":
				p.Item.Kind = value
			case "item":
				p.Item.Name = value
			case "context":
				p.Context = value
			case "playing":
				p.Playing = value == "true"
			default:
				return "", nil, fmt.Errorf("no such field of an event: %s", key)
			}
		}
		return engine.KindPlayback, NewPlayback(p), nil
	case engine.KindBlind:
		return kind, engine.Blind{Kind: set["kind"], Since: standardTime, Message: "it cannot be seen"}, nil
	case engine.KindTimer:
		return kind, nil, nil
	}
	data, err = engine.NewTopic("cli", nil)
	return kind, data, err
}

// happens loads the rule and gives what it does, in the notation of effects: the verdict, what stands, what happens
// once, what it writes, what it logs.
func (x example) happens() ([]string, error) {
	if err := x.said(); err != nil {
		return nil, err
	}
	files := engine.Snapshot{{Path: "example.star", Data: []byte(x.source)}}
	rules, err := engine.Load(files, engine.Limits{}, All(Deps{})...)
	if err != nil {
		return nil, err
	}
	kind, data, err := x.payload()
	if err != nil {
		return nil, err
	}
	events := []engine.Event{{Cause: engine.CauseLook, Data: data}}
	if kind == engine.KindTimer {
		events = nil
		for _, timer := range rules.Timers() {
			events = append(events, engine.Event{Data: engine.Tick{Timer: timer.ID}})
		}
	}
	out := []string{}
	for i, ev := range events {
		ev.ID, ev.Account, ev.Kind, ev.Time, ev.Answers = strconv.Itoa(i+1), "home", kind, standardTime, x.answer
		d := rules.Evaluate(context.Background(), ev, x.facts, x.state)
		if d.Err != nil {
			return nil, d.Err
		}
		out = append(out, lines(d)...)
	}
	return out, nil
}

// said is the state after what other handlers said before.
func (x *example) said() error {
	for _, call := range x.before {
		files := engine.Snapshot{{Path: "before.star", Data: []byte("def on_playback(now):\n\t" + call)}}
		rules, err := engine.Load(files, engine.Limits{}, All(Deps{})...)
		if err != nil {
			return err
		}
		ev := engine.Event{Kind: engine.KindPlayback, Time: standardTime.Add(-time.Minute), Data: standardLook()}
		d := rules.Evaluate(context.Background(), ev, engine.Facts{}, x.state)
		if d.Err != nil {
			return d.Err
		}
		x.state = x.state.With(d.State, standardTime)
	}
	return nil
}

func lines(d engine.Decision) []string {
	var out []string
	if d.Verdict.Given {
		out = append(out, d.Verdict.String())
	}
	for _, e := range append(d.Standing, d.Once...) {
		out = append(out, e.String())
	}
	for _, w := range d.State {
		out = append(out, w.String())
	}
	for _, a := range d.Asks {
		out = append(out, "asks "+a.Call)
	}
	for _, l := range d.Logs {
		out = append(out, fmt.Sprintf("log(%s)", quote(l.Text)))
	}
	return out
}

// run compares what happens with what should.
func (x example) run(t *testing.T) {
	t.Helper()
	got, err := x.happens()
	if len(x.errors) > 0 {
		if err == nil {
			t.Fatalf("no error, but:\n%s", strings.Join(got, "\n"))
		}
		for _, want := range x.errors {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q\ndoes not contain %q", err, want)
			}
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if g, w := strings.Join(got, "\n"), strings.Join(x.want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}
