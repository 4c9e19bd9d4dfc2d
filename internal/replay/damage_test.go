package replay

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"gatefold/internal/journal"
	"gatefold/internal/lab"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// onDisk lives in a sealed file, and gives its folder.
func onDisk(t testing.TB, days int) (*month, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	m := live(t, days, func(now func() time.Time) (*journal.Journal, error) {
		return journal.Open(dir, journal.Options{Now: now, Key: key})
	})
	t.Cleanup(func() {
		if err := m.journal.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, dir
}

func beside(t testing.TB, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.OpenReadOnly(dir, journal.Options{Now: func() time.Time { return lab.Start().Add(365 * 24 * time.Hour) }, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// A sealed journal is read beside the daemon that writes it; rows that are damaged cost themselves and what depends on
// them, and are counted.
func TestDamagedRows(t *testing.T) {
	t.Parallel()
	m, dir := onDisk(t, 1)
	do := func() Report {
		t.Helper()
		r, err := Do(t.Context(), beside(t, dir), Run{Account: "home", Rules: m.rules, Hash: m.rules.Hash, All: true}, options())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := do()
	if whole.Turns < 100 || whole.Same != whole.Turns || whole.Damaged != 0 {
		t.Fatalf("%+v", whole)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, kind := range []string{"event", "decision", "run"} {
		_, err := db.Exec(`UPDATE log SET data = x'00' WHERE seq = (SELECT seq FROM log WHERE subject = ? ORDER BY seq LIMIT 1 OFFSET 20)`, "home."+kind)
		if err != nil {
			t.Fatal(err)
		}
	}
	r := do()
	// An event without its decision and a decision without its event: two turns. The run's own turn may need it.
	if lost := whole.Turns - r.Turns; lost != 2 || r.Same < r.Turns-1 || r.Exact != r.Same || r.Damaged < 3 || len(r.Damage) == 0 {
		t.Errorf("%d turns of %d, %d exact, %d the same, damage: %d %v", r.Turns, whole.Turns, r.Exact, r.Same, r.Damaged, r.Damage)
	}
	turns, err := Recent(t.Context(), beside(t, dir), "home", 1_000_000, options())
	var rows *journal.DamagedRowsError
	if !errors.As(err, &rows) || len(turns) != r.Turns {
		t.Errorf("%d turns, %v", len(turns), err)
	}
}

// older is a journal whose decisions do not say what their rules had read.
type older struct{ *journal.Journal }

func (o older) Events(ctx context.Context, account string, after uint64, limit int) ([]journal.Entry, error) {
	entries, err := o.Journal.Events(ctx, account, after, limit)
	return aged(entries), err
}

func (o older) Newest(ctx context.Context, account string, n int) ([]journal.Entry, error) {
	entries, err := o.Journal.Newest(ctx, account, n)
	return aged(entries), err
}

func aged(entries []journal.Entry) []journal.Entry {
	for i, e := range entries {
		if e.Kind != "decision" {
			continue
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(e.Data, &fields) == nil {
			delete(fields, "past")
			entries[i].Data, _ = json.Marshal(fields)
		}
	}
	return entries
}

func TestJournalOfAnOlderGatefold(t *testing.T) {
	t.Parallel()
	m := fiveDays(t)
	turns, err := Recent(t.Context(), older{m.journal}, "home", 1_000_000, options())
	if err != nil || len(turns) < 300 {
		t.Fatalf("%d turns, %v", len(turns), err)
	}
	alike := 0
	for _, turn := range turns {
		if turn.Lacks == "" {
			t.Fatal("a turn says that its record is enough")
		}
		if Same(turn.Was, turn.Again(t.Context(), m.rules)) {
			alike++
		}
	}
	if alike < len(turns)*8/10 { // what was held back by a throttle is not on record either
		t.Errorf("of %d turns only %d come to the same from what history says", len(turns), alike)
	}
	r, err := Do(t.Context(), older{m.journal}, Run{Account: "home", Rules: m.rules, Hash: m.rules.Hash}, options())
	if err != nil || r.Inexact != r.Turns || r.Exact != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if r.Differ > (r.Turns+r.Looks)/50 {
		t.Errorf("%d of %d turns differ by the same rules: %v", r.Differ, r.Turns+r.Looks, r.Changes)
	}
	t.Logf("alike %d of %d; differ %d of %d", alike, len(turns), r.Differ, r.Turns+r.Looks)
}
