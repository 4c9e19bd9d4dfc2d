package builtins

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// vetted are the problems of files with the vocabulary of the real calls: path, content, path, content ...
func vetted(files ...string) []string {
	var out []string
	for _, p := range engine.Vet(snapshotOf(files...), All(Deps{})...) {
		out = append(out, fmt.Sprintf("%s %s", p.Code, p))
	}
	return out
}

func snapshotOf(files ...string) engine.Snapshot {
	if len(files) == 1 {
		files = []string{"home.star", files[0]}
	}
	var out engine.Snapshot
	for i := 0; i < len(files); i += 2 {
		out = append(out, engine.File{Path: files[i], Data: []byte(files[i+1])})
	}
	return out
}

// in puts statements into a handler that judges.
func in(statements string) string {
	return "def on_playback(now):\n\tdeny('x')\n\t" + strings.ReplaceAll(statements, "\n", "\n\t") + "\n"
}

func TestVetCalls(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`blink1.set("redd")`, `wrong-value home.star:3:13: blink1.set: for parameter color: "redd" is no colour: did you mean "red"?`},
		{`blink1.set(color = "redd")`, `wrong-value home.star:3:21: blink1.set: for parameter color: "redd" is no colour: did you mean "red"?`},
		{`blink1.set("red", brightness = 101)`, `wrong-value home.star:3:33: blink1.set: for parameter brightness: 101 is out of range: from 1 to 100`},
		{`blink1.set("red", brightness = -1)`, `wrong-value home.star:3:33: blink1.set: for parameter brightness: -1 is out of range: from 1 to 100`},
		{`blink1.set("red" if now.playing else "gren")`, `wrong-value home.star:3:39: blink1.set: for parameter color: "gren" is no colour: did you mean "green"?`},
		{`blink1.pattern("3,#ff0000,0.5")`, `wrong-value home.star:3:17: blink1.pattern: for parameter pattern: `},
		{`pause(evry = "10s")`, `unknown-argument home.star:3:8: pause: there is no argument evry: did you mean every?`},
		{`pause(every = "10")`, `wrong-value home.star:3:16: pause: for parameter every: "10" has no unit: write "10s"`},
		{`pause(every = 10)`, `wrong-value home.star:3:16: pause: for parameter every: 10 has no unit: write "10s"`},
		{`pause(10.5)`, `wrong-value home.star:3:8: pause: for parameter every: got float, want a duration like "10s"`},
		{`pause(every = None)`, `wrong-value home.star:3:16: pause: for parameter every: got NoneType, want a duration like "10s"`},
		{`pause(every = [])`, `wrong-value home.star:3:16: pause: for parameter every: got list, want a duration like "10s"`},
		{`pause("10s", "20s")`, `too-many-arguments home.star:3:15: pause: got 2 arguments, want at most 1: it takes every`},
		{`pause("10s", every = "20s")`, `repeated-argument home.star:3:15: pause: argument every is given twice`},
		{`done(1)`, `too-many-arguments home.star:3:7: done: got 1 arguments, want at most 0: it takes no arguments`},
		{`deny()`, `missing-argument home.star:3:2: deny: missing argument for reason: it takes reason`},
		{`allow(reason = 5)`, `wrong-value home.star:3:17: allow: for parameter reason: got int, want string: write str(...)`},
		{`slack.post("x", actions = "go")`, `wrong-value home.star:3:28: slack.post: for parameter actions: got string, want a list of buttons`},
		{`slack.post("x", channel = "music")`, `wrong-value home.star:3:28: slack.post: for parameter channel: "music" is no channel: write "#music"`},
		{`state.set("a", 1, ttl = "5")`, `wrong-value home.star:3:26: state.set: for parameter ttl: "5" has no unit: write "5s"`},
		{`state.set(ttl = "5s")`, `missing-argument home.star:3:2: state.set: missing argument for key: it takes key, value, ttl`},
		{`button(style = "x", publish = "x")`, `missing-argument home.star:3:2: button: missing argument for label: it takes label, publish`},
		{`topic = 'x'` + "\n" + `button("x", publish = topic)`, `bad-topic home.star:4:24: button: the topic is a literal string`},
		{`publish("x", "y")`, `too-many-arguments home.star:3:15: publish: it takes a topic and then fields by name`},
		{`publish("x", time = 1)`, `bad-field home.star:3:15: publish: a field cannot be called time: every topic has that already`},
		{`spotify.recently_played(limit = 51)`, `wrong-value home.star:3:34: spotify.recently_played: for parameter limit: 51 is out of range: from 1 to 50`},
		{`now.between("25:00", "23:00")`, `wrong-value home.star:3:14: between: for parameter from: "25:00" is no time of day`},
		{`now.pauses_in(windw = "10m")`, `unknown-argument home.star:3:16: pauses_in: there is no argument windw: did you mean window?`},
		{`p = pause` + "\n" + `p(evry = 1)`, `unknown-argument home.star:4:4: pause: there is no argument evry: did you mean every?`},
		{`log(sep = "")`, `unknown-argument home.star:3:6: log: it takes no arguments by name`},
		{`pace = "10"` + "\n" + `pause(pace)`, `wrong-value home.star:3:9: pause: for parameter every: "10" has no unit: write "10s" (it is used at home.star:4:8)`},
		{`every("1h", lambda e: None)`, `only-in-handler home.star:3:2: every: works only at the top level of a file`},
	} {
		got := slices.DeleteFunc(vetted(in(c.src)), func(s string) bool { return strings.HasPrefix(s, "unheard-topic") })
		if len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.src, got, c.want)
		}
	}
	for _, c := range []struct{ src, want string }{
		{`every("1x", print)`, `every: for parameter interval: "1x" is no duration`},
		{`at("25:00", lambda e: None)`, `at: for parameter time: "25:00" is no time of day`},
		{`at("22:00", lambda e: None, days = "someday")`, `at: for parameter days: `},
		{`every("1h", "fn")`, `every: for parameter fn: got string, want function`},
		{`every("1h", lambda: None)`, `every: lambda is called with one argument`},
		{"def tick(a, b): pass\nat('22:00', tick)", `at: tick is called with one argument`},
		{`every("1h", lambda e: log(e.tiem))`, `event has no .tiem field or method (did you mean .time?)`},
		{"PACE = '10'\ndef f():\n\tpause(every = PACE)", `pause: for parameter every: "10" has no unit`},
		{"load('lib/x.star', SLOW='PACE')\ndef f():\n\tpause(every = SLOW)", `pause: for parameter every: "10" has no unit`},
		{"def f(a, b=1, *, c): pass\ndef g():\n\tf(c=1)", `f: missing argument for a: it takes a, b, c`},
		{"def f(a, b=1, *, c): pass\ndef g():\n\tf(1, 2, 3, c=1)", `f: got 3 arguments, want at most 2: it takes a, b, c`},
		{"def f(device): pass\ndef g():\n\tf(devise=1)", `f: there is no argument devise: did you mean device?`},
		{"load('lib/x.star', 'greet')\ndef f():\n\tgreet()", `greet: missing argument for whom: it takes whom`},
	} {
		got := vetted("home.star", c.src+"\ndef on_playback(now):\n\tallow()", "lib/x.star", "PACE = '10'\ndef greet(whom): pass")
		if len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}

