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

// notified is what a notifier was given, and what it answers.
type notified struct {
	target string
	notice Notice
	err    error
}

func (n *notified) Notify(_ context.Context, target string, notice Notice) (json.RawMessage, error) {
	n.target, n.notice = target, notice
	return json.RawMessage(`{"status":200}`), n.err
}

func applyNotice(d Deps, e engine.Effect) (json.RawMessage, error) {
	for _, m := range All(d) {
		if m.Members.Has("notify") {
			return m.Apply(context.Background(), e)
		}
	}
	return nil, errors.New("nobody offers notify")
}

func TestNotify(t *testing.T) {
	to := &notified{}
	e := effect(t, `notify("see " + slack.link("https://a.example", "a"), to = "ops")`)
	e.ID, e.Account, e.Time = "ev/2", "home", standardTime
	late := func() time.Time { return standardTime.Add(12 * time.Minute) }
	receipt, err := applyNotice(Deps{Notifier: to, Now: late}, e)
	if err != nil || string(receipt) != `{"status":200}` {
		t.Errorf("receipt %s, %v", receipt, err)
	}
	want := Notice{ID: "ev/2", Account: "home", Time: standardTime, Parts: []Part{
		{Text: "see "}, {Text: "a", URL: "https://a.example"}, {Text: "\n(written at 21:04, 12 minutes ago)"},
	}}
	if to.target != "ops" || !reflect.DeepEqual(to.notice, want) {
		t.Errorf("sent %+v", to)
	}
	to.err = errors.New("no")
	if _, err := applyNotice(Deps{Notifier: to}, e); err != to.err {
		t.Errorf("the error became %v", err)
	}
}

func TestNotifyWithoutTargets(t *testing.T) {
	for _, e := range []engine.Effect{effect(t, `notify("hello")`), {Call: "notify"}} {
		_, err := applyNotice(Deps{}, e)
		var final interface{ Permanent() bool }
		if !errors.As(err, &final) || !final.Permanent() {
			t.Errorf("%s: %v is tried again", e, err)
		}
	}
}

// TestUnknownTargets: a rule hears of a target that the config does not name, with what there is: when the file is loaded,
// or, if it is no literal there, at the call. What was written while it was named can still be read back.
func TestUnknownTargets(t *testing.T) {
	for _, x := range []struct {
		targets []string
		call    string
		want    string // "": it is taken
	}{
		{nil, `notify("x", to = "anybody")`, ""},
		{[]string{"ops", "phone"}, `notify("x")`, ""},
		{[]string{"ops"}, `notify("x", "ops")`, ""},
		{[]string{"ops", "phone"}, `notify("x", "phnoe")`, `notify: for parameter to: the config names no target "phnoe": did you mean "phone"?`},
		{[]string{"music", "ops"}, `notify("x")`, `notify: for parameter to: the config names no target "phone": it names "music", "ops"`},
		{[]string{}, `notify("x")`, `the config names no target: write one below notify: there, such as phone: {ntfy: https://ntfy.sh/a-topic}`},
	} {
		modules := All(Deps{Targets: x.targets})
		load := func(call string) (*engine.Ruleset, error) {
			source := "def on_playback(now):\n    " + call + "\n"
			return engine.Load(engine.Snapshot{{Path: "a.star", Data: []byte(source)}}, engine.Limits{}, modules...)
		}
		if _, err := load(x.call); x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), "a.star:2:") || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("loading %s with %q: %v, want %q", x.call, x.targets, err, x.want)
		}
		set, err := load("send = notify\n    " + strings.Replace(x.call, "notify(", "send(", 1)) // not seen while it is loaded
		if err != nil {
			t.Fatal(err)
		}
		ev := engine.Event{ID: "1", Account: "home", Kind: engine.KindPlayback, Cause: engine.CauseLook, Time: standardTime, Data: standardLook()}
		d := set.Evaluate(context.Background(), ev, engine.Facts{}, nil)
		if x.want == "" && d.Err != nil || x.want != "" && (d.Err == nil || !strings.Contains(d.Err.Error(), x.want)) {
			t.Errorf("%s with %q: %v, want %q", x.call, x.targets, d.Err, x.want)
		}
		if _, err := engine.ParseEffect(x.call, modules...); err != nil {
			t.Errorf("reading %s back with %q: %v", x.call, x.targets, err)
		}
	}
}

func TestNotifyKeys(t *testing.T) {
	const rule = `
def on_playback(now):
    notify("a", every = "30m")
    notify("b", to = "ops", every = "1h", key = "at home.star")
    elsewhere()
    notify("d")
def elsewhere():
    notify("c", to = "ops", every = "30m")
`
	got := evaluate(t, "home.star", rule, "Bob")
	for i, want := range []struct{ key, lane string }{
		{"notify at home.star on_playback phone computer:Bob", "notify phone"},
		{"notify key at home.star", "notify ops"},
		{"notify at home.star elsewhere ops computer:Bob", "notify ops"},
		{"", "notify phone"},
	} {
		if e := got[i]; e.Key != want.key || e.Lane != want.lane || !e.Expires.Equal(standardTime.Add(24*time.Hour)) {
			t.Errorf("%s: key %q, lane %q, expires %v", e, e.Key, e.Lane, e.Expires)
		}
	}
	if got[0].Every != 30*time.Minute || got[3].Every != 0 {
		t.Errorf("throttles: %v, %v", got[0].Every, got[3].Every)
	}
}
