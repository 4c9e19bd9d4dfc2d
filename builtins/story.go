package builtins

import (
	"fmt"
	"strings"
	"time"

	"gatefold/engine"
)

// summary says below a message how the story stands that it began; "": there is nothing to say yet.
func summary(s engine.Story) string {
	var parts []string
	if s.Pauses > 0 {
		parts = append(parts, "paused "+times(s.Pauses))
	}
	if s.Returns > 0 {
		parts = append(parts, "came back "+times(s.Returns))
	}
	lasted := roughly(s.Lasted)
	switch s.Phase {
	case engine.PhasePlaying:
		if len(parts) > 0 {
			parts[len(parts)-1] += " so far"
		}
	case engine.PhaseGaveUp:
		parts = append(parts, "gave up after "+lasted)
	case engine.PhaseAllowed:
		parts = append(parts, "allowed after "+lasted)
	case engine.PhaseOver:
		parts = append(parts, "over after "+lasted)
	}
	return strings.Join(parts, ", ")
}

// happened says in a thread what turn the story has taken.
func happened(s engine.Story) string {
	_, name, _ := strings.Cut(s.Holder, ":")
	if name = strings.TrimSpace(name); name == "" {
		name = "It"
	}
	pauses := "never paused"
	if s.Pauses > 0 {
		pauses = "paused " + times(s.Pauses)
	}
	switch s.Phase {
	case engine.PhasePlaying:
		return fmt.Sprintf("*%s* is back, after %s", name, roughly(s.Away))
	case engine.PhaseGaveUp:
		return fmt.Sprintf("*%s* gave up after %s, %s", name, roughly(s.Lasted), pauses)
	case engine.PhaseAllowed:
		return fmt.Sprintf("*%s* is allowed now (%s)", name, pauses)
	}
	back := ""
	if s.Returns > 0 {
		back = ", back " + times(s.Returns)
	}
	return fmt.Sprintf("*%s* is over: %s in %s%s", name, pauses, roughly(s.Lasted), back)
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// roughly is a duration as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return fmt.Sprintf("%d s", int(d.Round(time.Second)/time.Second))
	case d < 100*time.Minute:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute)/time.Minute))
	}
	return fmt.Sprintf("%d h", int(d.Round(time.Hour)/time.Hour))
}
