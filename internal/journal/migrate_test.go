package journal

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatefold/engine"

	"github.com/google/go-cmp/cmp"
)

// unsealedFiles are a journal as gatefold wrote it before it sealed them, taken while it ran: half of it lies in the WAL.
func unsealedFiles(t testing.TB) map[string][]byte {
	return files(t, filepath.Join("testdata", "unsealed"))
}

// wantOld checks that the journal in testdata is there wholly.
func wantOld(t testing.TB, j *Journal) {
	t.Helper()
	entries, err := j.Entries(t.Context(), EntryQuery{Accounts: []string{"home"}})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range entries {
		kinds[e.Kind]++
		if !strings.Contains(string(e.Data), "Canary") {
			t.Errorf("%s: %s", e.Kind, e.Data)
		}
	}
	if kinds["run"] != 12 || kinds["event"] != 12 || kinds["decision"] != 12 || kinds["outcome"] != 6 {
		t.Errorf("%v", kinds)
	}
	rec, err := j.Recover(t.Context(), "home")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(rec.Facts), `"n":11`) || len(rec.State) != 5 || len(rec.Throttles) != 12 || len(rec.Outbox) != 6 {
		t.Errorf("%+v", rec)
	}
	if rec.State[4].Key != "Canary-State.1" || !rec.Throttles["Canary-Throttle 3"].Equal(epoch) {
		t.Errorf("names: %+v, %v", rec.State, rec.Throttles)
	}
	if gate, err := j.Gate(t.Context(), "Canary-Developer"); string(gate) != `{"Canary-Gate":1}` || err != nil {
		t.Errorf("%s, %v", gate, err)
	}
	if hash, rules, err := j.Rules(t.Context()); hash != "Canary-Hash" || len(rules) != 1 || err != nil {
		t.Errorf("%s, %v, %v", hash, rules, err)
	}
	if err := j.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestUnsealedJournalIsSealed(t *testing.T) {
	t.Parallel()
	dir := copyAs(t, unsealedFiles(t))
	if len(canaries(t, dir)) != 2 {
		t.Fatal("nothing to seal")
	}
	for _, found := range []bool{true, false} {
		j := openDir(t, dir, newClock())
		if (j.Sealed() > 0) != found {
			t.Errorf("%d rows were sealed", j.Sealed())
		}
		wantNoCanary(t, dir)
		wantOld(t, j)
		r, err := j.Commit(t.Context(), engine.Record{Account: "home", Event: event("home/Canary-Device/3")})
		if err != nil || !r.Duplicate {
			t.Errorf("an event of before is committed again: %+v, %v", r, err)
		}
		if _, err := j.Commit(t.Context(), engine.Record{Account: "other", Event: event(fmt.Sprint(found))}); err != nil {
			t.Error(err)
		}
		closing(t, j)
		wantNoCanary(t, dir)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.new*")); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// Damaged rows of before are damaged afterwards, and what is legible in them is not left in plain text.
func TestDamagedRowsAreSealedToo(t *testing.T) {
	t.Parallel()
	dir := copyAs(t, unsealedFiles(t))
	path := filepath.Join(dir, "journal.db")
	damageRow(t, path, "UPDATE last SET data = data || 'Canary' WHERE subject = 'home.facts'")
	damageRow(t, path, "UPDATE last SET subject = 'home.statenCanary' WHERE subject = 'home.state.Canary-State%2E2'")
	damageRow(t, path, "UPDATE log SET data = 'Canary' WHERE seq = (SELECT max(seq) FROM log WHERE subject = 'home.decision')")
	j := openDir(t, dir, newClock())
	defer closing(t, j)
	wantNoCanary(t, dir)
	_, err := j.Recover(t.Context(), "home")
	wantDamaged(t, err, "home.facts")
	_, err = j.Events(t.Context(), "home", 0, 0)
	wantDamaged(t, err, "home.decision")
	var damaged *DamagedRowsError
	if err := j.Check(t.Context()); !errors.As(err, &damaged) || len(damaged.Rows) != 3 {
		t.Errorf("check: %v", err)
	}
}

// What a copy would hide is not copied: structural damage stays for the owner to see.
func TestUnsealedDamagedFileIsKept(t *testing.T) {
	t.Parallel()
	dir := copyAs(t, unsealedFiles(t))
	path := filepath.Join(dir, "journal.db")
	damageRow(t, path, "UPDATE lease SET next = next") // and the WAL is in the file
	db, err := sql.Open("sqlite", dsn(path, []string{"writable_schema(1)"}))
	if err != nil {
		t.Fatal(err)
	}
	// The index of last becomes that of nothing.
	if _, err := db.Exec("UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'lease') WHERE type = 'index'"); err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	before := files(t, dir)["journal.db"]
	_, err = Open(dir, Options{Now: newClock().now, Key: testKey()})
	var damaged *DamagedFileError
	if !errors.As(err, &damaged) {
		t.Fatalf("opened: %v", err)
	}
	if !bytes.Equal(before, files(t, dir)["journal.db"]) {
		t.Error("the damaged file was changed")
	}
}

func TestOpenFileIsNotReplaced(t *testing.T) {
	t.Parallel()
	dir := copyAs(t, unsealedFiles(t))
	db, err := sql.Open("sqlite", dsn(filepath.Join(dir, "journal.db"), []string{"busy_timeout(0)"}))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query("SELECT seq FROM log")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	_, err = Open(dir, Options{Now: newClock().now, Key: testKey()})
	if err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("replaced under a reader: %v", err)
	}
	closing(t, rows)
	closing(t, db)
	j := openDir(t, dir, newClock())
	wantOld(t, j)
	closing(t, j)
}

// A link to the file elsewhere stays a link, and the file it leads to is the one that is sealed.
func TestLinkedFileIsSealed(t *testing.T) {
	t.Parallel()
	elsewhere := copyAs(t, unsealedFiles(t))
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(elsewhere, "journal.db"), filepath.Join(dir, "journal.db")); err != nil {
		t.Fatal(err)
	}
	j := openDir(t, dir, newClock())
	wantOld(t, j)
	closing(t, j)
	wantNoCanary(t, elsewhere)
	wantNoCanary(t, dir)
	if info, err := os.Lstat(filepath.Join(dir, "journal.db")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v, %v", info, err)
	}
}

