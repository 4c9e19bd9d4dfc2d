package coverage

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
)

// happens evaluates a ruleset for devices of these names; "" is nobody.
func happens(t *testing.T, rules *engine.Ruleset, devices ...string) []engine.Decision {
	t.Helper()
	var out []engine.Decision
	for i, name := range devices {
		look := builtins.Playback{}
		if name != "" {
			look = builtins.Playback{Playing: true, Device: &builtins.Device{Name: name, Type: "speaker", ID: name}}
		}
		out = append(out, rules.Evaluate(context.Background(), engine.Event{
			ID: fmt.Sprint(i), Account: "home", Kind: engine.KindPlayback, Cause: engine.CauseLook,
			Time: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC), Data: builtins.NewPlayback(look),
		}, engine.Facts{}, nil))
	}
	return out
}

func snapshot(source string) engine.Snapshot {
	return engine.Snapshot{{Path: "home.star", Data: []byte(source)}}
}

// covered is the report of a rule file that has seen devices.
func covered(t *testing.T, source string, devices ...string) File {
	t.Helper()
	files := snapshot(source)
	p := New(files)
	rules, err := p.Load(files, engine.Limits{}, builtins.All(builtins.Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range happens(t, rules, devices...) {
		if d.Err != nil {
			t.Fatal(d.Err)
		}
	}
	return p.Report().Files[0]
}

func missed(f File) string {
	var out []string
	for _, m := range f.Missed {
		out = append(out, m.place(f.Path)+": "+m.Text)
	}
	return strings.Join(out, "\n")
}

// Each rule is run with these devices, and exactly these places are missed.
func TestMissed(t *testing.T) {
	for name, x := range map[string]struct {
		source  string
		devices []string
		want    string
	}{
		"an else that is not written": {"def on_playback(now):\n    if now.device:\n        allow()\n", []string{"a"}, "home.star:2:5: if: never false"},
		"both ways":                   {"def on_playback(now):\n    if now.device:\n        allow()\n", []string{"a", ""}, ""},
		"a branch that is not taken": {"def on_playback(now):\n    if not now.device:\n        print(1)\n        print(2)\n    else:\n        allow()\n", []string{"a"},
			"home.star:2:5: if: never true\nhome.star:3-4: not run"},
		"elif": {"def on_playback(now):\n    if now.device == None:\n        pass\n    elif now.device.name == \"a\":\n        allow()\n    elif now.device.name == \"b\":\n        deny(\"b\")\n    else:\n        deny(\"else\")\n",
			[]string{"a", "c"}, "home.star:2:5: if: never true\nhome.star:3: not run\nhome.star:6:5: elif: never true\nhome.star:7: not run"},
		"an if in an else is no elif": {"def on_playback(now):\n    if now.device:\n        allow()\n    else:\n        if now.playing:\n            print(1)\n", []string{"a", ""},
			"home.star:5:9: if: never true\nhome.star:6: not run"},
		"a loop without anything":       {"def on_playback(now):\n    for x in []:\n        print(x)\n", []string{"a"}, "home.star:2:5: for: never with anything in it\nhome.star:3: not run"},
		"a loop that always has some":   {"def on_playback(now):\n    for x in [1, 2]:\n        print(x)\n", []string{"a"}, "home.star:2:5: for: never with nothing in it"},
		"a loop over a dict":            {"D = {1: 2}\ndef on_playback(now):\n    for x in D:\n        print(x)\n", []string{"a"}, "home.star:3:5: for: never with nothing in it"},
		"what follows a return":         {"def on_playback(now):\n    return\n    print(1)\n", []string{"a"}, "home.star:3: not run"},
		"what follows a break":          {"def on_playback(now):\n    for x in [1]:\n        break\n        print(1)\n", []string{"a"}, "home.star:2:5: for: never with nothing in it\nhome.star:4: not run"},
		"a conditional expression":      {"def on_playback(now):\n    x = 1 if now.playing else 2\n", []string{"a"}, "home.star:2:14: if ... else: never false"},
		"and":                           {"def on_playback(now):\n    x = now.device and now.playing\n", []string{"a"}, "home.star:2:20: and: never false"},
		"or":                            {"def on_playback(now):\n    x = now.device or now.playing\n", []string{"a"}, "home.star:2:20: or: never false"},
		"of three, which":               {"def on_playback(now):\n    x = now.device or now.playing or now.item\n", []string{"a"}, "home.star:2:20: or: never false\nhome.star:2:35: or: never false"},
		"and within an if, on one line": {"def on_playback(now):\n    if now.device and now.device.name == \"b\":\n        allow()\n", []string{"a", ""}, "home.star:2:5: if: never true\nhome.star:3: not run"},
		"a comprehension's if":          {"def on_playback(now):\n    x = [y for y in [1, 2] if y < 5]\n", []string{"a"}, "home.star:2:28: comprehension if: never false"},
		"a function that nobody calls": {"def helper():\n    return 1\n\ndef on_playback(now):\n    pass\n", []string{"a"},
			"home.star:1:1: helper: never called\nhome.star:2: not run"},
		"a handler that never ran":                  {"def on_playback(now):\n    pass\n\ndef on_blind(problem):\n    pass\n", []string{"a"}, "home.star:4:1: on_blind: never called\nhome.star:5: not run"},
		"a lambda that nobody calls":                {"F = lambda x: x + 1\n\ndef on_playback(now):\n    pass\n", []string{"a"}, "home.star:1:5: lambda: never called"},
		"a lambda that is called":                   {"F = lambda x, y = 1: x + y\n\ndef on_playback(now):\n    print(F(1), F(x = 2, y = 3))\n", []string{"a"}, ""},
		"a lambda of three lines that nobody calls": {"F = lambda x: (\n    x + 1\n)\n\ndef on_playback(now):\n    pass\n", []string{"a"}, "home.star:1:5: lambda: never called\nhome.star:2-3: not run"},
		"a lambda of three lines that is called":    {"F = lambda x: (\n    x + 1\n)\n\ndef on_playback(now):\n    F(1)\n", []string{"a"}, ""},
		"a lambda in another that nobody calls": {"F = lambda: (\n    lambda x:\n        x + 1\n)\n\ndef on_playback(now):\n    F()\n", []string{"a"},
			"home.star:2:5: lambda: never called\nhome.star:3: not run"},
		"a default that is a choice":              {"def f(x = 1 if len(\"a\") else 2):\n    return x\n\ndef on_playback(now):\n    print(f())\n", []string{"a"}, "home.star:1:16: if ... else: never false"},
		"texts that document":                     {"\"\"\"The rules.\"\"\"\n\ndef on_playback(now):\n    \"\"\"Looks.\"\"\"\n    pass\n", []string{"a"}, ""},
		"a statement of three lines":              {"def on_playback(now):\n    if not now.playing:\n        print(\n            1,\n        )\n", []string{"a"}, "home.star:2:5: if: never true\nhome.star:3-5: not run"},
		"two statements in one line":              {"def on_playback(now):\n    if not now.playing: print(1); print(2)\n    print(3)\n", []string{"a"}, "home.star:2:5: if: never true"},
		"a statement after a return, in one line": {"def on_playback(now):\n    return; print(1)\n", []string{"a"}, "home.star:2: not all of it run"},
		"what is nested":                          {"def on_playback(now):\n    x = {\"k\": [1 if now.playing else 2][0:(1 or 2)]}\n    x[\"k\" if now.playing else \"l\"] = (lambda: -1)()\n", []string{"a"}, "home.star:2:21: if ... else: never false\nhome.star:2:46: or: never false\nhome.star:3:14: if ... else: never false"},
		"a file that nothing ran":                 {"def on_playback(now):\n    if now.playing and now.device:\n        print(1)\n", nil, "home.star:1:1: on_playback: never called\nhome.star:2-3: not run"},
		"a keyword and stars":                     {"def f(*args, k = None, **kw):\n    return k or args\n\ndef on_playback(now):\n    print(f(*[1], **{\"k\": 2 or 3}))\n", []string{"a"}, "home.star:2:14: or: never false\nhome.star:5:29: or: never false"},
		"nothing is missed in a pass":             {"def on_playback(now):\n    for x in [1]:\n        pass\n    for x in []:\n        pass\n", []string{"a"}, "home.star:2:5: for: never with nothing in it\nhome.star:4:5: for: never with anything in it\nhome.star:5: not run"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := missed(covered(t, x.source, x.devices...)); got != x.want {
				t.Errorf("got\n%s\nwant\n%s", got, x.want)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	f := covered(t, "def on_playback(now):\n    if now.playing and now.device.name == \"a\":\n        allow()\n    help(now)\n\ndef help(now):\n    return 1\n\ndef on_blind(p):\n    pass\n", "a", "a", "b")
	want := Counts{Handlers: Share{1, 2}, Functions: Share{2, 3}, Lines: Share{7, 8}, Branches: Share{3, 4}}
	if f.Counts != want || f.Percent() != 83 {
		t.Errorf("%+v, %d%%", f.Counts, f.Percent())
	}
	if f.Source[2].Ran != 2 || f.Source[3].Ran != 3 || f.Source[2].State != Ran || f.Source[1].State != Partly || f.Source[9].State != NotRun || f.Source[4].State != Nothing {
		t.Errorf("%+v", f.Source)
	}
}

// The lines of a lambda that nobody calls have not run, though the statement that makes it has; of one that is called they
// have run as often as it was.
func TestLambdaLines(t *testing.T) {
	const source = "def on_playback(now):\n    f = lambda x: (\n        x + 1\n    )\n    print(%s)\n"
	f := covered(t, fmt.Sprintf(source, "1"), "a", "a")
	if f.Source[1].State != Partly || f.Source[1].Ran != 2 || f.Source[2].State != NotRun || f.Source[2].Ran != 0 || f.Counts.Lines != (Share{3, 5}) {
		t.Errorf("%+v, %+v", f.Source, f.Counts)
	}
	f = covered(t, fmt.Sprintf(source, "f(1), f(2)"), "a", "a")
	if f.Source[1].State != Ran || f.Source[2].State != Ran || f.Source[2].Ran != 4 {
		t.Errorf("%+v", f.Source)
	}
}

// Decisions are those of the ruleset without counting: steps, places, failures and their texts.
func TestCountingChangesNothing(t *testing.T) {
	sources := []string{
		"def on_playback(now):\n    if now.device and now.device.name == \"a\" or False:\n        allow()\n    else:\n        deny(\"x\")\n        pause()\n        slack.post(\"hi\", every = \"1h\")\n",
		"def on_playback(now):\n    for i in range(10000000):\n        x = i if i else 1\n", // too many steps
		"def on_playback(now):\n    fail(\"no\") if now.device else print(1)\n",
		"def on_playback(now):\n    print([x for x in range(100) if x % 2])\n    state.set(\"k\", (lambda: 1)())\n",
		"def on_playback(now):\n    spotify.devices()\n    allow()\n",
	}
	for i, source := range sources {
		files := snapshot(source)
		modules := builtins.All(builtins.Deps{})
		plain, err := engine.Load(files, engine.Limits{Wall: time.Minute}, modules...)
		if err != nil {
			t.Fatal(err)
		}
		counting, err := New(files).Load(files, engine.Limits{Wall: time.Minute}, modules...)
		if err != nil {
			t.Fatal(err)
		}
		if plain.Hash != counting.Hash {
			t.Errorf("%d: another hash", i)
		}
		a, b := happens(t, plain, "a", "b", ""), happens(t, counting, "a", "b", "")
		for j := range a {
			if text(a[j]) != text(b[j]) {
				t.Errorf("%d: got\n%s\nwant\n%s", i, text(b[j]), text(a[j]))
			}
		}
	}
}

func text(d engine.Decision) string {
	var b strings.Builder
	fmt.Fprintln(&b, d.Verdict, d.Verdict.Pos, d.Steps, d.Err, d.Logs)
	for _, e := range append(d.Standing, d.Once...) {
		fmt.Fprintln(&b, e, e.Pos, e.Key, e.ID)
	}
	for _, w := range d.State {
		fmt.Fprintln(&b, w)
	}
	for _, a := range d.Asks {
		fmt.Fprintln(&b, a.Call, a.Pos)
	}
	return b.String()
}

// What an edit puts in the place of a file counts for the file that it comes from, and two loads of one content add up.
func TestNames(t *testing.T) {
	folder := engine.Snapshot{
		{Path: "home.star", Data: []byte("def on_playback(now):\n    allow()\n")},
		{Path: "_strict.star", Data: []byte("def on_playback(now):\n    deny(\"x\")\n")},
		{Path: "_idle.star", Data: []byte("X = 1\n")},
		{Path: "lib/names.star", Data: []byte("def f():\n    return 1\n")},
		{Path: "home_test.star", Data: []byte("def test_x():\n    pass\n")},
	}
	p := New(folder)
	edited := append(engine.Snapshot{{Path: "home.star", Data: folder[1].Data}}, folder[1:]...)
	for _, files := range []engine.Snapshot{folder, edited, folder} {
		rules, err := p.Load(files, engine.Limits{Wall: time.Minute}, builtins.All(builtins.Deps{})...)
		if err != nil {
			t.Fatal(err)
		}
		happens(t, rules, "a")
	}
	var got []string
	for _, f := range p.Report().Files {
		got = append(got, fmt.Sprintf("%s %s %d", f.Path, f.Counts.Lines, f.Source[1%len(f.Source)].Ran))
	}
	want := "_strict.star 2/2 1\nhome.star 2/2 2\nlib/names.star 0/2 0"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestHTMLIsOnePage(t *testing.T) {
	f := covered(t, "def on_playback(now):\n    if now.playing: # <b> & \"quoted\"\n        allow()\n", "a")
	var b strings.Builder
	if err := (Report{Files: []File{f}, Total: f.Counts}).HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# &lt;b&gt; &amp;", "if: never false", `class="partly"`, "◐", "80%"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	for _, not := range []string{"<script", "http://", "https://", "<b>"} {
		if strings.Contains(b.String(), not) {
			t.Errorf("%s is in it", not)
		}
	}
}
