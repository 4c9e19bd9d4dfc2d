package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/reload"
)

func checkCommand(s stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "check [DIR]",
		Short: "load and vet the rules of a folder (default ./rules) without running them",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return check(c.Context(), s, folder(args, "rules"))
		},
	}
}

func folder(args []string, otherwise string) string {
	if len(args) > 0 {
		return args[0]
	}
	return otherwise
}

// check prints what is wrong with a folder of rules, with each line and a caret.
func check(ctx context.Context, s stdio, dir string) error {
	rules, err := readRules(dir, vocabulary())
	if err != nil {
		var load *engine.LoadError
		if errors.As(err, &load) {
			printProblems(s.err, "", load.Problems)
			return &codedError{code: exitFailed, err: fmt.Errorf("%s: %s", dir, count(len(load.Problems), "problem"))}
		}
		out := &codedError{code: exitFailed, err: err}
		if errors.Is(err, reload.ErrNoFolder) {
			out.hint = "name the folder: gatefold check DIR"
		}
		return out
	}
	printProblems(s.err, "warning: ", rules.Warnings)
	failing, err := failingTimelines(ctx, dir, rules.Files)
	if err != nil {
		fmt.Fprintln(s.err, "warning:", err)
	}
	if len(failing) > 0 {
		fmt.Fprintln(s.err, "warning:", timelineWarning(dir, failing))
	}
	for _, l := range rules.Logs {
		fmt.Fprintf(s.err, "%s: print: %s\n", l.Pos, l.Text)
	}
	_, err = fmt.Fprintf(s.out, "%s: %s, %s, ruleset %s\n", dir,
		count(len(rules.RuleFiles()), "rule file"), count(len(rules.Warnings)+min(len(failing), 1), "warning"), short(rules.Hash))
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// short is how a hash is shown to people.
func short(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}
