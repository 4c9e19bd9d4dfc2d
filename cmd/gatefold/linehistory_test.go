package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHistoryIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	fails := func(err error) { t.Error(err) }
	h := openHistory(path, fails)
	for i := range 2*historyLines + 5 {
		h.Add(fmt.Sprint("line ", i))
	}
	h.Add("")
	h.Add(" hidden")
	h.Add(h.At(0)) // the same again
	newest := fmt.Sprint("line ", 2*historyLines+4)
	if h.At(0) != newest || h.Len() > 2*historyLines {
		t.Errorf("%d lines, the newest is %q", h.Len(), h.At(0))
	}
	h = openHistory(path, fails)
	if h.At(0) != newest || h.Len() != historyLines {
		t.Errorf("read again: %d lines, the newest is %q", h.Len(), h.At(0))
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), "\n"); n != historyLines {
		t.Errorf("the file has %d lines", n)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// A history that cannot be kept is said once, and the session goes on.
func TestHistoryThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "file", "history"), dir} {
		var said []error
		h := openHistory(path, func(err error) { said = append(said, err) })
		h.Add("one")
		h.Add("two")
		if len(said) != 1 || h.At(0) != "two" || h.At(1) != "one" {
			t.Errorf("%s: %v, %q", path, said, h.lines)
		}
	}
}

func TestHistoryPath(t *testing.T) {
	for want, env := range map[string][]string{
		"/state/gatefold/history":                 {"XDG_STATE_HOME=/state", "HOME=/home/ann"},
		"/home/ann/.local/state/gatefold/history": {"XDG_STATE_HOME=relative", "HOME=/home/ann"},
		"": {"HOME="},
	} {
		if got := historyPath(stdio{env: env}); got != want {
			t.Errorf("%v: %q", env, got)
		}
	}
}

// What another program wrote into the file steers no terminal.
func TestHistoryIsHarmless(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("one\x1b[2J\n\n\x00\ntwo"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := openHistory(path, func(err error) { t.Error(err) })
	if got := strings.Join(h.lines, "|"); got != "one[2J|two" {
		t.Errorf("%q", got)
	}
}
