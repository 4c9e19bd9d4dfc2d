package builtins

// Dimmed is what an LED shows if no channel of it may be brighter than most, in percent. What is dimmer stays as it is,
// hues stay, and what is not dark does not become so: that would say "not running".
func (l LED) Dimmed(most int) LED {
	c := color{l.R, l.G, l.B}.capped(most)
	l.R, l.G, l.B = c.r, c.g, c.b
	if p, err := parsePattern(l.Pattern); l.Pattern != "" && err == nil {
		l.Pattern = p.with(func(c color) color { return c.capped(most) })
	}
	return l
}

func (c color) capped(most int) color {
	limit := max((255*most+50)/100, 1)
	brightest := int(max(c.r, c.g, c.b))
	if brightest <= limit {
		return c
	}
	scale := func(v uint8) uint8 { return uint8((int(v)*limit + brightest/2) / brightest) }
	return color{scale(c.r), scale(c.g), scale(c.b)}
}
