package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// testKey is the key of every journal in these tests.
func testKey() []byte { return []byte("0123456789abcdef0123456789abcdef") }

func testKeys() *keys {
	k, err := newKeys(testKey())
	if err != nil {
		panic(err)
	}
	return k
}

// masked is what a file under testKey calls a subject.
func masked(subject string) string { return testKeys().mask(subject) }

// eachStore runs a test on every implementation.
func eachStore(t *testing.T, test func(t *testing.T, s Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		s := NewMemory()
		defer closing(t, s)
		test(t, s)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s := openFile(t, filepath.Join(t.TempDir(), "journal.db"))
		defer closing(t, s)
		test(t, s)
	})
}

func openFile(t testing.TB, path string) *SQLite {
	t.Helper()
	s, err := OpenSQLite(context.Background(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closing(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// put, keep and drop make writes: a last row, a row of history, a deletion.
func put(subject, data string) Write {
	return Write{Subject: subject, Data: []byte(data), Time: epoch, Last: true}
}

func keep(subject, data string) Write {
	return Write{Subject: subject, Data: []byte(data), Time: epoch}
}

func drop(subject string) Write { return Write{Subject: subject, Delete: true} }

func commit(t testing.TB, s Store, writes ...Write) uint64 {
	t.Helper()
	seq, err := s.Commit(t.Context(), Batch{Now: epoch, Writes: writes})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func last(t testing.TB, s Store, subject string, now time.Time) Row {
	t.Helper()
	row, err := s.Last(t.Context(), subject, now)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func tail(t testing.TB, s Store, q Query) []string {
	t.Helper()
	rows, err := s.Tail(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return show(rows)
}

// show prints rows as "subject=data", and fails the order silently for none: sequences have to rise.
func show(rows []Row) []string {
	var out []string
	for i, row := range rows {
		text := row.Subject + "=" + string(row.Data)
		if i > 0 && row.Seq <= rows[i-1].Seq {
			text += " OUT OF ORDER"
		}
		out = append(out, text)
	}
	return out
}

func same(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestStoreKeepsRowsAsWritten(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 7200))
		data := []byte("\x00\xff binary")
		seq := commit(t, s, Write{Subject: "a.x", Data: data, Time: at, Expires: at.Add(time.Hour), Last: true})
		data[0] = 'X' // the caller's slice is the caller's
		row := last(t, s, "a.x", at)
		if row.Seq != seq || row.Subject != "a.x" || string(row.Data) != "\x00\xff binary" {
			t.Errorf("row %+v", row)
		}
		want := at.UTC().Truncate(time.Microsecond)
		if !row.Time.Equal(want) || !row.Expires.Equal(want.Add(time.Hour)) {
			t.Errorf("times %v, %v", row.Time, row.Expires)
		}
		row.Data[0] = 'Y'
		if got := last(t, s, "a.x", at); got.Data[0] != 0 {
			t.Error("a reader changed the store")
		}
		commit(t, s, Write{Subject: "a.empty", Time: at})
		if row := last(t, s, "a.empty", at); row.Seq == 0 || len(row.Data) != 0 || !row.Expires.IsZero() {
			t.Errorf("empty row: %+v", row)
		}
		if row := last(t, s, "a", at); row.Seq != 0 {
			t.Errorf("a row of nothing: %+v", row)
		}
	})
}

func TestStoreLastRowOrHistory(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		commit(t, s, put("a.x", "1"), keep("a.h", "1"))
		commit(t, s, put("a.x", "2"), keep("a.h", "2"))
		same(t, tail(t, s, Query{Under: []string{"a"}, Now: epoch}), "a.h=1", "a.x=2", "a.h=2")
		if got := string(last(t, s, "a.h", epoch).Data); got != "2" {
			t.Errorf("last of history %q", got)
		}
		for _, wrong := range []Write{keep("a.x", "3"), put("a.h", "3")} {
			if _, err := s.Commit(t.Context(), Batch{Now: epoch, Writes: []Write{keep("a.h", "lost"), wrong}}); err == nil {
				t.Errorf("%s changed its kind", wrong.Subject)
			}
		}
		_, err := s.Commit(t.Context(), Batch{Now: epoch, Writes: []Write{put("a.n", "1"), keep("a.n", "2")}})
		if err == nil {
			t.Error("a subject of two kinds")
		}
		same(t, tail(t, s, Query{Under: []string{"a"}, Now: epoch}), "a.h=1", "a.x=2", "a.h=2")
		commit(t, s, drop("a.x"), keep("a.x", "3"), drop("a.h"), put("a.h", "3"), drop("a.none"))
		same(t, tail(t, s, Query{Under: []string{"a"}, Now: epoch}), "a.x=3", "a.h=3")
	})
}

func TestStoreConditions(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		one := commit(t, s, put("a.x", "1"), keep("a.h", "1"))
		x := last(t, s, "a.x", epoch).Seq
		for _, c := range []struct {
			name string
			when []Condition
			have uint64
			ok   bool
		}{
			{"its own, wrong", []Condition{{"a.x", x + 7}}, x, false},
			{"absent, but there", []Condition{{"a.x", 0}}, x, false},
			{"there, but absent", []Condition{{"a.none", 3}}, 0, false},
			{"second wrong", []Condition{{"a.none", 0}, {"a.h", 0}}, one, false},
			{"another's", []Condition{{"a.h", one}, {"a.none", 0}, {"a.x", x}}, 0, true},
		} {
			_, err := s.Commit(t.Context(), Batch{Now: epoch, If: c.when, Writes: []Write{put("b.y", c.name)}})
			var conflict *ConflictError
			switch {
			case c.ok && err != nil:
				t.Errorf("%s: %v", c.name, err)
			case !c.ok && !errors.As(err, &conflict):
				t.Errorf("%s: not a conflict: %v", c.name, err)
			case !c.ok && (conflict.Have != c.have || conflict.Subject != c.when[len(c.when)-1].Subject):
				t.Errorf("%s: %v", c.name, conflict)
			}
		}
		same(t, tail(t, s, Query{Under: []string{"b"}, Now: epoch}), "b.y=another's")
	})
}

