package hardware

import "time"

// minHalf is the shortest half of a rhythm. A blink(1) refreshes its LEDs every 10 ms, and what flickers faster than
// this is not seen as a rhythm.
const minHalf = 50 * time.Millisecond

// half is how long an LED with a rhythm is lit, and then dark; 0 if it is steady.
func (l LED) half() time.Duration {
	if l.Every <= 0 || l.Color == (RGB{}) {
		return 0
	}
	return max(l.Every/2, minHalf)
}

// lit says whether the LED shows its colour this long after its rhythm began.
func (l LED) lit(elapsed time.Duration) bool {
	h := l.half()
	return h == 0 || (max(elapsed, 0)/h)%2 == 0
}

// edge is how long after elapsed the LED changes next; 0 if never.
func (l LED) edge(elapsed time.Duration) time.Duration {
	h := l.half()
	if h == 0 {
		return 0
	}
	return h - max(elapsed, 0)%h
}

// fade is Fade, short enough for the rhythm.
func (l LED) fade() time.Duration {
	if h := l.half(); h > 0 {
		return min(l.Fade, h/2)
	}
	return l.Fade
}

// score is a frame and when the rhythm of each LED began. The zero value is dark.
type score struct {
	frame       Frame
	top, bottom time.Time
}

// want replaces the frame and says whether that made a difference. The rhythm of an LED that stays as it is goes on,
// unless both LEDs become the same: then they beat together.
func (s *score) want(f Frame, now time.Time) bool {
	if f == s.frame {
		return false
	}
	together := f.Top == f.Bottom
	if together || f.Top != s.frame.Top {
		s.top = now
	}
	if together || f.Bottom != s.frame.Bottom {
		s.bottom = now
	}
	s.frame = f
	return true
}

// restart lets both rhythms begin now.
func (s *score) restart(now time.Time) { s.top, s.bottom = now, now }

// lit says which LEDs show their colour now.
func (s *score) lit(now time.Time) (top, bottom bool) {
	return s.frame.Top.lit(now.Sub(s.top)), s.frame.Bottom.lit(now.Sub(s.bottom))
}

// next is how long until an LED changes by its rhythm; 0 if none does.
func (s *score) next(now time.Time) time.Duration {
	t, b := s.frame.Top.edge(now.Sub(s.top)), s.frame.Bottom.edge(now.Sub(s.bottom))
	if t == 0 || b == 0 {
		return max(t, b)
	}
	return min(t, b)
}
