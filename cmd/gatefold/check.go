package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/reload"
)

func checkCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "load and vet the rules of a folder (default ./rules) without running them",
		Long: `check loads and vets the rules of a folder, in a process of its own that they cannot harm, runs the timelines
that lie beside them, and says which permissions the rules need. Beside a
gatefold.yaml it also says which of those the accounts' logins do not grant.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return check(c.Context(), s, folder(args, "rules"), file)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "", "a configuration, to compare with what its logins grant (default ./gatefold.yaml if there is one)")
	return c
}

func folder(args []string, otherwise string) string {
	if len(args) > 0 {
		return args[0]
	}
	return otherwise
}

// check prints what is wrong with a folder of rules, with each line and a caret.
func check(ctx context.Context, s stdio, dir, file string) error {
	apart, closed, err := trialBeside(s, file)
	if err != nil {
		return err
	}
	defer closed()
	rules, err := readRules(ctx, dir, apart)
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
	failing, err := apart.timelines(ctx, dir, rules.Files)
	if err != nil {
		fmt.Fprintln(s.err, "warning:", err)
	}
	if len(failing) > 0 {
		fmt.Fprintln(s.err, "warning:", timelineWarning(dir, failing))
	}
	for _, l := range rules.Logs {
		fmt.Fprintf(s.err, "%s: print: %s\n", l.Pos, l.Text)
	}
	need := builtins.Needs(rules.Calls)
	fmt.Fprintln(s.out, "permissions that these rules need:")
	printNeeds(s.out, need, nil)
	lacks, err := lackingLogins(ctx, s, file, need)
	if err != nil {
		return err
	}
	for _, text := range lacks {
		fmt.Fprintln(s.err, "warning:", text)
	}
	_, err = fmt.Fprintf(s.out, "%s: %s, %s, ruleset %s\n", dir,
		count(len(rules.RuleFiles()), "rule file"), count(len(rules.Warnings)+min(len(failing), 1)+len(lacks), "warning"), short(rules.Hash))
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
