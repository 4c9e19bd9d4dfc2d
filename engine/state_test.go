package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"
	"pgregory.net/rapid"
)

func entry(raw string, expires time.Time) Entry { return Entry{json.RawMessage(raw), expires} }

func TestStateIsReadAsWritten(t *testing.T) {
	set := rules(t, `
def on_playback(now):
	log(state.get("old"), state.get("gone"), state.get("nothing", 7), state.get("null", 7))
	state.set("old", {"a": [1, 2.0, "x", None, True, (3,)], "b": {}})
	log(state.get("old"))
	state.set("old", 2)
	log(state.get("old"))
	state.delete("old")
	log(state.get("old", "deleted"))
	state.set("new", 1, ttl="1s")
	publish("later")

def on_later(e):
	log("later", state.get("old"), state.get("new"))
`)
	before := State{"old": entry("1", time.Time{}), "gone": entry("1", start), "null": entry("null", time.Time{})}
	d := set.Evaluate(t.Context(), playback(bob), Facts{}, before)
	if d.Err != nil {
		t.Fatal(d.Err)
	}
	equals(t, "logs", logs(d), "1 None 7 None", `{"a": [1, 2.0, "x", None, True, [3]], "b": {}}`, "2", "deleted", "later None 1")
	raw, _ := json.Marshal(d.State)
	equal(t, "writes", string(raw), `[{"key":"old","value":{"a":[1,2.0,"x",null,true,[3]],"b":{}}},{"key":"old","value":2},{"key":"old"},{"key":"new","value":1,"expires":"2026-03-02T12:00:01+01:00","length":1000000000}]`)
	after := before.With(d.State, start)
	equal(t, "keys after", len(after), 2)
	equal(t, "before is unchanged", string(before["old"].Value), "1")
}

func TestStateIsBounded(t *testing.T) {
	full := State{}
	for i := range stateKeys {
		full[fmt.Sprint(i)] = entry("1", time.Time{})
	}
	nearly := State{}.With(nil, start)
	for i := range stateKeys - 1 {
		nearly[fmt.Sprint(i)] = entry("1", time.Time{})
	}
	worn := full.With(nil, start)
	worn["5"] = entry("1", start)
	for _, c := range []struct {
		name, src string
		state     State
		want      string // in the error; "" for none
	}{
		{"a ttl of a second", "state.set('a', 1, ttl='1s')", nil, ""},
		{"a shorter ttl", "state.set('a', 1, ttl='999ms')", nil, "a ttl of 999ms is too short: at least 1s"},
		{"a negative ttl", "state.set('a', 1, ttl='-1h')", nil, "a ttl of -1h is too short: at least 1s"},
		{"an empty key", "state.set('', 1)\n\tif state.get('') != 1: fail('lost')", nil, ""},
		{"a key of 256 bytes", "state.set('a' * 256, 1)", nil, ""},
		{"longer keys", "state.set('a' * 257, 1)\n\tstate.set('a' * 258, 2)\n\tif state.get('a' * 257) != 1: fail('mixed up')", nil, ""},
		{"64 KiB", "state.set('a', 'x' * ((64 << 10) - 2))", nil, ""},
		{"more", "state.set('a', 'x' * ((64 << 10) - 1))", nil, "larger than 64 KiB as JSON"},
		{"more in parts", "state.set('a', ['x' * 1000] * 66)", nil, "larger than 64 KiB as JSON"},
		{"a key too many", "state.set('a', 1)", full, "more than 1000 keys in the state of one account"},
		{"one that is there", "state.set('7', 2)", full, ""},
		{"one that ran out", "state.set('a', 1)", worn, ""},
		{"in place of one", "state.delete('7')\n\tstate.set('a', 1)", full, ""},
		{"in place of one, and another", "state.delete('7')\n\tstate.set('a', 1)\n\tstate.set('b', 1)", full, "more than 1000 keys"},
		{"the same again and again", "for i in range(100):\n\t\tstate.set('a', i)", nearly, ""},
		{"a function", "state.set('a', len)", nil, "cannot keep a builtin_function_or_method: only None, bool, int, float, string, and lists, tuples and dicts of them"},
		{"a set", "state.set('a', set([1]))", nil, "cannot keep a set"},
		{"a range", "state.set('a', range(3))", nil, ""},
		{"bytes", "state.set('a', b'x')", nil, "cannot keep a bytes"},
		{"a struct in a list", "state.set('a', [struct(a=1)])", nil, "cannot keep a struct"},
		{"a dict with other keys", "state.set('a', {1: 2})", nil, "cannot keep a dict with a int as a key: keys are strings"},
		{"infinity", "state.set('a', float('inf'))", nil, "not a finite number"},
		{"itself", "x = []\n\tx.append(x)\n\tstate.set('a', x)", nil, "nested deeper than 63"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := rules(t, "def on_playback(now):\n\t"+c.src).Evaluate(t.Context(), playback(bob), Facts{}, c.state)
			if (d.Err == nil) != (c.want == "") || d.Err != nil && !strings.Contains(d.Err.Error(), c.want) {
				t.Errorf("got %v, want %q", d.Err, c.want)
			}
		})
	}
}

