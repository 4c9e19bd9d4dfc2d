package journal

import (
	"bufio"
	"context"
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

// unsealed is a sealer that seals nothing: what the figures of the others are measured against, and schema 1.
type unsealed struct{}

func (unsealed) mask(subject string) string                  { return subject }
func (unsealed) seal(_ stored, _ string, data []byte) []byte { return append([]byte{}, data...) }
func (unsealed) open(r stored) (string, []byte, bool)        { return r.subject, r.data, r.intact() }
func openPlain(t testing.TB, path string, c *clock) *Journal {
	t.Helper()
	s, err := openSQLite(context.Background(), path, unsealed{})
	if err != nil {
		t.Fatal(err)
	}
	return New(s, c.now)
}

// The same commits, sealed and in plain text.
func BenchmarkCommit(b *testing.B) {
	b.Run("sealed", func(b *testing.B) {
		dir := filepath.Join(b.TempDir(), "data")
		benchCommit(b, openDir(b, dir, newClock()), filepath.Join(dir, "journal.db"))
	})
	b.Run("plain", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "journal.db")
		benchCommit(b, openPlain(b, path, newClock()), path)
	})
}

func benchCommit(b *testing.B, j *Journal, path string) {
	b.Helper()
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
	closing(b, j)
	b.ReportMetric(float64(size(b, path))/float64(i), "file-B/op")
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
	bench := func(b *testing.B, j *Journal) {
		b.Helper()
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
	b.Run("sealed", func(b *testing.B) { bench(b, openDir(b, filepath.Join(b.TempDir(), "data"), newClock())) })
	b.Run("plain", func(b *testing.B) { bench(b, openPlain(b, filepath.Join(b.TempDir(), "journal.db"), newClock())) })
}

func BenchmarkSeal(b *testing.B) {
	k := testKeys()
	for _, size := range []int{0, 250, 1500} {
		row := stored{part: inLog, seq: 1, subject: "home.event", time: 1}
		data := make([]byte, size)
		b.Run(fmt.Sprintf("seal/%d", size), func(b *testing.B) {
			for b.Loop() {
				sealed(k, row, "home.event", data)
			}
		})
		row = sealed(k, row, "home.event", data)
		b.Run(fmt.Sprintf("open/%d", size), func(b *testing.B) {
			for b.Loop() {
				if _, ok := row.open(k); !ok {
					b.Fatal("does not open")
				}
			}
		})
	}
	b.Run("mask", func(b *testing.B) {
		for b.Loop() {
			k.mask("home.state.Bob%27s%20Phone")
		}
	})
}
