package worker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatefold/engine"
)

const denies = "def on_playback(now):\n    deny(\"x\")\n    pause()\n"

func decidesStill(t *testing.T, rules *engine.Ruleset) {
	t.Helper()
	if d := rules.Evaluate(context.Background(), plays("Bob"), engine.Facts{}, nil); d.Err != nil || d.Verdict.Kind != engine.Deny {
		t.Errorf("it does not decide: %v, %v", d.Verdict, d.Err)
	}
}

// Somebody kills the child between turns: the next turn is decided, and no rule is blamed.
func TestKilledFromOutside(t *testing.T) {
	var reasons []string
	w := open(t, func(o *Options) { o.Replaced = func(r string) { reasons = append(reasons, r) } })
	rules := mustLoad(t, w, denies)
	w.Adopt(rules)
	for range 3 {
		decidesStill(t, rules)
		pid, _, ok := w.Running()
		if !ok {
			t.Fatal("nobody runs")
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	decidesStill(t, rules)
	if len(w.Aside()) > 0 || len(reasons) != 3 || reasons[0] != DiedByKill {
		t.Errorf("aside %v, reasons %v", w.Aside(), reasons)
	}
}

// Three deaths set a ruleset aside: it starts nothing any more, and is refused; another one is not touched.
func TestThreeDeaths(t *testing.T) {
	var losses []Loss
	w := open(t, func(o *Options) { o.Died = func(l Loss) { losses = append(losses, l) } })
	good := mustLoad(t, w, denies)
	bad := mustLoad(t, w, explodes)
	w.Adopt(bad)
	for range 5 {
		if d := bad.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil); d.Err == nil {
			t.Fatal("it was decided")
		}
	}
	if len(losses) != 3 || !losses[2].Aside || !losses[2].Adopted || losses[1].Aside || losses[2].Ruleset != bad.Hash || losses[2].Death.Rule.Handler != "on_playback" {
		t.Fatalf("%+v", losses)
	}
	if d := bad.Evaluate(context.Background(), plays("Kitchen"), engine.Facts{}, nil); !errors.Is(d.Err, engine.ErrKilled) || !strings.Contains(d.Err.Error(), "set aside") {
		t.Errorf("set aside, and yet: %+v", d)
	}
	var refused *engine.LoadError
	if _, err := w.Load(context.Background(), bad.Files); !errors.As(err, &refused) || !strings.Contains(err.Error(), "set aside") {
		t.Errorf("loaded again: %v", err)
	}
	decidesStill(t, good)
	w.Pardon(bad.Hash)
	if d := bad.Evaluate(context.Background(), plays("Kitchen"), engine.Facts{}, nil); d.Err != nil || d.Verdict.Kind != engine.Allow {
		t.Errorf("pardoned: %+v", d)
	}
}

// Of accounts with as much state as there may be, one is kept at both sides: a child that is full of others computes
// for seconds.
func TestGiantStates(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, "def on_playback(now):\n    allow(state.get('k1', '')[:3])\n")
	w.Adopt(rules)
	value := []byte(`"` + strings.Repeat("x", 60_000) + `"`)
	state := engine.State{}
	for i := range 900 {
		state[fmt.Sprintf("k%d", i)] = engine.Entry{Value: value}
	}
	for _, account := range []string{"a", "b", "c", "a"} {
		ev := plays("Kitchen")
		ev.Account = account
		if d := rules.Evaluate(context.Background(), ev, engine.Facts{}, state); d.Err != nil || d.Verdict.Reason != "xxx" {
			t.Fatalf("%s: %+v", account, d)
		}
		if c := w.running.sits(); len(c.mirrors) != 1 || c.mirrors[account] == nil {
			t.Errorf("after %s it has %d", account, len(c.mirrors))
		}
	}
}

const explodes = "def on_playback(now):\n    if now.device and now.device.name == \"Boom\":\n        x = [0] * ((1 << 30) - 1)\n    allow()\n"

// The same rules may be tried, or be a shadow: what they end there is not held against those in force, but against them.
func TestDeathsOfAShadow(t *testing.T) {
	var losses []Loss
	w := open(t, func(o *Options) { o.Died = func(l Loss) { losses = append(losses, l) } })
	inForce, shadow := mustLoad(t, w, explodes), mustLoad(t, w, explodes)
	w.Adopt(inForce)
	w.Beside(shadow)
	for range 4 {
		shadow.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil)
	}
	if len(losses) != 3 || losses[2].Adopted || !losses[2].Aside || len(w.Aside()) > 0 {
		t.Errorf("aside %v, losses %+v", w.Aside(), losses)
	}
	if d := inForce.Evaluate(context.Background(), plays("Kitchen"), engine.Facts{}, nil); d.Err != nil {
		t.Errorf("the rules in force: %v", d.Err)
	}
	mustLoad(t, w, explodes)
}

