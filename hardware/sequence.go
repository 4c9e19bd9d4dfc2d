package hardware

import "time"

// sequence works out which reports a device needs now to show its score. It knows what the device was told, so what
// changes nothing is not sent. It does no I/O and is used by one goroutine.
type sequence struct {
	score
	traits     traits
	program    program
	toldTop    command // what the LEDs were last told
	toldBottom command
	told       bool // false after (re)connecting, and after a pattern of the device: it may show anything
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
	if s.traits.oneLED() {
		f.Bottom = f.Top
	}
	if s.score.want(f, now) {
		s.announced, s.asked = true, true
		s.endProgram()
	}
	if !s.asked {
		s.announced, s.asked = true, true
	}
}

// endProgram lets the next reports take over from a pattern that the device plays.
func (s *sequence) endProgram() {
	if s.program.playing {
		s.program.playing, s.told = false, false
	}
}

// reconnect forgets what was told: this is a new device, or one that lost its memory. Rhythms begin anew, so that a
// slow one does not begin with its dark half.
func (s *sequence) reconnect(t traits, now time.Time) {
	s.traits, s.told = t, false
	s.program.forget()
	s.restart(now)
}

// byDevice says whether the device is to play what is wanted by itself: the same pattern on both LEDs, which it can
// play, and which has not come to its end. A single line is no more than a fade.
func (s *sequence) byDevice(now time.Time) bool {
	m := s.top.melody
	return len(m.lines) > 1 && s.frame.Top.Pattern == s.frame.Bottom.Pattern && s.traits.plays(m) &&
		!m.ended(now.Sub(s.top.began))
}

// due is what to send now, and takes it as sent: after a failure call reconnect.
func (s *sequence) due(now time.Time) []report {
	if !s.asked || s.program.playing {
		return nil
	}
	if s.byDevice(now) {
		s.top.began, s.bottom.began = now, now
		return s.program.play(s.top.melody)
	}
	tNote, bNote := s.top.at(now), s.bottom.at(now)
	t, tFade, tDue := step(tNote, s.top.began, s.toldTop, s.told, now)
	b, bFade, bDue := step(bNote, s.bottom.began, s.toldBottom, s.told, now)
	s.toldTop, s.toldBottom, s.told = t, b, true

	switch one := s.traits.oneLED(); {
	case tDue && (one || bDue && t.color == b.color && ticks(tFade) == ticks(bFade)):
		return []report{fadeReport(t.color, tFade, both)}
	case tDue && bDue:
		return []report{fadeReport(t.color, tFade, top), fadeReport(b.color, bFade, bottom)}
	case tDue:
		return []report{fadeReport(t.color, tFade, top)}
	case bDue && !one:
		return []report{fadeReport(b.color, bFade, bottom)}
	}
	return nil
}

// step is what an LED should be told now, over which fade, and whether it needs to be: it does if it was told another
// colour, or is on its way there more slowly than it is now to be. A fade that should be under way takes what is left.
func step(n note, began time.Time, told command, known bool, now time.Time) (_ command, fade time.Duration, due bool) {
	fade = max(n.fade-(now.Sub(began)-n.from), 0)
	next := command{n.color, now.Add(fade)}
	if known && told.color == n.color && !next.until.Before(told.until) {
		return told, fade, false
	}
	return next, fade, true
}

// next is how long until something is due by itself; 0 if nothing is.
func (s *sequence) next(now time.Time) time.Duration {
	if s.program.playing {
		return 0
	}
	return s.score.next(now)
}

// playing says whether the device should be playing lines now. near says that this may be about to change, or just has.
func (s *sequence) playing(now time.Time) (playing, near bool) {
	if !s.program.playing {
		return false, false
	}
	m := s.top.melody
	if m.repeats == 0 {
		return true, false
	}
	// its clock is not ours, and each line may take it a beat more
	drift := time.Second + m.length()/50 + 2*tick*time.Duration(m.repeats*len(m.lines))
	left := m.length() - now.Sub(s.top.began)
	return left > 0, left < drift && left > -drift
}

// settled is the colour that both LEDs were told, once they must have got there.
func (s *sequence) settled(now time.Time) (c RGB, ok bool) {
	if !s.told || s.program.playing || s.toldTop.color != s.toldBottom.color {
		return RGB{}, false
	}
	const grace = 5 * tick
	by := s.toldTop.until
	if s.toldBottom.until.After(by) {
		by = s.toldBottom.until
	}
	return s.toldTop.color, now.After(by.Add(grace))
}

// showed says, once per frame, that the frame has reached the device.
func (s *sequence) showed() bool {
	was := s.announced
	s.announced = false
	return was
}
