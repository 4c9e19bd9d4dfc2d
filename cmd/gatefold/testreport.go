package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gatefold/engine"
	"gatefold/internal/coverage"
	"gatefold/internal/startest"
	"gatefold/internal/timeline"
)

// testReport prints what became of timelines and tests, and remembers whether all is well.
type testReport struct {
	stdio
	flags   testFlags
	folders bool // there are several

	timelines, tests, failed int
	wrong                    int // errors in rules, which no story need have met
	reports                  []coverage.Report
}

// testResult is a line of --json.
type testResult struct {
	Name     string           `json:"name"`
	Folder   string           `json:"folder"`
	Kind     string           `json:"kind"` // "timeline", "test", "coverage"
	OK       bool             `json:"ok"`
	Problems []engine.Problem `json:"problems,omitempty"`
	Diff     string           `json:"diff,omitempty"`  // of a timeline
	Trace    string           `json:"trace,omitempty"` // of a test
	Logs     []engine.Line    `json:"logs,omitempty"`
	Rewrote  bool             `json:"rewrote,omitempty"`

	Coverage *coverage.Report `json:"coverage,omitempty"`

	told string // what of it people read
}

// folder reports on a rules folder.
func (r *testReport) folder(dir string, stories []timeline.Outcome, tests []startest.Result) error {
	var all []testResult
	for _, o := range stories {
		one, err := r.story(dir, o)
		if err != nil {
			return &codedError{code: exitFailed, err: err}
		}
		all = append(all, one)
	}
	for _, t := range tests {
		all = append(all, testOf(dir, t))
	}
	r.timelines += len(stories)
	r.tests += len(tests)
	slices.SortStableFunc(all, func(a, b testResult) int { return strings.Compare(fileOf(a), fileOf(b)) })
	for _, one := range all {
		if !one.OK {
			r.failed++
		}
		if err := r.print(one); err != nil {
			return err
		}
	}
	return nil
}

// vet says what is wrong with the ruleset as a whole: a timeline runs the rule file of its name alone.
func (r *testReport) vet(files engine.Snapshot) {
	var errs []engine.Problem
	for _, p := range engine.Vet(files, vocabulary()...) {
		if p.Severity == engine.Fatal && p.Code != engine.CodeNoRules { // functions alone may be tested
			errs = append(errs, p)
		}
	}
	printProblems(r.err, errs, false)
	r.wrong += len(errs)
}

// vetTests says what in files of tests is none and was probably meant to be one: it would never fail.
func (r *testReport) vetTests(files engine.Snapshot, tests []string) {
	for _, path := range tests {
		problems := startest.Vet(files, path, vocabulary()...)
		printProblems(r.err, slices.DeleteFunc(problems, func(p engine.Problem) bool { return p.Code != engine.CodeNotATest }), false)
	}
}

// fileOf is the file of a result: tests stay in the order of theirs.
func fileOf(t testResult) string {
	if file, _, ok := strings.Cut(t.Name, "_test.star/"); ok {
		return file + "_test.star"
	}
	return t.Name
}

// story is the result of a timeline, which is rewritten when that was asked for.
func (r *testReport) story(dir string, o timeline.Outcome) (testResult, error) {
	one := testResult{Name: o.Path, Folder: dir, Kind: "timeline", OK: o.OK()}
	switch {
	case o.Err != nil:
		one.Problems = o.Problems()
		one.told = unreadText(one.Problems)
	case one.OK:
		one.told = fmt.Sprintf("%s, %s", engine.FormatDuration(o.Result.Timeline.Length()), count(len(o.Result.Requests), "request"))
	case r.flags.update:
		one.OK, one.Rewrote = true, true
		for _, h := range o.Result.Happenings {
			if strings.HasPrefix(h.Text, "failed: ") && one.told == "" {
				one.told = "warning: it expects rules that fail now: " + harmless(strings.TrimPrefix(h.Text, "failed: "))
			}
		}
		return one, rewrite(filepath.Join(dir, filepath.FromSlash(o.Path)), o)
	default:
		one.Problems = o.Problems()
		one.Diff = o.Result.Diff()
		one.told = one.Diff
	}
	return one, nil
}

// unreadText is why a timeline could not run, for people: the first problems, each with its line.
func unreadText(problems []engine.Problem) string {
	const shown = 20
	var b strings.Builder
	printProblems(&b, problems[:min(len(problems), shown)], false)
	if n := len(problems) - shown; n > 0 {
		fmt.Fprintf(&b, "and %d more\n", n)
	}
	return strings.TrimRight(b.String(), "\n")
}

