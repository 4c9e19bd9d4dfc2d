package metrics

import (
	"strings"
	"unicode"
)

// maxRunes bounds the value of an open label.
const maxRunes = 64

// clean makes a name from outside fit for a label: valid UTF-8, at most maxRunes
// long, nothing in it that acts instead of showing (control characters, line
// separators, changes of writing direction). An empty name becomes blank, since
// to Prometheus an empty label is no label.
func clean(name, blank string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return blank
	}
	out := make([]rune, 0, maxRunes)
	for _, r := range name { // what is not UTF-8 reads as U+FFFD
		if len(out) == maxRunes {
			out[maxRunes-1] = '…'
			break
		}
		out = append(out, shown(r))
	}
	return string(out)
}

// shown gives r, or U+FFFD where r would not show. The two joiners don't show
// either, but families of emoji and several scripts are spelled with them.
func shown(r rune) rune {
	const joiner, nonJoiner = '\u200d', '\u200c'
	if unicode.IsGraphic(r) || r == joiner || r == nonJoiner {
		return r
	}
	return unicode.ReplacementChar
}
