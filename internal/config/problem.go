package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	maxProblems = 20   // how many are reported
	maxKept     = 1000 // how many are kept for sorting; the rest is counted
	maxShown    = 120  // characters of a line or a value that are shown
)

// Error is everything that is wrong with a configuration.
type Error struct {
	Problems []Problem // at most twenty: the file's in its order, then the environment's by name
	More     int       // how many there were beyond those
}

// Problem is one thing that is wrong.
type Problem struct {
	Where string // "gatefold.yaml:5:3", or the name of an environment variable
	Key   string // "spotify.poll.idle", "accounts[1].name"; may be empty
	Text  string // what was found, and what would be right
	Line  string // the file's line itself; "" if there is none
	line  int
	col   int
}

// Error lists the problems, each in a line of its own with the file's line below it.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\nand %d more", e.More)
	}
	return b.String()
}

// String is "where: key: text", and the line below it.
func (p Problem) String() string {
	s := p.Where + ": "
	if p.Key != "" {
		s += p.Key + ": "
	}
	s += p.Text
	if p.Line != "" {
		s += fmt.Sprintf("\n%5d | %s", p.line, p.Line)
	}
	return s
}

// place is where a value comes from: the file, or the environment.
type place struct {
	line, col int
	env       string // the variable, "" for the file
	text      string // as written
	whole     bool   // the file as a whole: no line of it is to blame
}

// wholeFile is the place of what is missing.
func wholeFile() place { return place{line: 1, col: 1, whole: true} }

// report collects problems, and where each key got its value.
type report struct {
	file     string
	lines    []string
	places   map[string]place
	hidden   map[string]place // what the file says of keys that a variable outranks
	bad      map[string]bool  // keys that have a problem already: one is enough
	problems []Problem
	more     int // beyond maxKept
}

func newReport(file string, data []byte) *report {
	return &report{
		file:   file,
		lines:  strings.Split(string(data), "\n"),
		places: make(map[string]place),
		hidden: make(map[string]place),
		bad:    make(map[string]bool),
	}
}

// at notes a problem at p.
func (r *report) at(p place, key, format string, args ...any) {
	if key != "" && r.bad[key] {
		return
	}
	r.bad[key] = true
	if len(r.problems) >= maxKept {
		r.more++
		return
	}
	problem := Problem{Where: p.env, Key: shown(key), Text: fmt.Sprintf(format, args...), line: p.line, col: p.col}
	if p.env == "" {
		problem.Where = fmt.Sprintf("%s:%d:%d", r.file, p.line, p.col)
		if !p.whole && 0 < p.line && p.line <= len(r.lines) {
			problem.Line = shown(strings.TrimRight(r.lines[p.line-1], "\r"))
			if key == "notify" || strings.HasPrefix(key, "notify.") {
				problem.Line = maskURLs(problem.Line)
			}
		}
	}
	r.problems = append(r.problems, problem)
}

// about notes a problem with the value of key, wherever that came from.
func (r *report) about(key, format string, args ...any) {
	p, ok := r.places[key]
	if !ok {
		p = wholeFile()
	}
	r.at(p, key, format, args...)
}

// found is the value of key as it was written.
func (r *report) found(key string) string { return quoted(r.places[key].text) }

// err returns what was noted, or nil.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		if a.line == 0 && b.line == 0 {
			return strings.Compare(a.Where, b.Where)
		}
		if a.line == 0 || b.line == 0 { // the environment's come last
			return b.line - a.line
		}
		if a.line != b.line {
			return a.line - b.line
		}
		return a.col - b.col
	})
	e := &Error{Problems: r.problems, More: r.more}
	if len(e.Problems) > maxProblems {
		e.More += len(e.Problems) - maxProblems
		e.Problems = e.Problems[:maxProblems]
	}
	return e
}

var (
	namedSecret = regexp.MustCompile(`(?i)((?:token|secret|password|passwd)["']?\s*[:=]\s*)[^\s#].*`)
	tokenLike   = regexp.MustCompile(`(?:xox[a-z]|xapp)-[0-9A-Za-z-]+|[0-9A-Za-z_-]{48,}`)
	userInfo    = regexp.MustCompile(`//[^/\s"']*@`)
)

// shown is s as it may stand in an error: what looks like a secret masked, and visible.
func shown(s string) string {
	if len(s) > 16*maxShown {
		s = s[:16*maxShown] // bounds the work; visible cuts again, on a character
	}
	s = namedSecret.ReplaceAllString(s, "${1}"+redacted)
	s = tokenLike.ReplaceAllString(s, redacted)
	s = maskAddresses(s)
	return visible(userInfo.ReplaceAllString(s, "//"+redacted+"@"))
}

// visible is s in one line of bounded length, without what would move a terminal's cursor.
func visible(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case n == maxShown:
			return b.String() + "…"
		case r == '\t':
			r = ' '
		case !unicode.IsPrint(r):
			r = '·'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// quoted is a value as it may stand in an error.
func quoted(s string) string { return `"` + shown(s) + `"` }
