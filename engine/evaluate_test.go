package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func logs(d Decision) []string {
	out := []string{}
	for _, l := range d.Logs {
		out = append(out, l.Text)
	}
	return out
}

func TestHandlersRunInFileOrder(t *testing.T) {
	d := decide(t,
		"50-home.star", "def on_playback(now):\n\tlog('home', now.who)",
		"10-party.star", "def on_playback(now):\n\tlog('party')",
		"sub/a.star", "def on_playback(now):\n\tlog('sub')",
		"9.star", "def on_playback(now):\n\tlog('nine')",
	)
	equals(t, "order", logs(d), "party", "home bob", "nine", "sub")
	equal(t, "position", d.Logs[1].Pos, "50-home.star:2:5")
	equal(t, "event", d.Event.ID, "home/playback/1")
	if d.Steps == 0 {
		t.Error("no steps counted")
	}
}

func TestDone(t *testing.T) {
	d := decide(t,
		"10.star", "def on_playback(now):\n\tdone()\n\tpublish('party', n=1)\n\tlog('goes on')",
		"20.star", "def on_playback(now):\n\tlog('never')",
		"30.star", "def on_party(e):\n\tlog('party one', e.n)\n\tpublish('more')",
		"40.star", "def on_party(e):\n\tlog('party two')\n\tdone()",
		"50.star", "def on_party(e):\n\tlog('never')\ndef on_more(e):\n\tlog('more')",
		"60.star", "def on_more(e):\n\tlog('more too')",
	)
	equals(t, "order", logs(d), "goes on", "party one 1", "party two", "more", "more too")
}

func TestPublish(t *testing.T) {
	d := decide(t,
		"a.star", `
def on_playback(now):
	publish("one", n=1, who=now.who, l=[1, {"a": (2,)}])
	publish("two")
	log("first")

def on_one(e):
	log(e.account, e.time == time.now(), e.by, e.n, e.who, e.l, type(e), dir(e))
	publish("three")

def on_two(e):
	log("two", str(e))

def on_three(e):
	log("three")
`)
	if d.Err != nil {
		t.Fatal(d.Err)
	}
	equals(t, "order", logs(d), "first", `home True rule 1 bob [1, {"a": (2,)}] event ["account", "by", "l", "n", "time", "who"]`, `two event(by="rule")`, "three")
	for _, c := range []struct{ src, want string }{
		{"publish('x', l=l)\n\tl.append(1)", "cannot append to frozen list"},
		{"publish('x', by='me')", "a field cannot be called by: every topic has that already"},
		{"publish('x', time=1)", "a field cannot be called time: every topic has that already"},
		{"publish('x', account=1)", "a field cannot be called account: every topic has that already"},
		{"publish('x', f=len)", "field f: a function cannot be published"},
		{"publish('x', n=2)", "event has no .missing field or method"},
	} {
		d := decide(t, "def on_playback(now):\n\tl = []\n\t"+c.src+"\ndef on_x(e):\n\te.missing")
		if d.Err == nil || !strings.Contains(d.Err.Error(), c.want) {
			t.Errorf("%s: %v", c.src, d.Err)
		}
	}
}

func TestPublishIsBounded(t *testing.T) {
	d := decide(t, "def on_playback(now):\n\tpublish('again', n=1)\ndef on_again(e):\n\tlog(e.n)\n\tif e.n < 16:\n\t\tpublish('again', n=e.n+1)")
	if d.Err != nil || len(d.Logs) != 16 {
		t.Errorf("16 deep: %v, %d", d.Err, len(d.Logs))
	}
	d = decide(t, "def on_playback(now):\n\tpublish('again', n=1)\ndef on_again(e):\n\tif e.n < 17:\n\t\tpublish('again', n=e.n+1)")
	if d.Err == nil {
		t.Error("17 deep")
	}
	d = decide(t, "def on_playback(now):\n\tpublish('again')\ndef on_again(e):\n\tpublish('again')")
	if d.Err == nil || !strings.Contains(d.Err.Error(), "home.star:4:9: topics published more than 16 deep: do two rules publish each other's topic?") {
		t.Errorf("without end: %v", d.Err)
	}
	for n, fails := range map[int]bool{256: false, 257: true} {
		d = decide(t, fmt.Sprintf("def on_playback(now):\n\tfor i in range(%d):\n\t\tpublish('x')\ndef on_x(e):\n\tpass", n))
		if fails != (d.Err != nil) || fails && !strings.Contains(d.Err.Error(), "more than 256 topics published in one turn") {
			t.Errorf("%d: %v", n, d.Err)
		}
	}
	for _, topic := range []string{"playback", "blind", "timer", "", "Bad"} { // what vet could not see
		d = decide(t, "p = publish\ndef on_playback(now):\n\tp('"+topic+"')")
		if d.Err == nil {
			t.Errorf("published %q", topic)
		}
	}
}

