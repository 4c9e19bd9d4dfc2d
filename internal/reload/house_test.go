package reload

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatefold/engine"
)

const deadline = 30 * time.Second // for what must happen; never waited for when it does

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// house is a rules folder with a running Watcher on it.
type house struct {
	*testing.T
	top       string // holds rules and whatever links lead to
	dir       string
	w         *Watcher
	results   chan Result
	waits     error            // of every content with the word "waits"
	barred    map[string]error // by hash; owned by whoever holds the watcher's token
	installed []content        // owned by whoever holds the watcher's token
}

type content map[string]string // path -> text

func contentOf(s engine.Snapshot) content {
	c := content{}
	for _, f := range s {
		c[f.Path] = string(f.Data)
	}
	return c
}

// modes are the two ways to hear of an edit. With events the scan is so slow that
// it cannot be what passes the test.
var modes = map[string]Options{
	"inotify": {Scan: time.Hour, Debounce: 10 * time.Millisecond},
	"scan":    {NoInotify: true, Scan: 15 * time.Millisecond, Debounce: 10 * time.Millisecond},
}

// everyMode runs a case on a house that is as prepare leaves it.
func everyMode(t *testing.T, prepare, run func(*house)) {
	everyModeOn(t, "", prepare, run)
}

// everyModeOn does so with a single file, named from the top of the house.
func everyModeOn(t *testing.T, file string, prepare, run func(*house)) {
	for name, o := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			prepare(h)
			if file != "" {
				o.File = h.path(file)
			}
			h.start(o)
			if r := h.next(); r.Outcome != Installed {
				t.Fatalf("the first look: %+v", r)
			}
			run(h)
		})
	}
}

// everyModeWith runs a case on a house whose options are changed, and expects no first report.
func everyModeWith(t *testing.T, prepare func(*house), options func(*house, *Options), run func(*house)) {
	for name, o := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			prepare(h)
			options(h, &o)
			h.start(o)
			run(h)
		})
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, top: top, dir: filepath.Join(top, "rules"), results: make(chan Result, 1000), barred: map[string]error{}}
	return h
}

func (h *house) start(o Options) {
	h.Helper()
	if o.Clock = (wallClock{}); o.File == "" {
		o.Dir = h.dir
	}
	o.Build = h.build
	o.Report = func(r Result) { h.results <- r }
	o.Barred = func(hash string) error { return h.barred[hash] }
	h.run(o)
}

// run starts a Watcher, which ends with the test.
func (h *house) run(o Options) {
	h.Helper()
	w, err := New(o)
	if err != nil {
		h.Fatal(err)
	}
	h.w = w
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	h.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				h.Errorf("Run: %v", err)
			}
		case <-time.After(deadline):
			h.Error("Run did not end")
		}
	})
}

// build takes every ruleset without the word "broken" in it.
func (h *house) build(s engine.Snapshot) (func(), error) {
	for _, f := range s {
		if f.Err != nil {
			return nil, f.Err
		}
		if strings.Contains(string(f.Data), "broken") {
			return nil, errors.New(f.Path + ":1:1: broken")
		}
		if strings.Contains(string(f.Data), "waits") {
			return nil, h.waits
		}
	}
	return func() { h.installed = append(h.installed, contentOf(s)) }, nil
}

// edit makes an edit of many steps look like one: the watcher hears of every step
// and looks after the last. How soon it looks is the debounce test's business.
func (h *house) edit(steps func()) {
	h.Helper()
	h.w.busy <- struct{}{}
	defer h.w.release()
	steps()
}

// next is the next thing that is reported.
func (h *house) next() Result {
	h.Helper()
	select {
	case r := <-h.results:
		return r
	case <-time.After(deadline):
		h.Fatalf("nothing is reported; status: %+v", h.w.Status())
		return Result{}
	}
}

// expect waits for the next report and returns it if it is what was expected.
func (h *house) expect(want Outcome) Result {
	h.Helper()
	r := h.next()
	if r.Outcome != want {
		h.Fatalf("reported %s (%v), want %s", r.Outcome, r.Err, want)
	}
	return r
}

// inForce compares what is in force, and how many installs it took.
func (h *house) inForce(installs int, want content) {
	h.Helper()
	h.w.busy <- struct{}{}
	defer h.w.release()
	if len(h.installed) != installs {
		h.Fatalf("%d installs, want %d: %v", len(h.installed), installs, h.installed)
	}
	if d := cmp.Diff(want, h.installed[installs-1]); d != "" {
		h.Fatalf("in force (-want +got):\n%s", d)
	}
}

func (h *house) path(rel string) string { return filepath.Join(h.top, filepath.FromSlash(rel)) }

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// write truncates and writes in place, as echo > does. Paths are below top.
func (h *house) write(rel, text string) {
	h.Helper()
	h.must(os.MkdirAll(filepath.Dir(h.path(rel)), 0o755))
	h.must(os.WriteFile(h.path(rel), []byte(text), 0o644))
}

func (h *house) rename(from, to string) {
	h.Helper()
	h.must(os.Rename(h.path(from), h.path(to)))
}

func (h *house) remove(rel string) {
	h.Helper()
	h.must(os.Remove(h.path(rel)))
}

// link makes name a link to target, replacing one that is there in one step.
func (h *house) link(target, name string) {
	h.Helper()
	h.must(os.MkdirAll(filepath.Dir(h.path(name)), 0o755))
	tmp := name + "_tmp~"
	h.must(os.Symlink(target, h.path(tmp)))
	h.rename(tmp, name)
}
