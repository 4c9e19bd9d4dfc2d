package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSteps(t *testing.T) {
	spin := "def on_playback(now):\n\tfor i in range(%d):\n\t\tpass"
	d := decide(t, fmt.Sprintf(spin, 10_000_000))
	if d.Err == nil || !strings.Contains(d.Err.Error(), "more than 1000000 steps: is there a loop that is too long?") || !strings.HasPrefix(d.Err.Error(), "home.star:2:") {
		t.Error(d.Err)
	}
	if d.Steps < 1_000_000 || d.Steps > 1_000_001 {
		t.Errorf("%d steps", d.Steps)
	}
	// Each handler, and each turn, has its own.
	var files []string
	for i := range 5 {
		files = append(files, fmt.Sprintf("%d.star", i), fmt.Sprintf(spin, 150_000))
	}
	set := rules(t, files...)
	for range 3 {
		d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil)
		if d.Err != nil || d.Steps < 5*150_000 {
			t.Errorf("%d steps, %v", d.Steps, d.Err)
		}
	}
	// One that went too far does not spoil the next.
	set = rules(t, "def on_playback(now):\n\tif now.plays:\n\t\tfor i in range(10000000):\n\t\t\tpass")
	for i, who := range []snap{bob, {}, bob, {}} {
		if d := set.Evaluate(t.Context(), playback(who), Facts{}, nil); (d.Err != nil) != who.Plays {
			t.Errorf("%d: %v", i, d.Err)
		}
	}
}

func TestWallClock(t *testing.T) {
	set, err := Load(snapshot("home.star", "def on_playback(now):\n\tif now.plays:\n\t\tfor i in range(1000000000000):\n\t\t\tpass"), Limits{Steps: 1 << 62, Wall: 500 * time.Millisecond}, newFakes().modules...)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		begin := time.Now()
		d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil)
		if d.Err == nil || !strings.Contains(d.Err.Error(), "took longer than 500ms") {
			t.Error(d.Err)
		}
		if took := time.Since(begin); took < 500*time.Millisecond {
			t.Errorf("cancelled after %s", took)
		}
		for range 100 {
			begin := time.Now()
			if d := set.Evaluate(t.Context(), playback(snap{}), Facts{}, nil); d.Err != nil && time.Since(begin) < 400*time.Millisecond { // a busy machine may have stopped it
				t.Fatalf("the one after it: %v", d.Err)
			}
		}
	}
}

// Handlers that each stay within their time end together when the turn has used up its own, and the next turn has all of it.
func TestTurnIsBounded(t *testing.T) {
	var files []string
	for i := range 40 {
		files = append(files, fmt.Sprintf("%02d.star", i), "def on_playback(now):\n\tif now.plays:\n\t\tfor i in range(100000000):\n\t\t\tlen([0] * 1000)\n\tdeny('x')")
	}
	set, err := Load(snapshot(files...), Limits{Steps: 100_000, Wall: time.Minute, Turn: 50 * time.Millisecond}, newFakes().modules...)
	if err != nil {
		t.Fatal(err)
	}
	set.limits.Steps = 1 << 62 // and the steps are not what ends it
	for range 2 {
		d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil)
		if d.Err == nil || !strings.Contains(d.Err.Error(), "the whole turn took longer than 50ms") || !strings.HasPrefix(d.Err.Error(), "00.star:") {
			t.Fatalf("%v", d.Err)
		}
	}
	turn := set.newTurn(playback(bob), Facts{}, nil)
	turn.bound()
	turn.whole.over.Store(true) // it ran out between two handlers
	if err := set.turn(t.Context(), turn); err == nil || !strings.Contains(err.Error(), "the whole turn") {
		t.Errorf("and the next handler runs: %v", err)
	}
	turn.unbound()
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	set, err := Load(snapshot("home.star", "def on_playback(now):\n\tif now.plays:\n\t\tfor i in range(1000000000000):\n\t\t\tpass"), Limits{Steps: 1 << 62, Wall: time.Minute}, newFakes().modules...)
	if err != nil {
		t.Fatal(err)
	}
	d := set.Evaluate(ctx, playback(bob), Facts{}, nil)
	if d.Err == nil || !strings.Contains(d.Err.Error(), "gatefold is stopping") {
		t.Error(d.Err)
	}
	if d := set.Evaluate(context.Background(), playback(snap{}), Facts{}, nil); d.Err != nil {
		t.Error(d.Err)
	}
}

func TestHostileHandlers(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"recursion", "def on_playback(now):\n\t[on_playback][0](now)", "called recursively"},
		{"a huge string", "def on_playback(now):\n\tx = 'a' * (1 << 30)", "excessive repeat"},
		{"a huge shift", "def on_playback(now):\n\tx = 1 << 1000000000", "shift count too large"},
		{"deep json", "def on_playback(now):\n\tjson.decode('{\"a\":' * 65 + '1' + '}' * 65)", "nested deeper than 64"},
		{"a comprehension", "def on_playback(now):\n\t[1 for a in range(100000) for b in range(100000)]", "more than 1000000 steps"},
		{"bytes that collide", "def on_playback(now):\n\td = {}\n\tfor i in range(600000):\n\t\td[i % 7] = i\n\t\td[-i % 7] = i", "more than 1000000 steps"},
	} {
		d := decide(t, c.src)
		if d.Err == nil || !strings.Contains(d.Err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, d.Err)
		}
	}
}

func TestLogsAreBounded(t *testing.T) {
	d := decide(t, "def on_playback(now):\n\tfor i in range(500):\n\t\tprint('é' * 3000)")
	equal(t, "lines", len(d.Logs), logLines+1)
	equal(t, "the last", d.Logs[logLines].Text, "more than 100 lines in one turn: the rest is left out")
	if text := d.Logs[0].Text; len(text) > logBytes+3 || !strings.HasSuffix(text, "é…") {
		t.Errorf("%d bytes, ends in %q", len(text), text[len(text)-6:])
	}
	equal(t, "an odd cut", cut("aé", 2), "a…")
}

