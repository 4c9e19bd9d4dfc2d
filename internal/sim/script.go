package sim

import (
	"math"
	"slices"
	"time"
)

// Script is a story: what the people, their players and the services do, and when. It is made by ParseScript.
type Script struct {
	Name   string
	Repeat time.Duration // the story begins anew after this long; 0 = it does not
	lines  []Line
}

// Line is one line of a story.
type Line struct {
	Number int           // in the file, from 1
	At     time.Duration // since the beginning of the story
	Every  time.Duration // again and again at this distance, first after it; then At is 0
	Who    string        // the account, "spotify" or "slack"
	Text   string        // what happens, as it is written

	deed  func(*Account, time.Time)
	fault *scriptFault
	press *scriptPress
}

// scriptFault is a fault whose times count from when its line comes true.
type scriptFault struct {
	Fault
	lasts time.Duration // 0 = until it was suffered Times times
}

func (f *scriptFault) from(at time.Time) Fault {
	fault := f.Fault
	fault.From = at
	if f.lasts > 0 {
		fault.Until = at.Add(f.lasts)
	}
	return fault
}

// Lines are the lines of the story, in the order of the file.
func (s *Script) Lines() []Line { return slices.Clone(s.lines) }

// Accounts are the accounts that the story is about, in the order of their appearance.
func (s *Script) Accounts() []string {
	var names []string
	for _, l := range s.lines {
		if l.deed != nil && !slices.Contains(names, l.Who) {
			names = append(names, l.Who)
		}
	}
	return names
}

// Next is the first moment later than after at which something happens, and everything that
// happens then, in order. To include the very beginning ask with -1.
func (s *Script) Next(after time.Duration) (at time.Duration, lines []Line, ok bool) {
	at = math.MaxInt64
	for _, l := range s.lines {
		t, happens := s.occurrence(l, after)
		switch {
		case !happens || t > at:
		case t < at:
			at, lines = t, []Line{l}
		default:
			lines = append(lines, l)
		}
	}
	return at, lines, len(lines) > 0
}

// occurrence is the first time later than after at which a line comes true.
func (s *Script) occurrence(l Line, after time.Duration) (time.Duration, bool) {
	after = max(after, -1)
	if s.Repeat == 0 {
		return within(l, after)
	}
	if after > math.MaxInt64-2*s.Repeat {
		return 0, false // the end of time
	}
	round := max(after, 0) / s.Repeat * s.Repeat
	if t, ok := within(l, after-round); ok && t < s.Repeat {
		return round + t, true
	}
	t, ok := within(l, -1)
	return round + s.Repeat + t, ok && t < s.Repeat
}

// within is the occurrence in a round of the story.
func within(l Line, after time.Duration) (time.Duration, bool) {
	if l.Every == 0 {
		return l.At, l.At > after
	}
	if after > math.MaxInt64-l.Every {
		return 0, false
	}
	return (max(after, 0)/l.Every + 1) * l.Every, true
}
