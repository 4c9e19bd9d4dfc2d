package worker

import (
	"testing"
	"time"
)

// A child is ended for what it computes, not for the time that passes.
func TestWatch(t *testing.T) {
	const second = time.Second
	allowed := allowance{part: 3 * second, whole: 11 * second, spare: 10 * second}
	for name, c := range map[string]struct {
		at   func(at time.Duration) sample
		want waiting
		from time.Duration // and not before
		to   time.Duration
	}{
		"it hangs": {
			func(at time.Duration) sample { return sample{mark: 1, worked: at, known: true} }, overdue, 3 * second, 3500 * time.Millisecond,
		},
		"it goes on to other handlers": {
			func(at time.Duration) sample { return sample{mark: uint64(at / second), worked: at, known: true} }, overdue, 11 * second, 11 * second,
		},
		"it is stopped": {
			func(time.Duration) sample { return sample{mark: 1, known: true} }, starved, 13 * second, 13500 * time.Millisecond,
		},
		"others have the processor": {
			func(at time.Duration) sample { return sample{mark: 1, worked: at / 4, known: true} }, overdue, 6 * second, 7 * second,
		},
		"it is stopped between handlers": {
			func(at time.Duration) sample { return sample{mark: min(uint64(at/second), 2), known: true} }, starved, 14500 * time.Millisecond, 16 * second,
		},
		"what it wants is swapped out": {
			func(time.Duration) sample { return sample{mark: 1, known: true, large: true} }, overdue, 3 * second, 3500 * time.Millisecond,
		},
		"the system does not say": {
			func(time.Duration) sample { return sample{mark: 1} }, overdue, 3 * second, 3500 * time.Millisecond,
		},
	} {
		w := newWatch(allowed)
		got := waitOn
		for got == waitOn && w.begun < time.Minute {
			got = w.look(c.at(w.begun + w.tick))
		}
		if got != c.want || w.begun < c.from || w.begun > c.to {
			t.Errorf("%s: %d after %s, want %d after %s", name, got, w.begun, c.want, c.from)
		}
	}
}

func TestComputed(t *testing.T) {
	w := open(t, nil)
	rules := mustLoad(t, w, hangs)
	w.Adopt(rules)
	stop := hang(t, w, rules, w.running, "home")
	defer stop()
	pid, _, _ := w.Running()
	if _, known := computed(pid); !known {
		t.Skip("this system does not say what a process computes")
	}
	eventually(t, "it has computed", func() bool { worked, _ := computed(pid); return worked > 100*time.Millisecond })
	if s := w.running.sits().sample(); s.large || !s.known || s.mark == 0 {
		t.Errorf("%+v", s)
	}
}
