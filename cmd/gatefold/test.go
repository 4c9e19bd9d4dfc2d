package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gatefold/internal/coverage"
	"gatefold/internal/startest"
	"gatefold/internal/timeline"
)

// testFlags are those of gatefold test.
type testFlags struct {
	update, verbose, json, cover bool
	run, coverHTML               string
	coverMin                     int
}

func testCommand(s stdio) *cobra.Command {
	var f testFlags
	c := &cobra.Command{
		Use:   "test [DIR | FILE]...",
		Short: "run the timelines and tests of a rules folder (default: the configuration's, or ./rules)",
		Long: `test runs every *.timeline of a rules folder on a virtual clock: stories of who
plays what when, with everything that must be carried out. home.timeline beside
home.star runs that file alone; a timeline without a rule file of its name runs
the whole ruleset. It also runs the functions test_* of every *_test.star.

A FILE is one of them; its rules folder is ./rules or a named one if it lies in
it, and otherwise the folder beside it.`,
		Example: `  gatefold test -v
  gatefold test -run 'intruder|lib/.*_test.star/test_names'
  gatefold test -u rules/home.timeline
  gatefold test -cover -cover-html coverage.html -cover-min 80`,
		RunE: func(c *cobra.Command, args []string) error {
			return test(c.Context(), s, args, f)
		},
	}
	c.Flags().BoolVarP(&f.update, "update", "u", false, "rewrite the expected lines of timelines to what happened; the diff is the review")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "name every timeline and test, and show what tests print")
	c.Flags().StringVar(&f.run, "run", "", "run only those whose name this regular expression finds: home.timeline, lib/x_test.star/test_names")
	c.Flags().BoolVar(&f.json, "json", false, "write a line of JSON for each result, for editors")
	c.Flags().BoolVar(&f.cover, "cover", false, "say which handlers, lines and branches of the rules ran")
	c.Flags().StringVar(&f.coverHTML, "cover-html", "", "write that to this file, as a page")
	c.Flags().IntVar(&f.coverMin, "cover-min", 0, "fail if less than so many percent of lines and branches ran")
	return c
}

// goStyle are arguments in which test may spell its flags as go test does, with one dash.
func goStyle(args []string) []string {
	if len(args) == 0 || args[0] != "test" {
		return args
	}
	args = slices.Clone(args)
	for i, a := range args {
		name, _, _ := strings.Cut(a, "=")
		if slices.Contains([]string{"-run", "-json", "-cover", "-cover-html", "-cover-min", "-update", "-verbose"}, name) {
			args[i] = "-" + a
		}
	}
	return args
}

func test(ctx context.Context, s stdio, args []string, f testFlags) error {
	wanted, err := regexp.Compile(f.run)
	if err != nil {
		return usage(fmt.Errorf("-run: %w", err))
	}
	if f.coverMin < 0 || f.coverMin > 100 {
		return usage(fmt.Errorf("-cover-min: %d is no percentage", f.coverMin))
	}
	if len(args) == 0 {
		args = []string{usualRules(s, "")}
	}
	benches, err := benchesOf(args)
	if err != nil {
		return err
	}
	out := testReport{stdio: s, flags: f, folders: len(benches) > 1}
	for _, b := range benches {
		if err := b.run(ctx, wanted, &out); err != nil {
			return err
		}
	}
	return out.end()
}

// bench is a rules folder with what is to be run of it.
type bench struct {
	dir       string
	all       bool     // not only what was named
	timelines []string // below the folder, with slashes
	tests     []string
}

// run runs a folder's timelines and tests, and reports them in the order of their names.
func (b bench) run(ctx context.Context, wanted *regexp.Regexp, out *testReport) error {
	files, err := readFiles(b.dir)
	if err != nil {
		return err
	}
	if b.all {
		if b.timelines, err = timeline.Paths(b.dir); err != nil {
			return &codedError{code: exitFailed, err: err}
		}
		b.tests = startest.Paths(files)
	}
	if len(b.timelines)+len(b.tests) == 0 {
		return &codedError{
			code: exitFailed, err: fmt.Errorf("%s: there are no timelines (*.timeline) and no tests (*_test.star)", b.dir),
			hint: "write one beside a rule file, home.timeline beside home.star; gatefold demo shows some",
		}
	}
	if b.all && out.flags.run == "" {
		out.vet(files)
	}
	if out.flags.run == "" {
		out.vetTests(files, b.tests)
	}
	var profile *coverage.Profile
	o := timeline.Options{Context: ctx}
	if out.covers() {
		profile = coverage.New(files)
		o.Load = profile.Load
	}
	b.timelines = slices.DeleteFunc(b.timelines, func(p string) bool { return !wanted.MatchString(p) })
	stories := timeline.RunPaths(b.dir, b.timelines, files, o)
	tests := runTests(ctx, files, b.tests, wanted, profile)
	if ctx.Err() != nil {
		return &codedError{code: exitFailed, err: errors.New("interrupted: nothing was rewritten")}
	}
	if err := out.folder(b.dir, stories, tests); err != nil {
		return err
	}
	if profile != nil {
		return out.covered(b.dir, profile.Report())
	}
	return nil
}

// isFile says whether there is something that is no folder.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
