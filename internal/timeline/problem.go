package timeline

import (
	"fmt"
	"strings"
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
	best, limit := "", len(name)/3+2
	for _, w := range words {
		if d := edits(name, w); d < limit {
			best, limit = w, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// edits counts the bytes to change, add or drop. Long words are not near anything.
func edits(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
