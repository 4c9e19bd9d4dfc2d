package engine

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// found is what Vet says of files, each with its code and place.
func found(files Snapshot) []string {
	var out []string
	for _, p := range Vet(files, judgingFakes()...) {
		out = append(out, p.Code+" "+p.String())
	}
	return out
}

// A syntax error hides nothing of what stands elsewhere in its file.
func TestVetGoesOnAfterASyntaxError(t *testing.T) {
	const src = `load("lib/x.star", "X", "Z")

HOUSE = [
    "Kitchen",

def on_playback(now):
    alow()
    light.sett("red")
    if now.who = None:
        deny(X)
        helper()
    for x in [1]:
        log(now.hwo)

def helper(a):
    mail.send(

def other():
    helper()
    light.set("red" "blue")
    frob(HOUSE)

def on_playbak(now):
    log(now.device[)
`
	equals(t, "problems", found(snapshot("home.star", src, "lib/x.star", "X = 1\n")),
		`load-name home.star:1:26: lib/x.star does not define Z`,
		`syntax home.star:3:9: "[" is never closed (a "]" is missing before line 6)`,
		`undefined home.star:7:5: undefined: alow (did you mean allow?)`,
		`unknown-member home.star:8:11: light has no member sett (did you mean light.set?)`,
		`syntax home.star:9:16: got '=', want ':' (compare with ==)`,
		`missing-argument home.star:11:9: helper: missing argument for a: it takes a`,
		`unknown-attribute home.star:13:17: snap has no .hwo field or method (it has )`,
		`syntax home.star:16:14: "(" is never closed (a ")" is missing before line 18)`,
		`missing-argument home.star:19:5: helper: missing argument for a: it takes a`,
		`syntax home.star:20:21: got string literal, want ',' (is a comma missing before it?)`,
		`undefined home.star:21:5: undefined: frob`,
		`unknown-handler home.star:23:5: on_playbak handles nothing that happens (did you mean on_playback?)`,
		`syntax home.star:24:19: "[" is never closed (a "]" is missing before ")")`,
	)
}

// What stands in the part that cannot be read may be all that the rest lacks.
func TestNothingFollowsFromASyntaxError(t *testing.T) {
	for name, src := range map[string]string{
		"a function":          "def helper(a:\n    return a\n\ndef on_playback(now):\n    allow(helper(1))\n",
		"a constant":          "HOUSE = {\"a\": 1,, }\n\ndef on_playback(now):\n    allow(HOUSE[\"a\"])\n",
		"constants":           "A, B = 1 2\n\ndef on_playback(now):\n    allow(A + B)\n",
		"a builtin's name":    "def log(a, b, c=:\n    return a\n\ndef on_playback(now):\n    log(1, 2, d=3)\n    allow()\n",
		"a builtin's name, =": "light = struct(sett = 1\n\ndef on_playback(now):\n    light.sett\n    allow()\n",
		"a local":             "def on_playback(now):\n    who = now.who.\n    if who:\n        allow(who)\n",
		"a loop":              "def on_playback(now):\n    for x, y in now.who now:\n        log(x, y)\n    allow()\n",
		"a loaded name":       "load(\"lib/x.star\", \"X\"\n\ndef on_playback(now):\n    allow(X)\n",
		"a use of a load":     "load(\"lib/x.star\", \"X\")\n\ndef on_playback(now):\n    allow(X\n",
		"a topic":             "def on_playback(now):\n    allow()\n    publish(\"party\", a=1\n\ndef on_party(e):\n    log(e.a)\n",
		"a handler":           "def on_playback(now):\n    allow()\n    publish(\"party\", a=1)\n\ndef on_party(e:\n    log(e.a)\n",
		"a field":             "def on_playback(now):\n    allow()\n    publish(\"party\")\n    publish(\"party\", a=1\n\ndef on_party(e):\n    log(e.a)\n",
		"a verdict":           "def on_playback(now):\n    allow(\n",
		"a topic, mistyped":   "def on_playback(now):\n    allow()\n    publish(\"playbak\"\n\ndef on_playbak(e):\n    log(e)\n",
		"the next statement":  "def on_playback(now):\n    log(\"a\",\n    allow()\n    if now:\n        log(\"b\")\n    else:\n        log(\"c\")\n",
		"a branch":            "def on_playback(now):\n    if now.who = 1:\n        allow()\n    elif now:\n        allow()\n    else:\n        allow()\n",
		"an else":             "def on_playback(now):\n    if now.who:\n        allow()\n    else if now:\n        allow()\n    else:\n        allow()\n",
		"a try":               "def on_playback(now):\n    try:\n        allow()\n    except:\n        pass\n",
		"braces":              "def on_playback(now):\n    if now {\n        allow()\n    } else {\n        deny(\"x\")\n    }\n",
		"a text":              "X = \"\"\"a\n\nDEF = 1\n\ndef f():\n    return 1\n\ndef on_playback(now):\n    allow(f() + DEF)\n",
		"its callers":         "def tell(x):\n    log(x.who)\n\ndef on_playback(now):\n    tell(now)\n    tell(struct(who = 1, hwo = 2) 1)\n    allow()\n",
		"what changes a list": "X = []\nX.append(\"red\"\n\ndef on_playback(now):\n    light.set(X[0])\n    allow()\n",
		"hasattr":             "def on_playback(now):\n    if hasattr(now, \"wow\":\n        log(now.wow)\n    allow()\n",
		"no if":               "def on_playback(now):\n    iff now:\n        allow()\n    else:\n        allow()\n",
		"a bracket too much":  "def on_playback(now):\n    log((1)))\n    allow()\n",
		"no end of the line":  "def on_playback(now):\n    allow(\"",
	} {
		syntax := 0
		for _, p := range Vet(snapshot("home.star", src, "lib/x.star", "X = 1\n"), judgingFakes()...) {
			if p.Code != CodeSyntax {
				t.Errorf("%s: %s [%s]", name, p, p.Code)
			}
			syntax++
		}
		if syntax != 1 {
			t.Errorf("%s: %d syntax errors: %v", name, syntax, found(snapshot("home.star", src, "lib/x.star", "X = 1\n")))
		}
	}
}