func TestStoreSubjectsUnder(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		commit(t, s, put("home.state.b", "1"), put("home-2.state.a", "2"), put("home.state", "3"), keep("home.state.h", "4"),
			put("home.statement", "5"), put("home.state.a", "6"), keep("home.state.h", "7"), put("hom", "8"), put("home.state.b.c", "9"))
		rows, err := s.LastUnder(t.Context(), "home.state", epoch)
		if err != nil {
			t.Fatal(err)
		}
		same(t, show(rows), "home.state.b=1", "home.state=3", "home.state.a=6", "home.state.h=7", "home.state.b.c=9")
		none, err := s.LastUnder(t.Context(), "nobody", epoch)
		if err != nil || len(none) != 0 {
			t.Errorf("%v, %v", none, err)
		}
		for _, bad := range []string{"", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "a\x00", "a.ü"} {
			if _, err := s.Commit(t.Context(), Batch{Now: epoch, Writes: []Write{put(bad, "")}}); err == nil {
				t.Errorf("subject %q was taken", bad)
			}
		}
	})
}

func TestStoreTail(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		for i := range 5 {
			commit(t, s, keep("a.e", fmt.Sprint(i)), keep("a.d", fmt.Sprint(i)), keep("b.e", fmt.Sprint(i)))
		}
		under := []string{"a.e", "a.d"}
		rows, err := s.Tail(t.Context(), Query{Under: under, Limit: 3, Now: epoch})
		if err != nil {
			t.Fatal(err)
		}
		same(t, show(rows), "a.e=0", "a.d=0", "a.e=1")
		got := tail(t, s, Query{Under: under, After: rows[2].Seq, Limit: 4, Now: epoch})
		same(t, got, "a.d=1", "a.e=2", "a.d=2", "a.e=3")
		if n := len(tail(t, s, Query{Under: []string{"a"}, Now: epoch})); n != 10 {
			t.Errorf("%d rows", n)
		}
		if n := len(tail(t, s, Query{Now: epoch})); n != 0 {
			t.Errorf("%d rows of no subject", n)
		}
	})
}

func TestStoreExpiry(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		w := put("a.x", "1")
		w.Expires = epoch.Add(time.Minute)
		seq := commit(t, s, w, put("a.y", "stays"))
		before, at := epoch.Add(time.Minute-time.Microsecond), epoch.Add(time.Minute)
		for now, want := range map[time.Time]int{before: 2, at: 1} {
			rows, err := s.LastUnder(t.Context(), "a", now)
			if err != nil || len(rows) != want {
				t.Errorf("at %v: %q, %v", now, show(rows), err)
			}
			if got := tail(t, s, Query{Under: []string{"a"}, Now: now}); len(got) != want {
				t.Errorf("at %v: %q", now, got)
			}
			if got := last(t, s, "a.x", now).Seq != 0; got != (want == 2) {
				t.Errorf("at %v: there is %v", now, got)
			}
		}
		if _, err := s.Commit(t.Context(), Batch{Now: at, If: []Condition{{"a.x", seq - 1}}, Writes: []Write{put("a.z", "")}}); err == nil {
			t.Error("an expired row counted in a condition")
		}
		if _, err := s.Commit(t.Context(), Batch{Now: at, If: []Condition{{Subject: "a.x"}}, Writes: []Write{put("a.x", "2")}}); err != nil {
			t.Error(err)
		}
		if got := last(t, s, "a.x", at.Add(1000*time.Hour)); string(got.Data) != "2" {
			t.Errorf("the new row inherited the expiry: %+v", got)
		}
		h := keep("a.h", "")
		h.Expires = at
		if _, err := s.Commit(t.Context(), Batch{Now: at, Writes: []Write{h}}); err == nil {
			t.Error("history with an expiry was taken")
		}
	})
}

