package reload

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

func (h *house) reload() Result {
	h.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	r, err := h.w.Reload(ctx)
	h.must(err)
	return r
}

func (h *house) readHash() string {
	h.Helper()
	s, err := Read(h.dir, Limits{})
	h.must(err)
	return s.Hash()
}

// A typo does not end hot reload: the old rules stay, and the fix is seen.
func TestFailingEditThenItsFix(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		good := h.w.Status().Hash
		h.edit(func() { h.write("rules/home.star", "broken") })
		r := h.expect(Failed)
		if r.InForce != good || r.Hash == good || r.Err.Error() != "home.star:1:1: broken" {
			h.Fatalf("result: %+v", r)
		}
		h.inForce(1, content{"home.star": "one"})
		if s := h.w.Status(); s.Err == nil || s.Hash != good || s.Failed != 1 || s.ErrSince.IsZero() {
			h.Fatalf("status: %+v", s)
		}
		h.edit(func() { h.write("rules/home.star", "fixed") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "fixed"})
		if s := h.w.Status(); s.Err != nil || s.Installed != 2 || s.Hash == good || !s.ErrSince.IsZero() {
			h.Fatalf("status: %+v", s)
		}
	})
}

// A, broken, A again: nothing to install, and the failure is over.
func TestFailingEditUndone(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.write("rules/home.star", "broken") })
		h.expect(Failed)
		h.edit(func() { h.write("rules/home.star", "one") })
		if r := h.expect(Restored); r.Err != nil || r.Hash != r.InForce {
			h.Fatalf("result: %+v", r)
		}
		h.inForce(1, content{"home.star": "one"})
	})
}

// The same failure is told once however often the folder is touched, and tried
// again when somebody asks.
func TestFailureIsToldOnceAndRetriedOnDemand(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.write("rules/home.star", "broken") })
		h.expect(Failed)
		h.edit(func() { h.write("rules/home.star", "broken") })
		h.edit(func() { h.write("rules/notes.txt", "") })
		if r := h.reload(); r.Outcome != Failed || r.Err == nil {
			h.Fatalf("reload: %+v", r)
		}
		h.expect(Failed) // that one
		h.edit(func() { h.write("rules/home.star", "fixed") })
		h.expect(Installed)
		if s := h.w.Status(); s.Failed != 2 {
			h.Fatalf("status: %+v", s)
		}
	})
}

func TestEveryRuleDeletedKeepsTheGuard(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() {
			h.remove("rules/home.star")
			h.write("rules/lib/names.star", "no rule")
			h.write("rules/home_test.star", "no rule")
		})
		if r := h.expect(Failed); !errors.Is(r.Err, ErrNoRules) {
			h.Fatalf("result: %+v", r)
		}
		h.inForce(1, content{"home.star": "one"})
	})
}

func TestFolderGone(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.must(os.RemoveAll(h.dir)) })
		if r := h.expect(Failed); !errors.Is(r.Err, ErrNoFolder) || r.InForce == "" {
			h.Fatalf("result: %+v", r)
		}
		h.edit(func() { h.write("rules/home.star", "two") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two"})
	})
}

func TestDanglingLinkThatComesToLife(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.write("elsewhere/x", "")
		h.edit(func() { h.link("../elsewhere/guests.star", "rules/guests.star") })
		if r := h.expect(Failed); !strings.Contains(r.Err.Error(), "does not exist") {
			h.Fatalf("result: %+v", r)
		}
		h.edit(func() { h.write("elsewhere/guests.star", "guests") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "one", "guests.star": "guests"})
	})
}

func TestMadeWritableForOthersAndBack(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		for _, path := range []string{h.path("rules/home.star"), h.dir} {
			before, err := os.Stat(path)
			h.must(err)
			h.edit(func() { h.must(os.Chmod(path, before.Mode()|0o002)) })
			var writable *WritableError
			if r := h.expect(Failed); !errors.As(r.Err, &writable) || writable.Path != path {
				h.Fatalf("result: %+v", r)
			}
			h.edit(func() { h.must(os.Chmod(path, before.Mode())) })
			h.expect(Restored)
		}
		h.inForce(1, content{"home.star": "one"})
	})
}

// A start installs through Reload, before Run; Run then finds nothing new.
func TestReloadBeforeRun(t *testing.T) {
	h := newHouse(t)
	oneRule(h)
	var installed []content
	results := make(chan Result, 10)
	w, err := New(Options{Dir: h.dir, Clock: wallClock{}, NoInotify: true, Scan: 10 * time.Millisecond, Debounce: time.Millisecond,
		Report: func(r Result) { results <- r },
		Build: func(s engine.Snapshot) (func(), error) {
			return func() { installed = append(installed, contentOf(s)) }, nil
		}})
	h.must(err)
	r, err := w.Reload(t.Context())
	if err != nil || r.Outcome != Installed || r.Hash != h.readHash() || r.InForce != r.Hash || len(installed) != 1 {
		t.Fatalf("reload: %+v, %v", r, err)
	}
	<-results
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	h.write("rules/sentinel.star", "s")
	if r := <-results; r.Outcome != Installed {
		t.Fatalf("result: %+v", r)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reload(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Reload with an ended context: %v", err)
	}
	if len(installed) != 2 {
		t.Errorf("installed: %v", installed)
	}
}

// What a start put in force counts: the same content is not installed again, and
// a broken folder leaves it.
func TestInForceFromTheStart(t *testing.T) {
	h := newHouse(t)
	oneRule(h)
	w, err := New(Options{Dir: h.dir, Clock: wallClock{}, InForce: h.readHash(), Build: h.build})
	h.must(err)
	if r, err := w.Reload(t.Context()); err != nil || r.Outcome != Unchanged || len(h.installed) != 0 {
		t.Errorf("the same: %+v, %v", r, err)
	}
	h.write("rules/home.star", "broken")
	r, err := w.Reload(t.Context())
	if err != nil || r.Outcome != Failed || r.InForce != w.Status().Hash || r.InForce == "" || w.Status().Since.IsZero() {
		t.Errorf("broken: %+v, %v", r, err)
	}
}

func TestNewWantsItsOptions(t *testing.T) {
	build := func(engine.Snapshot) (func(), error) { return nil, nil }
	for name, o := range map[string]Options{
		"no folder": {Clock: wallClock{}, Build: build},
		"no clock":  {Dir: "x", Build: build},
		"no build":  {Dir: "x", Clock: wallClock{}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestRunsOnce(t *testing.T) {
	h := newHouse(t)
	oneRule(h)
	h.start(modes["scan"])
	h.expect(Installed)
	if err := h.w.Run(t.Context()); !errors.Is(err, ErrRunning) {
		t.Errorf("a second Run: %v", err)
	}
}
