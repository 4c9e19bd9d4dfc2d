package journal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gatefold/engine"
)

// The variable that makes this binary a process that commits until it is killed.
const crashDir = "GATEFOLD_JOURNAL_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, commitForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// commitForEver commits in several accounts and says each event that was acknowledged.
func commitForEver(dir string) error {
	j, err := Open(dir, Options{Now: newClock().now, Key: testKey()})
	if err != nil {
		return err
	}
	first, err := j.Events(context.Background(), "home-0", 0, 0)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error)
	for a := range 4 {
		go func() {
			account := fmt.Sprintf("home-%d", a)
			for i := len(first); ; i++ {
				id := fmt.Sprintf("Canary-%d-%d", os.Getpid(), i)
				_, err := j.Commit(context.Background(), engine.Record{
					Account:  account,
					At:       epoch,
					Event:    event(id),
					Decision: json.RawMessage(`"` + id + `"`),
					Facts:    json.RawMessage(`"` + id + `"`),
					Outbox:   []engine.Message{{ID: id, Time: epoch}},
				})
				if err == nil && i%2 == 0 {
					err = j.Done(context.Background(), account, id, engine.Outcome{At: epoch, Result: "sent"})
				}
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Println(account, id, i%2 == 0)
				mu.Unlock()
			}
		}()
	}
	return <-failed
}

type ack struct {
	account, id string
	done        bool
}

// crash lets a process commit, kills it in the middle of it and gives what it had acknowledged.
func crash(t *testing.T, dir string, acks int) (got []ack) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var a ack
		// A line that the kill has cut is no acknowledgement.
		if n, err := fmt.Sscanf(lines.Text()+"\n", "%s %s %t\n", &a.account, &a.id, &a.done); n == 3 && err == nil {
			got = append(got, a)
		}
		if len(got) == acks {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("not killed: %v: %s", err, stderr.String())
	}
	if len(got) < acks {
		t.Fatalf("%d acknowledged: %s", len(got), stderr.String())
	}
	return got
}

// kill -9 in the middle of commits: the next start needs no help, every acknowledged commit is there, and each wholly.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	var acked []ack
	for _, n := range []int{1, 50, 120} {
		acked = append(acked, crash(t, dir, n)...)
		wantNoCanary(t, dir)
		h := &house{Journal: openDir(t, dir, newClock()), clock: newClock()}
		if err := h.Check(t.Context()); err != nil {
			t.Error(err)
		}
		checkAcked(t, h, acked)
		closing(t, h.Journal)
	}
}

func checkAcked(t *testing.T, h *house, acked []ack) {
	t.Helper()
	events, waiting := map[string]bool{}, map[string]bool{}
	for a := range 4 {
		account := fmt.Sprintf("home-%d", a)
		entries, err := h.Events(t.Context(), account, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		lastID := ""
		for i, e := range entries {
			var ev engine.EventRecord
			if i%2 == 1 {
				if want := `"` + lastID + `"`; e.Kind != "decision" || string(e.Data) != want {
					t.Fatalf("%s: %s %s after the event %s", account, e.Kind, e.Data, lastID)
				}
				continue
			}
			if err := json.Unmarshal(e.Data, &ev); err != nil {
				t.Fatal(err)
			}
			lastID = ev.ID
			events[account+lastID] = true
		}
		rec, err := h.Recover(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries)%2 != 0 || lastID != "" && string(rec.Facts) != `"`+lastID+`"` {
			t.Errorf("%s: half a commit: %d entries, facts %s", account, len(entries), rec.Facts)
		}
		for _, m := range rec.Outbox {
			waiting[account+m.ID] = true
		}
	}
	for _, a := range acked {
		if key := a.account + a.id; !events[key] || waiting[key] == a.done {
			t.Errorf("acknowledged %+v: event there %v, message waiting %v", a, events[key], waiting[key])
		}
	}
}
