package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// gatefoldIn is the program in a folder, as a process.
func gatefoldIn(dir string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Dir = dir
	c.Env = append(os.Environ(), asGatefold+"=1")
	return c
}

func exampleRules(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rules", "home.star"), []byte(testRules), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// hanging is a command that has begun with what does not come to an end.
func hanging(t *testing.T) (c *exec.Cmd, said *strings.Builder, gone chan struct{}) {
	t.Helper()
	c = gatefoldIn(exampleRules(t), "repl", "--example")
	c.Stdin = strings.NewReader("t = ()\nfor i in range(60): t = (t, t)\n\nlog(\"begun\")\nhash_me = {t: 1}\n")
	said, gone = &strings.Builder{}, make(chan struct{})
	c.Stderr = said
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "log: begun") {
		t.Fatalf("%q, %v", lines.Text(), lines.Err())
	}
	go func() { // the child holds it too: it ends with the child
		defer close(gone)
		for lines.Scan() {
		}
	}()
	return c, said, gone
}

// What is sent to a command reaches the child that does its work, and how that ends is how the command ends.
func TestSignalsReachABoundedCommand(t *testing.T) {
	t.Parallel()
	c, said, gone := hanging(t)
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-gone
	err := endOf(c)
	heard := strings.Contains(said.String(), "gatefold: interrupted") ||
		strings.Contains(said.String(), "Starlark computation cancelled: interrupted") // it came a moment before what cannot be interrupted
	if err == nil || c.ProcessState.ExitCode() != exitFailed || !heard {
		t.Errorf("%v: %s", c.ProcessState, said)
	}
}
