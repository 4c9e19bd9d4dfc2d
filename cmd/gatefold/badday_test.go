package main

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/sim"

	_ "modernc.org/sqlite"
)

// stalling is a disk that stops answering.
type stalling struct {
	journal.Store
	on      atomic.Bool
	release chan struct{}
}

func (s *stalling) Commit(ctx context.Context, b journal.Batch) (uint64, error) {
	if s.on.Load() {
		<-s.release
	}
	return s.Store.Commit(ctx, b)
}

// Standing things do not wait for the disk, and neither does the end.
func TestStalledDisk(t *testing.T) {
	h := newHouse(t)
	store := &stalling{Store: journal.NewMemory(), release: make(chan struct{})}
	defer close(store.release)
	heard := make(chanObserver, 1000)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	cancel, done := h.begin(t, store, heard)
	heard.until(t, "allow()")
	store.on.Store(true)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	heard.until(t, `deny(reason="not a household device")`)
	deadline := time.Now().Add(20 * time.Second)
	for len(h.home.Pauses()) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("an intruder is not paused while the disk stalls")
		}
		time.Sleep(5 * time.Millisecond)
	}
	begin := time.Now()
	cancel()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("it does not say that the disk does not answer: %v", err)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("it does not end while the disk stalls")
	}
	t.Logf("ended after %s", time.Since(begin))
}

// slowRules is a disk that takes its time over the rules.
type slowRules struct {
	journal.Store
	kept atomic.Bool
}

func (s *slowRules) Commit(ctx context.Context, b journal.Batch) (uint64, error) {
	rules := slices.ContainsFunc(b.Writes, func(w journal.Write) bool { return w.Subject == "_.rules" })
	if rules {
		time.Sleep(300 * time.Millisecond)
	}
	last, err := s.Store.Commit(ctx, b)
	if rules && err == nil {
		s.kept.Store(true)
	}
	return last, err
}

// A stop right after the first decision still keeps the rules that made it: a
// start with broken rules needs them.
func TestStopKeepsProvenRules(t *testing.T) {
	h := newHouse(t)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	store := &slowRules{Store: journal.NewMemory()}
	heard := make(chanObserver, 1000)
	cancel, done := h.begin(t, store, heard)
	heard.until(t, "allow()")
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !store.kept.Load() {
		t.Error("the rules that decided are not in the journal")
	}
}

// begin runs the daemon in this process on a given store.
func (h *house) begin(t *testing.T, store journal.Store, heard chanObserver) (cancel func(), done chan error) {
	t.Helper()
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(h.dir, "gatefold.yaml"), Env: []string{
		"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	clock := newClock(1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	d, err := newDaemon(ctx, cfg, world{
		Clock: clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Stdio: stdio{out: io.Discard, err: io.Discard},
		Journal: journal.New(store, clock.Now), Observe: heard,
	})
	if err != nil {
		t.Fatal(err)
	}
	done = make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	return cancel, done
}

// One damaged row of the budgets costs half a minute, not the daemon.
func TestDamagedBudgets(t *testing.T) {
	h := newHouse(t)
	p := h.run()
	p.looks(1)
	p.stop()
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "data", "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := db.Exec(`UPDATE last SET data = x'00' WHERE subject LIKE '%gate%'`)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := res.RowsAffected(); n != 1 {
		t.Fatalf("%d rows damaged", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	p = h.run()
	p.until("it says so", func() bool { return strings.Contains(p.log.String(), "budgets in the journal cannot be read") })
	if code, _ := p.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// What strangers chose reaches terminals without what steers them.
func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"Kitchen": "Kitchen", "a\nb": "a\nb", "\x1b[2Jx": "[2Jx", "a\u202eb": "ab", "a\u009bb": "ab", "\x1b]0;owned\a": "]0;owned",
	} {
		if got := harmless(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	var b strings.Builder
	newLog(&b, true, false, slog.LevelInfo).Info("\x1b[2Jcleared")
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("an escape reaches the terminal: %q", b.String())
	}
}

// Further connections are turned away, and one that leaves makes room.
func TestCrowd(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newCrowd(inner)
	defer l.Close()
	accepted := make(chan net.Conn, mostConnections+8)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	var in []net.Conn
	for range mostConnections {
		dial()
		in = append(in, <-accepted)
	}
	extra := dial()
	if err := extra.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := extra.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("one too many: %v", err)
	}
	in[0].Close()
	in[0].Close()
	dial()
	<-accepted
}