// hangs at the sight of the kitchen, where nothing can interrupt it.
const hangs = "def on_playback(now):\n    if now.device and now.device.name == \"Kitchen\":\n        t = (1,)\n        for i in range(40):\n            t = (t, t)\n        {t: 1}\n    deny('x')\n"

// hang has rules hang, until stop. Their child was seen to have begun.
func hang(t *testing.T, w *Worker, rules *engine.Ruleset, at *pool, account string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	before := map[*child]uint64{}
	for _, s := range at.seats {
		if c := s.sits(); c != nil {
			before[c] = readMark(c.note)
		}
	}
	go func() {
		defer close(over)
		ev := plays("Kitchen")
		ev.Account = account
		if d := rules.Evaluate(ctx, ev, engine.Facts{}, nil); d.Err == nil {
			t.Error("it did not hang")
		}
	}()
	eventually(t, "it hangs", func() bool {
		for _, s := range at.seats {
			if c := s.sits(); c != nil && readMark(c.note) > before[c] && readNote(c.note).Handler == "on_playback" {
				return true
			}
		}
		return false
	})
	return func() {
		select {
		case <-over:
			t.Error("it was waited for")
		default:
		}
		cancel()
		<-over
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 6000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// A shadow that takes its time holds up nobody who tries rules.
func TestSlowShadow(t *testing.T) {
	w := open(t, nil)
	shadow := mustLoad(t, w, hangs)
	w.Beside(shadow)
	stop := hang(t, w, shadow, w.beside, "home")
	mustLoad(t, w, denies)
	stop()
}

// Rules that take their time about one account hold up no other: another child decides, and is not kept for long.
func TestAccountsDoNotWait(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, hangs)
	w.Adopt(rules)
	decidesStill(t, rules)
	if n := children(w.running); n != 1 {
		t.Errorf("%d children for one account", n)
	}
	stop := hang(t, w, rules, w.running, "home")
	for range 3 {
		ev := plays("Bob")
		ev.Account = "other"
		if d := rules.Evaluate(context.Background(), ev, engine.Facts{}, nil); d.Err != nil || d.Verdict.Kind != engine.Deny {
			t.Errorf("the other account: %+v", d)
		}
	}
	if n := children(w.running); n != 2 {
		t.Errorf("%d children where one hangs", n)
	}
	stopAll := []func(){stop}
	for _, account := range []string{"b", "c", "d"} {
		stopAll = append(stopAll, hang(t, w, rules, w.running, account))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	if d := rules.Evaluate(ctx, plays("Bob"), engine.Facts{}, nil); d.Err == nil || !errors.Is(d.Err, ErrOutside) || !strings.Contains(d.Err.Error(), "waiting for the rule worker") {
		t.Errorf("there are more than %d: %v", together, d.Err)
	}
	cancel()
	for _, stop := range stopAll {
		stop()
	}
	decidesStill(t, rules)
}

// What is left over ends when nobody has asked it anything for a while, and the first stays.
func TestSurplusEnds(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, hangs)
	w.Adopt(rules)
	for _, s := range w.running.seats[1:] {
		s.idle = 10 * time.Millisecond
	}
	decidesStill(t, rules)
	stop := hang(t, w, rules, w.running, "home")
	decidesStill(t, rules)
	eventually(t, "the second ends", func() bool { return children(w.running) == 1 })
	stop()
}

func children(p *pool) (n int) {
	for _, s := range p.seats {
		if s.sits() != nil {
			n++
		}
	}
	return n
}

// However many edits have ended their child a moment ago: a good one is loaded.
func TestGoodAfterManyBad(t *testing.T) {
	w := open(t, nil)
	for range restAfter + 2 {
		if _, err := w.Load(context.Background(), source("home.star", "x = [0] * ((1 << 30) - 1)\ndef on_playback(now): allow()\n")); err == nil {
			t.Fatal("it was loaded")
		}
	}
	mustLoad(t, w, denies)
}

// pretend is a child that speaks the language as far as it is told: what it answers to the second request.
func pretend(second func(out io.Writer, p *pipe)) (in io.ReadCloser, out io.WriteCloser, done chan struct{}) {
	pr, pw := io.Pipe()
	rr, rw := io.Pipe()
	done = make(chan struct{})
	go func() {
		defer close(done)
		defer rw.Close()
		p := newPipe(pr, rw)
		var q request
		if p.receive(&q) == nil {
			second(rw, p)
		}
	}()
	return rr, pw, done
}

// What a child answers is read within bounds, and answers to something else are none.
func TestGarbageOnThePipe(t *testing.T) {
	long := make([]byte, 4)
	binary.BigEndian.PutUint32(long, frameMost+1)
	for name, answer := range map[string]func(io.Writer, *pipe){
		"noise":          func(w io.Writer, _ *pipe) { _, _ = w.Write(bytes.Repeat([]byte("noise"), 1000)) },
		"too long":       func(w io.Writer, _ *pipe) { _, _ = w.Write(long) },
		"cut short":      func(w io.Writer, _ *pipe) { _, _ = w.Write([]byte{0, 0, 0, 9, 1, 2}) },
		"nothing":        func(io.Writer, *pipe) {},
		"another number": func(_ io.Writer, p *pipe) { _ = p.send(&reply{Seq: 77}) },
	} {
		t.Run(name, func(t *testing.T) {
			in, out, done := pretend(answer)
			p := newPipe(in, out)
			if err := p.send(&request{Seq: 1, Begin: &begin{}}); err != nil {
				t.Fatal(err)
			}
			var r reply
			err := p.receive(&r)
			if err == nil && r.Seq == 1 {
				t.Errorf("taken for an answer: %+v", r)
			}
			in.Close()
			out.Close()
			<-done
		})
	}
}

// A program that is no child, or does not answer, is an error of the start and leaves nothing behind.
func TestNoChild(t *testing.T) {
	for _, c := range []struct {
		program string
		args    []string
	}{
		{"/does/not/exist", nil},
		{"/bin/true", []string{"true"}},
		{"/bin/cat", []string{"cat"}},                 // says back what it is told
		{"/bin/sh", []string{"sh", "-c", "sleep 60"}}, // says nothing
		{"/bin/sh", []string{"sh", "-c", "cat /dev/zero"}},
	} {
		w := open(t, func(o *Options) {
			o.Program, o.Args, o.Limits.Start, o.Limits.Spare = c.program, c.args, 300*time.Millisecond, 300*time.Millisecond
		})
		if _, err := w.Load(context.Background(), source("home.star", denies)); err == nil || errors.As(err, new(*engine.LoadError)) {
			t.Errorf("%s %v: %v", c.program, c.args, err)
		}
		if d := engine.Elsewhere(nil, engine.Description{}, nil); d.By() != nil {
			t.Error("somebody decides")
		}
	}
}

// A lie is no decision: what no turn can give ends the child.
func TestLies(t *testing.T) {
	calls := newCalls(open(t, nil).o.Modules)
	ev := plays("Bob")
	for name, d := range map[string]decided{
		"no such verdict":  {Verdict: engine.Verdict{Kind: 9, Given: true}},
		"nobody said so":   {Verdict: engine.Verdict{Kind: engine.Allow}},
		"pause unasked":    {Standing: []effect{{Text: "pause()"}}},
		"another event's":  {Once: []effect{{Text: `slack.post(text="x")`, ID: "other/1"}}},
		"what computes":    {Once: []effect{{Text: `slack.post(text="x" * 1000000000)`, ID: ev.ID + "/1"}}},
		"no rule's call":   {Once: []effect{{Text: `slack.update(text="x")`, ID: ev.ID + "/1"}}},
		"reserved":         {State: []engine.Write{{Key: "\x00enforce", Value: []byte("{}")}}},
		"no JSON":          {State: []engine.Write{{Key: "a", Value: []byte("{")}}},
		"effects and fail": {Verdict: engine.Verdict{Kind: engine.Deny, Given: true}, Standing: []effect{{Text: "pause()"}}, Failed: &failed{Cause: "x"}},
	} {
		if got, err := calls.decision(ev, "h", d); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// asParent makes this binary a parent that starts a child, says its pid and hangs.
const asParent = "worker-test-parent"

// The child ends with its parent, also when that is killed and a rule hangs.
func TestEndsWithItsParent(t *testing.T) {
	cmd := exec.Command(os.Args[0], asParent)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := make([]byte, 16)
	n, err := out.Read(pid)
	if err != nil {
		t.Fatal(err)
	}
	child := strings.TrimSpace(string(pid[:n]))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for range 1000 {
		state, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil || strings.Contains(string(state), ") Z") { // a zombie is init's to clear away
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %s goes on", child)
}

func FuzzReply(f *testing.F) {
	var b bytes.Buffer
	_ = newPipe(nil, &b).send(&reply{Seq: 1, Decided: &decided{Verdict: engine.Verdict{Kind: engine.Deny, Given: true}, Standing: []effect{{Text: "pause()"}}}})
	f.Add(b.Bytes())
	f.Add([]byte{0, 0, 0, 1, 0})
	calls := newCalls(nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPipe(bytes.NewReader(data), io.Discard)
		for {
			var r reply
			if p.receive(&r) != nil {
				return
			}
			if r.Decided != nil {
				if d, err := calls.decision(plays("Bob"), "h", *r.Decided); err == nil && d.Check() != nil {
					t.Errorf("%+v", d)
				}
			}
		}
	})
}
