package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"gatefold/internal/sim"
)

// maxTyped is how long a line that is typed may be, in bytes. What is longer says nothing to a demo.
const maxTyped = 256

// keys reads what is typed during a demo and hands it on: each key at once, or each line without the white space around
// it. It returns when in ends; that is no end of the demo.
func keys(in io.Reader, single bool, typed func(string)) {
	if single {
		r := bufio.NewReader(in)
		for {
			key, _, err := r.ReadRune()
			if err != nil {
				return
			}
			typed(string(key))
		}
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, maxTyped), 1<<16)
	lines.Split(shortLines)
	for lines.Scan() {
		typed(strings.TrimSpace(lines.Text()))
	}
}

// shortLines are lines; a longer one is cut into several, so that nothing typed can end the reading.
func shortLines(data []byte, end bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i < 0 && len(data) >= maxTyped {
		return len(data), data, nil
	}
	return bufio.ScanLines(data, end)
}

// typed does what a key asks for: 1 to 9 press the button with this number, q ends the demo.
func (s *show) typed(key string) {
	switch {
	case key == "q":
		s.o.quit()
	case len(key) == 1 && key[0] >= '1' && key[0] <= '9':
		s.pressButton(int(key[0] - '1'))
	case s.screen == nil && key != "":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now("slack", "nobody knows "+fmt.Sprintf("%.20q", key)+": type the number of a button, or q to end the demo, and Enter")
	}
}

// pressButton presses the button with this index, as the person of the demo.
func (s *show) pressButton(i int) {
	buttons := s.o.house.slack.Buttons()
	if i >= len(buttons) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now("slack", fmt.Sprintf("there is no button %d: %s", i+1, choicesOf(buttons)))
		return
	}
	if err := s.o.house.slack.Press(demoPerson, "", buttons[i].Label); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now("slack", fmt.Sprintf("%s cannot press %q: %v", demoPerson, buttons[i].Label, err))
		return
	}
	s.world() // it tells so at once
}

// choicesOf names the buttons with the keys that press them.
func choicesOf(buttons []sim.Button) string {
	if len(buttons) == 0 {
		return "no message shows a button now"
	}
	all := make([]string, min(len(buttons), 9))
	for i, b := range buttons[:len(all)] {
		all[i] = fmt.Sprintf("[%d] %s", i+1, clean(b.Label))
	}
	return strings.Join(all, "  ")
}

// offer tells of buttons that are new, where there is no foot to show them. Nobody is told who cannot type.
func (s *show) offer() {
	buttons := s.o.house.slack.Buttons()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.screen != nil || !s.listens || slices.Equal(buttons, s.offered) {
		return
	}
	if s.offered = buttons; len(buttons) > 0 {
		s.now("slack", "type a number and Enter: "+choicesOf(buttons))
	}
}
