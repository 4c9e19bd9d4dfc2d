package journal

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gatefold/engine"
)

// damageRow changes a journal behind its back, as a flipped bit does: the checksum stays.
func damageRow(t testing.TB, path, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, db)
	result, err := db.Exec(statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%s: %d rows, %v", statement, n, err)
	}
}

func wantDamaged(t testing.TB, err error, subjects ...string) {
	t.Helper()
	var damaged *DamagedRowsError
	if !errors.As(err, &damaged) {
		t.Errorf("no damage found: %v", err)
		return
	}
	var got []string
	for _, row := range damaged.Rows {
		if row.Seq == 0 {
			t.Errorf("%s without its sequence", row.Subject)
		}
		got = append(got, row.Subject)
	}
	for i, subject := range subjects { // a reader of many rows knows only the mask
		if i < len(got) && got[i] == masked(subject) {
			got[i] = subject
		}
	}
	same(t, got, subjects...)
}

func TestDamagedRowsAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ statement, subject string }{
		"data of a last row":  {"UPDATE last SET data = 'x'", "a.x"},
		"its time":            {"UPDATE last SET time = time + 1", "a.x"},
		"its expiry":          {"UPDATE last SET expires = 1", "a.x"},
		"its sequence":        {"UPDATE last SET seq = seq + 1024", "a.x"},
		"its checksum":        {"UPDATE last SET crc = crc + 1", "a.x"},
		"its kind":            {"UPDATE last SET kept = 1", "a.x"},
		"data of history":     {"UPDATE log SET data = 'x'", "a.h"},
		"where history is":    {"UPDATE last SET seq = seq + 1024", "a.h"},
		"history that is not": {"DELETE FROM log", "a.h"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal.db")
			s := openFile(t, path)
			commit(t, s, put("a.x", "good"), put("a.y", "good"), keep("a.h", "good"), keep("a.i", "good"))
			damageRow(t, path, c.statement+" WHERE subject = ?", masked(c.subject))
			_, err := s.Last(t.Context(), c.subject, epoch)
			wantDamaged(t, err, c.subject)
			rows, err := s.LastUnder(t.Context(), "a", epoch)
			wantDamaged(t, err, c.subject)
			if len(rows) != 3 {
				t.Errorf("the others: %q", show(rows))
			}
			var damaged *DamagedRowsError
			if err := s.Check(t.Context()); !errors.As(err, &damaged) || damaged.Rows[0].Subject != masked(c.subject) {
				t.Errorf("check: %v", err)
			}
			if n, err := s.Purge(t.Context(), time.Time{}, epoch); n != 0 || err != nil {
				t.Errorf("a damaged row was purged: %d, %v", n, err)
			}
			closing(t, s)
		})
	}
}

// What is damaged is named, the rest is recovered, and the house goes on.
func TestDamagedRowsInAnAccount(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	h := &house{clock: newClock()}
	h.Journal = openDir(t, dir, h.clock)
	defer closing(t, h.Journal)
	h.commit(t, engine.Record{
		Event:    event("e"),
		Decision: json.RawMessage(`1`),
		Facts:    json.RawMessage(`1`),
		State:    []engine.Write{{Key: "bad", Value: json.RawMessage(`1`)}, {Key: "good", Value: json.RawMessage(`1`)}},
		Outbox:   []engine.Message{post("m/bad", "k", time.Hour, epoch), post("m/good", "", 0, epoch)},
	})
	subjects := []string{"home.facts", "home.state.bad", "home.throttle.k", "home.outbox.m%2Fbad"}
	for _, subject := range subjects {
		damageRow(t, filepath.Join(dir, "journal.db"), "UPDATE last SET data = data || ' ' WHERE subject = ?", masked(subject))
	}
	damageRow(t, filepath.Join(dir, "journal.db"), "UPDATE log SET data = '2' WHERE subject = 'home.decision'")

	rec, err := h.Recover(t.Context(), "home")
	wantDamaged(t, err, subjects...)
	if rec.Facts != nil || len(rec.State) != 1 || len(rec.Throttles) != 0 || len(rec.Outbox) != 1 {
		t.Errorf("recovered %+v", rec)
	}
	entries, err := h.Events(t.Context(), "home", 0, 0)
	wantDamaged(t, err, "home.decision")
	if len(entries) != 1 || entries[0].Kind != "event" {
		t.Errorf("entries %+v", entries)
	}
	r := h.commit(t, engine.Record{
		Facts:  json.RawMessage(`2`),
		State:  []engine.Write{{Key: "bad", Value: json.RawMessage(`2`)}},
		Outbox: []engine.Message{post("n", "k", time.Hour, epoch), post("o", "k", time.Hour, epoch)},
	})
	same(t, r.Throttled, "o")
	h.done(t, "m/bad", "failed")
	if rec := h.recovered(t); string(rec.Facts) != `2` || len(rec.State) != 2 || len(rec.Throttles) != 1 || len(rec.Outbox) != 2 {
		t.Errorf("healed: %+v", rec)
	}
}

