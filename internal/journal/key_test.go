package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatefold/engine"
)

func engineRecord(id string) engine.Record { return engine.Record{Account: "home", Event: event(id)} }

func otherKey() []byte { return []byte(strings.Repeat("another!", 4)) }

// files gives the bytes of what lies in a folder.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// copyAs writes a journal's files into a new data folder, as a killed process would have left them.
func copyAs(t testing.TB, from map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range from {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestKeyIsRequired(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for _, key := range [][]byte{nil, make([]byte, KeySize-1), make([]byte, KeySize+1)} {
		_, err := Open(dir, Options{Now: newClock().now, Key: key})
		if err == nil || !strings.Contains(err.Error(), "JOURNAL_KEY") {
			t.Errorf("%d bytes: %v", len(key), err)
		}
		if _, err := OpenReadOnly(dir, Options{Now: newClock().now, Key: key}); err == nil {
			t.Errorf("%d bytes: opened for reading", len(key))
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made")
	}
}

// With another key the journal stays what it is, to the byte: an empty one, one in use, one of a killed process.
func TestWrongKey(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "data")
	closing(t, openDir(t, empty, newClock()))
	used := filepath.Join(t.TempDir(), "data")
	j := openDir(t, used, newClock())
	if _, err := j.Commit(t.Context(), engineRecord("e")); err != nil {
		t.Fatal(err)
	}
	live := files(t, used)
	delete(live, "journal.db-shm")
	killed := copyAs(t, live)
	closing(t, j)
	for name, dir := range map[string]string{"empty": empty, "used": used, "killed": killed} {
		before := files(t, dir)
		for range 2 {
			for _, open := range []func(string, Options) (*Journal, error){Open, OpenReadOnly} {
				_, err := open(dir, Options{Now: newClock().now, Key: otherKey()})
				var wrong *WrongKeyError
				path := filepath.Join(dir, "journal.db")
				if !errors.As(err, &wrong) || wrong.Path != path || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "JOURNAL_KEY") {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		after := files(t, dir)
		for file, data := range before {
			if file != "lock" && !bytes.Equal(data, after[file]) {
				t.Errorf("%s: %s was changed", name, file)
			}
		}
		for file, data := range after {
			if _, there := before[file]; !there && len(data) != 0 && file != "journal.db-shm" && file != "lock" {
				t.Errorf("%s: left %s", name, file)
			}
		}
		closing(t, openDir(t, dir, newClock()))
	}
}

// One worn row does not lose a journal, even if it is the one that knows the key.
func TestDamagedMarker(t *testing.T) {
	for name, change := range map[string]string{
		"worn":    "UPDATE last SET data = x'00' WHERE subject = ?",
		"gone":    "DELETE FROM last WHERE subject = ?",
		"renamed": "UPDATE last SET subject = '_.keys' WHERE subject = ?",
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			path := filepath.Join(dir, "journal.db")
			j := openDir(t, dir, newClock())
			if _, err := j.Commit(t.Context(), engineRecord("e")); err != nil {
				t.Fatal(err)
			}
			closing(t, j)
			damageRow(t, path, change, markerSubject)
			_, err := Open(dir, Options{Now: newClock().now, Key: otherKey()})
			var wrong *WrongKeyError
			if !errors.As(err, &wrong) {
				t.Errorf("with another key: %v", err)
			}
			j = openDir(t, dir, newClock())
			if entries, err := j.Events(t.Context(), "home", 0, 0); len(entries) != 1 || err != nil {
				t.Errorf("%v, %v", entries, err)
			}
			closing(t, j)
			damageRow(t, path, "DELETE FROM log")
			damageRow(t, path, "DELETE FROM last WHERE subject = 'home.event'")
			damageRow(t, path, "DELETE FROM last WHERE subject = ?", masked("home.unique.e"))
			j = openDir(t, dir, newClock()) // by the marker alone, which was written anew
			closing(t, j)
		})
	}
}

func TestNoRowTellsTheKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	closing(t, openDir(t, dir, newClock()))
	damageRow(t, filepath.Join(dir, "journal.db"), "DELETE FROM last")
	_, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
	var damaged *DamagedFileError
	if !errors.As(err, &damaged) {
		t.Errorf("opened: %v", err)
	}
}

func TestIsSealed(t *testing.T) {
	used := filepath.Join(t.TempDir(), "data")
	j := openDir(t, used, newClock())
	if sealed, err := IsSealed(filepath.Join(used, "journal.db")); !sealed || err != nil {
		t.Errorf("in use: %v, %v", sealed, err)
	}
	closing(t, j)
	migrated := copyAs(t, unsealedFiles(t))
	closing(t, openDir(t, migrated, newClock()))
	for name, c := range map[string]struct {
		dir  string
		want bool
	}{
		"nothing":      {copyAs(t, nil), false},
		"unsealed":     {copyAs(t, unsealedFiles(t)), false},
		"sealed":       {used, true},
		"migrated":     {migrated, true},
		"only its WAL": {copyAs(t, map[string][]byte{"journal.db-wal": []byte("x")}), true},
		"a few bytes":  {copyAs(t, map[string][]byte{"journal.db": []byte("x")}), true},
		"somebody's":   {copyAs(t, map[string][]byte{"journal.db": make([]byte, 200)}), true},
	} {
		if sealed, err := IsSealed(filepath.Join(c.dir, "journal.db")); sealed != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, sealed, err)
		}
	}
}
