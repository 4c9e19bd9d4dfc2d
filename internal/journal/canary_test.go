package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gatefold/engine"
)

// canaries gives the files of a folder in which a planted word can be read, as it is or as a subject would escape it.
func canaries(t testing.TB, dir string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("Canary")) || bytes.Contains(data, []byte("Kanarienvogel")) {
			files = append(files, e.Name())
		}
	}
	return files
}

func wantNoCanary(t testing.TB, dir string) {
	t.Helper()
	if files := canaries(t, dir); len(files) != 0 {
		t.Errorf("planted text can be read in %v", files)
	}
}

// plant commits text in every place that a journal has for it.
func plant(t testing.TB, j *Journal, i int) {
	t.Helper()
	at := epoch.Add(time.Duration(i) * time.Minute)
	ev := event(fmt.Sprintf("home/Canary Device/%d", i))
	ev.Cause = "Canary-Cause"
	ev.Data = json.RawMessage(`{"device":"Canary Phone","track":"Canary Song"}`)
	text := json.RawMessage(`"Canary"`)
	rec := engine.Record{
		Account: "home", At: at, Event: ev, Decision: text, Run: text, Facts: text, Stands: text,
		State: []engine.Write{
			{Key: "Canary.Key", Value: text}, {Key: "Kanarienvogel-" + fmt.Sprint(i), Value: text, Expires: at.Add(time.Hour)},
			{Key: "Canary.Gone", Value: text}, {Key: "Canary.Gone"},
		},
		Outbox: []engine.Message{
			{ID: ev.ID + "/0", Call: `slack.post("Canary")`, Pos: "Canary.star:1:1", Time: at, Key: "Canary." + fmt.Sprint(i), Every: time.Hour, Lane: "Canary"},
		},
	}
	if r, err := j.Commit(t.Context(), rec); err != nil || r.Duplicate {
		t.Fatalf("%+v, %v", r, err)
	}
	if i%2 == 0 {
		o := engine.Outcome{At: at, Result: "sent", Detail: text, Error: "Canary"}
		if err := j.Done(t.Context(), "home", ev.ID+"/0", o); err != nil {
			t.Fatal(err)
		}
	}
	err := j.SaveRules(t.Context(), fmt.Sprint("Canary", i), map[string][]byte{"Canary.star": []byte("# Canary")})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.SaveGate(t.Context(), "Canary", text); err != nil {
		t.Fatal(err)
	}
	if err := j.SetValue(t.Context(), "Canary "+fmt.Sprint(i%3), text, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// Without the key the files give away accounts, kinds, times and sizes only: while a daemon runs, after a crash (the
// files as they lie there are all that one would leave), after a purge and after the end.
func TestNothingCanBeRead(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	c := newClock()
	j := openDir(t, dir, c)
	for i := range 50 {
		plant(t, j, i)
	}
	wantNoCanary(t, dir)
	c.advance(24 * time.Hour)
	if n, err := j.Purge(t.Context(), epoch.Add(40*time.Minute)); n < 40 || err != nil {
		t.Fatalf("purged %d: %v", n, err)
	}
	wantNoCanary(t, dir)
	closing(t, j)
	wantNoCanary(t, dir)
	j = openDir(t, dir, c)
	rec, err := j.Recover(t.Context(), "home")
	if err != nil || string(rec.Facts) != `"Canary"` || len(rec.State) != 1 || rec.State[0].Key != "Canary.Key" || len(rec.Outbox) != 25 {
		t.Errorf("with the key: %+v, %v", rec, err)
	}
	closing(t, j)
}

// The test above can fail.
func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openPlain(t, filepath.Join(dir, "journal.db"), newClock())
	plant(t, j, 1)
	if files := canaries(t, dir); len(files) != 1 || files[0] != "journal.db-wal" {
		t.Errorf("found in %v", files)
	}
	closing(t, j)
	same(t, canaries(t, dir), "journal.db")
}