// What other files lack may stand in the part of this one that cannot be read.
func TestNothingFollowsInOtherFiles(t *testing.T) {
	got := found(snapshot(
		"home.star", "load('lib/x.star', 'X', 'Y', 'f')\n\ndef on_playback(now):\n    allow(f(X, Y))\n    publish('party')\n    helper()\n",
		"lib/x.star", "X = [1\n\nY = 2\n\ndef f(a, b):\n    return a = b\n",
		"other.star", "def on_party(e:\n    pass\n",
	))
	equals(t, "problems", got,
		`undefined home.star:6:5: undefined: helper`,
		`syntax lib/x.star:1:5: "[" is never closed (a "]" is missing before line 3)`,
		`syntax lib/x.star:6:14: got '=', want newline (compare with ==)`,
		`syntax other.star:1:13: "(" is never closed (a ")" is missing before ":")`,
	)
}

// Of a file that is something else altogether not everything is told.
func TestSyntaxErrorsOfAFileAreBounded(t *testing.T) {
	src := strings.Repeat("def f():\n    <p class=\"x\">Hello, World!</p>\n\n", 5000)
	begin := time.Now()
	if n := len(found(snapshot("home.star", src))); n != mostMisread {
		t.Errorf("%d problems", n)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

// FuzzPartial: whatever is put into a file, or taken out of it, each problem lies in it, and one of them is what the parser
// says first. A file that is none the worse is vetted as ever.
func FuzzPartial(f *testing.F) {
	const src = "load('lib/x.star', 'X')\n\nHOUSE = {\n    'Kitchen': 'green',\n}\n\ndef on_playback(now):\n    \"\"\"Says\n    who may.\"\"\"\n    if now.who in HOUSE and \\\n       now.who:\n        allow(X)\n    else:\n        deny('x')\n        pause(every = '10s')\n        publish('party', a = [y for y in X if y])\n\ndef on_party(e):\n    log(e.a)\n"
	for i, put := range []string{"(", ")", "\"", "'''", "\n", "\r", "    ", "=", ":", "def f(", "else:", "é", "\\", "#", "{[(", "load(", "\x00", "_unread_", "pass"} {
		f.Add(i*len(src)/19, 0, put)
		f.Add(i*len(src)/19, 3, put)
	}
	modules := judgingFakes()
	f.Fuzz(func(t *testing.T, at, without int, put string) {
		if at < 0 || at > len(src) || without < 0 || without > len(src)-at || len(put) > 1000 {
			t.Skip()
		}
		text := src[:at] + put + src[at+without:]
		problems := Vet(snapshot("home.star", text, "lib/x.star", "X = [1]"), modules...)
		inside(t, text, problems)
		_, err := fileOptions.Parse("home.star", text, 0)
		misread := slices.ContainsFunc(problems, func(p Problem) bool { return p.Code == CodeSyntax })
		if damaged := strings.Contains(text, "\x00"); misread != (err != nil) && !damaged {
			t.Errorf("the parser says %v, and the problems are %v", err, problems)
		}
	})
}