func TestVerdict(t *testing.T) {
	nobody := snap{}
	for _, c := range []struct {
		name  string
		on    Event
		files []string
		want  string
		pos   string
	}{
		{"no call, somebody", playback(bob), []string{"a.star", ""}, "unknown", ""},
		{"no call, nobody", playback(nobody), []string{"a.star", ""}, "idle", ""},
		{"allow", playback(bob), []string{"a.star", "def on_playback(now):\n\tallow()"}, "allow()", "a.star:2:7"},
		{"allow nobody", playback(nobody), []string{"a.star", "def on_playback(now):\n\tallow('all')"}, `allow(reason="all")`, "a.star:2:7"},
		{"deny nobody", playback(nobody), []string{"a.star", "def on_playback(now):\n\tdeny('none')"}, `deny(reason="none")`, "a.star:2:6"},
		{"the first allow", playback(bob), []string{"a.star", "def on_playback(now):\n\tallow('a')\n\tallow('b')"}, `allow(reason="a")`, "a.star:2:7"},
		{"a deny outweighs what came before", playback(bob), []string{"a.star", "def on_playback(now):\n\tallow('a')", "b.star", "def on_playback(now):\n\tdeny('b')"}, `deny(reason="b")`, "b.star:2:6"},
		{"and what comes after", playback(bob), []string{"a.star", "def on_playback(now):\n\tdeny('a')", "b.star", "def on_playback(now):\n\tallow('b')\n\tallow('c')"}, `deny(reason="a")`, "a.star:2:6"},
		{"the first deny", playback(bob), []string{"a.star", "def on_playback(now):\n\tdeny('a')\n\tdeny('b')"}, `deny(reason="a")`, "a.star:2:6"},
		{"in a topic", playback(bob), []string{"a.star", "def on_playback(now):\n\tallow('a')\n\tpublish('x')\ndef on_x(e):\n\tdeny('x')"}, `deny(reason="x")`, "a.star:5:6"},
		{"settled by done", playback(bob), []string{"a.star", "def on_playback(now):\n\tallow('a')\n\tdone()", "b.star", "def on_playback(now):\n\tdeny('b')"}, `allow(reason="a")`, "a.star:2:7"},
		{"in a function", playback(bob), []string{"a.star", "def f():\n\tdeny('f')\n\ndef on_playback(now):\n\tf()"}, `deny(reason="f")`, "a.star:2:6"},
		{"blind", Event{Kind: KindBlind, Data: Blind{Kind: BlindQuota}, Time: start}, []string{"a.star", "def on_blind(now):\n\tlight.set('red')"}, "unknown", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := rules(t, c.files...).Evaluate(t.Context(), c.on, Facts{}, nil)
			if d.Err != nil {
				t.Fatal(d.Err)
			}
			equal(t, "verdict", d.Verdict.String(), c.want)
			equal(t, "pos", d.Verdict.Pos, c.pos)
		})
	}
}