func testOf(dir string, t startest.Result) testResult {
	one := testResult{Name: t.Name, Folder: dir, Kind: "test", OK: t.OK(), Problems: t.Problems, Trace: t.Trace, Logs: t.Logs}
	if one.OK {
		return one
	}
	var b strings.Builder
	for _, p := range t.Problems {
		first, more, several := strings.Cut(p.Text, "\n")
		p.Text = first
		printProblems(&b, []engine.Problem{p}, false)
		if several { // two long values, line by line
			b.WriteString(more + "\n")
		}
	}
	if strings.Count(t.Trace, "\n") > 2 { // more than the test itself
		b.WriteString(t.Trace)
	}
	one.told = b.String()
	return one
}

func (r *testReport) print(one testResult) error {
	if r.flags.json {
		return printJSON(r.out, one, "")
	}
	name := one.Name
	if r.folders {
		name = filepath.Join(one.Folder, filepath.FromSlash(name))
	}
	switch {
	case one.Rewrote:
		fmt.Fprintf(r.out, "rewrote %s\n", name)
		if one.told != "" {
			fmt.Fprintln(r.err, one.told)
		}
	case !one.OK:
		fmt.Fprintf(r.out, "FAIL %s\n%s\n\n", name, withTabs(strings.TrimRight(one.told, "\n")))
	case r.flags.verbose && one.told != "":
		fmt.Fprintf(r.out, "ok   %s (%s)\n", name, one.told)
	case r.flags.verbose:
		fmt.Fprintf(r.out, "ok   %s\n", name)
	}
	if r.flags.verbose || !one.OK {
		for _, l := range one.Logs {
			fmt.Fprintf(r.out, "     %s: %s\n", l.Pos, withTabs(l.Text))
		}
	}
	return nil
}

// withTabs is text without what could steer a terminal.
func withTabs(s string) string {
	parts := strings.Split(s, "\t")
	for i, p := range parts {
		parts[i] = harmless(p)
	}
	return strings.Join(parts, "\t")
}

func (r *testReport) covers() bool {
	return r.flags.cover || r.flags.coverHTML != "" || r.flags.coverMin > 0
}

// covered takes up what was counted of a folder.
func (r *testReport) covered(dir string, report coverage.Report) error {
	if r.folders {
		report = report.In(filepath.ToSlash(dir))
	}
	r.reports = append(r.reports, report)
	return nil
}

// end prints what is to be said about all of it. Its error is that something failed.
func (r *testReport) end() error {
	ran := r.timelines + r.tests
	if ran == 0 {
		return usage(fmt.Errorf("-run %s finds no timeline and no test", r.flags.run))
	}
	var failed error
	switch {
	case r.failed > 0 && r.timelines > 0 && r.tests > 0:
		failed = fmt.Errorf("%d of %d failed (%s)", r.failed, ran, r.counted())
	case r.failed > 0:
		failed = fmt.Errorf("%d of %s failed", r.failed, r.counted())
	}
	if failed == nil && r.wrong > 0 {
		failed = fmt.Errorf("the rules do not load: %s (gatefold check)", count(r.wrong, "error"))
	}
	if r.covers() {
		report := coverage.Together(r.reports)
		if err := r.coverage(report); err != nil {
			return &codedError{code: exitFailed, err: err}
		}
		if percent := report.Total.Percent(); failed == nil && percent < r.flags.coverMin {
			failed = fmt.Errorf("%d%% of lines and branches ran, and %d%% are wanted", percent, r.flags.coverMin)
		}
	}
	if failed != nil {
		return &codedError{code: exitFailed, err: failed}
	}
	if r.flags.json {
		return nil
	}
	_, err := fmt.Fprintf(r.out, "ok: %s\n", r.counted())
	return err
}

// counted is "2 timelines and 1 test".
func (r *testReport) counted() string {
	switch {
	case r.tests == 0:
		return count(r.timelines, "timeline")
	case r.timelines == 0:
		return count(r.tests, "test")
	}
	return count(r.timelines, "timeline") + " and " + count(r.tests, "test")
}

// coverage prints and writes what was counted.
func (r *testReport) coverage(report coverage.Report) error {
	if r.flags.coverHTML != "" {
		var page bytes.Buffer
		if err := report.HTML(&page); err != nil {
			return err
		}
		if err := os.WriteFile(r.flags.coverHTML, page.Bytes(), 0o644); err != nil {
			return fmt.Errorf("writing the coverage: %w", err)
		}
	}
	if r.flags.json {
		return printJSON(r.out, testResult{Name: "coverage", Kind: "coverage", OK: report.Total.Percent() >= r.flags.coverMin, Coverage: &report}, "")
	}
	_, err := fmt.Fprint(r.out, withTabs(report.Text()))
	return err
}

// rewrite replaces a timeline, beside and renamed, so that a full disk leaves
// the old one.
func rewrite(path string, o timeline.Outcome) error {
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
	return nil
}
