package hardware

import (
	"fmt"
	"io"
	"time"
)

// TerminalOptions say where the light is painted. With a Draw it is handed over; else with a Writer it is written; with
// neither it is only there for View.
type TerminalOptions struct {
	Options
	Writer  io.Writer         // gets a line for each change, without colours, or if Live one line painted over and over
	Live    bool              // Writer is a terminal, and the light has a line of it to itself
	Draw    func(line string) // gets what Paint gives, at each change and each beat, one call at a time
	Profile ColorProfile      // for Live, Draw and View
}

// Terminal is a light that is painted. Made by NewTerminal.
type Terminal struct {
	*owner
	o       TerminalOptions
	score   score  // guarded by mu of owner: View reads it
	painted string // what stands there
	begun   bool   // something was shown
}

// NewTerminal starts to paint. It panics without a Clock.
func NewTerminal(o TerminalOptions) *Terminal {
	if o.Clock == nil {
		panic("hardware.NewTerminal: no clock given")
	}
	t := &Terminal{owner: newOwner(o.Options, "terminal"), o: o}
	t.tell(func(s *Status) { s.State, s.Connected = StateConnected, true })
	go t.run()
	return t
}

// Show makes f what is painted; see Light.
func (t *Terminal) Show(f Frame) {
	if t.closing() {
		return
	}
	now := t.clock.Now()
	t.mu.Lock()
	t.score.want(f, now)
	t.mu.Unlock()
	t.owner.Show(f)
}

// View is what Paint gives for the frame that is shown, its rhythm or pattern counted from when it was shown.
func (t *Terminal) View(at time.Time) string {
	t.mu.Lock()
	s := t.score
	t.mu.Unlock()
	top, bottom := s.colors(at)
	return paint(s.frame, top, bottom, t.o.Profile)
}

func (t *Terminal) run() {
	defer close(t.done)
	var shown Frame
	for !t.closing() {
		f, asked := t.wanted()
		if asked {
			t.paint(Describe(f), t.View(t.clock.Now()))
			if !t.begun || f != shown {
				t.tell(func(s *Status) { s.Changes++ })
			}
			shown, t.begun = f, true
		}
		t.rest()
	}
	t.darken()
}

// rest waits for a change, the next beat if those are painted, or Close.
func (t *Terminal) rest() {
	t.mu.Lock()
	beat := t.score.next(t.clock.Now())
	t.mu.Unlock()
	if beat == 0 || !t.moves() {
		select {
		case <-t.wake:
		case <-t.quit:
		}
		return
	}
	fired, stop := t.clock.NewTimer(beat)
	defer stop()
	select {
	case <-fired:
	case <-t.wake:
	case <-t.quit:
	}
}

// moves says whether beats are painted, not only changes.
func (t *Terminal) moves() bool { return t.o.Draw != nil || t.o.Writer != nil && t.o.Live }

// paint shows one state of the light, unless it is what stands there already.
func (t *Terminal) paint(words, picture string) {
	line := words
	if t.moves() {
		line = picture
	}
	if line == t.painted {
		return
	}
	t.painted = line
	switch {
	case t.o.Draw != nil:
		t.o.Draw(line)
	case t.o.Writer == nil:
	case t.o.Live:
		t.write("\r\x1b[2K" + line)
	default:
		t.write("light: " + line + "\n")
	}
}

// darken paints the light as it is after Close, and leaves its line.
func (t *Terminal) darken() {
	t.mu.Lock()
	t.score = score{}
	t.mu.Unlock()
	if t.begun {
		t.paint(Describe(Frame{}), paint(Frame{}, RGB{}, RGB{}, t.o.Profile))
		if t.moves() && t.o.Draw == nil {
			t.write("\n")
		}
	}
	t.tell(func(s *Status) { s.State, s.Connected, s.Err = StateNone, false, "" })
}

// write keeps what went wrong for Status and Close; a later line that gets through heals it.
func (t *Terminal) write(s string) {
	_, err := io.WriteString(t.o.Writer, s)
	t.last = nil
	why, state := "", StateConnected
	if err != nil {
		t.last = fmt.Errorf("paint the light: %w", err)
		why, state = t.last.Error(), StateSilent
	}
	t.tell(func(s *Status) { s.State, s.Connected, s.Err = state, err == nil, why })
}
