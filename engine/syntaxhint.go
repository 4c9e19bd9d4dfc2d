package engine

import (
	"fmt"
	"regexp"
	"strings"
)

// syntaxHint says what may be right where a file is no Starlark: who writes rules knows Python, and some of that is not
// there. "" when nothing is known. Lines are those of the file.
func syntaxHint(p Problem, lines []string) string {
	line := lineAt(lines, p.Line)
	switch {
	case strings.Contains(p.Text, "got '=', want"):
		return "compare with =="
	case strings.Contains(p.Text, "want ':'") && strings.Contains(p.Text, "got newline"):
		return fmt.Sprintf("line %d needs a : at its end", colonless(lines, p))
	case strings.Contains(p.Text, "got string literal") && fString.MatchString(line):
		return `there are no f-strings: write "%s plays" % name`
	case strings.Contains(p.Text, "got is, want"):
		return "compare with =="
	}
	for word, instead := range pythonOnly {
		if strings.Contains(p.Text, "got "+word+",") || strings.HasPrefix(strings.TrimSpace(line), word+" ") || strings.TrimSpace(line) == word+":" {
			return instead
		}
	}
	switch {
	case strings.Contains(p.Text, "indent"):
		return "is a bracket left open above, or a line indented differently from its neighbours? Tabs and spaces do not mix"
	case strings.Contains(p.Text, "got end of file"):
		return "is a bracket left open above?"
	}
	return ""
}

var fString = regexp.MustCompile(`\b[fF]["']`)

// pythonOnly is what Python has and Starlark has not, with what takes its place.
var pythonOnly = map[string]string{
	"import":   `there is no import: time, json and math are there, and load("lib/devices.star", "HOUSEHOLD") takes names from another file`,
	"from":     `there is no import: load("lib/devices.star", "HOUSEHOLD") takes names from another file`,
	"try":      "there are no exceptions: look before, as in if x != None",
	"except":   "there are no exceptions: look before, as in if x != None",
	"raise":    `there are no exceptions: fail("why") ends the handler, and voids its turn`,
	"while":    "there is no while: write for i in range(10)",
	"class":    "there are no classes: struct(name = 1) holds values",
	"with":     "there is no with",
	"yield":    "there are no generators: return a list",
	"global":   "globals do not change: state.set(key, value) remembers",
	"nonlocal": "there is no nonlocal: return the value",
	"del":      "there is no del: list.pop(), dict.pop() and state.delete() take away",
	"assert":   `there is no assert in rules: write if not x: fail("why")`,
	"async":    "there is no async: calls do not wait",
	"await":    "there is no await: calls do not wait",
}

// colonless is the line whose end lacks a colon: the parser stands behind its newline.
func colonless(lines []string, p Problem) int {
	n := p.Line
	if p.Col <= 1 {
		n--
	}
	for n > 1 && strings.TrimSpace(lineAt(lines, n)) == "" {
		n--
	}
	return max(n, 1)
}

func lineAt(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}
