package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/reload"
)

// readRules reads and loads a rules folder: the one validator behind check,
// start and reload.
func readRules(dir string, modules []engine.Module) (*engine.Ruleset, error) {
	files, err := reload.Read(dir, reload.Limits{})
	if err != nil {
		return nil, err
	}
	return loadRules(files, modules)
}

// loadRules also refuses a ruleset that would judge nobody: a file that an
// editor or a full disk has emptied must not disarm the guard.
func loadRules(files engine.Snapshot, modules []engine.Module) (*engine.Ruleset, error) {
	rules, err := engine.Load(files, engine.Limits{}, modules...)
	if err == nil && !rules.Handles(engine.KindPlayback) {
		return nil, &engine.LoadError{Problems: []engine.Problem{{
			Text: "no rule file has an on_playback: nobody would be judged", Hint: "write def on_playback(now)",
		}}}
	}
	return rules, err
}

// vocabulary is what rules can call, carried out by nobody: enough to load, vet
// and read effects back.
func vocabulary() []engine.Module { return builtins.All(builtins.Deps{}) }

// printProblems writes each problem with its line and a caret under the place.
func printProblems(w io.Writer, severity string, problems []engine.Problem) {
	for _, p := range problems {
		head := p.Text
		if pos := p.Pos(); pos != "" {
			head = pos + ": " + severity + p.Text
		}
		fmt.Fprintln(w, head)
		if x := p.Excerpt(); x != "" {
			fmt.Fprintln(w, x)
		}
		if p.Hint != "" {
			fmt.Fprintln(w, "    hint: "+p.Hint)
		}
	}
}

// problemText is an error of the rules for people: with excerpts when it has any.
func problemText(err error) string {
	var load *engine.LoadError
	if !errors.As(err, &load) {
		return err.Error()
	}
	var b strings.Builder
	printProblems(&b, "", load.Problems)
	return strings.TrimRight(b.String(), "\n")
}
