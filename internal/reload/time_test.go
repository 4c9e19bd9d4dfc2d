package reload

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"

	"gatefold/engine"
)

// timed runs a case in virtual time with the defaults. run gets a function that
// says when, since the first install, what was installed.
func timed(t *testing.T, o Options, run func(h *house, installs func() string)) {
	h := newHouse(t)
	oneRule(h)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		var told []string
		o.Dir, o.Clock = h.dir, wallClock{}
		o.Build = func(s engine.Snapshot) (func(), error) {
			return func() {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, fmt.Sprintf("%v %s", time.Since(began), contentOf(s)["home.star"]))
			}, nil
		}
		var err error
		h.w, err = New(o)
		h.must(err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.w.Run(ctx) }()
		synctest.Wait()
		run(h, func() string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return strings.Join(told, ", ")
		})
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// openInBubble makes the channels where synctest can see who waits on them.
func (w *wire) openInBubble() (source, error) {
	w.events, w.errors = make(chan fsnotify.Event), make(chan error)
	return w.open()
}

func TestWaitsForQuiet(t *testing.T) {
	wire := newWire()
	timed(t, Options{open: wire.openInBubble}, func(h *house, installs func() string) {
		for i := range 5 { // a slow writer
			h.write("rules/home.star", fmt.Sprint("part ", i))
			wire.events <- fsnotify.Event{Name: h.path("rules/home.star"), Op: fsnotify.Write}
			time.Sleep(60 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if got, want := installs(), "0s one, 390ms part 4"; got != want {
			h.Errorf("installed %s; want %s", got, want)
		}
	})
}

func TestStormDoesNotStarve(t *testing.T) {
	wire := newWire()
	timed(t, Options{open: wire.openInBubble}, func(h *house, installs func() string) {
		time.Sleep(50 * time.Millisecond)
		for i := range 36 {
			h.write("rules/home.star", fmt.Sprint("part ", i))
			wire.events <- fsnotify.Event{Name: h.path("rules/home.star"), Op: fsnotify.Write}
			time.Sleep(110 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if got, want := installs(), "0s one, 2.05s part 18, 4.05s part 35"; got != want {
			h.Errorf("installed %s; want %s", got, want)
		}
	})
}

// A scan that falls into the midst of a slow write waits for its end too.
func TestScanWaitsForQuiet(t *testing.T) {
	timed(t, Options{NoInotify: true}, func(h *house, installs func() string) {
		time.Sleep(4950 * time.Millisecond) // the scan comes at 5 s, between two writes
		for i := range 5 {
			h.write("rules/home.star", strings.Repeat("#", i+1))
			time.Sleep(70 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		if got, want := installs(), "0s one, 5.45s #####"; got != want {
			h.Errorf("installed %s; want %s", got, want)
		}
	})
}

// What stat cannot show is found by the content, every thirtieth scan.
func TestContentIsReadNowAndThen(t *testing.T) {
	timed(t, Options{NoInotify: true}, func(h *house, installs func() string) {
		h.edit(func() {
			h.write("rules/home.star", "two")
			h.w.last, h.w.unsure = walk(h.dir, Limits{}.orDefaults()), false
		})
		time.Sleep(149 * time.Second)
		if got, want := installs(), "0s one"; got != want {
			h.Errorf("installed %s; want %s", got, want)
		}
		time.Sleep(2 * time.Second)
		if got, want := installs(), "0s one, 2m30s two"; got != want {
			h.Errorf("installed %s; want %s", got, want)
		}
	})
}

// Two edits within the resolution of a file's times look the same to stat.
func TestFreshFilesAreReadAgain(t *testing.T) {
	timed(t, Options{NoInotify: true}, func(h *house, installs func() string) {
		h.edit(func() {
			h.write("rules/home.star", "two")
			h.w.last = walk(h.dir, Limits{}.orDefaults())
			if !h.w.unsure {
				h.Error("a file that was just written is trusted")
			}
		})
		time.Sleep(6 * time.Second)
		if got, want := installs(), "0s one, 5s two"; got != want {
			h.Errorf("installed %s; want %s", got, want)
		}
	})
}
