package reload

import (
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// wire is a source of events that a test holds the other end of.
type wire struct {
	events chan fsnotify.Event
	errors chan error

	mu      sync.Mutex
	full    error // what Add answers
	folders map[string]bool
	noisy   bool // Add sends an error first and waits until it is taken
}

func newWire() *wire {
	return &wire{events: make(chan fsnotify.Event), errors: make(chan error), folders: map[string]bool{}}
}

func (w *wire) open() (source, error) {
	return source{folders: w, events: w.events, errors: w.errors}, nil
}

func (w *wire) Add(f string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.noisy {
		w.errors <- errors.New("a watch is gone")
	}
	if w.full == nil {
		w.folders[f] = true
	}
	return w.full
}

func (w *wire) Remove(f string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.folders, f)
	return nil
}

func (w *wire) Close() error {
	close(w.events)
	close(w.errors)
	return nil
}

func (w *wire) answer(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.full = err
}

// Events that were lost mean that anything may have changed.
func TestOverflowReadsAgain(t *testing.T) {
	h, wire := newHouse(t), newWire()
	oneRule(h)
	h.start(Options{Scan: time.Hour, Debounce: time.Millisecond, open: wire.open})
	h.expect(Installed)
	h.write("rules/home.star", "two") // nobody says so
	wire.errors <- fsnotify.ErrEventOverflow
	h.expect(Installed)
	h.inForce(2, content{"home.star": "two"})
}

// fsnotify sends some errors while it holds the lock that Add wants.
func TestSourceThatSendsWhileAdding(t *testing.T) {
	h, wire := newHouse(t), newWire()
	wire.noisy = true
	oneRule(h)
	h.start(Options{Scan: 10 * time.Millisecond, Debounce: time.Millisecond, open: wire.open})
	h.expect(Installed)
	h.edit(func() { h.write("rules/home.star", "two") })
	h.expect(Installed)
}

func TestWatchLimitReachedFallsBackAndHeals(t *testing.T) {
	h, wire := newHouse(t), newWire()
	wire.full = syscall.ENOSPC
	oneRule(h)
	h.start(Options{Scan: 10 * time.Millisecond, Debounce: time.Millisecond, open: wire.open})
	h.expect(Installed)
	if s := h.w.Status(); s.Watching != "scan" || !strings.Contains(s.Why, "max_user_watches") {
		t.Errorf("status: %+v", s)
	}
	h.edit(func() { h.write("rules/home.star", "two") })
	h.expect(Installed)
	h.inForce(2, content{"home.star": "two"})
	wire.answer(nil)
	h.edit(func() { h.write("rules/home.star", "three") })
	h.expect(Installed)
	if s := h.w.Status(); s.Watching != "inotify" || s.Why != "" {
		t.Errorf("status: %+v", s)
	}
}

func TestInstanceLimitReachedFallsBackAndHeals(t *testing.T) {
	h, wire := newHouse(t), newWire()
	oneRule(h)
	var mu sync.Mutex
	err := error(syscall.EMFILE)
	h.start(Options{Scan: 2 * time.Millisecond, Debounce: time.Millisecond, open: func() (source, error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			return source{}, err
		}
		return wire.open()
	}})
	h.expect(Installed)
	if s := h.w.Status(); s.Watching != "scan" || !strings.Contains(s.Why, "max_user_instances") {
		t.Errorf("status: %+v", s)
	}
	h.edit(func() { h.write("rules/home.star", "two") })
	h.expect(Installed)
	mu.Lock()
	err = nil
	mu.Unlock()
	wire.events <- fsnotify.Event{Name: h.path("rules/home.star"), Op: fsnotify.Write} // taken when it is open
	h.edit(func() { h.write("rules/home.star", "three") })
	h.expect(Installed)
	if s := h.w.Status(); s.Watching != "inotify" {
		t.Errorf("status: %+v", s)
	}
}

func TestFoldersWatched(t *testing.T) {
	h, wire := newHouse(t), newWire()
	h.write("store/rev1/home.star", "one")
	h.write("store/rev1/lib/names.star", "names")
	h.write("dotfiles/real.star", "real")
	h.link("store/rev1", "rules")
	h.link("../../dotfiles/real.star", "store/rev1/linked.star")
	h.start(Options{Scan: time.Hour, Debounce: time.Millisecond, open: wire.open})
	h.expect(Installed)
	wire.want(h, "", "store", "store/rev1", "store/rev1/lib", "dotfiles")

	for name, want := range map[string]bool{
		"rules":                      true, // the link itself
		"store/rev1/home.star":       true,
		"store/rev1/new-folder":      true,
		"store/rev1/..data":          false, // no link leads through it
		"store/rev1/4913":            false,
		"store/rev1/.home.star.swp":  false,
		"store/rev1/home.star~":      false,
		"store/rev1/lib/names.star":  true,
		"dotfiles/real.star":         true,
		"dotfiles/vimrc":             false,
		"gatefold.db-wal":            false,
		"store":                      true,
		"store/rev2":                 false,
		"store/rev1/lib/names.star~": false,
	} {
		if got := h.w.notify.matters(h.path(name), fsnotify.Create); got != want {
			t.Errorf("matters(%s) = %v", name, got)
		}
	}
	if h.w.notify.matters(h.path("store/rev1/README.md"), fsnotify.Write) {
		t.Error("text beside the rules matters")
	}

	h.write("store/rev2/home.star", "two")
	h.link("store/rev2", "rules")
	wire.events <- fsnotify.Event{Name: h.path("rules"), Op: fsnotify.Create}
	h.expect(Installed)
	wire.want(h, "", "store", "store/rev2")
}

// want compares what is watched below the house with the folders given.
func (w *wire) want(h *house, folders ...string) {
	h.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	want := map[string]bool{}
	for _, f := range folders {
		want[h.path(f)] = true
		if !w.folders[h.path(f)] {
			h.Errorf("%s is not watched", f)
		}
	}
	for f := range w.folders {
		if !want[f] {
			h.Errorf("%s is watched", f)
		}
	}
}
