package builtins

import (
	"fmt"
	"strings"
	"time"

	"gatefold/engine"
)

// inOneLine is s with a space for each row of what breaks a line, or is none.
func inOneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// summary says below a message how the story stands that it began; "": there is nothing to say yet.
func summary(s engine.Story) string {
	var parts []string
	if s.Pauses > 0 {
		parts = append(parts, "paused "+times(s.Pauses))
	}
	if s.Returns > 0 {
		parts = append(parts, "came back "+times(s.Returns))
	}
	switch s.Phase {
	case engine.PhasePlaying:
		if len(parts) > 0 {
			parts[len(parts)-1] += " so far"
		}
	case engine.PhaseGaveUp:
		parts = append(parts, "gave up "+after(s.Lasted))
	case engine.PhaseAllowed:
		parts = append(parts, "allowed "+after(s.Lasted))
	case engine.PhaseOver:
		parts = append(parts, "over "+after(s.Lasted))
	}
	return strings.Join(parts, ", ")
}

// happened says in a thread what turn the story has taken.
func happened(s engine.Story) string {
	_, name, _ := strings.Cut(s.Holder, ":")
	if name = inOneLine(name); name == "" {
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
		return fmt.Sprintf("*%s* gave up %s, %s", name, after(s.Lasted), pauses)
	case engine.PhaseAllowed:
		return fmt.Sprintf("*%s* is allowed now (%s)", name, pauses)
	}
	back := ""
	if s.Returns > 0 {
		back = ", back " + times(s.Returns)
	}
	return fmt.Sprintf("*%s*: over %s, %s%s", name, after(s.Lasted), pauses, back)
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

func after(d time.Duration) string {
	if d < time.Second {
		return "at once"
	}
	return "after " + roughly(d)
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
