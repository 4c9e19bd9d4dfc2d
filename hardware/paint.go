package hardware

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// ColorProfile is which colours a terminal can show.
type ColorProfile int

// The profiles. NoColor writes no escape sequences at all.
const (
	NoColor ColorProfile = iota
	Color256
	TrueColor
)

// ProfileOf tells what a terminal can show by its environment (NO_COLOR, COLORTERM, TERM; no-color.org). What is not a
// terminal gets no colours.
func ProfileOf(tty bool, getenv func(string) string) ColorProfile {
	term := getenv("TERM")
	switch {
	case !tty, getenv("NO_COLOR") != "", term == "", term == "dumb":
		return NoColor
	case getenv("COLORTERM") == "truecolor", getenv("COLORTERM") == "24bit", strings.Contains(term, "direct"):
		return TrueColor
	}
	return Color256
}

// Paint is how a frame looks at an instant, on one line: an LED as a glyph in its colour, and in words what it shows:
// "● red", and in the dark half of a rhythm "○ amber, blinking every 1s". Both LEDs, if they differ:
// "● top red  ○ bottom dark". The width does not change with the beat.
//
// A rhythm or pattern counts from the zero time: to let it begin with its beginning, pass time.Time{}.Add(since it was
// shown), or use a Terminal's View.
func Paint(f Frame, at time.Time, p ColorProfile) string {
	return paint(f, colorAt(f.Top, top, at), colorAt(f.Bottom, bottom, at), p)
}

// colorAt is the colour of an LED whose rhythm or pattern began at the zero time. That may be too far away for a Duration.
func colorAt(l LED, w which, at time.Time) RGB {
	var p part
	p.begin(l, w, time.Time{})
	if period := 2 * l.half(); period > 0 {
		return p.after(at.Sub(at.Truncate(period))).color
	}
	if round := p.melody.total; round > 0 && p.melody.repeats == 0 {
		if within := at.Sub(at.Truncate(round)); at.Sub(time.Time{}) >= round {
			return p.after(round + within).color // a later round: every LED has been told something
		}
	}
	return p.at(at).color
}

// paint is a frame whose LEDs show these colours now.
func paint(f Frame, top, bottom RGB, p ColorProfile) string {
	switch {
	case look(f.Top) != look(f.Bottom):
		return glyph(f.Top, top, p) + " top " + describe(f.Top) + "  " +
			glyph(f.Bottom, bottom, p) + " bottom " + describe(f.Bottom)
	case f.Top.Pattern.melody().splits():
		return glyph(f.Top, top, p) + glyph(f.Bottom, bottom, p) + " " + describe(f.Top)
	}
	return glyph(f.Top, top, p) + " " + describe(f.Top)
}

const (
	litGlyph  = "●"
	darkGlyph = "○"
)

// unlit is the colour of the ring of an LED that is off.
var unlit = RGB{0x58, 0x58, 0x58}

// glyph is an LED that shows a colour: a disc in it, or a ring if it is dark. The ring of a rhythm keeps a little of its
// colour.
func glyph(l LED, now RGB, p ColorProfile) string {
	switch {
	case now != RGB{}:
		return ink(litGlyph, onScreen(now), p)
	case l.half() > 0:
		return ink(darkGlyph, scale(onScreen(l.Color), 0.4), p)
	}
	return ink(darkGlyph, unlit, p)
}

// onScreen lifts a dim colour to what it looks like: an LED at 5 % is easily seen, a screen at 5 % is black.
func onScreen(c RGB) RGB {
	const gamma = 2.2
	m := float64(brightest(c))
	return scale(c, 255*math.Pow(m/255, 1/gamma)/m)
}

// ink writes s in a colour (ISO 8613-6: SGR 38).
func ink(s string, c RGB, p ColorProfile) string {
	switch p {
	case TrueColor:
		return fmt.Sprintf("\x1b[38;2;%d;%d;%dm%s\x1b[0m", c.R, c.G, c.B, s)
	case Color256:
		return fmt.Sprintf("\x1b[38;5;%dm%s\x1b[0m", index256(c), s)
	}
	return s
}

// index256 is the nearest of the 6x6x6 cube and the 24 grays of a terminal with 256 colours.
func index256(c RGB) int {
	levels := [...]uint8{0, 95, 135, 175, 215, 255}
	near := func(v uint8) int {
		best := 0
		for i, l := range levels {
			if math.Abs(float64(v)-float64(l)) < math.Abs(float64(v)-float64(levels[best])) {
				best = i
			}
		}
		return best
	}
	r, g, b := near(c.R), near(c.G), near(c.B)
	cube := RGB{levels[r], levels[g], levels[b]}
	step := min(max((int(c.R)+int(c.G)+int(c.B))/3-3, 0)/10, 23)
	level := uint8(8 + 10*step)
	if distance(c, RGB{level, level, level}) < distance(c, cube) {
		return 232 + step
	}
	return 16 + 36*r + 6*g + b
}
