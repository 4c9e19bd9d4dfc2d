package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"gatefold/engine"
)

// printProblems writes each problem as a compiler does: where, what, the line with the place underlined, what would be
// right. What was in the files does not steer the terminal.
func printProblems(w io.Writer, problems []engine.Problem, colored bool) {
	paint := func(code, text string) string {
		if !colored || text == "" {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	for _, p := range problems {
		color, severity := "1;31", ""
		if p.Severity == engine.Warning {
			color, severity = "1;33", "warning: "
		}
		head := paint("1", harmless(p.Pos()))
		if head != "" {
			head += ": "
		}
		fmt.Fprintln(w, head+paint(color, severity)+oneLine(p.Text)+paint("2", coded(p.Code)))
		if excerpt := p.Excerpt(); excerpt != "" {
			line, under, _ := strings.Cut(excerpt, "\n")
			fmt.Fprintln(w, strings.ReplaceAll(harmless(strings.ReplaceAll(line, "\t", tab)), tab, "\t"))
			fmt.Fprintln(w, paint(color, under))
		}
		if p.Hint != "" {
			fmt.Fprintln(w, "    "+paint("36", "hint:")+" "+oneLine(p.Hint))
		}
	}
}

// colored says that problems are painted.
func (s stdio) colored() bool { return s.console && s.getenv("NO_COLOR") == "" }

// tab stands for a tab while harmless takes out what does not print.
const tab = "\n"

func coded(code string) string {
	if code == "" || code == engine.CodeFails { // of what failed as it ran, that is no news
		return ""
	}
	return " [" + code + "]"
}

// oneLine is a text without what could steer a terminal, on one line.
func oneLine(text string) string { return strings.ReplaceAll(harmless(text), "\n", " ") }

// problemText is an error of the rules for people: with excerpts when it has any.
func problemText(err error) string {
	var load *engine.LoadError
	if !errors.As(err, &load) {
		return err.Error()
	}
	var b strings.Builder
	printProblems(&b, load.Problems, false)
	return strings.TrimRight(b.String(), "\n")
}