func TestSlots(t *testing.T) {
	for _, c := range []struct {
		name string
		src  []string
		want []string
	}{
		{"the last wins", []string{"light.set('a')\n\tlight.set('b')"}, []string{`light.set(color="b")`}},
		{"of the last handler", []string{"light.set('a')", "light.set('b')"}, []string{`light.set(color="b")`}},
		{"slot by slot", []string{"light.set('a')\n\tlight.set('b', led=1)"}, []string{`light.set(color="a")`, `light.set(color="b", led=1)`}},
		{"covered by one", []string{"light.set('a', led=1)\n\tlight.set('b', led=2)\n\tlight.set('c')"}, []string{`light.set(color="c")`}},
		{"not by a handler of another verdict", []string{"deny('x')\n\tlight.set('a')", "allow()\n\tlight.set('b')"}, []string{`light.set(color="a")`}},
		{"also before", []string{"allow()\n\tlight.set('b')", "deny('x')\n\tlight.set('a')"}, []string{`light.set(color="a")`}},
		{"also before it gave one", []string{"deny('x')", "light.set('b')\n\tallow()"}, []string{}},
		{"by one that gave none", []string{"deny('x')\n\tlight.set('a')", "light.set('b')"}, []string{`light.set(color="b")`}},
		{"by one that denied as well", []string{"deny('x')", "allow()\n\tdeny('y')\n\tlight.set('b')\n\tallow()"}, []string{`light.set(color="b")`}},
		{"a topic's handler", []string{"deny('x')\n\tlight.set('a')\n\tpublish('t')"}, []string{`light.set(color="t")`}},
		{"a pause has no slots", []string{"deny('x')\n\tpause()\n\tpause(every='5s')\n\tpoll(every='1s')", "allow()\n\tpause(every='3s')"},
			[]string{`pause(every="10s")`, `pause(every="5s")`, `poll(every="1s")`, `pause(every="3s")`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := []string{"z.star", "def on_t(e):\n\tlight.set('t')"}
			for i, src := range c.src {
				files = append(files, fmt.Sprintf("%d.star", i), "def on_playback(now):\n\t"+src)
			}
			d := decide(t, files...)
			if d.Err != nil {
				t.Fatal(d.Err)
			}
			equals(t, "standing", callsOf(d.Standing), c.want...)
		})
	}
}

func TestPauseNeedsADeny(t *testing.T) {
	for _, c := range []struct{ src, verdict string }{
		{"light.set('a')\n\tpause()", "unknown"}, {"allow()\n\tpause()", "allow"},
	} {
		d := decide(t, "def on_playback(now):\n\t"+c.src)
		var bad *RuleError
		if !errors.As(d.Err, &bad) {
			t.Fatalf("%s: %v", c.src, d.Err)
		}
		equal(t, "error", bad.Error(), "home.star:3:7: pause: the verdict of this turn is "+c.verdict+`: only a denied device is paused (call deny("...") as well)`)
		equal(t, "handler", bad.Handler, "on_playback")
		if d.Standing != nil || d.Once != nil {
			t.Error("a void turn has effects")
		}
	}
	blind := Event{Kind: KindBlind, Data: Blind{}, Time: start}
	if d := rules(t, "def on_blind(p):\n\t[pause][0]()").Evaluate(t.Context(), blind, Facts{}, nil); d.Err == nil {
		t.Error("on_blind pauses")
	}
	if d := decide(t, "a.star", "def on_playback(now):\n\tpause()", "b.star", "def on_playback(now):\n\tdeny('x')"); d.Err != nil {
		t.Error(d.Err)
	}
}

