package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
)

var seen = Present{Account: "home", Event: playback(bob), State: State{"mood": {Value: []byte(`"blue"`)}}}

func scratch(t *testing.T, p Present, files ...string) *Scratch {
	t.Helper()
	s, err := NewScratch(rules(t, files...), p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// chunk parses and runs what somebody typed.
func (s *Scratch) chunk(t *testing.T, text string) Attempt {
	t.Helper()
	f, err := ChunkOptions().Parse("typed", text, 0)
	if err != nil {
		return Attempt{Err: s.Wrong("typed", text, err)}
	}
	return s.Run(context.Background(), f, text)
}

func valueOf(t *testing.T, tried Attempt) string {
	t.Helper()
	if tried.Err != nil {
		t.Fatal(tried.Err)
	}
	if tried.Value == nil {
		return "(none)"
	}
	return tried.Value.String()
}

const twoFiles = `
HOUSEHOLD = ["kitchen"]

def on_playback(now):
    if now.who in HOUSEHOLD:
        allow()
        done()
    log("first", now.who)
    light.set("green")
`

func TestScratchEvaluates(t *testing.T) {
	s := scratch(t, seen,
		"10.star", twoFiles,
		"20.star", "load('lib/x.star', 'double')\nHOUSEHOLD = ('a', 'b')\ndef on_playback(now):\n\tdeny('no')\n\tlight.set('red')\n\tpublish('topic', n=double(2))\ndef on_topic(e):\n\tstate.set('n', e.n)\n",
		"lib/x.star", "def double(x):\n\treturn 2 * x\n",
	)
	for text, want := range map[string]string{
		"now.who":                   `"bob"`,
		"HOUSEHOLD":                 `("a", "b")`,
		"file('10.star').HOUSEHOLD": `["kitchen"]`,
		"double(21)":                "42",
		"state.get('mood')":         `"blue"`,
		"time.now() == now.time":    "True",
		"[x for x in 'ab'.elems()]": `["a", "b"]`,
	} {
		equal(t, text, valueOf(t, s.Eval(context.Background(), "typed", text)), want)
	}
	tried := s.Eval(context.Background(), "typed", "on_playback(now)")
	equal(t, "value", valueOf(t, tried), "None")
	d := tried.Decision
	equal(t, "verdict", d.Verdict.String(), `deny(reason="no")`)
	equals(t, "stands", callsOf(d.Standing), `light.set(color="red")`)
	if len(d.State) != 1 || d.State[0].String() != `state.set(key="n", value=4)` {
		t.Errorf("the topic that it published wrote %v", d.State)
	}
	if len(d.Logs) != 1 || d.Logs[0].Text != "first bob" {
		t.Errorf("logs: %v", d.Logs)
	}
	// It is what a turn decides.
	equal(t, "a turn decides", d.Verdict.String(), s.rules.Evaluate(context.Background(), seen.Event, seen.Facts, seen.State).Verdict.String())
	// done() ends the turn for the files after.
	d = s.Eval(context.Background(), "typed", "on_playback(struct(who = 'kitchen'))").Decision
	equal(t, "after done", d.Verdict.String(), "allow()")
	equals(t, "after done, stands", callsOf(d.Standing), `light.set(color="green")`)
}

// Each chunk is a turn of its own: nothing that one asks for is there in the next, but names are.
func TestScratchForgets(t *testing.T) {
	s := scratch(t, seen, "def on_playback(now):\n\tallow()\nLIST = [1]\n")
	equal(t, "set", valueOf(t, s.chunk(t, "state.set('mood', 'red')")), "None")
	equal(t, "get", valueOf(t, s.chunk(t, "state.get('mood')")), `"blue"`)
	equal(t, "last", valueOf(t, s.chunk(t, "_")), `"blue"`)
	for _, text := range []string{
		"a, (b, [c]) = 1, (2, [3])", "def f(x):\n\treturn x + a\n", "for i in range(3):\n\tlast = i\n", "if a:\n\tbig = 10\nelse:\n\tsmall = 1\n",
		"LIST = LIST + [2]", "t = (1, 2)", "t = t", "load('home.star', mine = 'LIST')",
	} {
		if tried := s.chunk(t, text); tried.Err != nil || tried.Value != nil {
			t.Errorf("%s: %v %v", text, tried.Value, tried.Err)
		}
	}
	equal(t, "names", valueOf(t, s.chunk(t, "a, b, c, f(1), i, last, big, LIST, mine, t")), "(1, 2, 3, 2, 2, 2, 10, [1, 2], [1], (1, 2))")
	if tried := s.chunk(t, "LIST.append(1)\nfile('home.star').LIST.append(1)"); tried.Err == nil || !strings.Contains(tried.Err.Error(), "frozen") {
		t.Errorf("a value of the rules was changed: %v", tried.Err)
	}

	// What was named stays over another present; now is that of the new one.
	other := seen
	other.Event = playback(snap{Who: "eve"})
	s.Renew(s.rules, other)
	equal(t, "renewed", valueOf(t, s.chunk(t, "now.who, a")), `("eve", 1)`)
}

func TestScratchFailures(t *testing.T) {
	s := scratch(t, seen, "def on_playback(now):\n\tallow()\ndef broken(x):\n\treturn 1 // x\nHOUSEHOLD = []\n")
	for text, want := range map[string]string{
		"HOUSEHOLDS":                  `typed:1:1: undefined: HOUSEHOLDS (did you mean HOUSEHOLD?)`,
		"1 + problem":                 `typed:1:5: undefined: problem (the player can be seen: there is now, the argument of on_playback, instead)`,
		"broken(0)":                   `home.star:4:11: floored division by zero`,
		"1 +":                         `typed:1:4: got end of file, want primary expression`,
		"(deny('a'), boom())":         `typed: internal error: boom`,
		"pause()":                     `typed:1:6: pause: the verdict of this turn is unknown: only a denied device is paused (call deny("...") as well)`,
		"every('1h', broken)":         `typed:1:6: every: works only at the top level of a file`,
		"file('home.sta')":            `typed:1:5: file: the rules have no file "home.sta": did you mean "home.star"?`,
		"[x for x in range(9999999)]": `typed:1:4: Starlark computation cancelled: more than 1000000 steps: is there a loop that is too long?`,
	} {
		tried := s.Eval(context.Background(), "typed", text)
		if tried.Err == nil {
			t.Errorf("%s: %v", text, tried.Value)
			continue
		}
		equal(t, text, tried.Err.Error(), want)
		if d := tried.Decision; d.Verdict.Given || len(d.Standing)+len(d.Once)+len(d.State) > 0 {
			t.Errorf("%s: it fails, and would do %v", text, RecordOf(d))
		}
	}
	if tried := s.Eval(context.Background(), "typed", "ask.one('x')"); tried.Err != nil || len(tried.Decision.Asks) != 1 {
		t.Errorf("a question: %v %v", tried.Decision.Asks, tried.Err)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Eval(stopped, "typed", "[x for x in range(999999)]").Err; err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("interrupted: %v", err)
	}
	unseen := Present{Account: "home", Event: Event{Kind: KindPlayback, Time: start}, Why: "nobody looks"}
	equal(t, "unseen", scratch(t, unseen, "def on_playback(now):\n\tallow()\n").Eval(context.Background(), "typed", "now").Err.Error(), "typed:1:1: undefined: now (nobody looks)")
	if _, err := NewScratch(Elsewhere(nil, Description{}, nil), seen); err == nil {
		t.Error("rules that were loaded elsewhere were taken")
	}
	var load *LoadError
	if err := s.Wrong("typed", "a b", errors.New("odd")); !errors.As(err, &load) {
		t.Errorf("%T", err)
	}
}

func TestScratchCompletes(t *testing.T) {
	s := scratch(t, seen, "def on_playback(now):\n\tallow()\nHOUSEHOLD = []\n")
	for word, want := range map[string]string{
		"HOU": "HOUSEHOLD", "state.": "state.delete state.get state.set", "light.se": "light.set", "on_": "on_playback",
		"now.nothing.": "", "boom.": "", "nowhere.x": "", "HOUSEHOLD.app": "HOUSEHOLD.append",
	} {
		equal(t, word, strings.Join(s.Complete(word), " "), want)
	}
	if all := s.Complete(""); len(all) < 20 {
		t.Errorf("every name: %v", all)
	}
}

// A long session does not slow down: what was evaluated is forgotten.
func BenchmarkScratch(b *testing.B) {
	set, err := Load(snapshot("home.star", remembering), Limits{}, newFakes().modules...)
	if err != nil {
		b.Fatal(err)
	}
	s, err := NewScratch(set, seen)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if tried := s.Eval(context.Background(), "typed", "on_playback(now)"); tried.Err != nil {
			b.Fatal(tried.Err)
		}
	}
}
