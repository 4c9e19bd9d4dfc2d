package engine

import (
	"unicode"

	"golang.org/x/text/width"
)

// RuneWidth is how many columns of a terminal a character takes: none if it sits on the one before it, two if it is as wide
// as those of Chinese, or a picture. What a terminal makes of several pictures joined to one differs: they count one by one.
func RuneWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
