//go:build prometheus

package dashboards

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// child is a program that the test started, and what it said.
type child struct {
	mu    sync.Mutex
	said  strings.Builder
	ended chan struct{}
}

// run starts a program, hands every line that it says to hear, and ends it with the test.
func run(t *testing.T, hear func(line string), name string, args ...string) *child {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GATEFOLD_") {
			c.Env = append(c.Env, kv)
		}
	}
	out, in := io.Pipe()
	c.Stdout, c.Stderr = in, in
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	k := &child{ended: make(chan struct{})}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			k.mu.Lock()
			k.said.WriteString(lines.Text() + "\n")
			k.mu.Unlock()
			hear(lines.Text())
		}
		io.Copy(io.Discard, out) // of a line that is too long
	}()
	go func() {
		c.Wait()
		in.Close()
		<-heard
		close(k.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-k.ended
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), k.text())
		}
	})
	return k
}

func (k *child) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.said.String()
}

// demo builds and starts the real gatefold demo, whose story passes twenty times as fast, and gives the host and port of
// its metrics.
func demo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "gatefold")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "gatefold/cmd/gatefold").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	at, metrics := make(chan string, 1), regexp.MustCompile(`^metrics: +http://([^/]+)/metrics$`)
	k := run(t, func(line string) {
		if m := metrics.FindStringSubmatch(line); m != nil {
			at <- m[1]
		}
	}, path, "demo", "--plain", "--speed", "20", "--dir", filepath.Join(dir, "demo"))
	select {
	case address := <-at:
		return address
	case <-k.ended:
		t.Fatal("the demo ended")
	case <-time.After(time.Minute):
		t.Fatal("the demo does not say where its metrics are")
	}
	return ""
}
