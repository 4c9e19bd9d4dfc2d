package startest

import (
	"slices"
	"strings"
	"testing"

	"gatefold/builtins"
	"gatefold/engine"
)

// vetted is what is said of a file of tests without running it: each problem in a line, warnings marked.
func vetted(test string, others ...engine.File) string {
	files := append(engine.Snapshot{
		{Path: "home.star", Data: []byte("def owner(device):\n    return device.name == 'Kitchen'\n\ndef on_playback(now):\n    allow() if owner(now.device) else deny('no')\n")},
		{Path: "home_test.star", Data: []byte(test)},
	}, others...)
	var out []string
	for _, p := range engine.VetTests(files, engine.Tests{Path: "home_test.star", Own: Modules()}, builtins.All(builtins.Deps{})...) {
		text := p.String()
		if p.Severity == engine.Warning {
			text = "warning: " + text + " [" + p.Code + "]"
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

func TestVet(t *testing.T) {
	const load = "load('home.star', 'on_playback', 'owner')\n"
	for name, x := range map[string]struct{ test, want string }{
		"all is well":              {load + "def test_x():\n    assert.true(owner(fake.device()))\n    assert.eq(record(on_playback, fake.now()).verdict, 'allow')\n", ""},
		"too few arguments":        {"def test_x():\n    assert.eq(1)\n", "home_test.star:2:5: assert.eq: missing argument for want: it takes got, want, message"},
		"too many arguments":       {"def test_x():\n    assert.fail('a', 'b')\n", "home_test.star:2:22: assert.fail: got 2 arguments, want at most 1: it takes message"},
		"an argument of record":    {"def test_x():\n    record(lambda: 1, stat = {})\n", "home_test.star:2:23: record: there is no argument stat: did you mean state?"},
		"fields of a topic":        {"def test_x():\n    assert.eq(fake.event(device = 'x', anything = 1).device, 'x')\n", ""},
		"arguments for the fn":     {"def test_x():\n    record(lambda a, b: 1, 1, 'x', state = {'k': 1}, answers = {'spotify.devices()': []})\n", ""},
		"a fake's attribute":       {"def test_x():\n    assert.eq(fake.now().devise, 1)\n", "home_test.star:2:26: playback has no .devise field or method (did you mean .device?)"},
		"an attribute of a result": {"load('home.star', 'on_playback')\ndef test_x():\n    done = record(on_playback, fake.now())\n    assert.eq(done.call, [])\n", "home_test.star:4:20: effects has no .call field or method (did you mean .calls?)"},
		"a path of a fake":         {"NOW = fake.now(previous = fake.now())\ndef test_x():\n    assert.eq(NOW.previous.device.nmae, 1)\n", "home_test.star:3:35: device has no .nmae field or method (did you mean .name?)"},
		"a choice":                 {"def test_x():\n    fake.blind(kind = 'quotas')\n", `home_test.star:2:23: fake.blind: for parameter kind: "quotas" is none: did you mean "quota"?`},
		"an effect":                {"def test_x():\n    log('x')\n", "home_test.star:2:5: log: works only in a handler: a test writes record(fn, fake.now())"},
		"an effect in a helper":    {"def helper():\n    log('x')\ndef test_x():\n    record(helper)\n    record(lambda: log('y'))\n", ""},
		"what is meant to fail":    {"load('home.star', 'owner')\ndef bad():\n    fake.now(devise = 1)\ndef test_x():\n    assert.fails(lambda: assert.eq(1))\n    assert.fails(bad)\n    assert.fails(fn = lambda: owner('x').y, pattern = 'no')\n", ""},
		"a call that a rule fails": {"load('home.star', 'owner')\ndef test_x():\n    owner('Kitchen')\n", ""}, // the run says where
		"a name that resembles":    {"def tst_a():\n    pass\ndef testB():\n    pass\ndef Test_c():\n    pass\ndef helper():\n    pass\ndef test_x():\n    pass\n", "warning: home_test.star:1:5: tst_a is no test, and nobody calls it (did you mean test_a?) [not-a-test]\nwarning: home_test.star:3:5: testB is no test, and nobody calls it (did you mean test_b?) [not-a-test]\nwarning: home_test.star:5:5: Test_c is no test, and nobody calls it (did you mean test_c?) [not-a-test]"},
		"one that is called":       {"def text_of(x):\n    return x\ndef test_x():\n    text_of(1)\n", ""},
		"no function":              {"test_a = 3\ndef test_x():\n    pass\n", "warning: home_test.star:1:1: test_a is a int: a test is a function (write def test_a()) [not-a-test]"},
		"data of a test":           {"test_devices = ['a']\ndef test_x():\n    assert.eq(len(test_devices), 1)\n", ""},
		"a lambda is a function":   {"test_a = lambda: assert.eq(1, 1)\n", ""},
		"no test at all":           {"test_a = 3\n", "home_test.star: no tests (write def test_something())\nwarning: home_test.star:1:1: test_a is a int: a test is a function (write def test_a()) [not-a-test]"},
		"throttles of recordings":  {"def test_x():\n    record(lambda: slack.post('a', every = '1h'))\n    record(lambda: slack.post('b', every = '1h'))\n", ""},
		"topics of recordings":     {"def test_x():\n    record(lambda: publish('party', hours = 1))\n", ""},
		"syntax":                   {"def test_x(:\n", `home_test.star:1:11: "(" is never closed (a ")" is missing before ":")`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := vetted(x.test); got != x.want {
				t.Errorf("got\n%s\nwant\n%s", got, x.want)
			}
		})
	}
	helper := engine.File{Path: "lib/more_test.star", Data: []byte("load('home_test.star', 'text_of')\ndef test_y():\n    text_of(1)\n")}
	if got := vetted("def text_of(x):\n    return x\ndef test_x():\n    pass\n", helper); got != "" {
		t.Errorf("a function that another file loads: %s", got)
	}
}

// A test runs by the name that the file gives it: two lambdas are two tests.
func TestNamesOfLambdas(t *testing.T) {
	files := engine.Snapshot{{Path: "x_test.star", Data: []byte("test_a = lambda: assert.eq(1, 1)\ntest_b = lambda: assert.eq(1, 2)\n")}}
	f, failed := Load("x_test.star", Options{Files: files})
	if failed != nil {
		t.Fatal(failed.Problems)
	}
	if got := f.Names(); !slices.Equal(got, []string{"x_test.star/test_a", "x_test.star/test_b"}) {
		t.Fatalf("%q", got)
	}
	if !f.Run(t.Context(), "x_test.star/test_a").OK() || f.Run(t.Context(), "x_test.star/test_b").OK() {
		t.Error("one ran in the place of the other")
	}
}

// What fakes are said to be is what they are.
func TestResults(t *testing.T) {
	results := Results()
	for _, name := range []string{"fake.now", "fake.device", "fake.item", "fake.blind", "fake.tick", "record", "assert.fails"} {
		if results[name] == nil {
			t.Errorf("%s: nothing is known of what it gives", name)
		}
	}
	src := "KINDS = [type(fake.now()), type(fake.device()), type(fake.item()), type(fake.blind()), type(fake.tick())]\nprint(' '.join(KINDS))\ndef test_x():\n    print(type(record(lambda: 1)))\n"
	f, failed := Load("x_test.star", Options{Files: engine.Snapshot{{Path: "x_test.star", Data: []byte(src)}}})
	if failed != nil {
		t.Fatal(failed.Problems)
	}
	var want []string
	for _, name := range []string{"fake.now", "fake.device", "fake.item", "fake.blind", "fake.tick"} {
		want = append(want, results[name].Type())
	}
	if got := f.Logs(); len(got) != 1 || got[0].Text != strings.Join(want, " ") {
		t.Errorf("%v, want %v", got, want)
	}
	if got := f.Run(t.Context(), "x_test.star/test_x").Logs; len(got) != 1 || got[0].Text != results["record"].Type() {
		t.Errorf("record gives %v", got)
	}
}
