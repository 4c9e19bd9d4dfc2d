package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// snap is a payload of a look: who holds the player, and what plays.
type snap struct {
	Inert  `json:"-"`
	Who    string    `json:"who"`
	Item   string    `json:"item"`
	Plays  bool      `json:"plays"`
	NoID   bool      `json:"no_id"`
	ID     string    `json:"id,omitempty"`    // "": one made of Who
	Fixed  bool      `json:"fixed,omitempty"` // it takes no commands
	Since  time.Time `json:"since,omitzero"`  // its player did something then
	broken bool      // Bind panics
}

func (s snap) Holder() string       { return s.Who }
func (s snap) Active() bool         { return s.Plays }
func (s snap) Restricted() bool     { return s.Fixed }
func (s snap) ChangedAt() time.Time { return s.Since }
func (s snap) Target() string {
	switch {
	case s.NoID:
		return ""
	case s.ID != "":
		return s.ID
	}
	return "id of " + s.Who
}

func (s snap) Same(b Held) bool {
	o, ok := b.(snap)
	return ok && s.Who == o.Who && s.Item == o.Item && s.Plays == o.Plays && s.Target() == o.Target()
}
func (s snap) String() string { return s.Who + " " + s.Item }
func (s snap) Type() string   { return "snap" }
func (s snap) MarshalJSON() ([]byte, error) {
	type plain snap
	return json.Marshal(plain(s))
}

func decodeSnap(raw json.RawMessage) (Payload, error) {
	type plain snap
	var p plain
	err := json.Unmarshal(raw, &p)
	return snap(p), err
}

func (s snap) Bind(ev Event, f Facts) starlark.Value {
	if s.broken {
		panic("this cannot be bound")
	}
	return nowArg{s, ev, f}
}

// nowArg is the argument of on_playback.
type nowArg struct {
	snap
	ev    Event
	facts Facts
}

func (n nowArg) AttrNames() []string { return nil }
func (n nowArg) Attr(name string) (starlark.Value, error) {
	switch name {
	case "who":
		return starlark.String(n.Who), nil
	case "item":
		return starlark.String(n.Item), nil
	case "plays":
		return starlark.Bool(n.Plays), nil
	case "cause":
		return starlark.String(n.ev.Cause), nil
	case "time":
		return startime.Time(n.ev.Time), nil
	case "known":
		return starlark.Bool(n.facts.Acquainted(n.Who, n.Target(), n.ev.Time).TargetKnown), nil
	case "said":
		return said(n.facts.Approval(n.Who, n.ev.Time)), nil
	case "previous":
		if n.facts.Held == nil {
			return starlark.None, nil
		}
		return starlark.String(n.facts.Held.Holder()), nil
	case "changed":
		return starlark.Bool(n.facts.Held == nil || !n.Same(n.facts.Held)), nil
	case "pauses":
		return starlark.MakeInt(n.facts.Episode(n.Who, n.ev.Time).Count), nil
	case "denied_for":
		e := n.facts.Episode(n.Who, n.ev.Time)
		if e.Began.IsZero() {
			return startime.Duration(0), nil
		}
		return startime.Duration(n.ev.Time.Sub(e.Began)), nil
	}
	return nil, nil
}

func said(a Approval, ok bool) starlark.Value {
	switch {
	case !ok:
		return starlark.None
	case a.Allowed:
		return starlark.String("approved")
	}
	return starlark.String("blocked")
}

// called is what the fake calls record.
type called struct {
	names  []string
	values []starlark.Value
	slots  []string
}

func (c called) Arguments() []Argument {
	var out []Argument
	for i, v := range c.values {
		if v != starlark.None {
			out = append(out, Argument{c.names[i], v})
		}
	}
	return out
}

type slottedCall struct{ called }

func (s slottedCall) Slots() []string { return s.slots }

// fakes is a set of modules, and what they were asked to do.
type fakes struct {
	modules []Module
	apply   func(context.Context, Effect) (json.RawMessage, error)
	answer  func(context.Context, Ask) (json.RawMessage, error)
	stood   []Stands
}

type builtin = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

func member(name string, f builtin) *starlark.Builtin { return starlark.NewBuiltin(name, f) }

