package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
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

// printJSON writes a value as JSON, indented or on a line. What could steer a terminal
// is written as \u escapes, which say the same to a program.
func printJSON(w io.Writer, v any, indent string) error {
	raw, err := json.MarshalIndent(v, "", indent)
	if indent == "" {
		raw, err = json.Marshal(v)
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range string(raw) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	_, err = fmt.Fprintln(w, b.String())
	return err
}
