package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
)

// Change is a difference, for as long as it lasts.
type Change struct {
	From, To time.Time // the first and the last turn of it
	Turns    int
	Who      string // the device; "" nobody, or not seen
	What     string // "allow -> deny"
	Pos      string // where in the rules: "home.star:14"
}

// keptChanges bounds what a report holds.
const keptChanges = 10_000

// changes puts differences together that follow one another.
type changes struct {
	all   []Change
	more  int
	turns int
	open  *Change
}

// changed is one difference; no What: there is none.
type changed struct{ what, pos string }

func (c *changes) add(ev engine.Event, d changed) {
	who := who(ev)
	standing := ev.Kind == engine.KindPlayback || ev.Kind == engine.KindBlind
	if c.open != nil && standing && (d.what != c.open.What || d.pos != c.open.Pos || who != c.open.Who) {
		c.end()
	}
	if d.what == "" {
		return
	}
	c.turns++
	if !standing {
		c.keep(Change{From: ev.Time, To: ev.Time, Turns: 1, Who: ev.Kind, What: d.what, Pos: d.pos})
		return
	}
	if c.open == nil {
		c.open = &Change{From: ev.Time, Who: who, What: d.what, Pos: d.pos}
	}
	c.open.To = ev.Time
	c.open.Turns++
}

func (c *changes) end() {
	if c.open != nil {
		c.keep(*c.open)
		c.open = nil
	}
}

func (c *changes) keep(one Change) {
	if len(c.all) >= keptChanges {
		c.more++
		return
	}
	c.all = append(c.all, one)
}

// who is the device of an event as people call it.
func who(ev engine.Event) string {
	switch data := ev.Data.(type) {
	case builtins.Playback:
		if data.Device != nil {
			return data.Device.Name
		}
	case engine.Held:
		return data.Holder()
	}
	return ""
}

// difference says what two decisions about a turn do not have in common; recorded: also what happens once is known of both.
func difference(was, is engine.DecisionRecord, all, recorded bool) changed {
	pos := place(is.Verdict.Pos)
	if pos == "" {
		pos = place(was.Verdict.Pos)
	}
	switch {
	case was.Err != is.Err && is.Err != "":
		return changed{verdictWord(was) + " -> fails: " + firstLine(is.Err), ""}
	case was.Err != is.Err:
		return changed{"failed -> " + verdictWord(is), pos}
	case was.Verdict.Kind != is.Verdict.Kind:
		return changed{was.Verdict.Kind.String() + " -> " + is.Verdict.Kind.String(), pos}
	case was.Verdict.String() != is.Verdict.String():
		return changed{was.Verdict.String() + " -> " + is.Verdict.String(), pos}
	case !all:
		return changed{}
	}
	lines := apart(was.Standing, is.Standing)
	if recorded {
		lines = append(lines, apart(was.Once, is.Once)...)
	}
	return changed{strings.Join(lines, "; "), ""}
}

// apart lists what only one of two lists of calls has.
func apart(was, is []string) []string {
	var out []string
	for _, call := range was {
		if !slices.Contains(is, call) {
			out = append(out, "no more "+call)
		}
	}
	for _, call := range is {
		if !slices.Contains(was, call) {
			out = append(out, "new "+call)
		}
	}
	return out
}

func verdictWord(d engine.DecisionRecord) string { return d.Verdict.Kind.String() }

// place is a position without its column.
func place(pos string) string {
	if i := strings.LastIndexByte(pos, ':'); i >= 0 && strings.Count(pos, ":") > 1 {
		return pos[:i]
	}
	return pos
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// String is a change in a line, without its time: "Kitchen: allow -> deny (home.star:14)".
func (c Change) String() string {
	text := c.What
	if c.Who != "" {
		text = c.Who + ": " + text
	}
	if c.Pos != "" {
		text += " (" + c.Pos + ")"
	}
	if c.Turns > 1 {
		text += fmt.Sprintf("  (%d turns)", c.Turns)
	}
	return text
}

func callName(call string) string {
	name, _, _ := strings.Cut(call, "(")
	return name
}

// isMessage says that a call tells somebody something.
func isMessage(call string) bool { return call == "slack.post" || call == "notify" }
