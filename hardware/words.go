package hardware

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Describe says in words what a frame shows: "red", "amber, blinking every 1s", "a pattern of red and dark, 3 times",
// "top red; bottom dark".
func Describe(f Frame) string {
	if look(f.Top) == look(f.Bottom) {
		return describe(f.Top)
	}
	return "top " + describe(f.Top) + "; bottom " + describe(f.Bottom)
}

// look is what of an LED can be seen once it has faded.
func look(l LED) LED {
	return LED{Color: l.plain().Color, Every: 2 * l.half(), Pattern: l.Pattern}
}

func describe(l LED) string {
	if l.Pattern != (Pattern{}) {
		return l.Pattern.melody().describe()
	}
	if h := l.half(); h > 0 {
		return Name(l.Color) + ", blinking every " + short(2*h)
	}
	return Name(l.Color)
}

// describe names the colours of a pattern in their order, each once, and how often it is played.
func (m melody) describe() string {
	const most = 4
	var names []string
	for _, l := range m.lines {
		if n := Name(l.color); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) > most {
		names = append(names[:most-1], "others")
	}
	last := len(names) - 1
	words := "a pattern of " + names[last]
	if last > 0 {
		words = "a pattern of " + strings.Join(names[:last], ", ") + " and " + names[last]
	}
	switch m.repeats {
	case 0:
		return words
	case 1:
		return words + ", once"
	}
	return fmt.Sprintf("%s, %d times", words, m.repeats)
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
