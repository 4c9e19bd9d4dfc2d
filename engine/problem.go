package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Severity says what follows from a problem. The zero value is an error: it refuses the ruleset.
type Severity uint8

// The severities.
const (
	Fatal   Severity = iota // "error"
	Warning                 // "warning": the ruleset works, and probably not as it was meant
)

var severityNames = [...]string{Fatal: "error", Warning: "warning"}

func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severityNames {
		if name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("no such severity: %q", text)
}

// Problem is one thing that is wrong with the rules, and where.
type Problem struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code,omitempty"` // what sort of problem, "unknown-argument": a closed set, for programs
	File     string   `json:"file,omitempty"` // below the rules folder
	Line     int      `json:"line,omitempty"` // from 1; 0: the file as a whole
	Col      int      `json:"col,omitempty"`  // from 1, in characters
	EndLine  int      `json:"end_line,omitempty"`
	EndCol   int      `json:"end_col,omitempty"` // just after the last character; 0: not known
	Text     string   `json:"text"`
	Hint     string   `json:"hint,omitempty"`   // what would be right
	Source   string   `json:"source,omitempty"` // the line itself
}

// Pos is "home.star:12:9".
func (p Problem) Pos() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}

// String is one line: position, text, hint.
func (p Problem) String() string {
	s := p.Text
	if pos := p.Pos(); pos != "" {
		s = pos + ": " + s
	}
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Excerpt is the line with the place underlined, or "".
func (p Problem) Excerpt() string {
	if p.Source == "" {
		return ""
	}
	line := []rune(strings.TrimRight(p.Source, "\r\n"))
	begin := min(max(p.Col-1, 0), len(line))
	end := p.EndCol - 1
	if p.EndLine > p.Line {
		end = len(line)
	}
	end = max(begin, min(end, len(line)))
	return "    " + string(line) + "\n    " + under(line[:begin], ' ', true) + under(line[begin:max(end, min(begin+1, len(line)))], '^', false)
}

// under is as wide as a text of one line is in a terminal.
func under(text []rune, mark byte, tabs bool) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\t' && tabs {
			b.WriteByte('\t')
			continue
		}
		for range RuneWidth(r) {
			b.WriteByte(mark)
		}
	}
	if b.Len() == 0 && !tabs {
		b.WriteByte(mark)
	}
	return b.String()
}

// LoadError is why a ruleset was refused: everything that was found.
type LoadError struct {
	Problems []Problem
}

func (e *LoadError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// RuleError is a handler that failed at run time: it voids its turn.
type RuleError struct {
	Problem
	Handler   string // "on_playback"
	Backtrace string // the deepest one
	Cause     error
}

func (e *RuleError) Error() string { return e.Problem.String() }

// Unwrap gives what the interpreter or the builtin said.
func (e *RuleError) Unwrap() error { return e.Cause }

const shownProblems = 50

// problemsOf turns what the parser, the resolver or the interpreter said into
// problems.
func problemsOf(file string, err error) []Problem {
	var list resolve.ErrorList
	if errors.As(err, &list) {
		var out []Problem
		for _, e := range list {
			p := problemAt(CodeLanguage, e.Pos, e.Msg)
			if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok {
				if bare, hint, ok := strings.Cut(name, " ("); ok { // the resolver's own guess
					name, p.Text, p.Hint = bare, "undefined: "+bare, strings.TrimSuffix(hint, ")")
				}
				p.Code, p.EndLine, p.EndCol = CodeUndefined, p.Line, p.Col+utf8.RuneCountInString(name)
			}
			out = append(out, p)
		}
		return out
	}
	var bad syntax.Error
	if errors.As(err, &bad) {
		return []Problem{problemAt(CodeSyntax, bad.Pos, bad.Msg)}
	}
	var run *starlark.EvalError
	if errors.As(err, &run) {
		return []Problem{failure(run)}
	}
	return []Problem{{Code: CodeFails, File: file, Text: cut(err.Error(), longestText)}}
}

// failure is where rule code failed: the innermost frame that is not a builtin,
// of the innermost error.
func failure(err *starlark.EvalError) Problem {
	msg := err.Msg
	for {
		var inner *starlark.EvalError
		if cause := err.Unwrap(); cause == nil || !errors.As(cause, &inner) {
			break
		}
		err = inner
	}
	for i := range err.CallStack {
		if fr := err.CallStack.At(i); fr.Pos.Line > 0 {
			return problemAt(CodeFails, fr.Pos, msg)
		}
	}
	return Problem{Code: CodeFails, Text: cut(msg, longestText)}
}

func problemAt(code string, pos syntax.Position, text string) Problem {
	return Problem{Code: code, File: pos.Filename(), Line: int(pos.Line), Col: int(pos.Col), Text: cut(text, longestText)}
}

// longestText is how many bytes of what a rule says of its failure are kept: it goes into logs, the journal and the
// status, perhaps at every look, and fail() takes any text.
const longestText = 2000

// problemOn is a problem with all of a node.
func problemOn(code string, n syntax.Node, text string) Problem {
	start, end := n.Span()
	p := problemAt(code, start, text)
	if end.Line > start.Line || end.Line == start.Line && end.Col > start.Col { // the name of load("x.star", "") has no letters
		p.EndLine, p.EndCol = int(end.Line), int(end.Col)
	}
	return p
}

// longestSource is how long a line may be that is shown with a problem.
const longestSource = 300

// withSource adds the line of the snapshot that each problem is about.
func withSource(files Snapshot, problems []Problem) []Problem {
	lines := map[string][]string{}
	for i := range problems {
		p := &problems[i]
		p.Hint = cut(p.Hint, longestText) // it may repeat names
		if p.Line == 0 || p.Source != "" {
			continue
		}
		of, ok := lines[p.File]
		if !ok {
			f, _ := files.find(p.File)
			of = sourceLines(f.Data)
			lines[p.File] = of
		}
		if p.Line <= len(of) {
			if p.Source = of[p.Line-1]; len(p.Source) > longestSource {
				p.Source = ""
			}
		}
	}
	return problems
}

// sortProblems puts them in the order of reading, and leaves out what was said already.
func sortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.CompactFunc(problems, func(a, b Problem) bool { return a.Pos() == b.Pos() && a.Text == b.Text })
}

func loadError(files Snapshot, problems []Problem) error {
	problems = sortProblems(problems)
	if n := len(problems); n > shownProblems {
		problems = append(problems[:shownProblems:shownProblems], Problem{Text: fmt.Sprintf("and %d more", n-shownProblems)})
	}
	return &LoadError{withSource(files, problems)}
}

// posOf is "home.star:12:9", as Position.String writes it.
func posOf(p syntax.Position) string {
	return p.Filename() + ":" + strconv.Itoa(int(p.Line)) + ":" + strconv.Itoa(int(p.Col))
}

func quote(s string) string { return starlark.String(s).String() }
