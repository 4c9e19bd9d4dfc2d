package main

import (
	"strings"
	"unicode"
)

// harmless takes out what could steer a terminal, and keeps lines.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// clean makes a name that strangers chose fit for a terminal: no control
// characters, nothing that turns the writing direction, at most 80 letters.
func clean(s string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > 80 || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}
