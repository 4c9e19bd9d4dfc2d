package timeline

import (
	"errors"

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
// expected. None: all is well.
func (o Outcome) Problems() []engine.Problem {
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