// Each place at which sealing can be cut off, made by hand: the next start goes on from there.
func TestSealingIsResumed(t *testing.T) {
	for name, until := range map[string]func(t *testing.T, dir string) string{
		"before it left the WAL": func(_ *testing.T, dir string) string { return dir },
		"while it left the WAL":  cutOffLeavingWAL,
		"after it left the WAL": func(t *testing.T, dir string) string {
			db, err := sql.Open("sqlite", dsn(filepath.Join(dir, "journal.db"), nil))
			if err != nil {
				t.Fatal(err)
			}
			defer closing(t, db)
			if err := leaveWAL(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			return dir
		},
		"in the copy": func(t *testing.T, dir string) string {
			if err := os.WriteFile(filepath.Join(dir, "journal.db.new"), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			return dir
		},
		"after the rename": func(t *testing.T, dir string) string {
			if n, err := sealFile(t.Context(), filepath.Join(dir, "journal.db"), testKeys()); n == 0 || err != nil {
				t.Fatalf("%d rows, %v", n, err)
			}
			return dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := until(t, copyAs(t, unsealedFiles(t)))
			j := openDir(t, dir, newClock())
			wantOld(t, j)
			wantNoCanary(t, dir)
			closing(t, j)
			if left := mustGlob(t, filepath.Join(dir, "*.new*")); len(left) != 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// cutOffLeavingWAL makes a file that waits for its rollback journal, which nothing but a write without a WAL does.
func cutOffLeavingWAL(t *testing.T, dir string) string {
	db, err := sql.Open("sqlite", dsn(filepath.Join(dir, "journal.db"), []string{"cache_size(1)", "cache_spill(1)"}))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	defer closing(t, db)
	if err := leaveWAL(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("BEGIN; UPDATE log SET data = zeroblob(900); UPDATE last SET data = zeroblob(900)"); err != nil {
		t.Fatal(err)
	}
	left := files(t, dir)
	if len(left["journal.db-journal"]) == 0 || !bytes.Contains(left["journal.db"], make([]byte, 900)) {
		t.Fatal("nothing to roll back")
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	return copyAs(t, left)
}

// A full disk, or anything else that ends the copy: the journal is as it was, and nothing lies beside it.
func TestFailedCopyLeavesTheJournal(t *testing.T) {
	dir := copyAs(t, unsealedFiles(t))
	failed := errors.New("no space")
	err := replace(t.Context(), filepath.Join(dir, "journal.db"), func(*sql.Conn) error { return failed })
	if !errors.Is(err, failed) {
		t.Errorf("replaced: %v", err)
	}
	if diff := cmp.Diff(unsealedFiles(t), files(t, dir)); diff != "" {
		t.Error("something was changed")
	}
}

// unseal makes schema 1 of a journal that was written with the sealer that seals nothing.
func unseal(t testing.TB, path string) {
	t.Helper()
	damageRow(t, path, "DELETE FROM last WHERE subject = ?", markerSubject)
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, db)
	if _, err := db.Exec("PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
}

// kill -9 at any point while a journal is being sealed: it is either what it was or sealed, and the next start goes on.
func TestKilledWhileSealing(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	j := openPlain(t, filepath.Join(source, "journal.db"), newClock())
	const events = 1000
	for from := 0; from < events; from += 100 {
		var writes []Write
		for i := from; i < from+100; i++ {
			writes = append(writes, keep("home.event", "Canary "+strings.Repeat("x", 500)), put(fmt.Sprint("home.state.Canary", i), "Canary"))
		}
		commit(t, j.store, writes...)
	}
	closing(t, j)
	unseal(t, filepath.Join(source, "journal.db"))
	unsealedLarge := files(t, source)

	began := time.Now()
	whole := copyAs(t, unsealedLarge)
	closing(t, openDir(t, whole, newClock()))
	took := time.Since(began)

	outcomes := map[string]int{}
	const kills = 8
	for i := range kills {
		dir := copyAs(t, unsealedLarge)
		path := filepath.Join(dir, "journal.db")
		killAfter(t, dir, time.Duration(i+1)*took/kills)
		found, err := inspect(t.Context(), path, testKeys())
		if err != nil {
			t.Fatal(err)
		}
		outcomes[fmt.Sprint("schema ", found.schema)]++
		if found.schema == schema {
			wantNoCanary(t, dir)
		}
		if data, err := os.ReadFile(path + ".new"); err == nil {
			outcomes["half a copy"]++
			if bytes.Contains(data, []byte("Canary")) {
				t.Error("the copy held plain text")
			}
		}
		j := openDir(t, dir, newClock())
		wantNoCanary(t, dir)
		n := 0
		for after, more := uint64(0), true; more; {
			entries, err := j.Events(t.Context(), "home", after, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if more = len(entries) == 1000; more {
				after = entries[999].Seq
			}
			n += len(entries)
		}
		if rows, err := j.store.LastUnder(t.Context(), "home.state", epoch); n != events || len(rows) != events || err != nil {
			t.Errorf("%d events, %d keys, %v", n, len(rows), err)
		}
		if err := j.Check(t.Context()); err != nil {
			t.Error(err)
		}
		closing(t, j)
	}
	t.Logf("sealing takes %v; of %d killed: %v", took, kills, outcomes)
}

// killAfter starts a process that opens the journal and kills it after a time.
func killAfter(t testing.TB, dir string, wait time.Duration) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait) // a real process: there is nothing to wait for but its work
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("not killed: %v", err)
	}
}