// What is only known when the rule runs is left to the call, and what is right is taken.
func TestVetLeavesAlone(t *testing.T) {
	for _, src := range []string{
		"args = []\n" + `pause(*args)`, `pause(**{"every": "10"})`, `pause(every = str(10) + "s")`, `pause(every = 10 * time.second)`,
		`pause(now.device.name)`, `deny(*["x"])`, `deny(**{"reason": "x"})`, `blink1.set("red", "500ms", 20, 1, "desk")`,
		`slack.post("x", every = None, actions = [button("a", publish = "b", x = 1)])` + "\npublish('b', x = 1)",
		`for pause in [log]:` + "\n\tpause(1, 2, 3)", `f = lambda *a, **k: None` + "\nf(1, 2, x = 3)",
		`state.set("a", {"b": [1, 2]})`, `x = "10"` + "\nif now.playing:\n\tx = '10s'\npause(every = x)",
		`x = struct(devise = 1).devise`, `x = getattr(now, "devise", None)`, `x = now.devise if hasattr(now, "devise") else None`,
		`who = "Alice" if now.playing else None` + "\nif who:\n\tlog(who)\n\tallow(who)", `CHANNEL = ""` + "\nslack.post('x', channel = CHANNEL or None)",
		`color = "red" if now.playing else "none"` + "\nif color != 'none':\n\tblink1.set(color)", `COLOR = ""` + "\nblink1.set(COLOR if COLOR else 'red')",
		`PACE = None` + "\nif PACE and now.playing:\n\tpace = PACE\n\tpause(pace)", `hint = None` + "\n[deny(hint) for _ in [1] if hint]", `pace = ""` + "\nif not pace:\n\treturn\npause(pace)",
		`x = now.device.name.upper().lower()`, `x = [d.name for d in spotify.devices()]`, `x = now.time.unix + now.previous.time.unix`,
		`for k in now.changed:` + "\n\tlog(k.upper())", `now = now.device` + "\nx = now.name", `x = {"a": now}["a"].devise`,
	} {
		if got := slices.DeleteFunc(vetted(in(src)), func(s string) bool { return strings.HasPrefix(s, "unheard-topic") }); len(got) > 0 {
			t.Errorf("%s: %q", src, got)
		}
	}
}

