package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/reload"
	"gatefold/internal/timeline"
)

func testCommand(s stdio) *cobra.Command {
	var update, verbose bool
	c := &cobra.Command{
		Use:   "test [DIR]",
		Short: "run the timelines of a rules folder (default ./rules) on a virtual clock",
		Long: `test runs every *.timeline of a rules folder: stories of who plays what when,
with everything that must be carried out. home.timeline beside home.star runs
that file alone; a timeline without a rule file of its name runs the whole ruleset.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return test(c.Context(), s, folder(args, "rules"), update, verbose)
		},
	}
	c.Flags().BoolVarP(&update, "update", "u", false, "rewrite the expected lines to what happened; the diff is the review")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "name every timeline")
	return c
}

func test(ctx context.Context, s stdio, dir string, update, verbose bool) error {
	files, err := reload.Read(dir, reload.Limits{})
	if err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	outcomes, err := timeline.RunDir(dir, files, timeline.Options{Context: ctx})
	if err != nil {
		out := &codedError{code: exitFailed, err: err}
		if errors.Is(err, timeline.ErrNone) {
			out.hint = "write one beside a rule file, home.timeline beside home.star; gatefold demo shows some"
		}
		return out
	}
	if ctx.Err() != nil {
		return &codedError{code: exitFailed, err: errors.New("interrupted: nothing was rewritten")}
	}
	failed := 0
	for _, o := range outcomes {
		ok, err := report(s, dir, o, update, verbose)
		if err != nil {
			return &codedError{code: exitFailed, err: err}
		}
		if !ok {
			failed++
		}
	}
	if failed > 0 {
		return &codedError{code: exitFailed, err: fmt.Errorf("%d of %s failed", failed, count(len(outcomes), "timeline"))}
	}
	_, err = fmt.Fprintf(s.out, "ok: %s\n", count(len(outcomes), "timeline"))
	return err
}

// report prints what became of one timeline, and rewrites it when asked to.
func report(s stdio, dir string, o timeline.Outcome, update, verbose bool) (ok bool, err error) {
	switch {
	case o.Err != nil:
		fmt.Fprintf(s.out, "FAIL %s\n", o.Path)
		var load *engine.LoadError
		if errors.As(o.Err, &load) {
			printProblems(s.out, load.Problems, false)
		} else {
			fmt.Fprintln(s.out, o.Err)
		}
		return false, nil
	case o.OK():
		if verbose {
			fmt.Fprintf(s.out, "ok   %s\n", o.Path)
		}
		return true, nil
	case update:
		return true, rewrite(s, filepath.Join(dir, filepath.FromSlash(o.Path)), o)
	}
	fmt.Fprintf(s.out, "FAIL %s\n%s\n", o.Path, o.Result.Diff())
	return false, nil
}

// rewrite replaces a timeline, beside and renamed, so that a full disk leaves
// the old one.
func rewrite(s stdio, path string, o timeline.Outcome) error {
	data := timeline.Update(o.Data, o.Result)
	if bytes.Equal(data, o.Data) {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, info.Mode().Perm()); err != nil {
		os.Remove(tmp)
		return fmt.Errorf("rewriting %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("rewriting %s: %w", path, err)
	}
	fmt.Fprintf(s.out, "rewrote %s\n", o.Path)
	return nil
}