func TestDamagedRowsErrorIsShort(t *testing.T) {
	err := &DamagedRowsError{}
	for i := range 100 {
		err.Rows = append(err.Rows, RowID{Subject: fmt.Sprint("a.", i), Seq: 7})
	}
	want := "damaged in the journal: a.0 at 7, a.1 at 7, a.2 at 7, a.3 at 7, a.4 at 7 and 95 more"
	if err.Error() != want {
		t.Error(err)
	}
}

// filled makes a journal of some 200 pages and gives its bytes, and its rows by their sequence.
func filled(t testing.TB) (file []byte, rows map[uint64]Row) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := openFile(t, path)
	var writes []Write
	for i := range 100 {
		text := fmt.Sprintf("%0*d", pageSize/2, i)
		writes = append(writes, keep("a.log", text), put(fmt.Sprintf("a.state.%d", i), text))
	}
	commit(t, s, writes...)
	all, err := s.Tail(t.Context(), Query{Under: []string{"a"}, Now: epoch})
	if err != nil {
		t.Fatal(err)
	}
	rows = map[uint64]Row{}
	for _, row := range all {
		rows[row.Seq] = row
	}
	closing(t, s)
	if file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return file, rows
}

func TestDamagedFileIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	good, _ := filled(t)
	other := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE people (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	foreign, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	headless := append(make([]byte, 100), good[100:]...)
	for name, data := range map[string][]byte{
		"empty":           {},
		"a few bytes":     good[:50],
		"half":            good[:len(good)/2],
		"no header":       headless,
		"text":            bytes.Repeat([]byte("not a database\n"), 1000),
		"another program": foreign,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "journal.db")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				_, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
				var damaged *DamagedFileError
				if !errors.As(err, &damaged) || damaged.Path != path {
					t.Fatalf("opened: %v", err)
				}
				if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, data) {
					t.Errorf("the damaged file was changed: %d bytes of %d, %v", len(after), len(data), err)
				}
			}
		})
	}
}

func TestMissingFileWithItsLogIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "journal.db-wal"), []byte("commits"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
	var damaged *DamagedFileError
	if !errors.As(err, &damaged) {
		t.Fatalf("opened: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "journal.db")); err == nil {
		t.Error("an empty journal beside the log of a lost one")
	}
}

// One bit flipped anywhere: the journal opens or says that it is damaged, every row that is given is as it was written,
// and when one is missing Check knows.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	good, rows := filled(t)
	path := filepath.Join(t.TempDir(), "journal.db")
	for at := 0; at < len(good); at += len(good)/30 | 1 {
		bad := bytes.Clone(good)
		bad[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		checkFlipped(t, path, fmt.Sprintf("bit %d of byte %d", at%8, at), rows)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
}

func checkFlipped(t *testing.T, path, what string, want map[uint64]Row) {
	t.Helper()
	s, err := OpenSQLite(context.Background(), path, testKey())
	if err != nil {
		return
	}
	defer closing(t, s)
	all, errAll := s.Tail(t.Context(), Query{Under: []string{"a"}, Now: epoch})
	last, errLast := s.LastUnder(t.Context(), "a", epoch)
	for _, row := range append(all, last...) {
		w := want[row.Seq]
		if row.Subject != w.Subject || !bytes.Equal(row.Data, w.Data) || !row.Time.Equal(w.Time) || !row.Expires.Equal(w.Expires) {
			t.Errorf("%s: got %+v, not %+v", what, row, w)
		}
	}
	missing := errAll != nil || errLast != nil || len(all) != len(want) || len(last) != len(want)/2+1
	if missing && s.Check(t.Context()) == nil {
		t.Errorf("%s: %d rows, %d subjects, and Check found nothing", what, len(all), len(last))
	}
}
