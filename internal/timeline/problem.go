package timeline

import (
	"fmt"
	"strings"

	"gatefold/engine"
)

// Error is something that is wrong with a timeline, and what would be right.
type Error struct {
	File      string
	Line, Col int // from 1; Col 0: the line as a whole
	Text      string
}

// Error is "home.timeline:12:8: text".
func (e *Error) Error() string {
	if e.Col == 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Text)
}

// Errors is everything that is wrong with a timeline, in the order of its lines.
type Errors []*Error

func (es Errors) Error() string {
	var lines []string
	for i, e := range es {
		if i == shownErrors {
			lines = append(lines, fmt.Sprintf("and %d more", len(es)-i))
			break
		}
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

const shownErrors = 20

// wrong is an error of one token of a line.
type wrong struct {
	col  int
	text string
}

func (w *wrong) Error() string { return w.text }

func wrongAt(col int, format string, args ...any) error {
	return &wrong{col, fmt.Sprintf(format, args...)}
}

// didYouMean is ` (did you mean "x"?)` for the word nearest to name, or nothing when none is near.
func didYouMean(name string, words []string) string {
	near := engine.Nearest(name, words)
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", near)
}
