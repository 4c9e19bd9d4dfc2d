package builtins

import (
	"slices"
	"strings"
	"testing"
)

// newly are the problems of files but for those that the cases below are not about.
func newly(files ...string) []string {
	return slices.DeleteFunc(vetted(files...), func(s string) bool {
		return strings.HasPrefix(s, "unpublished-topic") || strings.HasPrefix(s, "unheard-topic") || strings.HasPrefix(s, "no-verdict")
	})
}

const judges = "def on_playback(now):\n\tdeny('x')\n"

// What voids turns, or comes to nothing, and was not found before it ran.
func TestVetFindsWhatVoidsTurns(t *testing.T) {
	offers := "def on_playback(now):\n\tdeny('x')\n\tslack.post('x', every='1h', actions=[button('Allow', publish='allow_hour', device=now.device.key)])\n"
	for _, c := range []struct{ src, want string }{
		{offers + "def on_allow_hour(event):\n\tallow()", "wrong-turn home.star:5:2: allow: what stands can only be said in a turn that begins with on_playback, and on_allow_hour begins its own"},
		{offers + "def on_allow_hour(event):\n\tif event.device:\n\t\tblink1.set('red')", "wrong-turn home.star:6:3: blink1.set: what stands"},
		{offers + "def on_allow_hour(event):\n\tsettle()\ndef settle():\n\tallow()", "wrong-turn home.star:7:2: allow: "},
		{"def on_playback(now):\n\tsettle()\ndef settle():\n\tallow()\ndef on_x(event):\n\tsettle()", "wrong-turn home.star:6:2: allow: what stands can only be said in a turn that begins with on_playback, and on_x begins its own (settle calls it)"},
		{judges + "every('1h', lambda e: poll())", "wrong-turn home.star:3:23: poll: what stands"},
		{judges + "def on_blind(p):\n\tif p.kind == 'quota':\n\t\tdeny('x')", "wrong-turn home.star:5:3: deny: what is not seen is not judged"},
		{judges + "def on_blind(p):\n\tpause()", "wrong-turn home.star:4:2: pause: nobody is judged or paused"},
		{handler("if now.device:\n\tallow()\n\tpause()\nelse:\n\tdeny('x')"), "undenied-pause home.star:4:3: pause: the verdict of this turn is allow"},
		{handler("allow()\nif now.playing:\n\tpause()"), "undenied-pause home.star:4:3: pause: the verdict of this turn is allow"},
		{handler("if now.playing:\n\tdeny('x')\nelse:\n\tallow()\npause()"), "undenied-pause home.star:6:2: warning: pause: there is a way to here on which the verdict is allow"},
		{handler("allow()\nstop()") + "def stop():\n\tpause()", "undenied-pause home.star:3:2: pause: the verdict of this turn is allow"},
		{"N = 0\n" + handler("N += 1\nallow()"), "unset-name home.star:3:2: N has no value here yet (on_playback sets N, and so it is its own, not that of line 1: globals do not change: state.set(\"n\", value)"},
		{"N = 0\n" + handler("allow()\nfor d in spotify.devices():\n\tN = N + 1"), "unset-name home.star:5:7: N has no value"},
		{handler("allow()\ntime = time.now()"), "unset-name home.star:3:9: time has no value here yet (on_playback sets time, and so it is its own: give it another name)"},
		{"LAST = ''\n" + handler("allow(LAST)") + "def on_blind(p):\n\tLAST = p.kind", "unchanged-global home.star:5:2: "},
		{"H = {}\n" + handler("allow()\nH['a'] = 1"), "unchangeable home.star:4:2: the dict of home.star:1:1 is frozen"},
		{"H = []\n" + handler("allow()\nH.append(1)"), "unchangeable home.star:4:2: the list of home.star:1:1 is frozen"},
		{in("now.device.name = 'x'"), "unchangeable home.star:3:13: can't assign to .name field of device"},
		{in("now.changed.append('x')"), "unknown-attribute home.star:3:14: tuple has no .append field or method"},
		{in("f()") + "def f():\n\tg()\ndef g():\n\tf()", "recursion home.star:7:2: g calls f, which leads back to it"},
		{in("f()\ng()") + "def f():\n\tg()\ndef g():\n\tf()", "recursion home.star:8:2: g calls f, which leads back to it"},
		{in("f()") + "def f():\n\tf()", "recursion home.star:5:2: function f called recursively"},
		{in("now.denied_for > '10m'"), "wrong-type home.star:3:2: time.duration > string not implemented (compare with 10 * time.minute)"},
		{in("now.time > '07:00'"), "wrong-type home.star:3:2: time.time > string not implemented (now.between("},
		{in("x = now.device.name + 3"), "wrong-type home.star:3:6: unknown binary op: string + int (str(...)"},
		{in("for d in now.device:\n\tlog(d)"), "wrong-type home.star:3:11: device value is not iterable"},
		{in("for d in spotify.devices:\n\tlog(d)"), "wrong-type home.star:3:11: builtin_function_or_method value is not iterable (call it: spotify.devices())"},
		{in("now.device['name']"), "wrong-type home.star:3:2: unhandled index operation device[string] (write .name)"},
		{in("if now.device == 'Kitchen':\n\tlog(1)"), "wrong-type home.star:3:5: a device is never equal to a string (compare its .name)"},
		{in("if now.between:\n\tlog(1)"), "not-called home.star:3:5: now.between is not called: it is always true"},
		{in("done"), "not-called home.star:3:2: done is not called: it does nothing"},
		{in("approve(now.device.name)"), "wrong-key home.star:3:10: approve goes by the key of a device, and this is its name (write now.device.key)"},
		{in("publish('ok', who = now.device.name)") + "def on_ok(e):\n\tapprove(e.who)", "wrong-key home.star:3:22: approve goes by"},
		{judges + "def on_(e):\n\tpass", "unknown-handler home.star:3:5: on_ handles nothing that happens: the topic is empty"},
		{judges + "def on_Blind(e):\n\tpass", "unknown-handler home.star:3:5: on_Blind handles nothing that happens"},
	} {
		got := newly(c.src)
		if len(got) != 1 || !strings.HasPrefix(strings.Replace(got[0], ": warning: ", ": ", 1), strings.Replace(c.want, ": warning: ", ": ", 1)) {
			t.Errorf("%s:\n got %q\nwant %q", c.src, got, c.want)
		}
	}
	got := newly("home.star", "load('lib/x.star', 'A')\n"+handler("allow(A)"), "lib/x.star", "A = ''\ndef on_blind(p):\n\tpass")
	if len(got) != 1 || !strings.HasPrefix(got[0], "never-runs lib/x.star:2:5: on_blind never runs") {
		t.Errorf("a handler of a library: %q", got)
	}
}

