package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/reload"
	"gatefold/internal/startest"
)

func checkCommand(s stdio) *cobra.Command {
	c := check{stdio: s}
	cmd := &cobra.Command{
		Use:   "check [DIR | FILE.star]",
		Short: "load and vet the rules of a folder (default: the configuration's, or ./rules), and say what is wrong",
		Long: `check loads and vets the rules of a folder, in a process of its own that they cannot harm, runs the timelines
that lie beside them, vets the tests (*_test.star), and says which permissions the rules need. Beside a
gatefold.yaml it also says which of those the accounts' logins do not grant.

Of a FILE.star it tells what is wrong with that file and with what it loads.
What each problem means is in docs/checking.md.

Exit code 1 means that the daemon would refuse these rules; with --strict also that
there are warnings.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.dir = folder(args, usualRules(s, c.config))
			return c.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&c.config, "config", "c", "", "a configuration, to compare with what its logins grant (default ./gatefold.yaml if there is one)")
	f.BoolVar(&c.strict, "strict", false, "exit code 1 for warnings too")
	f.BoolVar(&c.asJSON, "json", false, "print JSON")
	return cmd
}

func folder(args []string, otherwise string) string {
	if len(args) > 0 {
		return args[0]
	}
	return otherwise
}

// check is one look at rules.
type check struct {
	stdio
	dir    string
	file   string // below dir: only this one and what it loads; "": all
	config string
	strict bool
	asJSON bool
	found  checked
}

// checked is what was found, as --json prints it.
type checked struct {
	OK       bool             `json:"ok"`       // the daemon would take these rules
	Problems []engine.Problem `json:"problems"` // in the order of reading
	Remarks  []string         `json:"remarks"`  // warnings that are about no place in the rules: logins, timelines that could not be run
	Needs    []checkedNeed    `json:"needs"`    // empty when the rules do not load
	Logs     []engine.Line    `json:"logs"`     // what print said
	Files    []string         `json:"files"`    // that were looked at
	Ruleset  string           `json:"ruleset,omitempty"`

	needs []builtins.Need
}

type checkedNeed struct {
	Scope string        `json:"scope"` // "": it cannot be seen which
	Calls []engine.Call `json:"calls"`
}

func (c *check) run(ctx context.Context) error {
	shown := c.dir
	info, err := os.Stat(c.dir)
	if errors.Is(err, fs.ErrNotExist) && filepath.Ext(c.dir) == ".star" {
		return &codedError{code: exitFailed, err: fmt.Errorf("there is no file %s", clean(c.dir))}
	}
	if err == nil && !info.IsDir() {
		if filepath.Ext(c.dir) != ".star" {
			return usage(fmt.Errorf("%s is no rule file: their names end in .star", clean(c.dir)))
		}
		c.dir, c.file = rulesFolderOf(c.stdio, c.dir, c.config)
	}
	// Empty, not null: a program that reads it need not ask.
	c.found = checked{Problems: []engine.Problem{}, Remarks: []string{}, Needs: []checkedNeed{}, Logs: []engine.Line{}, Files: []string{}}
	files, err := reload.Read(c.dir, reload.Limits{})
	if err == nil && c.file != "" && !slices.ContainsFunc(files, func(f engine.File) bool { return f.Path == c.file }) {
		err = fmt.Errorf("%s is never read: its name, or that of a folder on the way, is a hidden one or an editor's", clean(shown))
	}
	if err == nil {
		err = c.look(ctx, files)
	} else if c.asJSON {
		c.found.Problems = append(c.found.Problems, engine.Problem{Code: engine.CodeUnreadable, Text: err.Error()})
		err = nil
	}
	if err != nil {
		var coded *codedError
		if errors.As(err, &coded) {
			return err
		}
		out := &codedError{code: exitFailed, err: err}
		if errors.Is(err, reload.ErrNoFolder) {
			out.hint = "name the folder: gatefold check DIR"
		}
		return out
	}
	return c.tell(shown)
}

// look finds out everything about the files.
func (c *check) look(ctx context.Context, files engine.Snapshot) error {
	apart, closed, err := trialBeside(c.stdio, c.config)
	if err != nil {
		return err
	}
	defer closed()
	modules := vocabularyBeside(c.stdio, c.config)
	var rules *engine.Ruleset
	if c.file == "" {
		c.found.Problems = append(c.found.Problems, engine.Vet(files, modules...)...)
		c.tests(files, modules)
		rules, err = apart.load(ctx, files)
	} else {
		problems, about := vetFile(files, c.file, modules)
		c.found.Problems, c.found.Files = append(c.found.Problems, problems...), about
		if !engine.IsRule(c.file) {
			return nil // it is loaded by others, or not yet
		}
		rules, err = apart.loadAny(ctx, files.Alone(c.file))
	}
	if err != nil {
		return c.refused(err)
	}
	for _, p := range rules.Warnings {
		if p.Code == engine.CodeFails { // found by running them, and so not by Vet
			c.found.Problems = append(c.found.Problems, p)
		}
	}
	if c.file == "" {
		c.found.Files = append(c.found.Files, rules.RuleFiles()...)
		c.found.Ruleset = rules.Hash
		c.timelines(ctx, apart, files)
	}
	c.found.Logs = append(c.found.Logs, rules.Logs...)
	c.found.needs = builtins.Needs(rules.Calls)
	for _, n := range c.found.needs {
		c.found.Needs = append(c.found.Needs, checkedNeed{n.Scope, append([]engine.Call{}, n.Calls...)})
	}
	lacks, err := lackingLogins(ctx, c.stdio, c.config, c.found.needs)
	c.found.Remarks = append(c.found.Remarks, lacks...)
	return err
}

// refused adds what only loading could find: Vet has found the rest, if there is any.
func (c *check) refused(err error) error {
	var load *engine.LoadError
	if !errors.As(err, &load) {
		return err
	}
	if errorsAmong(c.found.Problems) == 0 {
		c.found.Problems = append(c.found.Problems, load.Problems...)
	}
	return nil
}

// timelines adds where the timelines tell another story than the rules. That holds nothing back, so they are warnings.
func (c *check) timelines(ctx context.Context, apart trial, files engine.Snapshot) {
	problems, err := apart.otherwise(ctx, c.dir, files)
	switch {
	case kills(err): // as the daemon refuses them
		_ = c.refused(err)
	case err != nil:
		c.found.Remarks = append(c.found.Remarks, err.Error())
	}
	c.warn(problems)
}

// tests adds what is wrong with the files of tests: the daemon does not read them, so these are warnings too.
func (c *check) tests(files engine.Snapshot, modules []engine.Module) {
	for _, path := range startest.Paths(files) {
		c.warn(startest.Vet(files, path, modules...))
	}
}

// warn adds problems that refuse no rules, but for those that are known already.
func (c *check) warn(problems []engine.Problem) {
	for _, p := range problems {
		if slices.ContainsFunc(c.found.Problems, func(q engine.Problem) bool { return q.Pos() == p.Pos() && q.Text == p.Text }) {
			continue
		}
		p.Severity = engine.Warning
		c.found.Problems = append(c.found.Problems, p)
	}
}

// tell prints what was found, and says by its error what follows.
func (c *check) tell(shown string) error {
	errs := errorsAmong(c.found.Problems)
	warnings := len(c.found.Problems) - errs + len(c.found.Remarks)
	c.found.OK = errs == 0
	if c.asJSON {
		if err := printJSON(c.out, c.found, "  "); err != nil {
			return err
		}
	} else {
		c.print()
	}
	switch summary := count(errs, "error") + ", " + count(warnings, "warning"); {
	case errs > 0:
		return &codedError{code: exitFailed, err: fmt.Errorf("%s: %s", shown, summary)}
	case c.strict && warnings > 0:
		return &codedError{code: exitFailed, err: fmt.Errorf("%s: %s (--strict)", shown, summary)}
	case c.asJSON:
		return nil
	case c.file != "":
		_, err := fmt.Fprintf(c.out, "%s: %s, %s\n", shown, count(len(c.found.Files), "file"), count(warnings, "warning"))
		return err
	}
	_, err := fmt.Fprintf(c.out, "%s: %s, %s, ruleset %s\n", shown, count(len(c.found.Files), "rule file"), count(warnings, "warning"), short(c.found.Ruleset))
	return err
}

func (c *check) print() {
	printProblems(c.err, c.found.Problems, c.colored())
	for _, text := range c.found.Remarks {
		fmt.Fprintln(c.err, "warning:", text)
	}
	for _, l := range c.found.Logs {
		fmt.Fprintf(c.err, "%s: print: %s\n", l.Pos, l.Text)
	}
	if c.found.needs != nil {
		fmt.Fprintln(c.out, "permissions that these rules need:")
		printNeeds(c.out, c.found.needs, nil)
	}
}

// vetFile is what is wrong with one file and what it loads, and which files those are. Of a file of tests only that one is
// told of.
func vetFile(files engine.Snapshot, path string, modules []engine.Module) (problems []engine.Problem, about []string) {
	if engine.IsTest(path) {
		return startest.Vet(files, path, modules...), []string{path}
	}
	return engine.VetFile(files, path, modules...)
}

func errorsAmong(problems []engine.Problem) int {
	n := 0
	for _, p := range problems {
		if p.Severity == engine.Fatal {
			n++
		}
	}
	return n
}

// rulesFolderOf finds the rules folder that a file belongs to, because load paths begin there: that of the configuration
// or ./rules, if the file lies below it, or else the folder in which it lies (above lib/).
func rulesFolderOf(s stdio, file, config string) (dir, below string) {
	roots := []string{"rules"}
	if config == "" && there("gatefold.yaml") {
		config = "gatefold.yaml"
	}
	if config != "" {
		if cfg, err := loadConfig(s, config); err == nil {
			roots = append([]string{cfg.Rules}, roots...)
		}
	}
	whole, err := filepath.Abs(file)
	if err != nil {
		whole = file
	}
	for _, root := range roots {
		base, err := filepath.Abs(root)
		if err != nil {
			continue
		}
		if rel, err := filepath.Rel(base, whole); err == nil && filepath.IsLocal(rel) {
			return root, filepath.ToSlash(rel)
		}
	}
	dir, below = filepath.Dir(file), filepath.Base(file)
	if filepath.Base(dir) == "lib" {
		dir, below = filepath.Dir(dir), "lib/"+below
	}
	return dir, below
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