func TestVetAttributes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{in("now.devise"), "playback has no .devise field or method (did you mean .device?)"},
		{in("now.device.nmae"), "device has no .nmae field or method (did you mean .name?)"},
		{in("d = now.device\nd.nmae"), "device has no .nmae field or method (did you mean .name?)"},
		{in("d, p = now.device, now.playing\nd.nmae"), "device has no .nmae field or method (did you mean .name?)"},
		{in("now.previous.pauses"), "snapshot has no .pauses field or method (it has context, device, item, playing and time)"},
		{in("now.previous.item.nam"), "item has no .nam field or method (did you mean .name?)"},
		{in("now.time.hours"), "time.time has no .hours field or method (did you mean .hour?)"},
		{in("now.device.name.uper()"), "string has no .uper field or method (did you mean .upper?)"},
		{in("'%s'.formt(1)"), "string has no .formt field or method (did you mean .format?)"},
		{in("now.item.artists[0]\nfor a in now.item.artists:\n\ta.uper()"), "string has no .uper field or method (did you mean .upper?)"},
		{in("spotify.devices().eror"), "devices has no .eror field or method (did you mean .error?)"},
		{in("for p in spotify.recently_played():\n\tp.item.urii"), "item has no .urii field or method (did you mean .uri?)"},
		{in("x = [d.nam for d in spotify.devices()]"), "device has no .nam field or method (did you mean .name?)"},
		{in("(lambda n: n)(now)\nf = lambda: now.devise"), "playback has no .devise field or method (did you mean .device?)"},
		{in("tell(now.device)") + "def tell(device):\n\tlog(device.nmae)", "device has no .nmae field or method (did you mean .name?)"},
		{in("tell(who = now)") + "def tell(x = 1, who = None):\n\tlog(who.devise)", "playback has no .devise field or method (did you mean .device?)"},
		{"on_playback = lambda now: allow(now.devise)", "playback has no .devise field or method (did you mean .device?)"},
		{in("pass") + "def on_blind(problem):\n\tlog(problem.knd)", "problem has no .knd field or method (did you mean .kind?)"},
		{in("pass") + "def tick(event):\n\tlog(event.by)\nevery('1h', tick)", "event has no .by field or method (it has account and time)"},
	} {
		got := vetted(c.src)
		if len(got) != 1 || !strings.HasPrefix(got[0], "unknown-attribute") || !strings.HasSuffix(got[0], c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.src, got, c.want)
		}
	}
	for _, src := range []string{
		in("tell(now.device)\ntell(now.item)") + "def tell(x):\n\tlog(x.album)", // now this, now that
		in("tell(now.device)\n[tell]") + "def tell(x):\n\tlog(x.album)",         // nobody knows who calls it
		in("tell(now.device)\ntell(struct(album = 1))") + "def tell(x):\n\tlog(x.album)",
		in("tell(*[1])") + "def tell(x):\n\tlog(x.album)",
		in("log(on_playback)\nnow.devise"),
		in("pass") + "def tick(e):\n\tlog(e.by)\nevery('1h', tick)\non_tock = tick",
	} {
		if got := slices.DeleteFunc(vetted(src), func(s string) bool { return strings.HasPrefix(s, "unpublished-topic") }); len(got) > 0 {
			t.Errorf("%s: %q", src, got)
		}
	}
}

