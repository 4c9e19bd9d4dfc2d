package main

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// tally counts what a demo showed.
type tally struct {
	looks, reloads, refused, blind int
	verdicts, pauses, messages     map[string]int
}

func newTally() tally {
	return tally{verdicts: map[string]int{}, pauses: map[string]int{}, messages: map[string]int{}}
}

// summary closes a demo.
func (s *show) summary(d *daemon) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tally
	fmt.Fprintf(s.o.stdio.out, `
%s of the story: %s
  verdicts  %s
  pauses    %s
  alerts    %s
  reloads   %d, refused %d
  blind     %s
`, s.o.clock.Now().Sub(s.begun).Round(time.Second), count(t.looks, "look"), counts(t.verdicts), counts(t.pauses),
		counts(t.messages), t.reloads, t.refused, count(t.blind, "time"))
}

// counts is "2 paused, 1 already".
func counts(m map[string]int) string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%d %s", m[name], name))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}