func newFakes() *fakes {
	f := &fakes{
		apply:  func(context.Context, Effect) (json.RawMessage, error) { return json.RawMessage(`"ok"`), nil },
		answer: func(context.Context, Ask) (json.RawMessage, error) { return json.RawMessage(`"yes"`), nil },
	}
	f.modules = []Module{
		{
			Members: starlark.StringDict{
				"allow": member("allow", judging(Allow)), "deny": member("deny", judging(Deny)),
				"done": member("done", doDone), "pause": member("pause", doPace), "poll": member("poll", doPace),
				"publish": member("publish", doPublish), "log": member("log", doLog),
				"every": member("every", doEvery), "at": member("at", doAt),
				"boom": member("boom", doBoom), "twice": member("twice", doTwice), "careless": member("careless", doTwice),
			},
			Pure:   []string{"every", "at", "twice"},
			Topics: map[string]TopicAt{"publish": {Name: "topic"}},
			Events: map[string]func(json.RawMessage) (Payload, error){KindPlayback: decodeSnap, KindBlind: DecodeBlind, "button": nil, "hook": nil, "hood": nil},
		},
		{
			Name:    "light",
			Members: starlark.StringDict{"set": member("light.set", doLight)},
			Stand:   func(_ string, now Stands) { f.stood = append(f.stood, now) },
		},
		{
			Name:    "mail",
			Members: starlark.StringDict{"send": member("mail.send", doMail), "player": member("mail.player", doPlayer)},
			Keyed:   map[string]int{"send": 1},
			Literals: map[string][]Literal{"player": {{Name: "to", Position: 1, Default: "hifi", Check: func(s string) error {
				if s != "hifi" && s != "radio" {
					return errors.New("no such player")
				}
				return nil
			}}}},
			Apply: func(ctx context.Context, e Effect) (json.RawMessage, error) { return f.apply(ctx, e) },
		},
		{
			Name:     "chat",
			Members:  starlark.StringDict{"say": member("chat.say", doSay)},
			Inner:    starlark.StringDict{"note": member("chat.note", doSay)},
			Messages: chatter{},
		},
		{
			Name: "state",
			Members: starlark.StringDict{
				"get": member("state.get", doGet), "set": member("state.set", doSet), "delete": member("state.delete", doDelete),
			},
		},
		{
			Members: starlark.StringDict{"approve": member("approve", approving(true)), "disapprove": member("disapprove", approving(false))},
		},
		{
			Name:    "ask",
			Members: starlark.StringDict{"one": member("ask.one", doAsk)},
			Answer:  func(ctx context.Context, a Ask) (json.RawMessage, error) { return f.answer(ctx, a) },
		},
	}
	return f
}

func judging(kind VerdictKind) builtin {
	return func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		reason := ""
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, "reason?", &reason); err != nil {
			return nil, err
		}
		t, err := Recording(th, b)
		if err != nil {
			return nil, err
		}
		return starlark.None, t.Judge(th, b, kind, reason)
	}
}

func doDone(th *starlark.Thread, b *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	t, err := Recording(th, b)
	if err == nil {
		t.Done()
	}
	return starlark.None, err
}

func duration(b *starlark.Builtin, v starlark.Value) (time.Duration, error) {
	if v == starlark.None {
		return 0, nil
	}
	s, ok := starlark.AsString(v)
	if !ok {
		return 0, fmt.Errorf("%s: got %s, want a duration", b.Name(), v.Type())
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return d, nil
}

func doPace(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var every starlark.Value = starlark.String("10s")
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "every?", &every); err != nil {
		return nil, err
	}
	d, err := duration(b, every)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%s: every is too short", b.Name())
	}
	if err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	return starlark.None, t.Stand(th, b, Effect{Every: d, Args: called{names: []string{"every"}, values: []starlark.Value{every}}})
}

func doLight(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var color starlark.Value
	var led starlark.Value = starlark.None
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "color", &color, "led?", &led); err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	slots := []string{"1", "2"}
	if led != starlark.None {
		slots = []string{led.String()}
	}
	return starlark.None, t.Stand(th, b, Effect{Args: slottedCall{called{[]string{"color", "led"}, []starlark.Value{color, led}, slots}}})
}

func doMail(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text, lane starlark.Value = starlark.None, starlark.None
	var every, key, ttl starlark.Value = starlark.None, starlark.None, starlark.None
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text, "every?", &every, "key?", &key, "lane?", &lane, "ttl?", &ttl); err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	e := Effect{Args: called{names: []string{"text", "every", "key", "lane", "ttl"}, values: []starlark.Value{text, every, key, lane, ttl}}}
	if e.Every, err = duration(b, every); err != nil {
		return nil, err
	}
	if lived, err := duration(b, ttl); err != nil {
		return nil, err
	} else if lived > 0 {
		e.Expires = t.Event().Time.Add(lived)
	}
	e.Lane = lane.String()
	if e.Every > 0 {
		e.Key = "mail"
		if key != starlark.None {
			e.Key = key.String()
		}
		e.Key += " " + t.Holder()
	}
	return starlark.None, t.Once(th, b, e)
}

