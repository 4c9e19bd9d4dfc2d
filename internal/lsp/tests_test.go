package lsp

import (
	"slices"
	"strings"
	"testing"
)

// What tests can call is offered in files of tests, and in no other.
func TestCompletionInTests(t *testing.T) {
	c := start(t, household).begin(`{"textDocument":{"completion":{"completionItem":{"snippetSupport":true}}}}`)
	version := map[string]int{}
	for _, x := range []struct {
		name, file, text string
		has, lacks       []string
	}{
		{"asserts", "home_test.star", "def test_x():\n    assert.‸", []string{"eq", "fails", "contains"}, []string{"now"}},
		{"fakes", "home_test.star", "def test_x():\n    fake.n‸", []string{"now", "device", "tick"}, nil},
		{"names", "home_test.star", "def test_x():\n    ‸", []string{"assert", "fake", "record", "time", "blink1"}, nil},
		{"what a fake has", "home_test.star", "def test_x():\n    fake.now().‸", []string{"device", "pauses_in"}, []string{"verdict"}},
		{"a path of a fake", "home_test.star", "NOW = fake.now()\ndef test_x():\n    NOW.device.‸", []string{"approved"}, nil},
		{"what a recording has", "home_test.star", "def test_x():\n    done = record(lambda: 1)\n    assert.eq(done.‸)", []string{"verdict", "calls", "asks"}, []string{"device"}},
		{"a recording at once", "home_test.star", "def test_x():\n    record(lambda: 1).‸", []string{"logs"}, nil},
		{"arguments", "home_test.star", "def test_x():\n    fake.now(\"Bob\", ‸)", []string{"pauses =", "time =", "account ="}, []string{"device ="}},
		{"arguments by name only", "home_test.star", "def test_x():\n    record(f, 1, 2, ‸)", []string{"state =", "answers ="}, []string{"fn ="}},
		{"what it may be", "home_test.star", "def test_x():\n    fake.now(cause = \"‸\")", []string{"look", "reload", "clock"}, nil},
		{"whole tests", "home_test.star", "load(\"lib/devices.star\", \"colour_of\")\n\ndef ‸", []string{"test_colour_of", "test_something"}, []string{"on_blind"}},
		{"rules have no asserts", "home.star", "def on_playback(now):\n    assert.‸", nil, []string{"eq"}},
		{"nor their names", "home.star", "def on_playback(now):\n    ‸", []string{"blink1"}, []string{"assert", "fake", "record"}},
		{"nor what they give", "home.star", "def on_playback(now):\n    x = record(f)\n    x.‸", nil, []string{"verdict"}},
		{"nor libraries", "lib/devices.star", "def f():\n    fake.‸", nil, []string{"now"}},
	} {
		text, p := marked(t, x.text)
		if version[x.file]++; version[x.file] == 1 {
			c.open(x.file, text)
		} else {
			c.change(x.file, version[x.file], text)
		}
		var got completionList
		c.ask("textDocument/completion", c.where(x.file, p), &got)
		have := labels(got.Items)
		for _, want := range x.has {
			if !slices.Contains(have, want) {
				t.Errorf("%s: no %s in %.300v", x.name, want, have)
			}
		}
		for _, other := range x.lacks {
			if slices.Contains(have, other) {
				t.Errorf("%s: %s is offered", x.name, other)
			}
		}
	}
}

func TestHoverInTests(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home_test.star", "")
	c.open("home.star", "")
	for i, x := range []struct{ text, want, inRules string }{
		{"def test_x():\n    assert.e‸q(1, 1)", "Both are equal.", ""},
		{"def test_x():\n    fake.no‸w()", "What `on_playback` is told", ""},
		{"def test_x():\n    rec‸ord(f)", "Nothing is carried out", ""},
		{"def test_x():\n    fake.now(pau‸ses = 3)", "How many pauses took effect", ""},
		{"def test_x():\n    record(f).cal‸ls", "Everything it called", ""},
		{"def test_x():\n    fake.now().device.appr‸oved", "Whether somebody allowed it", ""},
		{"def test_x():\n    blink1.s‸et(\"red\")", "A steady colour.", "A steady colour."},
	} {
		text, p := marked(t, x.text)
		for file, want := range map[string]string{"home_test.star": x.want, "home.star": x.inRules} {
			c.change(file, i+2, text)
			var got *hover
			c.ask("textDocument/hover", c.where(file, p), &got)
			switch {
			case got == nil && want != "":
				t.Errorf("%s: nothing about %s", file, x.text)
			case got != nil && (want == "" || !strings.Contains(got.Contents.Value, want)):
				t.Errorf("%s: %s: %s", file, x.text, got.Contents.Value)
			}
		}
	}
}

func TestSignatureInTests(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home_test.star", "")
	for i, x := range []struct {
		text, label, active string
	}{
		{"def test_x():\n    assert.eq(1, ‸", "assert.eq(got, want, message=\"\")", "want"},
		{"def test_x():\n    fake.now(cause = ‸)", "fake.now(device=\"Kitchen\", type=\"speaker\", ", "cause=\"look\""},
		{"def test_x():\n    record(f, state = ‸)", "record(fn, *args, state={}, answers={})", "state={}"},
	} {
		text, p := marked(t, x.text)
		c.change("home_test.star", i+2, text)
		var got *signatureHelp
		c.ask("textDocument/signatureHelp", c.where("home_test.star", p), &got)
		if got == nil || !strings.HasPrefix(got.Signatures[0].Label, x.label) {
			t.Errorf("%s: %+v", x.text, got)
			continue
		}
		if s := got.Signatures[0]; s.Parameters[got.ActiveParameter].Label != x.active || !strings.Contains(s.Label, x.active) {
			t.Errorf("%s: parameter %d of %+v", x.text, got.ActiveParameter, s)
		}
	}
}

// Problems of tests are those that gatefold test would tell of, while they are written.
func TestProblemsOfTests(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home_test.star", "load(\"home.star\", \"on_playback\")\n\ndef test_x():\n    record(on_playback, fake.now(devise = 1))\n    assert.eq(1)\n    log(\"x\")\n\ndef tst_y():\n    pass\n")
	var got []string
	for _, d := range c.problems("home_test.star", 1) {
		got = append(got, d.Code)
	}
	if want := []string{"unknown-argument", "missing-argument", "only-in-handler", "not-a-test"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	c.change("home_test.star", 2, "X = 1\n")
	if list := c.problems("home_test.star", 2); len(list) != 0 {
		t.Errorf("a file that is begun: %+v", list)
	}
	c.open("home.star", "def on_playback(now):\n    record(1)\n")
	if list := c.problems("home.star", 1); len(list) != 1 || list[0].Code != "undefined" {
		t.Errorf("a rule that calls what only tests can: %+v", list)
	}
}
