package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatefold/engine"
)

// stopChild stops the child of the rules in force, as a frozen group of processes is.
func stopChild(t *testing.T, w *Worker) {
	t.Helper()
	pid, _, ok := w.Running()
	if !ok {
		t.Fatal("nobody runs")
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is stopped", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		stopped := err == nil && len(threads) > 0
		for _, path := range threads {
			data, _ := os.ReadFile(path)
			stopped = stopped && bytes.Contains(data, []byte(") T "))
		}
		return stopped
	})
}

// Rules whose child somebody has stopped are not to blame: another one decides the turn, and nothing is held against them.
func TestStoppedFromOutside(t *testing.T) {
	var losses []Loss
	var reasons []string
	w := open(t, func(o *Options) {
		o.Died, o.Replaced = func(l Loss) { losses = append(losses, l) }, func(r string) { reasons = append(reasons, r) }
	})
	rules := mustLoad(t, w, denies)
	w.Adopt(rules)
	decidesStill(t, rules)
	pid, _, _ := w.Running()
	if _, known := computed(pid); !known {
		t.Skip("this system does not say what a process computes")
	}
	for range 4 {
		stopChild(t, w)
		w.o.Limits.Handler, w.o.Limits.Late, w.o.Limits.Spare = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
		c := w.running.sits()
		_, err := c.call(context.Background(), w.o.Limits.turn(), request{Tell: &past{}, Decide: &decide{Event: event{Account: "x"}}})
		var death *Death
		if !errors.As(err, &death) || death.Reason != DiedByKill || !death.Idle || !strings.Contains(err.Error(), "it was stopped, or got no time to compute") {
			t.Fatalf("stopped: %v", err)
		}
		w.o.Limits = generous
		decidesStill(t, rules)
	}
	if len(losses) > 0 || len(w.Aside()) > 0 || len(reasons) != 4 || reasons[0] != DiedByKill {
		t.Errorf("losses %+v, aside %v, reasons %v", losses, w.Aside(), reasons)
	}
}

// However often somebody kills the child, the next one decides; and where no child lives long enough, the turn has an
// error that blames nobody.
func TestKilledAgainAndAgain(t *testing.T) {
	var losses []Loss
	w := open(t, func(o *Options) { o.Died = func(l Loss) { losses = append(losses, l) } })
	rules := mustLoad(t, w, denies)
	w.Adopt(rules)
	for range restAfter + 1 {
		decidesStill(t, rules)
		pid, _, _ := w.Running()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	decidesStill(t, rules)
	for _, s := range w.running.seats {
		start := s.start
		s.start = func(ctx context.Context) (*child, error) {
			c, err := start(ctx)
			if err == nil {
				_ = syscall.Kill(c.cmd.Process.Pid, syscall.SIGKILL)
				<-c.done
			}
			return c, err
		}
	}
	w.running.seats[0].take()
	w.running.seats[0].fresh()
	w.running.seats[0].leave()
	for range restAfter + 1 {
		d := rules.Evaluate(context.Background(), plays("Bob"), engine.Facts{}, nil)
		if !errors.Is(d.Err, ErrOutside) || errors.Is(d.Err, engine.ErrKilled) || d.Err.Error() != "no rule worker could decide this turn: something outside of gatefold ended the process" {
			t.Fatalf("%v", d.Err)
		}
	}
	if len(losses) > 0 || len(w.Aside()) > 0 {
		t.Errorf("losses %+v, aside %v", losses, w.Aside())
	}
}

// Deaths that lie long apart do not add up; those that set a ruleset aside stay.
func TestDeathsAreForgotten(t *testing.T) {
	now := noon
	w := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	rules := mustLoad(t, w, explodes)
	w.Adopt(rules)
	boom := func() error {
		return rules.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil).Err
	}
	for range 5 {
		if err := boom(); errors.Is(err, ErrAside) || !errors.Is(err, engine.ErrKilled) {
			t.Fatalf("one a day: %v", err)
		}
		now = now.Add(forgotten + time.Minute)
	}
	for range strikes {
		_ = boom()
		now = now.Add(forgotten - time.Minute)
	}
	now = now.Add(10 * forgotten)
	if err := boom(); !errors.Is(err, ErrAside) {
		t.Errorf("three, each within a day of the one before: %v", err)
	}
}

// What rests is said in the same words at every turn.
func TestRestIsSaidOnce(t *testing.T) {
	now := noon
	w := open(t, func(o *Options) { o.Program, o.Now = "/does/not/exist", func() time.Time { return now } })
	r := &ruleset{w: w}
	r.at.Store(w.running)
	said := map[string]bool{}
	for range 30 {
		d := r.Decide(context.Background(), plays("Bob"), engine.Facts{}, nil)
		if !errors.Is(d.Err, ErrOutside) {
			t.Fatalf("%v", d.Err)
		}
		said[d.Err.Error()] = true
		now = now.Add(100 * time.Millisecond)
	}
	if len(said) != 2 || !said[errResting.Error()] {
		t.Errorf("%v", said)
	}
}

// Rules are tried where those in force do not notice, and beside them: what is ended there is nobody's strike.
func TestTrial(t *testing.T) {
	var losses []Loss
	w := open(t, func(o *Options) { o.Died = func(l Loss) { losses = append(losses, l) } })
	rules := mustLoad(t, w, explodes)
	w.Adopt(rules)
	if d := rules.Evaluate(context.Background(), plays("Kitchen"), engine.Facts{}, nil); d.Err != nil {
		t.Fatal(d.Err)
	}
	in := w.running.sits()
	for _, by := range []engine.Decider{w.Trial(rules), w.TrialBeside(rules)} {
		if d := by.Decide(context.Background(), plays("Kitchen"), engine.Facts{}, nil); d.Err != nil || d.Verdict.Kind != engine.Allow || d.Ruleset != rules.Hash {
			t.Errorf("%+v", d)
		}
		for range strikes + 1 {
			if d := by.Decide(context.Background(), plays("Boom"), engine.Facts{}, nil); !errors.Is(d.Err, engine.ErrKilled) {
				t.Errorf("%v", d.Err)
			}
		}
	}
	for _, l := range losses {
		if l.Adopted {
			t.Errorf("%+v", l)
		}
	}
	if len(losses) != 2*strikes || len(w.Aside()) > 0 || w.running.sits() != in {
		t.Errorf("losses %+v, aside %v", losses, w.Aside())
	}
	if by := w.Trial(engine.Elsewhere(nil, engine.Description{}, nil)); by == nil {
		t.Error("rules of somebody else do not decide")
	}
}
