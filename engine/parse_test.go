package engine

import (
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"
	"pgregory.net/rapid"
)

func TestParseEffect(t *testing.T) {
	modules := newFakes().modules
	for _, text := range []string{
		`light.set(color="red", led=1)`, `pause(every="10s")`, `mail.send(text="*\"x\"* \n", every="30m", key="k", lane="#a")`, `mail.send(text=struct(a = [1, {"b": 2.0}]))`,
	} {
		e, err := ParseEffect(text, modules...)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		equal(t, "text", e.String(), text)
		equal(t, "the caller's to fill in", e.ID+e.Pos+e.Account, "")
		equal(t, "time", e.Time, time.Time{})
	}
	e, err := ParseEffect(`mail.send("x", every="30m", lane="l")`, modules...)
	if err != nil || e.Every != 30*time.Minute || e.Lane != `"l"` || e.Key != "mail " || e.Call != "mail.send" {
		t.Errorf("%+v, %v", e, err)
	}
	for text, want := range map[string]string{
		"":                                     "reading an effect",
		"light":                                "is not a call",
		"light.set":                            "is not a call",
		"[light.set('a')]":                     "is not a call",
		"light.set(":                           "reading an effect",
		"light.set('a'); light.set('b')":       "reading an effect",
		"light.sett('a')":                      "module has no .sett field or method",
		"nothing()":                            "undefined: nothing",
		"light.set()":                          "missing argument for color",
		"allow()":                              "records 0 effects",
		"len([light.set('a'), pause()])":       "records 2 effects",
		"boom()":                               "internal error: boom",
		strings.Repeat("(", 100_000) + "len()": "nest",
	} {
		if _, err := ParseEffect(text, modules...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %.200v, want %s", text, err, want)
		}
	}
}

// What comes from another process computes nothing here.
func TestParsePrinted(t *testing.T) {
	modules := newFakes().modules
	if _, err := ParsePrinted("len([x for x in range(1000000000000)])", modules...); err == nil || !strings.Contains(err.Error(), "is more than a call") {
		t.Error(err)
	}
	if e, err := ParsePrinted("light.set('a')", modules...); err != nil || e.Call != "light.set" {
		t.Errorf("%v %v", e, err)
	}
}

func TestParseEffectRoundTrip(t *testing.T) {
	modules := newFakes().modules
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"text", "key", "lane"}
		var c called
		for _, name := range names {
			c.names = append(c.names, name)
			c.values = append(c.values, value(2).Filter(func(v starlark.Value) bool { return finite(v) }).Draw(t, name))
		}
		e := Effect{Call: "mail.send", Args: c}
		back, err := ParseEffect(e.String(), modules...)
		if c.values[0] == starlark.None {
			return // text is needed
		}
		if err != nil {
			t.Fatal(err)
		}
		if back.String() != e.String() {
			t.Fatalf("%s became %s", e, back)
		}
	})
}

// finite says whether a value prints as Starlark that makes it again: floats
// do not print inf and nan as literals.
func finite(v starlark.Value) bool {
	_, err := EncodeValue(v)
	return err == nil
}

func FuzzParseEffect(f *testing.F) {
	for _, seed := range []string{`light.set(color="red", led=1)`, `pause()`, `mail.send("x", every="30m")`, `allow()`, `light.set(`, `"a" * 9`, "lambda: pause()", `publish("x")`, `state.set("a", [1])`, `boom()`, "\x00", "pause(every=None)", "pause(**{'every': '1s'})"} {
		f.Add(seed)
	}
	modules := newFakes().modules
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 || tooHungry(text) {
			t.Skip()
		}
		e, err := ParseEffect(text, modules...)
		if err != nil {
			return
		}
		back, err := ParseEffect(e.String(), modules...)
		if err == nil && back.String() != e.String() {
			t.Errorf("%s became %s", e, back)
		}
	})
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{intruder, busy, blindRules, "load('lib/x.star', 'X')", "def on_playbak(now):\n\tpass", "every('1h', lambda e: 1)", "publish(", "x = [", "def f(", "\xff\xfe", "load('../x.star', 'a')", "at('25:00', f)", "def on_x(*, a):\n\tpass"} {
		f.Add(seed, "X = 1")
	}
	f.Fuzz(func(t *testing.T, src, lib string) {
		if len(src)+len(lib) > 4000 || tooHungry(src) || tooHungry(lib) {
			t.Skip()
		}
		files := snapshot("home.star", src, "lib/x.star", lib)
		begin := time.Now()
		set, err := Load(files, Limits{Steps: 20_000, Wall: time.Second}, newFakes().modules...)
		if (set == nil) == (err == nil) {
			t.Fatal("neither a ruleset nor an error, or both")
		}
		if set != nil {
			set.Evaluate(t.Context(), playback(bob), Facts{}, nil)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// tooHungry finds what no limit of this process stops (facts: a huge repeat, an
// exponential str): that is for the worker of a later issue.
func tooHungry(src string) bool {
	return strings.ContainsAny(src, "*+<") || strings.Contains(src, "range") || strings.Contains(src, "join") || strings.Contains(src, "replace")
}

// Text that came from elsewhere computes nothing here.
func TestParsePrintedComputesNothing(t *testing.T) {
	for _, text := range []string{
		`mail.send("a" * 1000000000)`, `mail.send([x for x in "ab"][0])`, `mail.send("a" if True else "b")`, `mail.send("abc"[0])`,
		`mail.send((lambda: "a")())`, `mail.send("a".upper())`, `mail.send("%s" % "a")`,
	} {
		if e, err := ParsePrinted(text, newFakes().modules...); err == nil || !strings.Contains(err.Error(), "more than a call") {
			t.Errorf("%s: %v, %v", text, e, err)
		}
	}
}
