package hardware

import (
	"strings"
	"time"
)

// Describe says in words what a frame shows: "red", "amber, blinking every 1s", "top red; bottom dark".
func Describe(f Frame) string {
	if look(f.Top) == look(f.Bottom) {
		return describe(f.Top)
	}
	return "top " + describe(f.Top) + "; bottom " + describe(f.Bottom)
}

// look is what of an LED can be seen once it has faded.
func look(l LED) LED { return LED{Color: l.Color, Every: 2 * l.half()} }

func describe(l LED) string {
	if h := l.half(); h > 0 {
		return Name(l.Color) + ", blinking every " + short(2*h)
	}
	return Name(l.Color)
}

// short is a duration without what is zero: "1m", not "1m0s".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
