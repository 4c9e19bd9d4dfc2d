package hardware

import "time"

// score is a frame, and since when each LED plays its part of it. The zero value is dark.
type score struct {
	frame       Frame
	top, bottom part
}

// part is what one LED plays.
type part struct {
	led    LED
	which  which
	melody melody // if led has a pattern
	began  time.Time
}

func (p *part) begin(l LED, w which, now time.Time) {
	*p = part{led: l, which: w, melody: l.Pattern.melody(), began: now}
}

// at is what the LED is told now.
func (p *part) at(now time.Time) note { return p.after(now.Sub(p.began)) }

func (p *part) after(elapsed time.Duration) note {
	if len(p.melody.lines) > 0 {
		return p.melody.at(elapsed, p.which)
	}
	return p.led.beat(elapsed)
}

// want replaces the frame and says whether that made a difference. The rhythm or pattern of an LED that stays as it is
// goes on, unless both LEDs become the same: then they beat together.
func (s *score) want(f Frame, now time.Time) bool {
	f = Frame{f.Top.plain(), f.Bottom.plain()}
	if f == s.frame {
		return false
	}
	together := f.Top == f.Bottom
	if together || f.Top != s.frame.Top {
		s.top.begin(f.Top, top, now)
	}
	if together || f.Bottom != s.frame.Bottom {
		s.bottom.begin(f.Bottom, bottom, now)
	}
	s.frame = f
	return true
}

// restart lets rhythms and patterns begin now. A pattern that has come to its end stays there.
func (s *score) restart(now time.Time) {
	for _, p := range []*part{&s.top, &s.bottom} {
		if !p.melody.ended(now.Sub(p.began)) {
			p.began = now
		}
	}
}

// next is how long until an LED is told something else by its rhythm or pattern; 0 if none is.
func (s *score) next(now time.Time) time.Duration {
	t, b := s.top.at(now).next, s.bottom.at(now).next
	if t == 0 || b == 0 {
		return max(t, b)
	}
	return min(t, b)
}

// colors are what the LEDs have been told to show.
func (s *score) colors(now time.Time) (top, bottom RGB) {
	return s.top.at(now).color, s.bottom.at(now).color
}

// plain is an LED without what does not count because it has a pattern.
func (l LED) plain() LED {
	if l.Pattern != (Pattern{}) {
		return LED{Pattern: l.Pattern}
	}
	return l
}
