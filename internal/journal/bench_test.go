package journal

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

// written is how many bytes this process has sent to disks so far; where the system does not say, how large the files are.
func written(b *testing.B, path string) int64 {
	b.Helper()
	if f, err := os.Open("/proc/self/io"); err == nil {
		defer closing(b, f)
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "write_bytes: "); ok {
				var n int64
				if _, err := fmt.Sscan(text, &n); err == nil {
					return n
				}
			}
		}
	}
	return size(b, path) + size(b, path+"-wal")
}

// looks makes the commits of one account whose player changes: as large as real ones are.
func looks(i int) engine.Record {
	text := func(n int) json.RawMessage { return json.RawMessage(`"` + strings.Repeat("x", n+i%50) + `"`) }
	at := epoch.Add(time.Duration(i) * time.Minute)
	ev := event(fmt.Sprintf("home/%s/%d", at.Format(time.RFC3339), i))
	ev.Data = text(900)
	rec := engine.Record{Account: "home", At: at, Event: ev, Decision: text(250), Run: text(100), Facts: text(1500), Stands: text(200)}
	if i%10 == 0 {
		rec.Outbox = []engine.Message{{ID: ev.ID + "/0", Call: strings.Repeat("x", 200), Time: at, Key: fmt.Sprint(i % 7), Every: time.Minute}}
	}
	return rec
}

func BenchmarkCommit(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "data")
	j := openDir(b, dir, newClock())
	defer closing(b, j)
	path := filepath.Join(dir, "journal.db")
	before, i := written(b, path), 0
	for b.Loop() {
		rec := looks(i)
		if _, err := j.Commit(b.Context(), rec); err != nil {
			b.Fatal(err)
		}
		for _, m := range rec.Outbox {
			if err := j.Done(b.Context(), "home", m.ID, engine.Outcome{At: rec.At, Result: "sent"}); err != nil {
				b.Fatal(err)
			}
		}
		i++
	}
	b.ReportMetric(float64(written(b, path)-before)/float64(i), "disk-B/op")
}

// Many accounts at once: the fsync is shared.
func BenchmarkCommitParallel(b *testing.B) {
	j := openDir(b, filepath.Join(b.TempDir(), "data"), newClock())
	defer closing(b, j)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := j.Commit(b.Context(), engine.Record{Account: "home", At: epoch, Facts: json.RawMessage(`{}`), Decision: json.RawMessage(`{}`)}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkRecover(b *testing.B) {
	j := openDir(b, filepath.Join(b.TempDir(), "data"), newClock())
	defer closing(b, j)
	for i := range 2000 {
		if _, err := j.Commit(b.Context(), looks(i)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := j.Recover(b.Context(), "home"); err != nil {
			b.Fatal(err)
		}
	}
}