// What the validator knows of a handler's argument are the attributes of the values that handlers really get: the samples
// have every one of them.
func TestSamplesAreWhole(t *testing.T) {
	var walk func(name string, v starlark.Value)
	seen := 0
	walk = func(name string, v starlark.Value) {
		of, ok := v.(starlark.HasAttrs)
		if !ok || v.Type() == "string" || v.Type() == "time.time" || v.Type() == "time.duration" {
			return
		}
		for _, attr := range of.AttrNames() {
			x, err := of.Attr(attr)
			if err != nil || x == nil || x == starlark.None && attr != "approved_at" && attr != "error" {
				t.Errorf("%s.%s is %v, %v: the validator cannot see through it", name, attr, x, err)
				continue
			}
			seen++
			walk(name+"."+attr, x)
		}
	}
	for _, kind := range []string{engine.KindPlayback, engine.KindBlind} {
		v := engine.SampleArgument(kind, All(Deps{})...)
		if v == nil {
			t.Fatalf("there is no sample of %s", kind)
		}
		walk(kind, v)
	}
	for name, v := range results() {
		walk(name, v)
		walk(name, v.(starlark.Indexable).Index(0))
	}
	if seen < 80 {
		t.Errorf("only %d attributes", seen)
	}
}

func TestVetTopicFields(t *testing.T) {
	head := in("publish('party', device = now.device.name, loud = True)")
	for _, c := range []struct {
		src  string
		want []string
	}{
		{head + "def on_party(e):\n\tlog(e.device, e.loud, e.by, e.account, e.time)", nil},
		{head + "def on_party(e):\n\tlog(e.devise)", []string{`unknown-field home.star:5:8: no rule publishes "party" with a field devise (did you mean device?)`}},
		{head + "def on_party(e):\n\tlog(e.guest)", []string{`unknown-field home.star:5:8: no rule publishes "party" with a field guest (its fields are device and loud)`}},
		{head + "def on_party(e):\n\ttell(e)\ndef tell(x):\n\tlog(x.guest)", []string{`unknown-field home.star:7:8: no rule publishes "party" with a field guest (its fields are device and loud)`}},
		{head + "def on_party(e):\n\tlog(e.guest if hasattr(e, 'guest') else 1)", nil},
		{head + "def f(more):\n\tpublish('party', **more)\ndef on_party(e):\n\tlog(e.guest)", nil},
		{head + "def f():\n\tpublish('party')\ndef on_party(e):\n\tlog(e.device)\n\tlog(e.device)", []string{`missing-field home.star:5:10: "party" without the field device, which on_party reads (read at home.star:7:8; write device=...)`}},
		{head + "def f():\n\tbutton('x', publish = 'party', loud = 1)\ndef on_party(e):\n\tlog(e.device)", []string{`missing-field home.star:5:24: "party" without the field device, which on_party reads (read at home.star:7:8; write device=...)`}},
		{in("pass") + "def on_party(e):\n\tlog(e.guest)", []string{`unpublished-topic home.star:4:5: on_party handles a topic that no rule publishes (only gatefold publish party runs it)`}},
		{in("publish('parti')") + "def on_party(e):\n\tlog(e.guest)", []string{`unheard-topic home.star:3:10: no rule handles the topic "parti" (did you mean "party"?)`}},
	} {
		if got := vetted(c.src); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}

// Every code has an example in the documentation, which produces that and nothing else.
func TestCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "checking.md"))
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	sections := regexp.MustCompile("(?m)^### ").Split(string(page), -1)[1:]
	for _, s := range sections {
		code, text, _ := strings.Cut(s, "\n")
		documented = append(documented, code)
		example := regexp.MustCompile("(?s)```python\n(.*?)```").FindStringSubmatch(text)
		var files engine.Snapshot
		switch {
		case code == engine.CodeNoRules:
		case code == engine.CodeUnreadable:
			files = engine.Snapshot{{Path: "home.star", Err: fmt.Errorf("others can write it")}}
		case example == nil:
			t.Errorf("%s has no example", code)
			continue
		default:
			files = exampleFiles(example[1])
		}
		got := codesOf(files)
		if !slices.Equal(got, []string{code}) {
			t.Errorf("the example of %s gives %q", code, got)
		}
	}
	if !slices.Equal(documented, engine.Codes()) {
		t.Errorf("documented are\n%q, and there are\n%q", documented, engine.Codes())
	}
}

