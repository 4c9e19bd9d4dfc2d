package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What is wrong with a rule is read to its end, also in a narrow terminal; the rest is cut.
func TestErrorsAreWrapped(t *testing.T) {
	text := "   12.0s  rules    NOT reloaded: home.star:30:18: pause: there is no argument evry: did you mean every? " + strings.Repeat("é", 200)
	for _, width := range []int{36, 60, 80, 500} {
		lines := line{kind: "rules"}.wrap(text, width)
		for i, l := range lines {
			if n := utf8.RuneCountInString(l); n > width-1 || i > 0 && !strings.HasPrefix(l, strings.Repeat(" ", 18)) {
				t.Errorf("width %d, line %d of %d letters: %q", width, i, n, l)
			}
		}
		if joined := strings.Join(strings.Fields(strings.Join(lines, " ")), ""); joined != strings.Join(strings.Fields(text), "") {
			t.Errorf("width %d: something is lost:\n%s", width, strings.Join(lines, "\n"))
		}
	}
	if got := (line{kind: "slack"}).wrap(text, 40); len(got) != 1 {
		t.Errorf("other lines are wrapped too: %q", got)
	}
}
