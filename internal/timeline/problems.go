package timeline

import (
	"errors"
	"strings"

	"gatefold/engine"
)

// Codes of the problems of a timeline, for programs.
const (
	codeMissing    = "timeline-missing"    // expected, and did not happen
	codeUnexpected = "timeline-unexpected" // happened, and was not expected
	codeUnread     = "timeline-unread"     // the file cannot be read
)

// Problems is where something else happened than was expected, for editors: what Diff shows, one by one.
func (r Result) Problems() []engine.Problem {
	var out []engine.Problem
	got := r.below()
	for i, b := range r.Timeline.blocks {
		at := b.line // what is too much belongs behind this line
		for _, c := range r.Timeline.align(b, got[i]) {
			if c.line != nil {
				at = c.line.line
			}
			p := engine.Problem{File: r.Timeline.Name, Line: at, Col: 1}
			switch c.op {
			case '-':
				p.Code, p.Text, p.Hint = codeMissing, "this did not happen: "+c.text, c.line.note
			case '+':
				p.Code, p.Text = codeUnexpected, "this happened as well: "+c.text
			default:
				continue
			}
			out = append(out, p)
		}
	}
	return out
}

// Problems is everything that is wrong: why the timeline could not run, or where something else happened than was
// expected, each with its line of the file. None: all is well.
func (o Outcome) Problems() []engine.Problem {
	out := o.problems()
	lines := splitLines(o.Data)
	for i := range out {
		if p := &out[i]; p.File == o.Path && p.Line > 0 && p.Line <= len(lines) && len(lines[p.Line-1]) <= longestSource {
			p.Source = strings.TrimRight(lines[p.Line-1], "\r\n")
			if p.Code == codeUnread {
				p.EndLine, p.EndCol = p.Line, wordEnd(p.Source, p.Col)
			}
		}
	}
	return out
}

// longestSource is how long a line may be that is shown with a problem.
const longestSource = 300

// wordEnd is the column behind the word that begins at one. A quoted value may hold spaces.
func wordEnd(line string, col int) int {
	runes := []rune(line)
	quoted, i := false, col-1
	for ; i < len(runes) && (quoted || runes[i] != ' ' && runes[i] != '\t'); i++ {
		quoted = quoted != (runes[i] == '"')
	}
	return max(i+1, col+1)
}

func (o Outcome) problems() []engine.Problem {
	var load *engine.LoadError
	var many Errors
	var one *Error
	switch {
	case o.Err == nil:
		return o.Result.Problems()
	case errors.As(o.Err, &load):
		return load.Problems
	case errors.As(o.Err, &many):
		var out []engine.Problem
		for _, e := range many {
			out = append(out, e.problem())
		}
		return out
	case errors.As(o.Err, &one):
		return []engine.Problem{one.problem()}
	}
	return []engine.Problem{{Code: codeUnread, File: o.Path, Text: o.Err.Error()}}
}

func (e *Error) problem() engine.Problem {
	return engine.Problem{Code: codeUnread, File: e.File, Line: e.Line, Col: max(e.Col, 1), Text: e.Text}
}