// codesOf are the codes of what is wrong with files, or, if nothing is, of why they do not load or judge nobody.
func codesOf(files engine.Snapshot) []string {
	var out []string
	for _, p := range engine.Vet(files, All(Deps{})...) {
		out = append(out, p.Code)
	}
	for _, f := range files {
		if !engine.IsTest(f.Path) {
			continue
		}
		for _, p := range engine.VetTests(files, engine.Tests{Path: f.Path}, All(Deps{})...) {
			out = append(out, p.Code)
		}
	}
	if out != nil {
		return out
	}
	set, err := engine.Load(files, engine.Limits{}, All(Deps{})...)
	switch load, _ := err.(*engine.LoadError); {
	case load != nil:
		return []string{load.Problems[0].Code}
	case !set.Handles(engine.KindPlayback):
		return []string{engine.CodeNoPlayback}
	}
	return nil
}

// exampleFiles are the files of an example: home.star, unless comments name others.
func exampleFiles(text string) engine.Snapshot {
	names := regexp.MustCompile(`(?m)^# ([a-z_/]+\.star)\n`)
	marks := names.FindAllStringSubmatchIndex(text, -1)
	if marks == nil {
		return engine.Snapshot{{Path: "home.star", Data: []byte(text)}}
	}
	var out engine.Snapshot
	for i, m := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		out = append(out, engine.File{Path: text[m[2]:m[3]], Data: []byte(text[m[1]:end])})
	}
	return out
}

// BenchmarkVet vets a ruleset of a thousand lines, as an editor does at every key.
func BenchmarkVet(b *testing.B) {
	home, err := os.ReadFile(filepath.Join("..", "rules", "home.star"))
	if err != nil {
		b.Fatal(err)
	}
	var files engine.Snapshot
	lines := 0
	for i := 0; lines < 1000; i++ {
		src := regexp.MustCompile(`"(allow_hour|allow_always|keep_blocking)"`).ReplaceAllString(string(home), fmt.Sprintf(`"${1}_%d"`, i))
		src = regexp.MustCompile(`on_(allow_hour|allow_always|keep_blocking)`).ReplaceAllString(src, fmt.Sprintf(`on_${1}_%d`, i))
		files = append(files, engine.File{Path: fmt.Sprintf("home%d.star", i), Data: []byte(src)})
		lines += strings.Count(src, "\n")
	}
	modules := All(Deps{})
	b.ReportMetric(float64(lines), "lines")
	for b.Loop() {
		if problems := engine.Vet(files, modules...); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
