package hardware

import (
	"slices"

	"golang.org/x/image/colornames"
)

// dimBelow is the brightness (its brightest channel) under which a colour is named by its hue, as "dim white". No CSS
// colour but black is that dark, so the nearest one would nearly always be black, and that would say that it is off.
const dimBelow = 64

// amber is what CSS has no name for and every status light shows.
var amber = RGB{0xff, 0xbf, 0x00}

// Name is a short name for a colour: "dark" for none, else the nearest CSS name or "amber", with "dim" before it if
// there is little of it.
func Name(c RGB) string {
	switch m := brightest(c); {
	case m == 0:
		return "dark"
	case m < dimBelow:
		return "dim " + nearest(c, true)
	}
	return nearest(c, false)
}

// nearest is the name at the smallest distance, with everything scaled to full brightness if hueOnly. Of names that
// are as near (cyan and aqua; red and maroon, by hue) the commoner wins.
func nearest(c RGB, hueOnly bool) string {
	if hueOnly {
		c = full(c)
	}
	best, bestAt := "", -1
	for _, name := range candidates() {
		at := amber
		if rgba, ok := colornames.Map[name]; ok {
			at = RGB{rgba.R, rgba.G, rgba.B}
		}
		if at == (RGB{}) {
			continue // no light is called black
		}
		if hueOnly {
			at = full(at)
		}
		if d := distance(c, at); bestAt < 0 || d < bestAt {
			best, bestAt = name, d
		}
	}
	return best
}

// candidates are all names, common ones first.
func candidates() []string {
	common := []string{"white", "red", "green", "blue", "yellow", "orange", "amber", "cyan", "magenta", "purple", "pink", "gray"}
	return slices.Concat(common, colornames.Names)
}

func brightest(c RGB) uint8 { return max(c.R, c.G, c.B) }

// full is a colour at full brightness.
func full(c RGB) RGB { return scale(c, 255/float64(max(brightest(c), 1))) }

// scale multiplies a colour, rounding; what is too bright for the wire is cut.
func scale(c RGB, by float64) RGB {
	s := func(v uint8) uint8 { return uint8(min(float64(v)*by+0.5, 255)) }
	return RGB{s(c.R), s(c.G), s(c.B)}
}

// distance compares colours roughly as eyes do, which see green best and blue least.
func distance(a, b RGB) int {
	r, g, bl := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return 3*r*r + 4*g*g + 2*bl*bl
}
