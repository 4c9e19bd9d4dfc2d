package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// hold stops the writer until release is called, so that what comes meanwhile has to wait.
func hold(t *testing.T, s *SQLite) (release func()) {
	t.Helper()
	held, let := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		err := s.submit(context.Background(), &job{step: func(*writer) error {
			close(held)
			<-let
			return nil
		}})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	return func() {
		close(let)
		done.Wait()
	}
}

func TestGroupCommit(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "journal.db"))
	defer closing(t, s)
	commit(t, s, put("a.taken", ""))
	before := s.transactions.Load()

	// The group is put together by hand: when goroutines come to wait is up to the scheduler.
	const batches = 200
	var group []*job
	for i := range batches {
		b := &Batch{Now: epoch, Writes: []Write{keep("a.log", fmt.Sprint(i)), put(fmt.Sprintf("a.k%d", i), "")}}
		switch i % 3 {
		case 1:
			b.If = []Condition{{Subject: "a.taken"}} // does not hold
		case 2:
			b.Writes = append(b.Writes, keep("a.taken", "")) // the last of three writes is refused
		}
		group = append(group, &job{batch: b, done: make(chan struct{})})
	}
	if err := s.submit(t.Context(), &job{step: func(*writer) error { s.commit(group); return nil }}); err != nil {
		t.Fatal(err)
	}
	written := 0
	for i, j := range group {
		var conflict *ConflictError
		switch i % 3 {
		case 0:
			written++
			if j.err != nil || last(t, s, fmt.Sprintf("a.k%d", i), epoch).Seq != j.last {
				t.Errorf("batch %d: %v", i, j.err)
			}
		case 1:
			if !errors.As(j.err, &conflict) || j.last != 0 {
				t.Errorf("batch %d: %d, %v", i, j.last, j.err)
			}
		case 2:
			if j.err == nil || errors.As(j.err, &conflict) {
				t.Errorf("batch %d: %v", i, j.err)
			}
		}
	}
	if n := s.transactions.Load() - before; n != 1 {
		t.Errorf("%d transactions for %d batches", n, batches)
	}
	if n := len(tail(t, s, Query{Under: []string{"a.log"}, Now: epoch})); n != written {
		t.Errorf("%d rows of %d: a refused batch left something", n, written)
	}
}

func TestWhatWaitsIsOneTransaction(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "journal.db"))
	defer closing(t, s)
	const workers, rounds = 32, 8
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for i := range rounds {
				commit(t, s, keep(fmt.Sprintf("a.w%d", worker), fmt.Sprint(i)))
			}
		})
	}
	wg.Wait()
	commits, transactions := s.commits.Load(), s.transactions.Load()
	if commits != workers*rounds || transactions >= commits {
		t.Errorf("%d commits in %d transactions", commits, transactions)
	}
}

func TestWaitingCommitCanBeWithdrawn(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "journal.db"))
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	withdrawn := make(chan error)
	go func() {
		_, err := s.Commit(ctx, Batch{Now: epoch, Writes: []Write{put("a.x", "")}})
		withdrawn <- err
	}()
	cancel()
	if err := <-withdrawn; !errors.Is(err, context.Canceled) {
		t.Errorf("withdrawn: %v", err)
	}
	release()
	if row := last(t, s, "a.x", epoch); row.Seq != 0 {
		t.Error("and written all the same")
	}

	release = hold(t, s)
	go func() { // held back, and then the journal ends
		_, err := s.Commit(t.Context(), Batch{Now: epoch, Writes: []Write{put("a.x", "")}})
		withdrawn <- err
	}()
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	<-s.quit
	release()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-withdrawn; err != nil && !errors.Is(err, ErrClosed) {
		t.Errorf("at the end: %v", err)
	}
}

func TestSequencesRiseOverRestarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "with space?and#%41", "journal.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	var before uint64
	for range 3 {
		s := openFile(t, path)
		for range 3 {
			var writes []Write
			for range lease/2 - 1 {
				writes = append(writes, put("a.x", ""))
			}
			seq := commit(t, s, writes...)
			if seq < before+lease/2-1 {
				t.Fatalf("%d after %d", seq, before)
			}
			before = seq
		}
		commit(t, s, drop("a.x")) // nothing in the file knows the sequence now
		closing(t, s)
	}
}

