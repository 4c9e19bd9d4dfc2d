package startest

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gatefold/engine"
	"gatefold/internal/timeline"
)

func testdata(t *testing.T) engine.Snapshot {
	t.Helper()
	files, err := timeline.Files(os.DirFS("testdata"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}

// TestFiles runs the tests below testdata: all of them pass.
func TestFiles(t *testing.T) {
	o := Options{Files: testdata(t)}
	paths := Paths(o.Files)
	if len(paths) != 1 {
		t.Fatalf("files of tests: %q", paths)
	}
	f, failed := Load(paths[0], o)
	if failed != nil {
		t.Fatal(failed.Problems)
	}
	if len(f.Names()) < 12 {
		t.Fatalf("only %q", f.Names())
	}
	for _, name := range f.Names() {
		t.Run(strings.TrimPrefix(name, "home_test.star/"), func(t *testing.T) {
			t.Parallel()
			r := f.Run(t.Context(), name)
			for _, p := range r.Problems {
				t.Errorf("%s\n%s\n%s", p, p.Excerpt(), r.Trace)
			}
			if name == "home_test.star/test_asserts" && (len(r.Logs) != 1 || r.Logs[0].Text != "that is all" || !strings.HasPrefix(r.Logs[0].Pos, "home_test.star:")) {
				t.Errorf("printed %+v", r.Logs)
			}
		})
	}
}

// one runs a file of tests beside rules, and says what its tests came to: each problem in a line.
func one(t *testing.T, test, rules string) string {
	t.Helper()
	files := engine.Snapshot{{Path: "home.star", Data: []byte(rules)}, {Path: "home_test.star", Data: []byte(test)}}
	f, failed := Load("home_test.star", Options{Files: files, Limits: engine.Limits{Wall: time.Minute}}) // steps end them, however slow the machine
	results := []Result{}
	if failed != nil {
		results = append(results, *failed)
	} else {
		for _, name := range f.Names() {
			results = append(results, f.Run(t.Context(), name))
		}
	}
	var out []string
	for _, r := range results {
		for _, p := range r.Problems {
			out = append(out, p.String())
		}
	}
	return strings.Join(out, "\n")
}

// What is wrong is said with its place and what would be right.
func TestProblems(t *testing.T) {
	const rules = "def on_playback(now):\n    if now.device.name == 'Bob':\n        fail('Bob is here')\n    allow()\n"
	const loads = "load('home.star', 'on_playback')\n"
	for name, x := range map[string]struct{ test, want string }{
		"no tests":               {"X = 1\n", "home_test.star: no tests (write def test_something())"},
		"an argument":            {"def test_x(y):\n    pass\n", "home_test.star:1:5: test_x is called without arguments: write def test_x()"},
		"syntax":                 {"def test_x(:\n", `home_test.star:1:11: "(" is never closed (a ")" is missing before ":")`},
		"no such name":           {"def test_x():\n    assertt.eq(1, 1)\n", "home_test.star:2:5: undefined: assertt (did you mean assert?)"},
		"no such assert":         {"def test_x():\n    assert.eqq(1, 1)\n", "home_test.star:2:12: assert has no member eqq (did you mean assert.eq?)"},
		"no such fake":           {"def test_x():\n    fake.nows()\n", "home_test.star:2:10: fake has no member nows (did you mean fake.now?)"},
		"no such file":           {"load('lib/x.star', 'y')\ndef test_x():\n    y()\n", "home_test.star:1:6: load: there is no file lib/x.star in the rules folder"},
		"equal":                  {"def test_x():\n    assert.eq(1, 2)\n", "home_test.star:2:14: assert.eq: got 1, want 2"},
		"equal to look at":       {"def test_x():\n    assert.eq((1,), [1])\n", "home_test.star:2:14: assert.eq: got (1,), want [1]"},
		"with a message":         {"def test_x():\n    assert.eq(1, 2, 'two')\n", "home_test.star:2:14: assert.eq: two: got 1, want 2"},
		"other than":             {"def test_x():\n    assert.ne(1, 1)\n", "home_test.star:2:14: assert.ne: got 1, want something other than 1"},
		"less than":              {"def test_x():\n    assert.lt(2, 1)\n", "home_test.star:2:14: assert.lt: got 2, want something less than 1"},
		"not comparable":         {"def test_x():\n    assert.lt(2, 'a')\n", "home_test.star:2:14: assert.lt: int < string not implemented"},
		"true":                   {"def test_x():\n    assert.true([], 'some')\n", "home_test.star:2:16: assert.true: some: got []"},
		"false":                  {"def test_x():\n    assert.false(3)\n", "home_test.star:2:17: assert.false: got 3"},
		"contains":               {"def test_x():\n    assert.contains([1], 2)\n", "home_test.star:2:20: assert.contains: 2 is not in [1]"},
		"contains nothing":       {"def test_x():\n    assert.contains(1, 2)\n", "home_test.star:2:20: assert.contains: unknown binary op: int in int"},
		"fails":                  {"def test_x():\n    assert.fails(lambda: 3)\n", "home_test.star:2:17: assert.fails: it did not fail, and gave 3"},
		"fails in another way":   {"def test_x():\n    assert.fails(lambda: fail('a'), '^b')\n", `home_test.star:2:17: assert.fails: it failed with "fail: a", want what matches "^b"`},
		"fails by a bad pattern": {"def test_x():\n    assert.fails(lambda: fail('a'), '(')\n", "home_test.star:2:17: assert.fails: error parsing regexp: missing closing ): `(`"},
		"fail":                   {"def test_x():\n    assert.fail('no')\n", "home_test.star:2:16: assert.fail: no"},
		"a rule fails":           {loads + "def test_x():\n    record(on_playback, fake.now('Bob'))\n", "home.star:3:13: fail: Bob is here"},
		"two tests fail":         {"def test_x():\n    fail('x')\ndef test_a():\n    fail('a')\n", "home_test.star:2:9: fail: x\nhome_test.star:4:9: fail: a"},
		"an effect in a test":    {"def test_x():\n    allow()\n", "home_test.star:2:5: allow: works only in a handler: a test writes record(fn, fake.now())"},
		"no clock":               {"def test_x():\n    time.now()\n", "home_test.star:2:13: time.now: works only in a handler: a test writes record(fn, fake.now())"},
		"record while loading":   {"record(lambda: 1)\ndef test_x():\n    pass\n", "home_test.star:1:7: record: works only in a test"},
		"record nothing":         {"def test_x():\n    record()\n", "home_test.star:2:5: record: missing argument for fn: it takes fn, state, answers"},
		"record a text":          {"def test_x():\n    record('x')\n", "home_test.star:2:12: record: for parameter fn: got string, want a function"},
		"too many steps":         {"def test_x():\n    for i in range(10000000):\n        pass\n", "home_test.star:2:5: Starlark computation cancelled: more than 1000000 steps: is there a loop that is too long?"},
		"steps of a recording":   {"def test_x():\n    record(lambda: [x for x in range(10000000)])\n", "home_test.star:2:23: Starlark computation cancelled: more than 1000000 steps: is there a loop that is too long?"},
		"no such kind":           {"def test_x():\n    fake.blind('nothing')\n", `home_test.star:2:16: fake.blind: for parameter kind: "nothing" is none: one of rate_limited, quota, unauthorized, forbidden, unreachable, malformed`},
		"no such item":           {"def test_x():\n    fake.now(kind = 'song')\n", `home_test.star:2:21: fake.now: for parameter kind: "song" is none: one of track, episode, ad, local, unknown`},
		"no such cause":          {"def test_x():\n    fake.now(cause = 'fun')\n", `home_test.star:2:22: fake.now: for parameter cause: "fun" is none: one of look, reload, state, clock`},
		"no such argument":       {"def test_x():\n    fake.now(devise = 'fun')\n", `home_test.star:2:14: fake.now: there is no argument devise: did you mean device?`},
		"no such moment":         {"def test_x():\n    fake.now(time = 'noon')\n", `home_test.star:2:21: fake.now: for parameter time: "noon" is no moment: write it like "2026-01-05 21:00"`},
		"nobody plays":           {"def test_x():\n    fake.now(device = None, playing = True)\n", "home_test.star:2:13: fake.now: playing: nobody holds the player, so nobody plays"},
		"nobody's past":          {"def test_x():\n    fake.now(device = None, pauses = 1)\n", "home_test.star:2:13: fake.now: nobody holds the player, so nobody has a past"},
		"approved and blocked":   {"def test_x():\n    fake.now(approved = True, blocked = True)\n", "home_test.star:2:13: fake.now: a device is approved or blocked, not both"},
		"no previous":            {"def test_x():\n    fake.now(previous = fake.blind())\n", "home_test.star:2:13: fake.now: previous: got problem, want what fake.now gives"},
		"no volume":              {"def test_x():\n    fake.now(volume = 101)\n", "home_test.star:2:13: fake.now: volume: got 101, want 0 to 100 or None"},
		"a field's name":         {"def test_x():\n    fake.event(**{'a b': 1})\n", `home_test.star:2:15: fake.event: a field cannot be called "a b": letters, digits and _, and no digit first`},
		"state of no text":       {"def test_x():\n    record(lambda: 1, state = {1: 2})\n", "home_test.star:2:11: record: state: got a int as a key, want texts"},
		"all is well":            {"def test_x():\n    pass\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := one(t, x.test, rules); got != x.want {
				t.Errorf("got\n%s\nwant\n%s", got, x.want)
			}
		})
	}
}

