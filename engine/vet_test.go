package engine

import (
	"errors"
	"strings"
	"testing"
)

func warnings(t *testing.T, files ...string) []string {
	t.Helper()
	var out []string
	for _, p := range rules(t, files...).Warnings {
		out = append(out, p.String())
	}
	return out
}

func TestVetNames(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"an unknown name in a function", "def f():\n\treturn alow()", "home.star:2:9: undefined: alow (did you mean allow?)"},
		{"a member", "def f():\n\tlight.sett('red')", "home.star:2:8: light has no member sett (did you mean light.set?)"},
		{"swapped letters", "def f():\n\tmail.sned('red')", "home.star:2:7: mail has no member sned (did you mean mail.send?)"},
		{"a member that resembles none", "def f():\n\tstate.frobnicate()", "home.star:2:8: state has no member frobnicate (it has delete, get and set)"},
		{"a member without a call", "def f():\n\tg = light.sett", "home.star:2:12: light has no member sett (did you mean light.set?)"},
		{"a member of what is always there", "def f():\n\tjson.decod('1')", "home.star:2:7: json has no member decod (did you mean json.decode?)"},
		{"a member in a default", "def f(x = math.powe):\n\tpass", "home.star:1:16: math has no member powe (did you mean math.pow?)"},
		{"a keyed call twice", "def f():\n\tmail.send('a', every='1m')\n\tmail.send('b', every='1m')", `home.star:3:2: a second mail.send with every in the same function needs a key (without one they share a throttle; write key="...")`},
		{"with key=None", "def f():\n\tmail.send('a', every='1m')\n\tmail.send('b', every='1m', key=None)", `home.star:3:2: a second mail.send with every in the same function needs a key (without one they share a throttle; write key="...")`},
		{"a literal", "def f():\n\tmail.player('a', 'tv')", "home.star:2:19: mail.player: for parameter to: no such player"},
		{"a literal that is put together", "def f():\n\tmail.player('a', 't' + 'v')", "home.star:2:19: mail.player: for parameter to: no such player"},
		{"a literal by name", "def f():\n\tmail.player('a', to='tv')", "home.star:2:22: mail.player: for parameter to: no such player"},
		{"nested in a block", "def f(x):\n\tif x:\n\t\tmail.send('a', every='1m')\n\telse:\n\t\t[mail.send('b', every='1m') for i in [1]]", `home.star:5:4: a second mail.send with every in the same function needs a key (without one they share a throttle; write key="...")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			equals(t, "problems", loadProblems(t, snapshot("home.star", c.src)), c.want)
		})
	}
}

func TestVetTakesWhatIsRight(t *testing.T) {
	for name, src := range map[string]string{
		"a keyed call in two functions":        "def f():\n\tmail.send('a', every='1m')\ndef g():\n\tmail.send('b', every='1m')",
		"in a nested one":                      "def f():\n\tmail.send('a', every='1m')\n\tdef g():\n\t\tmail.send('b', every='1m')",
		"in a lambda":                          "def f():\n\tmail.send('a', every='1m')\n\treturn lambda: mail.send('b', every='1m')",
		"after a nested function with its own": "def f():\n\tdef g():\n\t\tmail.send('b', every='1m')\n\tmail.send('a', every='1m')",
		"with a key each":                      "def f():\n\tmail.send('a', every='1m', key='a')\n\tmail.send('b', every='1m', key='b')",
		"without every":                        "def f():\n\tmail.send('a')\n\tmail.send('b')\n\tmail.send('c', every=None)\n\tmail.send('d', every='1m')",
		"a literal that is right":              "def f(x, *y, **z):\n\tmail.player('a', 'radio')\n\tmail.player('a', to='hifi')\n\tmail.player('a')",
		"what is no literal":                   "def f(x, *y, **z):\n\tmail.player('a', x)\n\tmail.player('a', to=str('tv'))\n\tmail.player(*y)\n\tmail.player('a', **z)\n\tmail.player('a', 5)",
		"a name of the rule's own":             "light = struct(sett = 1)\nx = light.sett",
		"a parameter hides a module":           "def f(mail):\n\tmail.sned()",
		"a local publish":                      "def f(publish):\n\tpublish(1)",
		"another kind of module that emits":    "def on_button(e):\n\tpass",
	} {
		t.Run(name, func(t *testing.T) {
			equals(t, "warnings", warnings(t, src))
		})
	}
}

func TestVetHandlers(t *testing.T) {
	one := "home.star:1:5: on_playback is called with one argument (write def on_playback(now))"
	for _, c := range []struct{ name, src, want string }{
		{"on_playbak", "def on_playbak(now):\n\tpass", "home.star:1:5: on_playbak handles nothing that happens (did you mean on_playback?)"},
		{"on_blnid", "x = 1\n\ndef on_blnid(now):\n\tpass", "home.star:3:5: on_blnid handles nothing that happens (did you mean on_blind?)"},
		{"a kind of a module", "def on_buton(now):\n\tpass", "home.star:1:5: on_buton handles nothing that happens (did you mean on_button?)"},
		{"on_timer", "def on_timer(now):\n\tpass", `home.star:1:5: on_timer handles nothing that happens (give the function to every("1h", fn) or at("22:00", fn))`},
		{"no argument", "def on_playback():\n\tpass", one},
		{"two arguments", "def on_playback(now, then):\n\tpass", one},
		{"by name only", "def on_playback(*, now):\n\tpass", one},
		{"by name besides", "def on_playback(now, *, then):\n\tpass", one},
		{"keywords", "def on_playback(**now):\n\tpass", one},
		{"no function", "on_playback = [1]", "home.star:1:1: on_playback is a list: a handler is a function"},
		{"a builtin", "on_playback = print", "home.star:1:1: on_playback is a builtin_function_or_method: a handler is a function"},
	} {
		t.Run(c.name, func(t *testing.T) {
			equals(t, "problems", loadProblems(t, snapshot("home.star", c.src)), c.want)
		})
	}
	for _, def := range []string{
		"(now)", "(now, then=1)", "(now, *rest)", "(*now)", "(now, *, then=1)", "(now=None)", "(now, **more)", "(*now, then=1)", "(now, then=1, *rest, more=2, **others)",
	} {
		set := rules(t, "def on_playback"+def+":\n\tallow()")
		if d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil); d.Verdict.Kind != Allow {
			t.Errorf("def on_playback%s: %v", def, d.Err)
		}
	}
	if set := rules(t, "on_playback = lambda now: allow()"); set.Evaluate(t.Context(), playback(bob), Facts{}, nil).Verdict.Kind != Allow {
		t.Error("a lambda is no handler")
	}
	if set := rules(t, "home.star", "load('lib/x.star', 'f')\non_playback = f", "lib/x.star", "def f(now):\n\tallow()\ndef on_playback(now):\n\tdeny('of a library')"); set.Evaluate(t.Context(), playback(bob), Facts{}, nil).Verdict.Kind != Allow {
		t.Error("a loaded handler does not run, or that of a library does")
	}
}

func TestVetTopics(t *testing.T) {
	const literal = `publish: the topic is a literal string (publish("bad_auth", ...))`
	letters := " cannot be a topic: lower-case letters, digits and _ only, as in on_bad_auth"
	for _, c := range []struct{ call, want string }{
		{"publish(x)", literal}, {"publish()", literal}, {"publish('a' + 'b')", literal}, {"publish(1)", literal}, {"publish('')", literal},
		{"publish(device='a', topic='b')", literal}, {"publish(*x)", literal}, {"publish(topic=x)", literal},
		{"publish('playback')", `publish: "playback" is reserved: it happens by itself`},
		{"publish('blind')", `publish: "blind" is reserved: it happens by itself`},
		{"publish('timer')", `publish: "timer" is reserved: it happens by itself`},
		{"publish('Bad')", `publish: "Bad"` + letters}, {"publish('1st')", `publish: "1st"` + letters},
		{"publish('bad-auth')", `publish: "bad-auth"` + letters}, {"publish('bäd')", `publish: "bäd"` + letters},
		{"publish('" + strings.Repeat("a", 65) + "')", "publish: a topic has at most 64 letters"},
	} {
		t.Run(c.call, func(t *testing.T) {
			at := "10"
			switch c.call {
			case "publish()", "publish(device='a', topic='b')":
				at = "2" // there is no topic to point at
			case "publish(topic=x)":
				at = "16"
			}
			equals(t, "problems", loadProblems(t, snapshot("home.star", "def f(x):\n\t"+c.call)), "home.star:2:"+at+": "+c.want)
		})
	}
	for _, call := range []string{"publish('b_2')", "publish(topic='b_2')", "publish('b_2', x=1)", "publish('b_2', **{'x': 1})"} {
		equals(t, call, warnings(t, "def f():\n\t"+call+"\ndef on_b_2(e):\n\tpass"))
	}
}

func TestVetWarnings(t *testing.T) {
	equals(t, "warnings", warnings(t,
		"a.star", "def on_playback(now):\n\tpublish('party')\n\tpublish('party')\n\tpublish('quiet')\n\tpublish('night')\n\tpublish('on_party')",
		"b.star", "def on_party(e):\n\tpublish('lib_only')\ndef on_quiett(e):\n\tpass\ndef on_zoo(e):\n\tpass\n",
		"c.star", "load('lib/x.star', 'f')",
		"lib/x.star", "def f():\n\tpublish('from_lib')\ndef on_night(e):\n\tpass",
	),
		`a.star:4:10: no rule handles the topic "quiet" (did you mean "quiett"?)`,
		`a.star:5:10: no rule handles the topic "night" (write def on_night(event))`,
		`a.star:6:10: no rule handles the topic "on_party" (a topic is written without on_: "party")`,
		`b.star:2:10: no rule handles the topic "lib_only" (write def on_lib_only(event))`,
		"b.star:5:5: on_zoo handles a topic that no rule publishes (only gatefold publish zoo runs it)",
		`c.star:1:21: f is loaded and not used`,
		`lib/x.star:2:10: no rule handles the topic "from_lib" (write def on_from_lib(event))`,
		`lib/x.star:3:5: on_night never runs: lib/x.star is no rule, only others load it (load it in a rule file, under another name, and call it in its own def on_night(now))`,
	)
	set := rules(t, "def on_zoo(e):\n\tpass")
	equal(t, "source", set.Warnings[0].Source, "def on_zoo(e):")
}

func TestCallsAreFound(t *testing.T) {
	set := rules(t, "home.star", "load('lib/x.star', 'f')\ndef on_playback(now):\n\tallow()\n\tmail.send(str(1))\n\tf(now.who.upper())", "lib/x.star", "def f(x):\n\tlight.set('red')")
	var got []string
	for _, c := range set.Calls {
		got = append(got, c.Pos+" "+c.Name)
	}
	equals(t, "calls", got, "home.star:3:2 allow", "home.star:4:2 mail.send", "lib/x.star:2:2 light.set")
}

// A name counts wherever it stands, since what becomes of it is not followed; one of the rule's own does not.
func TestMentionsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      []string
	}{
		{"a builtin that is called", "def f():\n\tallow()", []string{"2:2 allow"}},
		{"under another name", "h = allow\ndef f():\n\th()", []string{"1:5 allow"}},
		{"in parentheses", "def f():\n\t(allow)()\n\t(mail).send('a')", []string{"2:3 allow", "3:3 mail.send"}},
		{"as an argument", "def f(x):\n\tx(allow, y=[mail.send])", []string{"2:4 allow", "2:14 mail.send"}},
		{"as a default", "def f(h=allow):\n\th()", []string{"1:9 allow"}},
		{"in a lambda", "f = lambda: mail.send", []string{"1:13 mail.send"}},
		{"a member under another name", "h = mail.send\ndef f():\n\th('a')", []string{"1:5 mail.send"}},
		{"a module under another name", "m = mail\ndef f():\n\tm.send('a')", []string{"1:5 mail"}},
		{"a module as an argument", "def f(x):\n\tx(mail)", []string{"2:4 mail"}},
		{"a module in a list", "def f():\n\t[mail][0].send('a')", []string{"2:3 mail"}},
		{"getattr with a literal", "def f():\n\tgetattr(mail, 'send')('a')", []string{"2:10 mail.send"}},
		{"with a default", "h = getattr(mail, ('send'), None)", []string{"1:13 mail.send"}},
		{"getattr with another name", "def f(x):\n\tgetattr(mail, x)", []string{"2:10 mail"}},
		{"with a sum", "def f():\n\tgetattr(mail, 'se' + 'nd')", []string{"2:10 mail"}},
		{"with no more than the module", "def f():\n\tgetattr(mail, *[])", []string{"2:10 mail"}},
		{"with *", "def f():\n\tgetattr(*[mail, 'send'])", []string{"2:12 mail"}},
		{"under another name as well", "g = getattr\ndef f():\n\tg(mail, 'send')", []string{"3:4 mail"}},
		{"a getattr of the rule's own", "def f(getattr):\n\tgetattr(mail, 'send')", []string{"2:10 mail"}},
		{"getattr of something else", "def f(x):\n\tgetattr(x, 'send')\n\tgetattr(x.mail, 'send')", nil},
		{"a member of something else", "def f(x):\n\tx.mail.send()\n\tx.allow()", nil},
		{"an argument's name", "def f(x):\n\tx(allow=1, mail=2)", nil},
		{"a parameter", "def f(mail, allow):\n\tmail.send('a')\n\tallow()\n\tgetattr(mail, 'send')\n\treturn mail", nil},
		{"a parameter of an outer function", "def f(mail):\n\tdef g(x):\n\t\tmail.send('a')\n\treturn lambda: g(mail)", nil},
		{"a variable", "def f(x):\n\tmail = x\n\tmail.send('a')", nil},
		{"a variable of a comprehension", "def f(x):\n\treturn [mail.send('a') for mail in x]", nil},
		{"a global, before it is set as well", "def f():\n\tmail.send('a')\n\tallow()\nmail = struct\ndef allow():\n\tpass", []string{"4:8 struct"}},
		{"a parameter with a default of the same name", "def f(mail=mail):\n\tmail.send('a')", []string{"1:12 mail"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, m := range rules(t, c.src).Calls {
				got = append(got, strings.TrimPrefix(m.Pos, "home.star:")+" "+m.Name)
			}
			equals(t, "mentions", got, c.want...)
		})
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"playbak", "playback"}, {"playbackk", "playback"}, {"lpayback", "playback"}, {"blid", "blind"}, {"x", ""}, {"", ""},
		{"playback", ""}, {"play", ""}, {"zzzzzzzz", ""}, {"plåyback", "playback"}, {"b", ""},
	} {
		if got := Nearest(c.name, []string{"playback", "blind"}); got != c.want {
			t.Errorf("Nearest(%q) is %q, want %q", c.name, got, c.want)
		}
	}
	equal(t, "the first of the best", Nearest("bar", []string{"baz", "bat"}), "baz")
	equal(t, "the best", Nearest("handler", []string{"hindlex", "handlex"}), "handlex")
}

func TestProblem(t *testing.T) {
	p := Problem{File: "a.star", Line: 2, Col: 4, Text: "bad", Hint: "good", Source: "\t\"é\"x\r\n"}
	equal(t, "String", p.String(), "a.star:2:4: bad (good)")
	equal(t, "Excerpt", p.Excerpt(), "    \t\"é\"x\n    \t  ^")
	p.EndLine, p.EndCol = 2, 6
	equal(t, "of a range", p.Excerpt(), "    \t\"é\"x\n    \t  ^^")
	p.EndLine, p.EndCol = 3, 2
	equal(t, "of more lines", p.Excerpt(), "    \t\"é\"x\n    \t  ^^")
	p.EndLine, p.EndCol = 2, 900
	equal(t, "beyond the line", p.Excerpt(), "    \t\"é\"x\n    \t  ^^")
	equal(t, "without a line", Problem{File: "a.star", Text: "bad"}.String(), "a.star: bad")
	equal(t, "without a file", Problem{Text: "bad"}.String(), "bad")
	for src, want := range map[string]string{ // as wide as the line is in a terminal
		"x = \"日本語\"; f(\"redd\")":     "    x = \"日本語\"; f(\"redd\")\n                    ^^^^^^",
		"x = \"😀😀\"; f(\"redd\")":      "    x = \"😀😀\"; f(\"redd\")\n                  ^^^^^^",
		"x = \"e\u0301\"; f(\"redd\")": "    x = \"e\u0301\"; f(\"redd\")\n               ^^^^^^",
		"f(\"日本\")":                    "    f(\"日本\")\n      ^^^^^^",
	} {
		at := strings.LastIndex(src, "f(") + 2
		col := len([]rune(src[:at])) + 1
		p := Problem{Line: 1, Col: col, EndLine: 1, EndCol: len([]rune(src)), Source: src}
		equal(t, src, p.Excerpt(), want)
	}
	equal(t, "no excerpt", Problem{}.Excerpt(), "")
	long := withSource(snapshot("a.star", "# "+strings.Repeat("x", 400)), []Problem{{File: "a.star", Line: 1}, {File: "a.star", Line: 9}})
	equal(t, "a long line is not shown", long[0].Source, "")
	equal(t, "beyond the end", long[1].Source, "")
}

// Load tells what Vet tells, once: of a ruleset that loads the warnings, of one that does not the errors.
func TestLoadTellsWhatVetTells(t *testing.T) {
	for _, files := range []Snapshot{
		snapshot("home.star", "load('lib/x.star', 'X')\ndef on_zoo(e):\n\tpublish('nobody')\n", "lib/x.star", "X = 1"),
		snapshot("b.star", "def on_playbak(now):\n\talow()\n\tlight.sett(1)\nload('lib/gone.star', 'X')", "a.star", "def on_playback():\n\tpublish(1)\nallow()"),
	} {
		modules := judgingFakes()
		var want, got []string
		set, err := Load(files, Limits{}, modules...)
		var bad *LoadError
		switch {
		case errors.As(err, &bad):
			for _, p := range bad.Problems {
				got = append(got, p.String())
			}
		case err == nil:
			for _, p := range set.Warnings {
				got = append(got, p.String())
			}
		}
		for _, p := range Vet(files, modules...) {
			if (p.Severity == Fatal) == (err != nil) {
				want = append(want, p.String())
			}
		}
		if len(want) < 2 {
			t.Fatalf("only %q", want)
		}
		equals(t, "problems", got, want...)
	}
}
