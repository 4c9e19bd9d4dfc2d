package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// screen is a calm picture in a terminal: it is drawn anew a few times a second
// and written only when something on it changed.
type screen struct {
	out io.Writer

	mu     sync.Mutex
	lines  []line
	shown  string
	active bool
}

const (
	keptLines   = 200
	enterScreen = "\x1b[?1049h\x1b[?25l" // a screen of its own, no cursor
)

func newScreen(out io.Writer) *screen { return &screen{out: out} }

func (s *screen) add(l line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
	if len(s.lines) > keptLines {
		s.lines = s.lines[len(s.lines)-keptLines:]
	}
}

// draw shows head, the newest lines that fit, and foot.
func (s *screen) draw(head, foot []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	width, height := s.size()
	room := max(height-len(head)-len(foot)-1, 3)
	var body []string
	for _, l := range s.lines {
		for _, text := range strings.Split(l.String(), "\n") {
			body = append(body, l.wrap(text, width)...)
		}
	}
	if len(body) > room {
		body = body[len(body)-room:]
	}
	for len(body) < room {
		body = append(body, "")
	}
	var b strings.Builder
	for _, text := range append(append(append([]string{}, head...), body...), foot...) {
		b.WriteString(fit(text, width))
		b.WriteString("\x1b[K\r\n")
	}
	picture := strings.TrimSuffix(b.String(), "\r\n")
	if picture == s.shown {
		return
	}
	s.shown = picture
	if !s.active {
		s.active = true
		io.WriteString(s.out, enterScreen)
	}
	io.WriteString(s.out, "\x1b[H"+picture+"\x1b[J")
}

// again draws everything anew: somebody else wrote on the screen.
func (s *screen) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown = ""; s.active {
		io.WriteString(s.out, enterScreen)
	}
}

// wrap breaks a text that says what is wrong, instead of having its end cut off.
func (l line) wrap(text string, width int) []string {
	const indent = 18
	if l.kind != "rules" && l.kind != "config" && l.kind != "fault" || width < 2*indent {
		return []string{text}
	}
	var out []string
	for runes := []rune(text); ; {
		if len(runes) < width {
			return append(out, string(runes))
		}
		at := width - 1
		for i := at; i > indent+1; i-- {
			if runes[i] == ' ' {
				at = i
				break
			}
		}
		out = append(out, string(runes[:at]))
		runes = append([]rune(strings.Repeat(" ", indent)), []rune(strings.TrimLeft(string(runes[at:]), " "))...)
	}
}

// leave gives the terminal back as it was, and writes the newest lines there.
func (s *screen) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.active {
		return
	}
	s.active = false
	io.WriteString(s.out, "\x1b[?25h\x1b[?1049l")
	for _, l := range s.lines[max(len(s.lines)-12, 0):] {
		fmt.Fprintln(s.out, l)
	}
}

func (s *screen) size() (width, height int) {
	if f, ok := s.out.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}

// fit cuts a line to the width of the terminal; escape sequences take no room.
func fit(s string, width int) string {
	n, escape := 0, false
	for i, r := range s {
		switch {
		case escape:
			escape = r != 'm'
		case r == '\x1b':
			escape = true
		default:
			if n++; n > width-1 {
				return s[:i] + "\x1b[0m…"
			}
		}
	}
	return s
}

// draw paints the show, if there is a screen.
func (s *show) draw() {
	if s.screen == nil {
		return
	}
	s.mu.Lock()
	d := s.daemon
	verdict := s.stands.Verdict.String()
	if s.stands.Condition.String() == "blind" {
		verdict = "blind: nothing is judged that is not seen"
	}
	s.mu.Unlock()
	if d == nil {
		return
	}
	now := s.o.clock.Now()
	accounts, degraded := d.board.snapshot()
	a := accounts[0]
	if degraded != "" {
		verdict += "   DEGRADED: " + degraded
	}
	per30s, _ := d.gate.Remaining(now)
	head := []string{
		fmt.Sprintf(" story %-7s gatefold demo: the real daemon, a simulated household", now.Sub(s.begun).Round(time.Second)),
		"",
		"    " + s.lamp.View(time.Now()),
		"",
		"    " + verdict,
		"    " + playing(a) + ", seen " + ago(now, a.LastLook),
		fmt.Sprintf("    next look in %-5s %-22s %d calls left in 30 s", max(a.NextLook.Sub(now), 0).Round(time.Second), "("+a.Why+")", per30s),
		"",
	}
	foot := []string{
		"",
		" slack    " + choicesOf(s.o.house.slack.Buttons()),
		" edit it now, it reloads as you save; q or ctrl-C ends the demo:",
		" rules    " + d.cfg.Rules + "/home.star",
		" ask it   " + s.o.asking(d, "status"),
		" metrics  http://" + d.listener.Addr().String() + "/metrics",
	}
	s.screen.draw(head, foot)
}
