package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatefold/engine"
)

func TestOpenMakesAFolderOfItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	j := openDir(t, dir, newClock())
	defer closing(t, j)
	if _, err := j.Commit(t.Context(), engine.Record{Account: "home", Event: event("e")}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{
		"": 0o700, "lock": 0o600, "journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %04o", name, got)
		}
	}
}

func TestOpenRefusesAFolderThatOthersCanEnter(t *testing.T) {
	for _, mode := range []fs.FileMode{0o755, 0o770, 0o701, 0o777} {
		dir := filepath.Join(t.TempDir(), "it's open")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
		var folder *FolderError
		want := fmt.Sprintf(`mode %04o): chmod 700 '%s'`, mode, strings.ReplaceAll(dir, "'", `'\''`))
		if !errors.As(err, &folder) || !strings.Contains(err.Error(), want) {
			t.Errorf("%04o: %v", mode, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
			t.Errorf("%04o: left %v, %v", mode, files, err)
		}
	}
}

func TestOpenRefusesAFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
	var folder *FolderError
	if !errors.As(err, &folder) {
		t.Errorf("opened: %v", err)
	}
}

func TestOpenClosesTheFileToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	closing(t, openDir(t, dir, newClock()))
	path := filepath.Join(dir, "journal.db")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	closing(t, openDir(t, dir, newClock()))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestSecondInstanceIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := openDir(t, dir, newClock())
	_, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() || locked.Dir != dir {
		t.Fatalf("opened twice: %v", err)
	}
	if !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("the error does not name the process: %v", err)
	}
	if _, err := first.Commit(t.Context(), engine.Record{Account: "home", Event: event("e")}); err != nil {
		t.Errorf("the first was disturbed: %v", err)
	}
	closing(t, first)
	closing(t, first)
	closing(t, openDir(t, dir, newClock()))
}

// Whatever a lock that is a symbolic link led to was overwritten with the pid.
func TestOpenRefusesALockThatIsALink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	target, lock := filepath.Join(t.TempDir(), "precious"), filepath.Join(dir, "lock")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, leads := range []string{target, target + "-missing"} {
		if err := os.Symlink(leads, lock); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
		var folder *FolderError
		if !errors.As(err, &folder) || !strings.Contains(err.Error(), "symbolic link") || !strings.Contains(err.Error(), "rm "+lock) {
			t.Errorf("%s: %v", leads, err)
		}
		if err := os.Remove(lock); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(target); string(text) != "mine" || err != nil {
		t.Errorf("it was overwritten: %q, %v", text, err)
	}
	if _, err := os.Stat(target + "-missing"); err == nil {
		t.Error("it was made where the link leads")
	}
	closing(t, openDir(t, dir, newClock()))
}

// A lock file that a killed process left is no lock, whatever pid it holds.
func TestStaleLockFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	closing(t, openDir(t, dir, newClock()))
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	closing(t, openDir(t, dir, newClock()))
}

func TestFailedOpenUnlocks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "journal.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{Now: newClock().now, Key: testKey()}); err == nil {
		t.Fatal("opened an empty file")
	}
	if err := os.Rename(path, path+".damaged"); err != nil { // what the error advises
		t.Fatal(err)
	}
	closing(t, openDir(t, dir, newClock()))
}

// A start that was cut off while it made the file leaves nothing that the next one takes for a journal.
func TestHalfMadeFileIsMadeAnew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"journal.db.new", "journal.db.new-journal"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	closing(t, openDir(t, dir, newClock()))
	if left, err := filepath.Glob(filepath.Join(dir, "*.new*")); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	s := openFile(t, path)
	if err := s.submit(t.Context(), &job{step: func(w *writer) error { return w.exec("PRAGMA user_version = 99") }}); err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	_, err := OpenSQLite(t.Context(), path, testKey())
	var newer *NewerSchemaError
	if !errors.As(err, &newer) || newer.Have != 99 || newer.Known != schema {
		t.Errorf("opened: %v", err)
	}
}

func TestQuotePath(t *testing.T) {
	for path, want := range map[string]string{
		"/var/lib/gatefold": "/var/lib/gatefold", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "": "''", "-rf": "'-rf'",
	} {
		if got := quotePath(path); got != want {
			t.Errorf("quotePath(%q) = %s", path, got)
		}
	}
}