func TestVetLeavesTurnsAlone(t *testing.T) {
	for _, src := range []string{
		in("publish('x')") + "def on_x(e):\n\tallow()\n\tpause()",
		in("tell()") + "def tell():\n\tpublish('x')\ndef on_x(e):\n\tblink1.set('red')",
		in("[publish][0]('x')") + "def on_x(e):\n\tallow()", // nobody knows who publishes
		judges + "def on_blind(p):\n\tshow()\ndef show():\n\tblink1.set('red')\n\tpoll()",
		judges + "def on_x(e):\n\tapprove('k')\n\tstate.set('a', 1)\n\tlog(1)",
		judges + "def f():\n\tallow()\nACTIONS = [f]\ndef on_x(e):\n\tlog(len(ACTIONS))",
		handler("strangers = now.device.name not in []\nif strangers:\n\tdeny('x')\nelse:\n\tallow()\nif strangers and now.playing:\n\tpause()"),
		handler("ours = now.device.name == 'a'\nif ours:\n\tallow()\nelse:\n\tdeny('x')\nif now.device.name != 'a':\n\tpause()"), // the same by another name
		handler("for d in spotify.devices():\n\tif d.active:\n\t\tpause()\n\telse:\n\t\tdeny('x')"),
		handler("allow()\npause()\npublish('x')") + "def on_x(e):\n\tdeny('x')",
		handler("n = 0\nfor d in spotify.devices():\n\tn += 1\nallow(str(n))"),
		handler("for d in spotify.devices():\n\tif d.active:\n\t\tlast = d.name\n\telse:\n\t\tlog(last)\n\t\tlast = ''\nallow()"),
		handler("if now.playing:\n\tx = 1\nelse:\n\tx = 2\nallow(str(x))"),
		handler("f = lambda: g()\ng = lambda: 1\nallow(str([x for x in [1] if x]))\nf()"),
		"SEEN = {}\ndef add(n):\n\tSEEN[n] = 1\nadd('a')\n" + handler("allow(SEEN['a'])"),
		"L = []\n" + handler("l = list(L)\nl.append(1)\nallow()"),
		in("log(text(now.device))") + "def text(x):\n\tif type(x) == 'string':\n\t\treturn x + '!'\n\treturn str(x)",
		in("x = now.denied_for > 10 * time.minute\ny = now.time - 5 * time.minute\nz = 'x' in now.changed"),
		in("x = now.device == None\ny = now.device == now.previous.device\nz = 1 == 1.0\nw = '%d' % 3 + 'a' * 3"),
		in("approve(now.device.key)\napprove(now.device)"),
	} {
		if got := newly(src); len(got) > 0 {
			t.Errorf("%s: %q", src, got)
		}
	}
	apart := []string{"a.star", in("publish('x')"), "b.star", "def on_x(e):\n\tallow()"}
	if got := newly(apart...); len(got) > 0 {
		t.Errorf("in another file: %q", got)
	}
	if got := newly("a.star", handler("allow()\npause()"), "b.star", judges); len(got) > 0 {
		t.Errorf("another file denies: %q", got)
	}
	if got := codesOf(snapshotOf(apart...).Alone("b.star")); slices.Contains(got, "wrong-turn") {
		t.Errorf("beside its timeline: %q", got)
	}
}
