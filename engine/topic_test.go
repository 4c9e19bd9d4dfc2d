package engine

import (
	"strings"
	"testing"

	"go.starlark.net/starlark"
)

// What the journal keeps of an event that a rule published or the clock made.
func TestTopicAsJSON(t *testing.T) {
	topic, err := NewTopic("slack:U123", []Field{
		{"n", starlark.MakeInt(1)}, {"l", starlark.NewList([]starlark.Value{starlark.None, starlark.String("x")})},
		{"set", starlark.NewSet(0)}, // no plain value: as it prints
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := topic.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "topic", string(raw), `{"by":"slack:U123","fields":{"l":[null,"x"],"n":1,"set":"set([])"}}`)
	raw, _ = Tick{Timer: "home.star/f/every 1h"}.MarshalJSON()
	equal(t, "tick", string(raw), `{"timer":"home.star/f/every 1h"}`)
	equal(t, "names", topic.Type()+" "+topic.String()+" "+Tick{}.Type()+" "+Tick{}.String()+" "+Blind{}.Type(), "topic topic tick tick blind")
}

// A rule outside of a look is told who holds the player as far as it is known.
func TestHolder(t *testing.T) {
	topic, _ := NewTopic("cli", nil)
	set := rules(t, "def on_x(e):\n\tmail.send('x', every='1h')\ndef on_playback(now):\n\tpublish('x')")
	for _, c := range []struct {
		ev    Event
		facts Facts
		want  string
	}{
		{playback(ann), Facts{Held: bob}, "mail ann"},
		{Event{Kind: "x", Data: topic, Time: start}, Facts{Held: bob}, "mail bob"},
		{Event{Kind: "x", Data: topic, Time: start}, Facts{}, "mail "},
	} {
		d := set.Evaluate(t.Context(), c.ev, c.facts, nil)
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		equal(t, "key", d.Once[0].Key, c.want)
	}
}

// Fields of a topic from outside are what a rule could have written.
func TestFieldsOfATopic(t *testing.T) {
	field := func(name string) Field { return Field{Name: name, Value: starlark.None} }
	for name, c := range map[string]struct {
		fields []Field
		says   string
	}{
		"good":        {[]Field{field("minutes"), field("_x1"), field("größe")}, ""},
		"empty":       {[]Field{field("")}, "cannot be called"},
		"no name":     {[]Field{field("a b")}, "cannot be called"},
		"digit first": {[]Field{field("1a")}, "cannot be called"},
		"twice":       {[]Field{field("a"), field("a")}, "given twice"},
		"taken":       {[]Field{field("by")}, "every topic has that"},
	} {
		_, err := NewTopic("cli", c.fields)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
