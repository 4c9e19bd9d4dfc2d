package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatefold/engine"
	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/metrics"
)

// loops answer, or hang until they are let go.
type loops struct {
	mu    sync.Mutex
	asked map[string]int
	hang  map[string]chan struct{}
}

func (l *loops) ping(ctx context.Context, account string) error {
	l.mu.Lock()
	l.asked[account]++
	c := l.hang[account]
	l.mu.Unlock()
	if c == nil {
		return nil
	}
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return errors.New("stopped")
	}
}

func (l *loops) times(account string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[account]
}

func (l *loops) hold(account string) (letGo func()) {
	c := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hang[account] = c
	return func() {
		l.mu.Lock()
		delete(l.hang, account)
		l.mu.Unlock()
		close(c)
	}
}

func TestLiveness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var told []bool
		asked := &loops{asked: map[string]int{}, hang: map[string]chan struct{}{}}
		l := newLiveness(slog.New(slog.NewTextHandler(&log, nil)), func(alive bool) { told = append(told, alive) })
		l.ping = asked.ping
		var accounts []string
		for i := range 100 {
			accounts = append(accounts, fmt.Sprint("a", i))
		}
		time.Sleep(time.Minute) // a slow start is no death
		if !l.alive() {
			t.Fatal("dead before it began")
		}
		done := make(chan error, 1)
		go func() { done <- l.watch(t.Context(), accounts) }()
		time.Sleep(livenessRound)
		for _, a := range accounts {
			if asked.times(a) == 0 {
				t.Fatalf("within %s %s was not asked", livenessRound, a)
			}
		}
		letGo := asked.hold("a42")
		time.Sleep(livenessRound + livenessLimit + livenessEvery)
		if l.alive() {
			t.Error("alive, though a loop hangs")
		}
		if account, since := l.hangs(); account != "a42" || time.Since(since) < livenessLimit {
			t.Errorf("%s hangs since %v", account, since)
		}
		time.Sleep(time.Minute)
		letGo()
		synctest.Wait()
		if account, _ := l.hangs(); !l.alive() || account != "" {
			t.Errorf("alive %v, %q hangs after it answers again", l.alive(), account)
		}
		if fmt.Sprint(told) != "[false true]" || strings.Count(log.String(), "does not answer") != 1 || !strings.Contains(log.String(), "account=a42") {
			t.Errorf("told %v; log:\n%s", told, log.String())
		}
	})
}

// Nobody asks any more: that is no sign of life either.
func TestLivenessEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLiveness(slog.New(slog.DiscardHandler), func(bool) {})
		l.ping = func(context.Context, string) error { return nil }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.watch(ctx, []string{"home"}) }()
		time.Sleep(time.Hour)
		if !l.alive() {
			t.Fatal("dead though it answers")
		}
		cancel()
		<-done
		if time.Sleep(livenessLimit); !l.alive() {
			t.Error("dead while the daemon ends in order")
		}
		if time.Sleep(2 * livenessEvery); l.alive() {
			t.Error("alive without a sign of it")
		}
	})
}

// stuck observes reports, until it hangs.
type stuck struct {
	once  sync.Once
	hangs chan struct{} // is closed when it does
	held  chan struct{} // until this is closed
}

func newStuck() *stuck { return &stuck{hangs: make(chan struct{}), held: make(chan struct{})} }

func (s *stuck) Observe(_ string, r engine.Report) {
	if _, ok := r.(engine.TurnReport); ok {
		s.once.Do(func() { close(s.hangs) })
		<-s.held
	}
}

// observed makes a daemon in this process whose loops tell somebody of their reports.
func (h *house) observed(ctx context.Context, o engine.Observer, light func(hardware.Options) hardware.Light) *daemon {
	h.t.Helper()
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(h.dir, "gatefold.yaml"), Env: []string{"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home"}})
	if err != nil {
		h.t.Fatal(err)
	}
	d, err := newDaemon(ctx, cfg, world{
		Clock: newClock(1), Log: slog.New(slog.DiscardHandler), Observe: o, Light: light,
		Stdio: stdio{out: io.Discard, err: io.Discard, env: []string{"XDG_CONFIG_HOME=" + h.keys}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// A loop that hangs does not keep the daemon from ending: what can be saved is.
func TestEndThoughALoopHangs(t *testing.T) {
	h := newHouse(t)
	held := newStuck()
	defer close(held.held)
	ctx, cancel := context.WithCancel(t.Context())
	d := h.observed(ctx, held, nil)
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	select {
	case <-held.hangs:
	case <-time.After(patience):
		t.Fatal("there was no turn")
	}
	cancel()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "did not end within 5s") {
			t.Errorf("it does not say that something hangs: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("it does not end while a loop hangs")
	}
}

// A real loop that hangs shows in status and metrics, and the lights hear no heartbeat.
func TestHangingLoopDoesNotLookAlive(t *testing.T) {
	h := newHouse(t)
	held := newStuck()
	release := sync.OnceFunc(func() { close(held.held) })
	var heartbeat func() bool
	ctx, cancel := context.WithCancel(t.Context())
	d := h.observed(ctx, held, func(o hardware.Options) hardware.Light { heartbeat = o.Alive; return new(shownLight) })
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	defer func() {
		release()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	until := func(what string, ok func(control.Status, string) bool) {
		t.Helper()
		for end := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			s, err := d.status(ctx)
			if err != nil {
				t.Fatal(err)
			}
			rec := httptest.NewRecorder()
			metrics.Handler(d.registry).ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
			if ok(s, rec.Body.String()) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("not %s: %v", what, s.Faults)
			}
		}
	}
	until("dead", func(s control.Status, m string) bool {
		return !heartbeat() && strings.Contains(strings.Join(s.Faults, ""), "account home has not answered") && strings.Contains(m, "\ngatefold_alive 0")
	})
	release()
	until("alive again", func(s control.Status, m string) bool {
		return heartbeat() && len(s.Faults) == 0 && strings.Contains(m, "\ngatefold_alive 1")
	})
}