// Of two long values the elements that differ are shown.
func TestDiff(t *testing.T) {
	got := one(t, "def test_x():\n    assert.eq(['the first of these texts, which are long', 'the second', 'more'], ['the first of these texts, which are long', 'another', 'more'])\n", "")
	want := `home_test.star:2:14: assert.eq: got (+), want (-):
  [
      "the first of these texts, which are long",
-     "another",
+     "the second",
      "more",
  ]`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	got = one(t, "def test_x():\n    assert.eq({'a': 'x' * 60, 'b': 1}, {'a': 'x' * 60, 'b': 2})\n", "")
	if !strings.Contains(got, "-     \"b\": 2,\n+     \"b\": 1,") {
		t.Errorf("got\n%s", got)
	}
	got = one(t, "def test_x():\n    assert.eq('a\\n' * 30 + 'b', 'a\\n' * 30 + 'c')\n", "")
	if !strings.HasSuffix(got, "  a\n- c\n+ b") {
		t.Errorf("got\n%s", got)
	}
}

// Rules cannot name what tests can, and files of tests are no rules.
func TestRulesStayRules(t *testing.T) {
	got := one(t, "load('home.star', 'f')\ndef test_x():\n    f()\n", "def f():\n    assert.eq(1, 1)\n")
	if got != "home.star:2:5: undefined: assert" {
		t.Errorf("got %s", got)
	}
	if engine.IsRule("home_test.star") || engine.IsTest(".git/x_test.star") || engine.IsTest("test.star") || !engine.IsTest("lib/x_test.star") {
		t.Error("a file of tests is a rule, or the other way round")
	}
}

// A test that hangs in no step ends with who asked for it.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	files := engine.Snapshot{{Path: "x_test.star", Data: []byte("def test_x():\n    [x for x in range(1000000) if [y for y in range(1000000)]]\n")}}
	f, failed := Load("x_test.star", Options{Files: files, Limits: engine.Limits{Steps: 1 << 40}})
	if failed != nil {
		t.Fatal(failed.Problems)
	}
	if r := f.Run(ctx, "x_test.star/test_x"); r.OK() || !strings.Contains(r.Problems[0].Text, "interrupted") {
		t.Errorf("%+v", r)
	}
}

// Tests of one file, side by side and again, come to the same.
func TestSideBySide(t *testing.T) {
	f, failed := Load("home_test.star", Options{Files: testdata(t)})
	if failed != nil {
		t.Fatal(failed.Problems)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for _, name := range f.Names() {
				if r := f.Run(context.Background(), name); !r.OK() {
					t.Errorf("%s: %s", name, r.Problems[0])
				}
			}
		})
	}
	all.Wait()
}