// What rules say of their failure goes into logs and the journal at every look.
func TestTextsOfFailuresAreBounded(t *testing.T) {
	for name, src := range map[string]string{
		"fail":           "def on_playback(now):\n\tfail('e\\n' * 3000000)",
		"a missing name": "def on_playback(now):\n\tgetattr(now, 'y' * 3000000)",
		"a missing key":  "def on_playback(now):\n\t{}['k' * 3000000]",
	} {
		d := decide(t, src)
		var rule *RuleError
		if !errors.As(d.Err, &rule) {
			t.Errorf("%s: %v", name, d.Err)
			continue
		}
		if n := len(rule.Error()) + len(rule.Cause.Error()) + len(rule.Backtrace); n > 20_000 || !strings.Contains(rule.Text, "…") {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
	_, err := Load(snapshot("home.star", "def on_playback(now):\n\tpass\nfail('e' * 3000000)"), Limits{})
	if err == nil || len(err.Error()) > 20_000 {
		t.Errorf("at the top level: %d bytes", len(fmt.Sprint(err)))
	}
}

func TestTimersAreBounded(t *testing.T) {
	for name, src := range map[string]string{
		"many":  "def f(e):\n\tpass\n[every('1h', f) for i in range(257)]",
		"rapid": "def f(e):\n\tpass\n[every('1s', f) for i in range(11)]",
	} {
		_, err := Load(snapshot("home.star", src), Limits{}, newFakes().modules...)
		if err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
	set := rules(t, "home.star", "def f(e):\n\tpass\n[every('1s', f) for i in range(9)]\n[every('168h', f) for i in range(5)]")
	equal(t, "timers", len(set.Timers()), 14)
}

func TestEffectsAreBounded(t *testing.T) {
	for _, c := range []struct {
		call string
		want string
	}{
		{"mail.send('x')", "home.star:4:12: mail.send: more than 1000 effects in one turn"},
		{"light.set('x')", "home.star:4:12: light.set: more than 1000 effects in one turn"},
		{"state.set('x', i)", "home.star:4:12: more than 1000 writes in one turn"},
		{"state.delete('x')", "home.star:4:15: more than 1000 writes in one turn"},
	} {
		for n, fails := range map[int]bool{1000: false, 1001: true} {
			d := decide(t, fmt.Sprintf("def on_playback(now):\n\tdeny('x')\n\tfor i in range(%d):\n\t\t%s", n, c.call))
			if fails != (d.Err != nil) || fails && d.Err.Error() != c.want {
				t.Errorf("%d times %s: %v", n, c.call, d.Err)
			}
		}
	}
	set, err := Load(snapshot("home.star", "def on_playback(now):\n\tmail.send('a')\n\tmail.send('b')"), Limits{Effects: 1}, newFakes().modules...)
	if err != nil {
		t.Fatal(err)
	}
	if d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil); d.Err == nil {
		t.Error("Limits.Effects is not heeded")
	}
}

// Nothing survives a turn but what the journal keeps: everything that a file
// made is frozen.
func TestGlobalsAreFrozen(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"a list", "L = []\nget = lambda: L\ndef on_playback(now):\n\tget().append(1)", "cannot append to frozen list"},
		{"a dict", "D = {}\nget = lambda: D\ndef on_playback(now):\n\tget()['a'] = 1", "cannot insert into frozen hash table"},
		{"a default", "def on_playback(now, seen=[]):\n\tseen.append(1)", "cannot append to frozen list"},
		{"a closure", "def make():\n\tseen = []\n\tdef f(now):\n\t\tseen.append(1)\n\treturn f\non_playback = make()", "cannot append to frozen list"},
		{"inside of a struct", "S = struct(l=[])\ndef on_playback(now):\n\tS.l.append(1)", "cannot append to frozen list"},
		{"of a library", "load('lib/x.star', 'L')\nget = lambda: L\ndef on_playback(now):\n\tget().append(1)", "cannot append to frozen list"},
		{"private in a library", "load('lib/x.star', 'add')\ndef on_playback(now):\n\tadd()", "cannot append to frozen list"},
		{"a set", "S = set([1])\ndef on_playback(now):\n\tS.add(2)", "frozen"},
	} {
		set := rules(t, "home.star", c.src, "lib/x.star", "L = []\n_p = []\ndef add():\n\tlist = [_p]\n\tlist[0].append(1)")
		for range 2 {
			if d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil); d.Err == nil || !strings.Contains(d.Err.Error(), c.want) {
				t.Errorf("%s: %v", c.name, d.Err)
			}
		}
	}
}

// The function of a timer may be held by nothing else.
func TestClosuresOfTimersAreFrozen(t *testing.T) {
	set := rules(t, "home.star", "load('lib/x.star', 'X')\ndef make():\n\tseen = []\n\treturn lambda e: seen.append(1)\nevery('1h', make())", "lib/x.star", "X = 1\ndef make():\n\tseen = {}\n\treturn lambda e: seen.update(a=1)\nevery('2h', make())")
	equal(t, "timers", len(set.Timers()), 2)
	for _, timer := range set.Timers() {
		d := set.Evaluate(t.Context(), Event{Kind: KindTimer, Time: start, Data: Tick{Timer: timer.ID}}, Facts{}, nil)
		if d.Err == nil || !strings.Contains(d.Err.Error(), "frozen") {
			t.Errorf("%s: %v", timer.ID, d.Err)
		}
	}
}
