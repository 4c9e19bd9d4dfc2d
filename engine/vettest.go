package engine

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// VetTests finds what is wrong with a file of tests without running any of it. What it loads is told of where that is vetted
// itself. Errors are what LoadTests refuses, or what ends the test that gets there.
func VetTests(files Snapshot, t Tests, modules ...Module) []Problem {
	l := newTestLoader(files, t, modules)
	l.vetTests()
	problems := slices.DeleteFunc(append(l.problems, l.set.Warnings...), func(p Problem) bool { return p.File != t.Path })
	return withSource(l.files, sortProblems(problems))
}

// vetTests parses the file and what it loads, and vets both. What a call in the file makes of a function of another one is
// left to the run, and so is what it wants to see failing.
func (l *loader) vetTests() {
	l.parse(l.testing.path)
	l.examine()
	f := l.index.files[l.testing.path]
	if f == nil {
		return
	}
	wanted := l.index.wantedFailures(f)
	untold := func(p Problem) bool { return p.File == f.path && betweenTurns(p.Code) }
	l.set.Warnings = slices.DeleteFunc(l.set.Warnings, untold)
	l.problems = slices.DeleteFunc(l.problems, func(p Problem) bool {
		return untold(p) || atRun(p.Code) && (p.File != f.path || slices.ContainsFunc(wanted, func(s span) bool { return s.holds(p) }))
	})
	l.vetTestNames(f)
	l.vetEffects(f, wanted)
}

// atRun says whether a problem is one of what happens when the place is reached, and not of the file as a whole.
func atRun(code string) bool {
	switch code {
	case CodeUnknownMember, CodeUnknownAttribute, CodeUnknownArgument, CodeMissingArgument, CodeTooManyArguments, CodeRepeatedArgument, CodeWrongValue:
		return true
	}
	return false
}

// betweenTurns says whether a problem is one of what a ruleset comes to in the long run: each recording is a turn by itself, and
// what it publishes is only noted.
func betweenTurns(code string) bool {
	switch code {
	case CodeNeedsKey, CodeUnheardTopic, CodeUnknownField, CodeMissingField:
		return true
	}
	return false
}

// span is a part of a file.
type span struct{ start, end syntax.Position }

func spanOf(n syntax.Node) span {
	start, end := n.Span()
	return span{start, end}
}

// holds says whether a problem lies in it.
func (s span) holds(p Problem) bool {
	at := func(line, col int) int { return line<<20 | min(col, 1<<20-1) }
	here := at(p.Line, p.Col)
	return here >= at(int(s.start.Line), int(s.start.Col)) && here < at(int(s.end.Line), int(s.end.Col))
}

// wantedFailures are the parts of a file that assert.fails calls.
func (x *index) wantedFailures(f *indexed) (out []span) {
	for _, c := range f.calls {
		if name, _ := x.calledName(c.Fn); name != "assert.fails" {
			continue
		}
		out = append(out, spanOf(c.CallExpr))
		for _, arg := range c.Args {
			if _, value, named := keyword(arg); named {
				arg = value
			}
			if fn := x.function(arg); fn != nil && fn.file == f.path {
				for _, stmt := range fn.body {
					out = append(out, spanOf(stmt))
				}
			}
		}
	}
	return out
}

// vetTestNames looks at what is called like a test and is none, and at what is none because of how it is called.
func (l *loader) vetTestNames(f *indexed) {
	tests := false
	for name, v := range f.globals {
		if v.from != nil {
			continue // it is tested where it is written
		}
		if !strings.HasPrefix(name, "test_") {
			if meant := meantAsTest(name); meant != "" && v.fn != nil && !v.read && !l.namedElsewhere(name) {
				p := problemOn(CodeNotATest, v.name, name+" is no test, and nobody calls it")
				p.Hint = "did you mean " + meant + "?"
				l.warn(p)
			}
			continue
		}
		what := ""
		if v.value != nil && v.set == 1 {
			what = notCallable(l.index, v.value)
		}
		tests = tests || what == ""
		if what != "" && !v.read && !l.namedElsewhere(name) {
			p := problemOn(CodeNotATest, v.name, fmt.Sprintf("%s is a %s: a test is a function", name, what))
			p.Hint = "write def " + name + "()"
			l.warn(p)
		}
		if fn := l.index.functionOf(v); fn != nil && fn.file == f.path && len(fn.params) > 0 {
			l.report(problemOn(CodeHandlerArguments, fn.at, fmt.Sprintf("%s is called without arguments: write def %[1]s()", name)))
		}
	}
	if !tests && !l.index.broken { // they may be in what could not be read
		l.report(Problem{Code: CodeNoRules, File: f.path, Text: "no tests", Hint: "write def test_something()"})
	}
}

// meantAsTest is what a function should have been called to be a test, if its name resembles one; "": it does not.
func meantAsTest(name string) string {
	low := strings.ToLower(name)
	if head, rest, ok := strings.Cut(low, "_"); ok && rest != "" && (head == "test" || Nearest(head, []string{"test"}) != "") {
		return "test_" + strings.TrimLeft(rest, "_")
	}
	if rest, ok := strings.CutPrefix(low, "test"); ok && strings.Trim(rest, "_") != "" {
		return "test_" + strings.Trim(rest, "_")
	}
	return ""
}

// namedElsewhere says whether another file names something, perhaps to load it.
func (l *loader) namedElsewhere(name string) bool {
	return slices.ContainsFunc(l.files, func(f File) bool {
		return f.Path != l.testing.path && (bytes.Contains(f.Data, []byte(`"`+name+`"`)) || bytes.Contains(f.Data, []byte(`'`+name+`'`)))
	})
}

// vetEffects looks for calls in a test itself that work only where somebody records them.
func (l *loader) vetEffects(f *indexed, wanted []span) {
	for _, c := range f.calls {
		name, ok := l.index.calledName(c.Fn)
		if !ok || !l.index.words.turnOnly[name] || c.within == nil || !l.testItself(f, c.within) {
			continue
		}
		p := problemOn(CodeOnlyInHandler, c.Fn, name+": works only in a handler: a test writes record(fn, fake.now())")
		if !slices.ContainsFunc(wanted, func(s span) bool { return s.holds(p) }) {
			l.report(p)
		}
	}
}

// testItself says whether a function is one that runs as a test, and as nothing else.
func (l *loader) testItself(f *indexed, fn *function) bool {
	v := f.globals[fn.name]
	return strings.HasPrefix(fn.name, "test_") && v != nil && v.fn == fn && v.set == 1 && !v.read
}
