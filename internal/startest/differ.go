package startest

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// short is how long two values may be and still be compared at a glance, in one line.
const short = 60

// differ says what was wanted in the place of what is.
func differ(got, want starlark.Value) string {
	g, w := got.String(), want.String()
	if g == w {
		return fmt.Sprintf("got %s (a %s), want %s (a %s)", g, got.Type(), w, want.Type())
	}
	if len(g) <= short && len(w) <= short {
		return fmt.Sprintf("got %s, want %s", g, w)
	}
	var b strings.Builder
	b.WriteString("got (+), want (-):")
	for _, c := range changes(lines(want), lines(got)) {
		fmt.Fprintf(&b, "\n%c %s", c.op, c.text)
	}
	return b.String()
}

// lines is a value with each element in a line of its own, so that a diff shows the one that differs.
func lines(v starlark.Value) []string {
	switch v := v.(type) {
	case starlark.String:
		if strings.Contains(string(v), "\n") {
			return strings.Split(string(v), "\n")
		}
	case *starlark.Dict:
		out := []string{"{"}
		for _, item := range v.Items() {
			out = append(out, fmt.Sprintf("    %s: %s,", item[0], item[1]))
		}
		return append(out, "}")
	case *starlark.List:
		return elements("[", v, "]")
	case starlark.Tuple:
		return elements("(", v, ")")
	}
	return []string{v.String()}
}

func elements(open string, v starlark.Indexable, shut string) []string {
	out := []string{open}
	for i := range v.Len() {
		out = append(out, "    "+v.Index(i).String()+",")
	}
	return append(out, shut)
}

// change is a line that stays (' '), is missing ('-') or too much ('+').
type change struct {
	op   byte
	text string
}

const mostCells = 1 << 20 // of the table; more is not aligned

// changes turns a into b by their longest common subsequence.
func changes(a, b []string) []change {
	var out []change
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		out = append(out, change{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	if len(a)*len(b) > mostCells {
		return append(append(out, all('-', a)...), all('+', b)...)
	}
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out = append(out, change{' ', a[i]})
			i++
			j++
		case table[i+1][j] >= table[i][j+1]:
			out = append(out, change{'-', a[i]})
			i++
		default:
			out = append(out, change{'+', b[j]})
			j++
		}
	}
	return append(append(out, all('-', a[i:])...), all('+', b[j:])...)
}

func all(op byte, texts []string) []change {
	out := make([]change, len(texts))
	for i, t := range texts {
		out[i] = change{op, t}
	}
	return out
}
