package engine

import (
	"encoding/json"
	"testing"
	"time"

	"go.starlark.net/starlark"
)

var eve = snap{Who: "eve", Item: "So What", Plays: true}

func recordOf(t testing.TB, ev Event) EventRecord {
	t.Helper()
	raw, err := ev.Data.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return EventRecord{ID: ev.ID, Kind: ev.Kind, Time: ev.Time, Cause: ev.Cause, Data: raw, Answers: ev.Answers}
}

func TestEventsReadBack(t *testing.T) {
	list := starlark.Tuple{starlark.MakeInt(1), starlark.String("ü")}
	topic, err := NewTopic("slack:U1", []Field{{"z", list}, {"a", starlark.Float(2.5)}, {"n", starlark.None}})
	if err != nil {
		t.Fatal(err)
	}
	module := Module{Events: map[string]func(json.RawMessage) (Payload, error){KindPlayback: decodeSnap}}
	for name, ev := range map[string]Event{
		"a look":    playback(eve),
		"blindness": {ID: "b", Kind: KindBlind, Time: start, Data: Blind{Kind: BlindQuota, Since: start, Message: "no"}},
		"a timer":   {ID: "t", Kind: KindTimer, Time: start, Data: Tick{Timer: "home.star/count/every 1h"}},
		"an order":  {ID: "o", Kind: KindHold, Time: start, Data: Order{By: "cli", What: "for 3h"}},
		"a topic":   {ID: "p", Kind: "party", Time: start, Data: topic.asKept()},
	} {
		t.Run(name, func(t *testing.T) {
			rec := recordOf(t, ev)
			got, err := rec.Read("home", zone, module)
			if err != nil {
				t.Fatal(err)
			}
			again := recordOf(t, got)
			equal(t, "kept again", string(again.Data), string(rec.Data))
			equal(t, "as a rule sees it", got.Data.Bind(got, Facts{}).String(), ev.Data.Bind(got, Facts{}).String())
			if !got.Time.Equal(ev.Time) || got.Account != "home" || got.Kind != ev.Kind {
				t.Errorf("%+v", got)
			}
		})
	}
	if _, err := (EventRecord{Kind: "party", Data: json.RawMessage(`{`)}).Read("home", zone); err == nil {
		t.Error("damaged data is an event")
	}
}

// A topic from outside has its fields in the same order and of the same types when it happens and in a replay.
func TestTopicIsDecidedAsItIsKept(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{`
def on_playback(now):
	allow()

def on_party(event):
	state.set("said", str(event) + type(event.list))
`}})
	h.step(Publish{ID: "1", Topic: "party", By: "cli", Fields: []Field{{"z", starlark.MakeInt(1)}, {"list", starlark.Tuple{starlark.MakeInt(2)}}}})
	for _, rec := range h.records {
		if rec.Event == nil || rec.Event.Kind != "party" {
			continue
		}
		var d DecisionRecord
		if err := json.Unmarshal(rec.Decision, &d); err != nil {
			t.Fatal(err)
		}
		ev, err := rec.Event.Read("home", zone)
		if err != nil {
			t.Fatal(err)
		}
		facts, state, err := d.Past.Told(ev, nil, decodeSnap)
		if err != nil {
			t.Fatal(err)
		}
		is := RecordOf(h.l.rules.Evaluate(t.Context(), ev, facts, state))
		equal(t, "written", string(is.State[0].Value), string(d.State[0].Value))
		equal(t, "what it says", string(d.State[0].Value), `"event(by=\"cli\", list=[2], z=1)list"`)
		return
	}
	t.Fatal("the topic was not kept")
}

func TestWhatOrdersWrote(t *testing.T) {
	at := start.Add(time.Minute)
	for what, want := range map[string]string{
		`approve(device_key="speaker:Den \"x\"", for_="2h")`: `approve(device_key="speaker:Den \"x\"", for_="2h")`,
		`disapprove(device_key="b")`:                         `disapprove(device_key="b")`,
		`undo(device_key="b")`:                               `undo(device_key="b")`,
	} {
		raw, err := Order{By: "cli ann", What: what}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		w, ok := EventRecord{Kind: KindApproval, Time: at, Data: raw}.Written()
		if !ok || w.String() != want {
			t.Errorf("%s wrote %s", what, w)
		}
		if w.Length > 0 && !w.Expires.Equal(at.Add(2*time.Hour)) {
			t.Errorf("%s ends at %s", what, w.Expires)
		}
	}
	for _, what := range []string{"", "approve", `approve(device_key=1)`, `approve("b")`, `open(device_key="b")`, `approve(device_key="b", for_="long")`, `(`} {
		raw, err := Order{What: what}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := (EventRecord{Kind: KindApproval, Data: raw}).Written(); ok {
			t.Errorf("%q wrote %s", what, w)
		}
	}
}

func TestPauseOf(t *testing.T) {
	for what, want := range map[string]string{
		"computer:Eve: paused":                         "paused",
		"computer:Eve: restricted (403)":               "restricted",
		"computer:Eve: paused; after the pause before": "paused",
		"computer:Eve2: paused":                        "",
	} {
		raw, err := Order{What: what}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		outcome, ok := EventRecord{Kind: KindPause, Data: raw}.PauseOf("computer:Eve")
		if ok != (want != "") || ok && outcome != want {
			t.Errorf("%s: %q, %v", what, outcome, ok)
		}
	}
}

// Whatever lies in a journal, reading it gives an event or an error.
func FuzzEventRecord(f *testing.F) {
	for _, kind := range []string{KindPlayback, KindBlind, KindTimer, KindApproval, KindPause, "party"} {
		f.Add(kind, []byte(`{"by":"cli","what":"approve(device_key=\"x\")","fields":{"a":[1]},"timer":"t"}`))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		rec := EventRecord{Kind: kind, Time: start, Data: data}
		ev, err := rec.Read("home", zone)
		if err == nil && ev.Data == nil {
			t.Error("neither an event nor an error")
		}
		if err == nil {
			if _, err := ev.Data.MarshalJSON(); err != nil {
				t.Errorf("%s cannot be kept again: %v", ev.Data, err)
			}
		}
		if w, ok := rec.Written(); ok && !w.Readable() {
			t.Errorf("it has written %q", w.Key)
		}
		rec.PauseOf("x")
	})
}
