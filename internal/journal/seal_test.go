package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	k := testKeys()
	for subject, open := range map[string]string{
		"home": "home", "_.rules": "_.rules", "home.event": "home.event", "_.key": "_.key",
		"home.state.Bob": "home.state.", "home.outbox.a%2Fb": "home.outbox.", "_.value.x": "_.value.", "home.statenBob": "home.",
		"Bob.state": "", "Bob": "", "home.state.a.b": "home.state.",
	} {
		got := k.mask(subject)
		if !strings.HasPrefix(got, open) || len(strings.Split(got, ".")) != len(strings.Split(subject, ".")) || !validSubject(got) {
			t.Errorf("mask(%q) = %q", subject, got)
		}
		if open != subject && (len(got) == len(open) || strings.Contains(got, "Bob")) {
			t.Errorf("mask(%q) = %q hides nothing", subject, got)
		}
		if got != k.mask(subject) {
			t.Errorf("mask(%q) differs from itself", subject)
		}
		if !strings.HasPrefix(k.mask(subject+".below"), got+".") {
			t.Errorf("what lies below %q does not lie below its mask", subject)
		}
	}
	same := func(subject string) string { return k.mask(subject)[strings.LastIndexByte(k.mask(subject), '.'):] }
	if same("home.state.Bob") == same("work.state.Bob") || same("home.state.Bob") == same("home.throttle.Bob") {
		t.Error("one name can be recognized in two places")
	}
	other, err := newKeys([]byte(strings.Repeat("x", KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	if other.mask("home.state.Bob") == k.mask("home.state.Bob") {
		t.Error("the mask does not depend on the key")
	}
}

func TestSealIsUndone(t *testing.T) {
	k := testKeys()
	rapid.Check(t, func(t *rapid.T) {
		subject := join("home", "state", escape(rapid.String().Draw(t, "key")))
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		r := stored{part: inLast, seq: rapid.Int64().Draw(t, "seq"), subject: k.mask(subject), time: rapid.Int64().Draw(t, "time")}
		one, two := sealed(k, r, subject, data), sealed(k, r, subject, data)
		if string(one.data) == string(two.data) {
			t.Fatal("the same row is sealed the same way twice")
		}
		got, back, ok := k.open(one)
		if !ok || got != subject || string(back) != string(data) {
			t.Fatalf("%q %q %v", got, back, ok)
		}
	})
}

// forger changes rows as somebody does who knows everything about the file but the key: checksums are right.
type forger struct {
	db   *sql.DB
	rows []forged
}

type forged struct {
	stored
	id int64
}

func newForger(t *rapid.T, path string) *forger {
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	f := &forger{db: db}
	for _, query := range []string{"SELECT id, ", "SELECT seq, "} {
		if query += strings.TrimPrefix(selectRows, "SELECT "); strings.HasPrefix(query, "SELECT seq") {
			query = "SELECT seq, " + strings.TrimPrefix(selectLog, "SELECT ")
		}
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var r forged
			var where string
			if err := rows.Scan(&r.id, &where, &r.seq, &r.subject, &r.time, &r.expires, &r.data, &r.crc); err != nil {
				t.Fatal(err)
			}
			if r.part = part(where[0]); r.subject != markerSubject {
				f.rows = append(f.rows, r)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *forger) write(t *rapid.T, rows ...forged) {
	for _, r := range rows {
		query := "UPDATE log SET seq = ?1, subject = ?2, time = ?3, data = ?4, crc = ?5 WHERE seq = ?6"
		args := []any{r.seq, r.subject, r.time, r.data, r.sum(), r.id}
		if r.part != inLog {
			query = "UPDATE last SET seq = ?1, subject = ?2, time = ?3, data = ?4, crc = ?5, expires = ?7, kept = ?8 WHERE id = ?6"
			args = append(args, r.expires, r.part == asHead)
		}
		if _, err := f.db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
}

// forge does one thing and names it.
func (f *forger) forge(t *rapid.T) string {
	i := rapid.IntRange(0, len(f.rows)-1).Draw(t, "row")
	a := f.rows[i]
	b := f.rows[(i+rapid.IntRange(1, len(f.rows)-1).Draw(t, "other"))%len(f.rows)]
	does := map[string]func() []forged{
		"swap data": func() []forged { a.data, b.data = b.data, a.data; return []forged{a, b} },
		"swap with time": func() []forged {
			a.data, b.data, a.time, b.time = b.data, a.data, b.time, a.time
			return []forged{a, b}
		},
		"copy over": func() []forged { a.data, a.time = b.data, b.time; return []forged{a} },
		"re-date": func() []forged {
			a.time += rapid.SampledFrom([]int64{-1, 1, 1 << 40}).Draw(t, "by")
			return []forged{a}
		},
		"renumber": func() []forged { a.seq += 5000; return []forged{a} },
		"rename":   func() []forged { a.subject += "f"; return []forged{a} },
		"empty":    func() []forged { a.data = []byte{}; return []forged{a} },
		"cut":      func() []forged { a.data = a.data[:len(a.data)-1]; return []forged{a} },
		"extend":   func() []forged { a.data = append(slices.Clone(a.data), 0); return []forged{a} },
		"flip": func() []forged {
			a.data = slices.Clone(a.data)
			a.data[rapid.IntRange(0, len(a.data)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			return []forged{a}
		},
	}
	if a.part != inLog {
		does["expire"] = func() []forged { a.expires = 1; return []forged{a} }
		does["live longer"] = func() []forged { a.expires += 1 << 50; return []forged{a} }
		does["other kind"] = func() []forged {
			if a.part == asHead {
				a.part = inLast
			} else {
				a.part = asHead
			}
			return []forged{a}
		}
	}
	names := make([]string, 0, len(does))
	for name := range does {
		names = append(names, name)
	}
	slices.Sort(names)
	what := rapid.SampledFrom(names).Draw(t, "does")
	f.write(t, does[what]()...)
	return fmt.Sprintf("%s: %c %s at %d", what, f.rows[i].part, f.rows[i].subject, f.rows[i].seq)
}

// Whatever is swapped, moved, re-dated or edited is found, with a right checksum too: no read gives a row that was not
// written so, and none takes a row that was touched for one that is not there.
func TestForgedRowsAreDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		path := filepath.Join(dir, fmt.Sprint(n, ".db"))
		s, err := OpenSQLite(context.Background(), path, testKey())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		lives := put("home.throttle.b", "1")
		lives.Expires = epoch.Add(time.Hour)
		writes := []Write{keep("home.event", "1"), keep("home.event", "2"), keep("home.event", "2"), keep("home.decision", "1"),
			put("home.facts", "1"), put("home.state.a", "1"), put("home.state.b", "1"), put("home.state.c", ""), lives}
		if _, err := s.Commit(t.Context(), Batch{Now: epoch, Writes: writes}); err != nil {
			t.Fatal(err)
		}
		written := everything(t, s)
		if len(written.good) != len(writes) || len(written.bad) != 0 {
			t.Fatalf("%+v", written)
		}
		f := newForger(t, path)
		what := f.forge(t)
		if err := f.db.Close(); err != nil {
			t.Fatal(err)
		}
		now := everything(t, s)
		for key, row := range now.good {
			if row != written.good[key] {
				t.Errorf("%s: read %s, which nobody wrote", what, row)
			}
		}
		if len(now.good)+len(now.bad) < len(writes) {
			t.Errorf("%s: %d good and %d damaged rows of %d", what, len(now.good), len(now.bad), len(writes))
		}
		var damaged *DamagedRowsError
		if err := s.Check(t.Context()); !errors.As(err, &damaged) || !damaged.Rows[0].Changed || !strings.Contains(err.Error(), "somebody") {
			t.Errorf("%s: check: %v", what, err)
		}
		if n, err := s.Purge(t.Context(), epoch, epoch); n != 0 || err != nil {
			t.Errorf("%s: purged %d, %v", what, n, err)
		}
	})
}

// readings is what a journal gives: rows by sequence, and the rows it calls damaged.
type readings struct {
	good map[uint64]string
	bad  map[string]bool
}

func everything(t *rapid.T, s *SQLite) readings {
	r := readings{good: map[uint64]string{}, bad: map[string]bool{}}
	take := func(rows []Row, err error) {
		var damaged *DamagedRowsError
		switch {
		case errors.As(err, &damaged):
			for _, id := range damaged.Rows {
				r.bad[fmt.Sprint(id.Subject, id.Seq)] = true
			}
		case err != nil:
			t.Fatal(err)
		}
		for _, row := range rows {
			r.good[row.Seq] = fmt.Sprintf("%+v", row)
		}
	}
	take(s.Tail(t.Context(), Query{Under: []string{"home"}, Now: epoch}))
	take(s.LastUnder(t.Context(), "home", epoch))
	for _, subject := range []string{"home.event", "home.decision", "home.facts", "home.state.a", "home.throttle.b"} {
		row, err := s.Last(t.Context(), subject, epoch)
		if row.Seq == 0 {
			take(nil, err)
		} else {
			take([]Row{row}, err)
		}
	}
	return r
}

// A mark that was made to look expired does not let its event be committed twice.
func TestForgedExpiryOfAMark(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	h := &house{clock: newClock()}
	h.Journal = openDir(t, dir, h.clock)
	defer closing(t, h.Journal)
	h.commit(t, engineRecord("e"))
	damageRow(t, filepath.Join(dir, "journal.db"), "UPDATE last SET expires = 1 WHERE subject = ?", masked("home.unique.e"))
	if r := h.commit(t, engineRecord("e")); !r.Duplicate {
		t.Errorf("%+v", r)
	}
	if n, err := h.Purge(t.Context(), epoch); n != 0 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
}

// A damaged row of history goes when those around it are old, whatever time it claims.
func TestPurgeOfDamagedHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	s := openFile(t, path)
	defer closing(t, s)
	for i := range 6 {
		w := keep("home.event", fmt.Sprint(i))
		w.Time = epoch.Add(time.Duration(i) * time.Minute)
		commit(t, s, w)
	}
	// The second claims to be young, the fifth to be old; the marker has the first sequence.
	damageRow(t, path, "UPDATE log SET time = time + ? WHERE seq = 3", time.Hour.Microseconds())
	damageRow(t, path, "UPDATE log SET time = time - ? WHERE seq = 6", time.Hour.Microseconds())
	if n, err := s.Purge(t.Context(), epoch.Add(3*time.Minute), epoch); n != 3 || err != nil {
		t.Fatalf("purged %d, %v", n, err)
	}
	rows, err := s.Tail(t.Context(), Query{Under: []string{"home"}, Now: epoch})
	wantDamaged(t, err, "home.event")
	same(t, show(rows), "home.event=3", "home.event=5")
	if n, err := s.Purge(t.Context(), epoch.Add(time.Hour), epoch); n != 3 || err != nil {
		t.Fatalf("purged %d, %v", n, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A page holds as many good rows as were asked for, so that fewer always mean the end.
func TestPagesWithDamagedRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	s := openFile(t, path)
	defer closing(t, s)
	for i := range 9 {
		commit(t, s, keep("home.event", fmt.Sprint(i)))
	}
	damageRow(t, path, "UPDATE log SET time = 0 WHERE seq = 3")
	damageRow(t, path, "UPDATE log SET time = 0 WHERE seq = 10")
	var got []string
	var bad []RowID
	for after := uint64(0); ; {
		rows, err := s.Tail(t.Context(), Query{Under: []string{"home"}, After: after, Limit: 3, Now: epoch})
		var damaged *DamagedRowsError
		if errors.As(err, &damaged) {
			bad = append(bad, damaged.Rows...)
		}
		got = append(got, show(rows)...)
		if len(rows) < 3 {
			break
		}
		after = rows[2].Seq
	}
	if len(got) != 7 || len(bad) != 2 {
		t.Errorf("%q, %v", got, bad)
	}
}
