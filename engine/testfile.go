package engine

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"
)

// testLocal is the thread-local under which a test's thread carries its *TestFile.
const testLocal = "gatefold.test"

// IsTest says whether a path of the rules folder is a file of tests: *_test.star, unless it is hidden.
func IsTest(p string) bool {
	for _, part := range strings.Split(p, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	return path.Ext(p) == ".star" && strings.HasSuffix(p, "_test.star")
}

// Tests is what a file of tests is loaded with. Path is required.
type Tests struct {
	Path      string
	Own       []Module   // what tests can call, and rules cannot; all of it works while the file is loaded
	Limits    Limits     // of each test, and of each file
	Rewriting *Rewriting // nil: the files run as they are
}

// TestFile is a *_test.star that was loaded with what it tests. It never changes, and its tests may run side by side.
type TestFile struct {
	rules *Ruleset // the files and limits; it has no handlers
	tests []test
}

// testUnit is how the loader treats the file of tests.
type testUnit struct {
	path  string
	names starlark.StringDict
}

// LoadTests loads a file of tests and what it loads, and vets all of it as VetTests does. The error is a *LoadError: a file
// without tests is one, because a test that tests nothing must not pass.
func LoadTests(files Snapshot, t Tests, modules ...Module) (*TestFile, error) {
	l := newTestLoader(files, t, modules)
	l.vetTests()
	var out *TestFile
	if len(l.problems) == 0 {
		if globals, err := l.run(t.Path); err == nil {
			out = &TestFile{rules: l.set}
			out.tests, l.problems = testsAmong(t.Path, globals)
		}
	}
	if len(l.problems) > 0 {
		return nil, loadError(l.files, l.problems)
	}
	return out, nil
}

func newTestLoader(files Snapshot, t Tests, modules []Module) *loader {
	l := newLoader(files.sorted(), t.Limits.orDefault(), modules)
	l.rewriting = t.Rewriting
	all := append(slices.Clone(modules), t.Own...)
	l.testing, l.index = &testUnit{path: t.Path, names: predeclare(all)}, newIndex(newVocabulary(all))
	return l
}

// test is a function under the name that it runs by: that of a lambda is not its own.
type test struct {
	name string
	fn   *starlark.Function
}

// testsAmong are the functions that are tests, in the order of the file.
func testsAmong(file string, globals starlark.StringDict) (tests []test, problems []Problem) {
	for _, name := range globals.Keys() {
		fn, ok := globals[name].(*starlark.Function)
		if !strings.HasPrefix(name, "test_") || !ok || fn.Position().Filename() != file {
			continue // one that was loaded is tested where it is written
		}
		if fn.NumParams() > 0 {
			problems = append(problems, problemAt(CodeHandlerArguments, fn.Position(), fmt.Sprintf("%s is called without arguments: write def %[1]s()", name)))
		}
		tests = append(tests, test{name, fn})
	}
	if len(tests) == 0 {
		problems = append(problems, Problem{Code: CodeNoRules, File: file, Text: "no tests", Hint: "write def test_something()"})
	}
	slices.SortStableFunc(tests, func(a, b test) int { return int(a.fn.Position().Line - b.fn.Position().Line) })
	return tests, problems
}

// Tests are the names of the tests, in the order of the file.
func (f *TestFile) Tests() []string {
	var out []string
	for _, t := range f.tests {
		out = append(out, t.name)
	}
	return out
}

// Logs is what print said while the files were loaded.
func (f *TestFile) Logs() []Line { return f.rules.Logs }

// Tested is what became of a test.
type Tested struct {
	Logs []Line
	Err  *RuleError // nil: it passed
}

// Run runs one test, on a thread of its own and within the limits of a handler.
func (f *TestFile) Run(ctx context.Context, name string) Tested {
	i := slices.IndexFunc(f.tests, func(t test) bool { return t.name == name })
	if i < 0 {
		return Tested{Err: &RuleError{Problem: Problem{Text: "there is no " + name}, Handler: name}}
	}
	var out Tested
	thread := &starlark.Thread{Name: name, Print: func(t *starlark.Thread, msg string) {
		if len(out.Logs) < logLines {
			out.Logs = append(out.Logs, Line{posOf(t.CallFrame(1).Pos), cut(msg, logBytes)})
		}
	}}
	thread.SetLocal(testLocal, f)
	stop := bound(thread, f.rules.limits)
	defer stop()
	defer context.AfterFunc(ctx, func() { thread.Cancel("interrupted") })()
	if err := protected(thread, f.tests[i].fn, nil); err != nil {
		errors.As(f.rules.ruleError(f.tests[i].fn, err), &out.Err)
		out.Err.Backtrace = wholeTrace(err)
	}
	return out
}

// wholeTrace is every call in the rules that led to an error, from the test on: a recording begins a stack of its own.
func wholeTrace(err error) string {
	var b strings.Builder
	b.WriteString("Traceback (most recent call last):\n")
	for run := (*starlark.EvalError)(nil); errors.As(err, &run); err = run.Unwrap() {
		for _, fr := range run.CallStack {
			if fr.Pos.Line > 0 {
				fmt.Fprintf(&b, "  %s: in %s\n", posOf(fr.Pos), fr.Name)
			}
		}
	}
	return b.String()
}

// Rehearsal is a call that a test wants made as a handler is called: it records what it does.
type Rehearsal struct {
	Event  Event
	Facts  Facts
	State  State
	Fn     starlark.Callable
	Args   starlark.Tuple
	Kwargs []starlark.Tuple
}

// Rehearsed is what the call recorded: nothing of it was weighed against anything else.
type Rehearsed struct {
	Decision  // the verdict is the one that outweighs the others
	Published []Event
}

// Rehearse makes a call for the test that a thread runs. The error is the interpreter's.
func Rehearse(thread *starlark.Thread, b *starlark.Builtin, r Rehearsal) (Rehearsed, error) {
	f, ok := thread.Local(testLocal).(*TestFile)
	if !ok {
		return Rehearsed{}, fmt.Errorf("%s: works only in a test", b.Name())
	}
	t := f.rules.newTurn(r.Event, r.Facts, r.State)
	t.given = append(t.given, Unknown)
	inner := &starlark.Thread{Name: thread.Name, Print: printToLog}
	inner.SetLocal(turnLocal, t)
	stop := bound(inner, f.rules.limits)
	defer stop()
	var err error
	func() {
		defer recovered(&err)
		_, err = starlark.Call(inner, r.Fn, r.Args, r.Kwargs)
	}()
	out := Rehearsed{Decision: t.decision}
	if err != nil && !(errors.Is(err, errAsked) && len(t.decision.Asks) > 0) {
		return Rehearsed{}, err
	}
	if t.states() {
		out.Verdict = t.verdict()
	}
	for _, s := range t.standing {
		out.Standing = append(out.Standing, s.effect)
	}
	out.State = t.writes
	for _, q := range t.queue {
		out.Published = append(out.Published, q.event)
	}
	return out, nil
}

// Beside is the facts with the approvals of a state, as a turn is told them.
func (f Facts) Beside(s State) Facts {
	f.approvals = s
	return f
}

// Approving is the state after somebody's word about a holder; length 0: until it is undone.
func (s State) Approving(holder string, a Approval, length time.Duration) State {
	return s.With([]Write{approvalWrite(holder, a, length)}, a.At)
}