func TestStorePurge(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		at := func(w Write, minutes int) Write {
			w.Time = epoch.Add(time.Duration(minutes) * time.Minute)
			return w
		}
		dies := put("a.dies", "")
		dies.Expires = epoch.Add(time.Hour)
		commit(t, s, at(keep("a.h", "0"), 0), at(keep("a.gone", "0"), 0), at(put("a.x", "0"), 0), dies)
		commit(t, s, at(keep("a.h", "20"), 20), at(keep("a.back", "20"), 20), at(keep("a.back", "5"), 5), at(keep("a.h", "10"), 10))
		n, err := s.Purge(t.Context(), epoch.Add(10*time.Minute), epoch.Add(time.Hour))
		if n != 4 || err != nil {
			t.Fatalf("purged %d: %v", n, err)
		}
		same(t, tail(t, s, Query{Under: []string{"a"}, Now: epoch}), "a.x=0", "a.h=20", "a.back=20", "a.h=10")
		if got := string(last(t, s, "a.back", epoch).Data); got != "20" {
			t.Errorf("after its newest row was purged, the last is %q", got)
		}
		if got := last(t, s, "a.gone", epoch); got.Seq != 0 {
			t.Errorf("purged, and there: %+v", got)
		}
		commit(t, s, put("a.gone", "another kind now"))
		if n, err := s.Purge(t.Context(), epoch.Add(10*time.Minute), epoch.Add(time.Hour)); n != 0 || err != nil {
			t.Errorf("purged %d more: %v", n, err)
		}
	})
}

func TestStoreSequencesRise(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		var before uint64
		for range 3 {
			seq := commit(t, s, keep("a.h", ""), put("a.x", ""))
			if x, h := last(t, s, "a.x", epoch).Seq, last(t, s, "a.h", epoch).Seq; x != seq || h >= x || h <= before {
				t.Errorf("%d, %d after %d", h, x, before)
			}
			commit(t, s, drop("a.x"))
			before = seq
		}
	})
}

// Of many that write on one condition, one wins, and nobody's write is lost.
func TestStoreRace(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		const workers, rounds = 8, 10
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for done := 0; done < rounds; {
					row, err := s.Last(t.Context(), "a.n", epoch)
					if err != nil {
						t.Error(err)
						return
					}
					_, err = s.Commit(t.Context(), Batch{
						Now:    epoch,
						If:     []Condition{{"a.n", row.Seq}},
						Writes: []Write{put("a.n", string(row.Data)+"x"), keep("a.log", "")},
					})
					var conflict *ConflictError
					switch {
					case err == nil:
						done++
					case !errors.As(err, &conflict):
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if got := string(last(t, s, "a.n", epoch).Data); got != strings.Repeat("x", workers*rounds) {
			t.Errorf("%d of %d writes", len(got), workers*rounds)
		}
		if n := len(tail(t, s, Query{Under: []string{"a.log"}, Now: epoch})); n != workers*rounds {
			t.Errorf("%d rows", n)
		}
	})
}

func TestStoreContextAndClose(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		calls := func(ctx context.Context) []error {
			_, commit := s.Commit(ctx, Batch{Now: epoch, Writes: []Write{put("a.x", "")}})
			_, last := s.Last(ctx, "a.x", epoch)
			_, under := s.LastUnder(ctx, "a", epoch)
			_, tail := s.Tail(ctx, Query{Under: []string{"a"}, Now: epoch})
			_, purge := s.Purge(ctx, epoch, epoch)
			return []error{commit, last, under, tail, purge, s.Check(ctx)}
		}
		for i, err := range calls(gone) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("call %d without a context: %v", i, err)
			}
		}
		for i, err := range calls(t.Context()) {
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		}
		closing(t, s)
		closing(t, s)
		for i, err := range calls(t.Context()) {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("call %d after the end: %v", i, err)
			}
		}
	})
}