// doPlayer is a command to the player; nobody wants it after half a minute.
func doPlayer(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var what starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "what", &what); err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	e := Effect{Player: true, Lane: "player", Expires: t.Event().Time.Add(30 * time.Second), Args: called{[]string{"what"}, []starlark.Value{what}, nil}}
	return starlark.None, t.Once(th, b, e)
}

func doPublish(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	topic, _ := starlark.AsString(args[0])
	var fields []Field
	for _, kw := range kwargs {
		name, _ := starlark.AsString(kw[0])
		fields = append(fields, Field{name, kw[1]})
	}
	return starlark.None, t.Publish(topic, fields)
}

func doLog(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	t, err := Recording(th, b)
	if err == nil {
		text := ""
		for i, a := range args {
			if i > 0 {
				text += " "
			}
			if s, ok := starlark.AsString(a); ok {
				text += s
			} else {
				text += a.String()
			}
		}
		t.Log(th, text)
	}
	return starlark.None, err
}

func doEvery(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var every starlark.Value
	var fn *starlark.Function
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "interval", &every, "fn", &fn); err != nil {
		return nil, err
	}
	d, err := duration(b, every)
	if err != nil {
		return nil, err
	}
	return starlark.None, AddTimer(th, b, Timer{Fn: fn, Every: d})
}

func doAt(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var at, days string
	var fn *starlark.Function
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "time", &at, "fn", &fn, "days?", &days); err != nil {
		return nil, err
	}
	clock, err := time.Parse("15:04", at)
	if err != nil {
		return nil, err
	}
	set, err := ParseDays(days)
	if err != nil {
		return nil, err
	}
	return starlark.None, AddTimer(th, b, Timer{Fn: fn, Hour: clock.Hour(), Minute: clock.Minute(), Days: set})
}

func doGet(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key string
	var absent starlark.Value = starlark.None
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "key", &key, "default?", &absent); err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	if v, ok, err := t.State(key); ok || err != nil {
		return v, err
	}
	return absent, nil
}

func doSet(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key string
	var value, ttl starlark.Value = nil, starlark.None
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "key", &key, "value", &value, "ttl?", &ttl); err != nil {
		return nil, err
	}
	d, err := duration(b, ttl)
	if err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	return starlark.None, t.SetState(key, value, d)
}

func doDelete(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "key", &key); err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	return starlark.None, t.DeleteState(key)
}

func approving(allowed bool) builtin {
	return func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var who string
		var length starlark.Value = starlark.None
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, "who", &who, "for_?", &length); err != nil {
			return nil, err
		}
		d, err := duration(b, length)
		if err != nil {
			return nil, err
		}
		t, err := Recording(th, b)
		if err != nil {
			return nil, err
		}
		return starlark.None, t.Approve(th, who, allowed, d)
	}
}

// doAsk gives the answer to a question as text, or "error: " and why there is none.
func doAsk(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var q starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "q", &q); err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	a, err := t.Ask(th, b, called{names: []string{"q"}, values: []starlark.Value{q}})
	if err != nil {
		return nil, err
	}
	if a.Err != "" {
		return starlark.String("error: " + a.Err), nil
	}
	return DecodeValue(a.Data)
}

func doBoom(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	panic("boom")
}

func doTwice(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	n, ok := args[0].(starlark.Int)
	if !ok {
		return nil, errors.New("twice: want an int")
	}
	return n.Add(n), nil
}

// snapshot makes files of path, content, path, content, ...
func snapshot(files ...string) Snapshot {
	var out Snapshot
	for i := 0; i < len(files); i += 2 {
		out = append(out, File{Path: files[i], Data: []byte(files[i+1])})
	}
	return out
}

// rules loads files that are right.
func rules(t testing.TB, files ...string) *Ruleset {
	t.Helper()
	if len(files) == 1 {
		files = []string{"home.star", files[0]}
	}
	set, err := Load(snapshot(files...), Limits{}, newFakes().modules...)
	if err != nil {
		t.Fatalf("loading:\n%v", err)
	}
	return set
}

var zone = time.FixedZone("CET", 3600)

// start is a Monday.
var start = time.Date(2026, 3, 2, 12, 0, 0, 0, zone)

func playback(s snap) Event {
	return Event{ID: "home/playback/1", Account: "home", Kind: KindPlayback, Time: start, Cause: CauseLook, Data: s}
}

var bob = snap{Who: "bob", Item: "Blue Train", Plays: true}

// decide evaluates the rules on bob's playback.
func decide(t testing.TB, files ...string) Decision {
	t.Helper()
	return rules(t, files...).Evaluate(context.Background(), playback(bob), Facts{}, nil)
}

func callsOf(effects []Effect) []string {
	out := []string{}
	for _, e := range effects {
		out = append(out, e.String())
	}
	return out
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func equals[T comparable](t testing.TB, what string, got []T, want ...T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
