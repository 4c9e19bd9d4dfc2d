package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

// short limits are those of hostile rules alone: so many of them side by side want all of the machine.
var short = Limits{
	Handler: 700 * time.Millisecond, Turn: 700 * time.Millisecond, Late: 300 * time.Millisecond, Load: 1500 * time.Millisecond,
	Start: time.Minute, Spare: 2 * time.Second,
}

// outcome is what became of a hostile ruleset: "ok", "error", or the reason of a death.
func outcome(err error) string {
	var death *Death
	var load *engine.LoadError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrOutside): // it got no time to compute
		return DiedOfTime
	case strings.Contains(err.Error(), "took longer than 700ms"): // as the engine ends what can be interrupted
		return DiedOfTime
	case errors.As(err, &death):
		return death.Reason
	case errors.As(err, &load):
		for _, reason := range []struct{ text, name string }{
			{"more memory", DiedOfMemory}, {"come to an end", DiedOfTime}, {"the stack goes", DiedOfStack}, {"it ended (", DiedOtherwise},
		} {
			if strings.Contains(load.Error(), "killed the rule worker: it") && strings.Contains(load.Error(), reason.text) {
				return reason.name
			}
		}
	}
	return "error"
}

// expected reads "# a turn: memory or deadline".
func expected(t *testing.T, src, what string) []string {
	t.Helper()
	for _, line := range strings.Split(src, "\n") {
		if rest, ok := strings.CutPrefix(line, "# "+what+": "); ok {
			all := strings.Split(rest, " or ")
			if slices.Contains(all, DiedOfMemory) { // a C library that gets none may end in its own way
				all = append(all, DiedOtherwise)
			}
			return all
		}
	}
	return nil
}

// Whatever rules do to their process, the next turn of other rules is decided.
func TestHostile(t *testing.T) {
	paths, err := filepath.Glob("testdata/hostile/*.star")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%v: %d rulesets", err, len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".star"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			w := open(t, nil)
			good := mustLoad(t, w, "def on_playback(now):\n    deny(\"x\")\n")
			w.Adopt(good)
			w.o.Limits = short.orDefault()
			w.running.seats[0].take() // its child has the limits that it began with
			w.running.seats[0].fresh()
			w.running.seats[0].leave()
			hostile(t, w, string(data))
			w.o.Limits = generous.orDefault()
			if d := good.Evaluate(context.Background(), plays("Bob"), engine.Facts{}, nil); d.Err != nil || d.Verdict.Kind != engine.Deny {
				t.Errorf("and then good rules do not decide: %+v", d)
			}
		})
	}
}

// What wants more memory is told so, however the process comes to its end for want of it.
func TestMemoryIsSaid(t *testing.T) {
	if raceBuild {
		t.Skip("what writes down every access has ten times the memory")
	}
	for name, src := range map[string]string{
		"a long text grows": "a = 'x' * 100000000\n        b = (a + a).replace('x', 'yyyy')",
		"a list":            "[0] * ((1 << 30) - 1)",
		"many texts":        "all = []\n        for i in range(1000):\n            all.append(('x' * 1000000).upper() + str(i))",
	} {
		w := open(t, nil)
		rules := mustLoad(t, w, "def on_playback(now):\n    if now.device and now.device.name == 'Boom':\n        "+src+"\n    allow()\n")
		d := rules.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil)
		var death *Death
		if !errors.As(d.Err, &death) || death.Reason != DiedOfMemory || !strings.Contains(d.Err.Error(), "more memory than rules may have (256 MiB)") {
			t.Errorf("%s: %v", name, d.Err)
		}
	}
}

// A single text is bounded, as all together are: the kernel alone would let the last one be of any size.
func TestOneValueIsBounded(t *testing.T) {
	if raceBuild {
		t.Skip("what writes down every access has ten times the memory")
	}
	for range 3 { // without a bound it is not each time that the collector asks for memory of its own, and gets none
		w := open(t, nil)
		if c, err := w.Try(context.Background()); err != nil || !c.Calls {
			t.Skipf("no filter of system calls here: %v, %v", c, err)
		}
		rules := mustLoad(t, w, "def on_playback(now):\n    if now.device and now.device.name == 'Boom':\n        a = 'x' * 60000000\n        b = a.upper()\n        c = b * 5\n    allow()\n")
		d := rules.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil)
		var death *Death
		if !errors.As(d.Err, &death) || death.Reason != DiedOfMemory {
			t.Fatalf("it ends so: %v", d.Err)
		}
	}
}

// hostile loads rules, has them decide, and compares with what they say of themselves.
func hostile(t *testing.T, w *Worker, src string) {
	t.Helper()
	rules, err := w.Load(context.Background(), source("hostile.star", src))
	if want := expected(t, src, "loading"); len(want) > 0 {
		if got := outcome(err); !slices.Contains(append(want, DiedOfTime), got) { // a slow machine does not get further
			t.Errorf("loading: %s (%v), want %v", got, err, want)
		}
		if got := outcome(err); got != "ok" && got != "error" && !errors.Is(err, ErrOutside) && !strings.Contains(err.Error(), "hostile.star") {
			t.Errorf("it does not say what it was: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Adopt(rules)
	d := rules.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil)
	got := outcome(d.Err)
	if want := expected(t, src, "a turn"); !slices.Contains(append(want, DiedOfTime), got) {
		t.Errorf("a turn: %s (%v), want %v", got, d.Err, want)
	}
	var rule *engine.RuleError
	if got != "ok" && !errors.Is(d.Err, ErrOutside) && (!errors.As(d.Err, &rule) || rule.Handler != "on_playback") {
		t.Errorf("it does not name the handler: %v", d.Err)
	}
	t.Logf("%s: %v", got, d.Err)
}
