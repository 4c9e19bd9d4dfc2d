package hardware

import "time"

// sequence works out which reports a device needs now to show its score. It knows what the device was told, so what
// changes nothing is not sent. It does no I/O and is used by one goroutine.
type sequence struct {
	score
	oneLED     bool    // a blink(1) mk1: shows Top, takes reports for all LEDs
	toldTop    command // what the LEDs were last told
	toldBottom command
	told       bool // false after (re)connecting: the device may show anything
	announced  bool // the frame was set by want and not yet counted by showed
	asked      bool // a frame was wanted: a light that nobody has asked for anything is left alone
}

// command is what one LED was told and when it will have got there.
type command struct {
	color RGB
	until time.Time
}

// want sets the frame that is to be seen from now on.
func (s *sequence) want(f Frame, now time.Time) {
	if s.oneLED {
		f.Bottom = f.Top
	}
	if s.score.want(f, now) || !s.asked {
		s.announced, s.asked = true, true
	}
}

// reconnect forgets what was told: this is a new device, or one that lost its memory. Rhythms begin anew, so that a
// slow one does not begin with its dark half.
func (s *sequence) reconnect(oneLED bool, now time.Time) {
	s.oneLED, s.told = oneLED, false
	s.restart(now)
}

// due is what to send now, at most one report per LED, and takes it as sent: after a failure call reconnect.
func (s *sequence) due(now time.Time) []report {
	if !s.asked {
		return nil
	}
	litTop, litBottom := s.lit(now)
	t, tFade, tDue := step(s.frame.Top, litTop, s.toldTop, s.told, now)
	b, bFade, bDue := step(s.frame.Bottom, litBottom, s.toldBottom, s.told, now)
	s.toldTop, s.toldBottom, s.told = t, b, true

	switch {
	case tDue && (s.oneLED || bDue && t.color == b.color && ticks(tFade) == ticks(bFade)):
		return []report{fadeReport(t.color, tFade, both)}
	case tDue && bDue:
		return []report{fadeReport(t.color, tFade, top), fadeReport(b.color, bFade, bottom)}
	case tDue:
		return []report{fadeReport(t.color, tFade, top)}
	case bDue && !s.oneLED:
		return []report{fadeReport(b.color, bFade, bottom)}
	}
	return nil
}

// step is what an LED should be told now, over which fade, and whether it needs to be: it does if it was told another
// colour, or is on its way there more slowly than it is now to be.
func step(l LED, lit bool, told command, known bool, now time.Time) (_ command, fade time.Duration, due bool) {
	color := l.Color
	if !lit {
		color = RGB{}
	}
	fade = l.fade()
	next := command{color, now.Add(max(fade, 0))}
	if known && told.color == color && !next.until.Before(told.until) {
		return told, fade, false
	}
	return next, fade, true
}

// showed says, once per frame, that the frame has reached the device.
func (s *sequence) showed() bool {
	was := s.announced
	s.announced = false
	return was
}
