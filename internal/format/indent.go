package format

import (
	"bytes"

	"go.starlark.net/syntax"
)

// tabStop is how far a tab goes, to the language.
const tabStop = 8

// spaced is the file with spaces for the tabs that it is indented with, which the formatter does not take for indentation.
// Where a string goes over several lines they are part of it, and stay.
func spaced(src []byte, f *syntax.File) []byte {
	if !bytes.Contains(src, []byte("\t")) {
		return src
	}
	inString := map[int]bool{} // lines that begin inside one
	syntax.Walk(f, func(n syntax.Node) bool {
		if lit, ok := n.(*syntax.Literal); ok && (lit.Token == syntax.STRING || lit.Token == syntax.BYTES) {
			start, end := int(lit.TokenPos.Line), bytes.Count([]byte(lit.Raw), []byte("\n"))
			for line := start + 1; line <= start+end; line++ {
				inString[line] = true
			}
		}
		return true
	})
	var out []byte
	for i, line := range bytes.SplitAfter(src, []byte("\n")) {
		text := bytes.TrimLeft(line, " \t")
		if indent := line[:len(line)-len(text)]; inString[i+1] {
			out = append(out, indent...)
		} else {
			out = append(out, bytes.Repeat([]byte(" "), columns(indent))...)
		}
		out = append(out, text...)
	}
	return out
}

// columns is how far blanks go.
func columns(blanks []byte) int {
	n := 0
	for _, b := range blanks {
		if n++; b == '\t' {
			n = (n + tabStop - 1) / tabStop * tabStop
		}
	}
	return n
}
