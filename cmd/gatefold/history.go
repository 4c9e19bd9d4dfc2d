package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// historyLines is how many lines the history keeps; the file may hold twice as many before it is cut.
const historyLines = 1000

// lineHistory is what was typed, the newest last, in a file that nobody else can read. A line that begins with a space is
// not kept. It implements term.History.
type lineHistory struct {
	path   string
	lines  []string
	failed func(error) // told once that it cannot be kept
}

// historyPath is where a user's programs keep what they remember: $XDG_STATE_HOME/gatefold/history. "": nowhere.
func historyPath(s stdio) string {
	state := s.getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home := s.getenv("HOME")
		if !filepath.IsAbs(home) {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "gatefold", "history")
}

// openHistory reads what was typed before. Without a path, and where the file cannot be read, it begins empty.
func openHistory(path string, failed func(error)) *lineHistory {
	h := &lineHistory{path: path, failed: failed}
	if path == "" {
		return h
	}
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.giveUp(err)
		return h
	}
	for line := range strings.Lines(string(raw)) {
		if line = harmless(strings.TrimSuffix(line, "\n")); line != "" {
			h.lines = append(h.lines, line)
		}
	}
	if len(h.lines) > 2*historyLines {
		h.cut()
		h.giveUp(h.rewrite())
	}
	return h
}

// cut forgets the oldest lines.
func (h *lineHistory) cut() { h.lines = h.lines[max(0, len(h.lines)-historyLines):] }

// rewrite puts the lines in the place of the file's.
func (h *lineHistory) rewrite() error {
	tmp := h.path + ".new"
	defer os.Remove(tmp)
	var all bytes.Buffer
	for _, line := range h.lines {
		all.WriteString(line + "\n")
	}
	if err := os.WriteFile(tmp, all.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, h.path)
}

// giveUp ends the keeping.
func (h *lineHistory) giveUp(err error) {
	if err != nil {
		h.path = ""
		h.failed(fmt.Errorf("the history is not kept: %w", err))
	}
}

// Add implements term.History.
func (h *lineHistory) Add(line string) {
	if line == "" || line[0] == ' ' || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	if h.lines = append(h.lines, line); len(h.lines) > 2*historyLines {
		h.cut()
	}
	if h.path != "" {
		h.giveUp(h.write(line))
	}
}

func (h *lineHistory) write(line string) error {
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

// Len implements term.History.
func (h *lineHistory) Len() int { return len(h.lines) }

// At implements term.History: 0 is the newest line.
func (h *lineHistory) At(i int) string { return h.lines[len(h.lines)-1-i] }
