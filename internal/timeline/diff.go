package timeline

import (
	"fmt"
	"strings"
)

// Diff shows where something else happened than was expected: each at line that is concerned with its place in the
// file, and below it what was expected and did not happen (-), what happened and was not expected (+), and the rest. It
// is "" when all is well.
func (r Result) Diff() string {
	var b strings.Builder
	got := r.below()
	for i, block := range r.Timeline.blocks {
		changes := r.Timeline.align(block, got[i])
		if !differs(changes) {
			continue
		}
		fmt.Fprintf(&b, "%s:%d: %s\n", r.Timeline.Name, block.line, block.text)
		for _, c := range changes {
			b.WriteString(c.String())
		}
	}
	return b.String()
}

func differs(changes []change) bool {
	for _, c := range changes {
		if c.op != ' ' {
			return true
		}
	}
	return false
}

// String is a line of a diff, with the number of the line it is about.
func (c change) String() string {
	number, note := "", ""
	if c.line != nil {
		number = fmt.Sprint(c.line.line)
		if c.line.note != "" {
			note = fmt.Sprintf("      ! %s\n", c.line.note)
		}
	}
	return fmt.Sprintf("%5s %c\t%s\n%s", number, c.op, c.text, note)
}
