package hardware

import "time"

// minHalf is the shortest half of a rhythm. A blink(1) refreshes its LEDs every 10 ms, and what flickers faster than
// this is not seen as a rhythm.
const minHalf = 50 * time.Millisecond

// half is how long an LED with a rhythm is lit, and then dark; 0 if it is steady or plays a pattern.
func (l LED) half() time.Duration {
	if l.Every <= 0 || l.Color == (RGB{}) || l.Pattern != (Pattern{}) {
		return 0
	}
	return max(l.Every/2, minHalf)
}

// fade is Fade, short enough for the rhythm.
func (l LED) fade() time.Duration {
	if h := l.half(); h > 0 {
		return min(l.Fade, h/2)
	}
	return max(l.Fade, 0)
}

// note is what an LED has been told last: a colour, how long the fade to it takes, and how long after the beginning
// that was.
type note struct {
	color RGB
	fade  time.Duration
	from  time.Duration
	next  time.Duration // until the next note; 0 if there is none
}

// beat is what a steady LED, or one with a rhythm, is told this long after it began.
func (l LED) beat(elapsed time.Duration) note {
	h := l.half()
	if h == 0 {
		return note{color: l.Color, fade: l.fade()}
	}
	elapsed = max(elapsed, 0)
	n := note{color: l.Color, fade: l.fade(), from: elapsed - elapsed%h, next: h - elapsed%h}
	if (elapsed/h)%2 == 1 {
		n.color = RGB{}
	}
	return n
}