// A full disk fails the write at once, and only that one; when there is space again, so it works again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "journal.db"))
	defer closing(t, s)
	commit(t, s, put("a.x", "before"))
	limit := func(pages int) {
		t.Helper()
		err := s.submit(t.Context(), &job{step: func(w *writer) error { return w.exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // means: no more than there are
	big := strings.Repeat("x", 100*pageSize)
	if _, err := s.Commit(t.Context(), Batch{Now: epoch, Writes: []Write{put("a.x", "lost"), keep("a.log", big)}}); !errors.Is(err, ErrFull) {
		t.Fatalf("full: %v", err)
	}
	group := []*job{
		{batch: &Batch{Writes: []Write{put("a.x", "small")}}, done: make(chan struct{})},
		{batch: &Batch{Writes: []Write{keep("a.log", big)}}, done: make(chan struct{})},
		{batch: &Batch{Writes: []Write{put("a.x", "after it")}}, done: make(chan struct{})},
	}
	if err := s.submit(t.Context(), &job{step: func(*writer) error { s.commit(group); return nil }}); err != nil {
		t.Fatal(err)
	}
	if group[0].err != nil || group[1].err == nil || group[2].err != nil {
		t.Errorf("%v; %v; %v", group[0].err, group[1].err, group[2].err)
	}
	same(t, tail(t, s, Query{Under: []string{"a"}, Now: epoch}), "a.x=after it")
	limit(1 << 30)
	commit(t, s, keep("a.log", big), put("a.x", "free"))
	if row := last(t, s, "a.x", epoch); string(row.Data) != "free" || row.Seq == 0 {
		t.Errorf("after space was freed: %+v", row)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// History that is forgotten gives its space back.
func TestPurgeShrinksTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := openFile(t, path)
	const rows = 600
	var writes []Write
	for i := range rows {
		w := keep("a.log", strings.Repeat("x", pageSize))
		w.Time = epoch.Add(time.Duration(i) * time.Second)
		writes = append(writes, w)
	}
	commit(t, s, writes...)
	closing(t, s)
	before := size(t, path)
	s = openFile(t, path)
	n, err := s.Purge(t.Context(), epoch.Add((rows-10)*time.Second), epoch)
	if n != rows-10 || err != nil {
		t.Fatalf("purged %d: %v", n, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	closing(t, s)
	if after := size(t, path); after > before/10 {
		t.Errorf("%d bytes, and %d after the purge", before, after)
	}
}

// After Close everything is in one file: an owner may copy it.
func TestCloseLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		s := openFile(t, filepath.Join(dir, "journal.db"))
		commit(t, s, put("a.x", ""))
		if _, err := s.LastUnder(t.Context(), "a", epoch); err != nil {
			t.Error(err)
		}
		closing(t, s)
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 1 || files[0].Name() != "journal.db" {
			t.Errorf("%v, %v", files, err)
		}
	}
}

func size(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// A commit that comes while much is being purged is written, and nothing of either is lost.
func TestCommitDuringPurge(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "journal.db"))
	defer closing(t, s)
	var writes []Write
	for range 3 * purgeRows {
		writes = append(writes, keep("a.log", ""))
	}
	commit(t, s, writes...)
	old, _, err := s.oldHistory(t.Context(), 0, epoch.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	var during sync.WaitGroup
	var once sync.Once
	err = s.deleteInSteps(t.Context(), old, func(w *writer, seq int64) error {
		once.Do(func() {
			during.Go(func() { commit(t, s, keep("a.log", "during"), put("a.x", "")) })
		})
		return w.dropHistory(seq)
	}, &n)
	during.Wait()
	if n != 3*purgeRows || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	rows, err := s.Tail(t.Context(), Query{Under: []string{"a"}, Now: epoch})
	if err != nil {
		t.Fatal(err)
	}
	same(t, show(rows), "a.log=during", "a.x=")
	if row := last(t, s, "a.log", epoch); string(row.Data) != "during" {
		t.Errorf("%+v", row)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := s.Purge(gone, epoch.Add(time.Second), epoch); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", n, err)
	}
}