func TestStateThatCannotBeRead(t *testing.T) {
	d := rules(t, "def on_playback(now):\n\tstate.get('a')").Evaluate(t.Context(), playback(bob), Facts{}, State{"a": entry("{", time.Time{})})
	if d.Err == nil {
		t.Error("damaged state is read")
	}
}

func TestLiveAndNextExpiry(t *testing.T) {
	s := State{"a": entry("1", start.Add(time.Minute)), "b": entry("2", start.Add(time.Second)), "c": entry("3", time.Time{})}
	equal(t, "next", s.NextExpiry(), start.Add(time.Second))
	equal(t, "of none", State{"c": s["c"]}.NextExpiry(), time.Time{})
	for at, want := range map[time.Duration]string{0: "a b c", time.Second - 1: "a b c", time.Second: "a c", time.Minute: "c"} {
		var got []string
		for _, key := range []string{"a", "b", "c", "d"} {
			if _, ok := s.Live(key, start.Add(at)); ok {
				got = append(got, key)
			}
		}
		equal(t, at.String(), strings.Join(got, " "), want)
		equal(t, "With leaves the others behind", len(s.With(nil, start.Add(at))), len(got))
	}
	// What ran out while its write was on its way is not there either.
	late := State(nil).With([]Write{{Key: "x", Value: json.RawMessage("1"), Expires: start}}, start)
	equal(t, "late", len(late), 0)
}

// value draws a value that can be kept.
func value(depth int) *rapid.Generator[starlark.Value] {
	plain := []*rapid.Generator[starlark.Value]{
		rapid.Just[starlark.Value](starlark.None),
		rapid.Map(rapid.Bool(), func(b bool) starlark.Value { return starlark.Bool(b) }),
		rapid.Map(rapid.Int64(), func(n int64) starlark.Value {
			x := starlark.MakeInt64(n)
			return x.Mul(x)
		}),
		rapid.Map(rapid.Float64(), func(f float64) starlark.Value { return starlark.Float(f) }),
		rapid.Map(rapid.String(), func(s string) starlark.Value { return starlark.String(s) }),
	}
	if depth > 0 {
		plain = append(plain,
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 4), func(l []starlark.Value) starlark.Value { return starlark.NewList(l) }),
			rapid.Map(rapid.MapOfN(rapid.String(), value(depth-1), 0, 4), func(m map[string]starlark.Value) starlark.Value {
				d := starlark.NewDict(len(m))
				for k, v := range m {
					_ = d.SetKey(starlark.String(k), v)
				}
				return d
			}))
	}
	return rapid.OneOf(plain...)
}

func TestValuesAreReadBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := value(3).Draw(t, "value")
		raw, err := EncodeValue(v)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(raw) {
			t.Fatalf("no JSON: %s", raw)
		}
		back, err := DecodeValue(raw)
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if same, err := starlark.Equal(v, back); err != nil || !same || v.Type() != back.Type() {
			t.Fatalf("%s became %s", v, back)
		}
		again, err := EncodeValue(back)
		if err != nil || string(again) != string(raw) {
			t.Fatalf("%s became %s", raw, again)
		}
		if l, ok := back.(*starlark.List); ok && l.Append(starlark.None) == nil {
			t.Fatal("not frozen")
		}
	})
}

func TestDeepestValue(t *testing.T) {
	for depth, ok := range map[int]bool{63: true, 64: false, 65: false} {
		var v starlark.Value = starlark.None
		for range depth {
			v = starlark.NewList([]starlark.Value{v})
		}
		raw, err := EncodeValue(v)
		if (err == nil) != ok {
			t.Errorf("%d deep: %v", depth, err)
		}
		if err == nil {
			if _, err := DecodeValue(raw); err != nil {
				t.Errorf("%d deep is kept and not read: %v", depth, err)
			}
		}
	}
}
