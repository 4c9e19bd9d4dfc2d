package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openReadOnly(t testing.TB, dir string) *Journal {
	t.Helper()
	j, err := OpenReadOnly(dir, Options{Now: newClock().now, Key: testKey()})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// The command reads while the daemon writes, and neither is in the other's way.
func TestReadOnlyBesideTheDaemon(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	daemon := &house{clock: newClock()}
	daemon.Journal = openDir(t, dir, daemon.clock)
	daemon.commit(t, engineRecord("1"))
	j := openReadOnly(t, dir)
	for _, want := range []int{1, 2} {
		if entries, err := j.Events(t.Context(), "home", 0, 0); len(entries) != want || err != nil {
			t.Errorf("%v, %v", entries, err)
		}
		daemon.commit(t, engineRecord("2"))
	}
	for name, err := range map[string]error{
		"value": j.SetValue(t.Context(), "x", []byte("x"), time.Time{}),
		"gate":  j.SaveGate(t.Context(), "x", nil),
		"done":  j.Done(t.Context(), "home", "never was", engineOutcome()),
	} {
		if name != "done" && !errors.Is(err, ErrReadOnly) || name == "done" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := j.Commit(t.Context(), engineRecord("3")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("commit: %v", err)
	}
	if _, err := j.Purge(t.Context(), epoch.Add(time.Hour)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("purge: %v", err)
	}
	if err := j.Check(t.Context()); err != nil {
		t.Error(err)
	}
	closing(t, daemon.Journal) // the reader is still there
	daemon.Journal = openDir(t, dir, daemon.clock)
	daemon.commit(t, engineRecord("3"))
	if entries, err := j.Events(t.Context(), "home", 0, 0); len(entries) != 3 || err != nil {
		t.Errorf("after a restart of the daemon: %v, %v", entries, err)
	}
	closing(t, j)
	closing(t, j)
	if _, err := j.Events(t.Context(), "home", 0, 0); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	daemon.commit(t, engineRecord("4"))
	closing(t, daemon.Journal)
	if _, err := os.Stat(filepath.Join(dir, "journal.db-wal")); err == nil {
		t.Error("the reader kept the daemon from ending its WAL")
	}
}

// What a clean end or a killed process left is read, and not a byte of it is changed.
func TestReadOnlyWithoutADaemon(t *testing.T) {
	t.Parallel()
	live := filepath.Join(t.TempDir(), "data")
	h := &house{clock: newClock()}
	h.Journal = openDir(t, live, h.clock)
	h.commit(t, engineRecord("1"))
	left := files(t, live)
	delete(left, "journal.db-shm")
	closing(t, h.Journal)
	for name, dir := range map[string]string{"killed": copyAs(t, left), "ended": live} {
		before := files(t, dir)
		for range 2 {
			j := openReadOnly(t, dir)
			if entries, err := j.Events(t.Context(), "home", 0, 0); len(entries) != 1 || err != nil {
				t.Errorf("%s: %v, %v", name, entries, err)
			}
			closing(t, j)
		}
		after := files(t, dir)
		delete(after, "journal.db-shm") // the index of the WAL: SQLite needs it to read
		if name == "ended" {
			if len(after["journal.db-wal"]) != 0 {
				t.Error("a reader wrote a WAL")
			}
			delete(after, "journal.db-wal")
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %d bytes of difference", name, len(diff))
		}
		closing(t, openDir(t, dir, newClock()))
	}
}

func TestReadOnlyCreatesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for range 2 {
		if _, err := OpenReadOnly(dir, Options{Now: newClock().now, Key: testKey()}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opened nothing: %v", err)
		}
		if len(mustGlob(t, filepath.Join(dir, "*"))) != 0 {
			t.Error("something was made")
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadOnlyDoesNotMigrate(t *testing.T) {
	dir := copyAs(t, unsealedFiles(t))
	_, err := OpenReadOnly(dir, Options{Now: newClock().now, Key: testKey()})
	var older *OlderSchemaError
	if !errors.As(err, &older) || older.Have != 1 || older.Known != schema {
		t.Fatalf("opened: %v", err)
	}
	after := files(t, dir)
	delete(after, "journal.db-shm")
	if diff := cmp.Diff(unsealedFiles(t), after); diff != "" {
		t.Error("and changed it")
	}
}

func mustGlob(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}