// What stands can only be said in a turn that begins with on_playback or
// on_blind.
func TestWhatStandsIsSaidWhereItStands(t *testing.T) {
	for _, call := range []string{"allow()", "deny('x')", "pause()", "poll()", "light.set('a')"} {
		set := rules(t, "def f(e):\n\t"+call+"\ndef on_x(e):\n\t"+call+"\ndef on_playback(now):\n\tdeny('p')\n\tpublish('x')\ndef on_blind(p):\n\tpublish('x')\nevery('1h', f)")
		tick := Event{Kind: KindTimer, Data: Tick{Timer: set.Timers()[0].ID}, Time: start}
		if d := set.Evaluate(t.Context(), tick, Facts{}, nil); d.Err == nil || !strings.Contains(d.Err.Error(), "what stands can only be said in a turn that begins with on_playback or on_blind") {
			t.Errorf("%s in a timer: %v", call, d.Err)
		}
		topic, _ := NewTopic("cli", nil)
		if d := set.Evaluate(t.Context(), Event{Kind: "x", Data: topic, Time: start}, Facts{}, nil); d.Err == nil || !strings.Contains(d.Err.Error(), "what stands can only be said") {
			t.Errorf("%s in a topic from outside: %v", call, d.Err)
		}
		if d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil); d.Err != nil {
			t.Errorf("%s in a topic of on_playback: %v", call, d.Err)
		}
		blind := set.Evaluate(t.Context(), Event{Kind: KindBlind, Data: Blind{}, Time: start}, Facts{}, nil)
		if judges := !slices.Contains([]string{"poll()", "light.set('a')"}, call); judges != (blind.Err != nil) {
			t.Errorf("%s in on_blind: %v", call, blind.Err)
		} else if judges && call != "pause()" && !strings.Contains(blind.Err.Error(), "what is not seen is not judged: on_blind gives no verdict") {
			t.Error(blind.Err)
		}
	}
}

func TestEffects(t *testing.T) {
	d := decide(t, "def on_playback(now):\n\tlight.set('a')\n\tmail.send('one', lane='x')\n\tmail.send('two', every='1m', key='k')")
	equals(t, "once", callsOf(d.Once), `mail.send(text="one", lane="x")`, `mail.send(text="two", every="1m", key="k")`)
	e := d.Once[0]
	equal(t, "account", e.Account, "home")
	equal(t, "call", e.Call, "mail.send")
	equal(t, "pos", e.Pos, "home.star:3:11")
	equal(t, "time", e.Time, start)
	if e.ID == d.Once[1].ID || !strings.HasPrefix(e.ID, "home/playback/1/") {
		t.Errorf("ids %q, %q", e.ID, d.Once[1].ID)
	}
	equal(t, "without arguments", Effect{Call: "x"}.String(), "x()")
}

func TestFailingHandler(t *testing.T) {
	d := decide(t,
		"a.star", "def on_playback(now):\n\tallow()\n\tlight.set('a')\n\tmail.send('x')\n\tstate.set('k', 1)\n\tlog('kept')",
		"b.star", "def f(x):\n\treturn x.nothing\n\ndef on_playback(now):\n\tf(now)\n",
		"c.star", "def on_playback(now):\n\tlog('not run')")
	var bad *RuleError
	if !errors.As(d.Err, &bad) {
		t.Fatal(d.Err)
	}
	equal(t, "error", bad.Error(), "b.star:2:10: snap has no .nothing field or method")
	equal(t, "handler", bad.Handler, "on_playback")
	equal(t, "source", bad.Source, "\treturn x.nothing")
	equals(t, "logs", logs(d), "kept")
	if bad.Unwrap() == nil || !strings.Contains(bad.Backtrace, "b.star:5:3: in on_playback") {
		t.Errorf("backtrace %q", bad.Backtrace)
	}
	if d.Standing != nil || d.Once != nil || d.State != nil || d.Verdict != (Verdict{}) {
		t.Errorf("a void turn keeps %+v", d)
	}
	// fail() of a function that was called back by a builtin.
	d = decide(t, "def f(x):\n\tfail('no', x)\n\ndef on_playback(now):\n\tsorted([1], key=f)")
	equal(t, "inside of a builtin", d.Err.Error(), "home.star:2:6: fail: no 1")
}

func TestPanicsAreRecovered(t *testing.T) {
	set := rules(t, "def on_playback(now):\n\tlog('before')\n\tboom()")
	for range 3 { // and the ruleset works on
		d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil)
		if d.Err == nil || !strings.Contains(d.Err.Error(), "internal error: boom") {
			t.Error(d.Err)
		}
	}
	d := set.Evaluate(t.Context(), playback(snap{broken: true}), Facts{}, nil)
	if d.Err == nil || !strings.Contains(d.Err.Error(), "this cannot be bound") {
		t.Error(d.Err)
	}
	if d := set.Evaluate(t.Context(), Event{Kind: KindPlayback}, Facts{}, nil); d.Err == nil {
		t.Error("an event without data is decided")
	}
}
