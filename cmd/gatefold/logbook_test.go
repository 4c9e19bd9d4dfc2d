package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

// A rule that fails at every look is told once; with a text of its own each time, once a minute.
func TestFailuresAreToldOnce(t *testing.T) {
	var out bytes.Buffer
	l := newLogbook(slog.New(slog.NewTextHandler(&out, nil)))
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	turn := func(after time.Duration, line int, text string) int {
		out.Reset()
		var failed error
		if text != "" {
			failed = &engine.RuleError{Problem: engine.Problem{File: "home.star", Line: line, Col: 5, Text: text}, Handler: "on_playback", Cause: errors.New(text)}
		}
		l.failure("home", engine.TurnReport{
			Decision: engine.Decision{Event: engine.Event{Account: "home", Kind: engine.KindPlayback, Time: at.Add(after)}, Err: failed}, Failed: failed,
		})
		return strings.Count(out.String(), "\n")
	}
	for _, c := range []struct {
		what  string
		after time.Duration
		line  int
		text  string
		lines int
	}{
		{"nothing fails", 0, 0, "", 0},
		{"the first time", time.Second, 3, "at 12:00:01", 1},
		{"the same", 2 * time.Second, 3, "at 12:00:01", 0},
		{"another text there", 3 * time.Second, 3, "at 12:00:03", 0},
		{"another place", 4 * time.Second, 7, "a key", 1},
		{"there, later", 63 * time.Second, 7, "another key", 0},
		{"there, a minute later", 65 * time.Second, 7, "a third key", 1},
		{"it is over", 66 * time.Second, 0, "", 1},
		{"and stays so", 67 * time.Second, 0, "", 0},
		{"it fails again", 68 * time.Second, 7, "a third key", 1},
	} {
		if n := turn(c.after, c.line, c.text); n != c.lines {
			t.Errorf("%s: %d lines: %s", c.what, n, out.String())
		}
	}
}
