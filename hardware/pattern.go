package hardware

import (
	"errors"
	"strings"
)

// Pattern is a sequence of colours in a blink(1)'s own notation, "3,#ff0000,0.5,0,#000000,0.5,0": how often it is
// played (0: for ever), and then for each line a colour, the seconds that the fade to it takes, and the LED (0 both, 1
// top, 2 bottom). It can be compared. The zero value is none.
type Pattern struct{ text string }

// ParsePattern reads the notation.
func ParsePattern(text string) (Pattern, error) {
	if strings.TrimSpace(text) == "" {
		return Pattern{}, errors.New("an empty pattern")
	}
	return Pattern{text}, nil
}

// String is the pattern in its notation.
func (p Pattern) String() string { return p.text }
