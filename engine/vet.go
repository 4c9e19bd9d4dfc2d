package engine

import (
	"fmt"
	"slices"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// mostProblems is how many are kept of one vetting: nobody reads more, and hostile files could make millions.
const mostProblems = 1000

// Vet finds what is wrong with a copy of the files without running any of it, whatever they hold: for an editor, and
// for whoever must not run them. Errors are what Load refuses, warnings what it tells; both are in the order of reading.
func Vet(files Snapshot, modules ...Module) []Problem {
	l := newLoader(files.sorted(), Limits{}.orDefault(), modules)
	l.vet()
	return withSource(l.files, sortProblems(append(l.problems, l.set.Warnings...)))
}

// VetFile is Vet of one file, be it a rule, a library or a draft, and of what it loads. The others are read for what they
// publish and handle. It also gives the paths that it is about.
func VetFile(files Snapshot, path string, modules ...Module) ([]Problem, []string) {
	l := newLoader(files.sorted(), Limits{}.orDefault(), modules)
	for _, f := range l.files {
		if f.rule() {
			l.parse(f.Path)
		}
	}
	l.parse(path)
	l.examine()
	about := l.index.loadedBy(path)
	problems := slices.DeleteFunc(append(l.problems, l.set.Warnings...), func(p Problem) bool { return !slices.Contains(about, p.File) })
	return withSource(l.files, sortProblems(problems)), about
}

// vet parses the rule files and everything that they load, and vets each once.
func (l *loader) vet() {
	for _, f := range l.files {
		if f.rule() {
			l.parse(f.Path)
		}
	}
	if len(l.order) == 0 && len(l.problems) == 0 {
		l.report(Problem{Code: CodeNoRules, Text: "no rule files: a ruleset needs at least one .star file"})
	}
	l.examine()
}

// report keeps a problem, an error or a warning.
func (l *loader) report(p Problem) {
	switch {
	case p.Severity == Warning && len(l.set.Warnings) < mostProblems:
		l.set.Warnings = append(l.set.Warnings, p)
	case p.Severity == Fatal && len(l.problems) < mostProblems:
		l.problems = append(l.problems, p)
	}
}

func (l *loader) warn(p Problem) {
	p.Severity = Warning
	l.report(p)
}

// examine vets what was parsed: each file by itself, then all of them together.
func (l *loader) examine() {
	x := l.index
	x.link()
	t := topics{published: map[string][]publication{}, handled: map[string][]*syntax.Ident{}}
	for _, path := range l.order {
		f := x.files[path]
		if f == nil {
			continue
		}
		for _, p := range x.publications(f, l.report) {
			t.published[p.topic] = append(t.published[p.topic], p)
		}
		for name, v := range f.globals {
			if kind, ok := handles(name); ok && f.rule {
				t.handled[kind] = append(t.handled[kind], v.name)
			}
		}
	}
	for _, path := range l.order {
		if f := x.files[path]; f != nil {
			x.vetFile(f, l.report)
			t.reads = append(t.reads, x.vetAttributes(f, l.report)...)
			if f.rule {
				x.vetHandlers(f, &t, l.report)
			}
		}
	}
	x.cycles(l.order, l.report)
	if x.broken { // what is not published, not handled and not judged may be in what could not be read
		return
	}
	t.vet(func(kind string) bool {
		return x.words.knows(kind) || x.mistyped(kind, &t) // that was an error already
	}, l.warn)
	x.topics = &t
	x.vetVerdicts(l.order, &t, l.warn)
	if l.whole() {
		x.vetPauses(l.order, l.report)
	}
	x.findTurns(l.order, &t, l.whole())
	for _, path := range l.order {
		if f := x.files[path]; f != nil {
			x.vetTurns(f, &t, l.report)
			x.vetLocals(f, l.report)
			x.vetChanges(f, l.report)
			x.vetTypes(f, l.report)
			x.vetKeys(f, l.report)
			if !f.rule {
				x.vetUnrun(f, &t, l.warn)
			}
		}
	}
	x.vetRecursion(l.order, l.report)
}

// whole says that every rule of the folder was read: what one publishes may be handled by another.
func (l *loader) whole() bool {
	for _, f := range l.files {
		if IsRule(f.Path) && (f.Lib || l.index.files[f.Path] == nil) {
			return false
		}
	}
	return true
}

// vetFile looks at the calls and names of one file: for unknown members of modules, for arguments that no call takes, for
// throttled calls that would share a key.
func (x *index) vetFile(f *indexed, report func(Problem)) {
	for _, dot := range f.dots {
		x.vetMember(dot, report)
	}
	x.vetLoads(f, report)
	for _, e := range f.formats {
		x.vetFormat(e, report)
	}
	throttled := map[string]bool{} // the key of a throttle holds the function's name, so two of one name share it, as all lambdas do
	for _, c := range f.calls {
		x.vetCall(c, report)
		name, ok := calledName(c.CallExpr)
		if !ok {
			continue
		}
		for _, at := range x.words.literals[name] {
			x.vetLiteral(name, at, c, report)
		}
		switch {
		case x.words.timers[name]:
			x.vetTimer(name, c, report)
		case c.within == nil && x.words.turnOnly[name]:
			report(problemOn(CodeOnlyInHandler, c.Fn, name+": works only in a handler, not while the file is loaded"))
		}
		if at, keyed := x.words.keyed[name]; keyed && given(c.CallExpr, "every", at) && !given(c.CallExpr, "key", at+1) {
			if throttled[c.inside+"/"+name] {
				p := problemOn(CodeNeedsKey, c.Fn, fmt.Sprintf("a second %s with every in the same function needs a key", name))
				p.Hint = `without one they share a throttle; write key="..."`
				report(p)
			}
			throttled[c.inside+"/"+name] = true
		}
	}
}

// predeclaredName is the name of an identifier that no rule defined itself.
func predeclaredName(e syntax.Expr) (string, bool) {
	id, ok := e.(*syntax.Ident)
	if !ok {
		return "", false
	}
	b, ok := id.Binding.(*resolve.Binding)
	if !ok || b.Scope != resolve.Predeclared {
		return "", false
	}
	return id.Name, true
}

func calledName(c *syntax.CallExpr) (string, bool) { return named(c.Fn) }

// named is the name of what is predeclared: "pause", "slack.post".
func named(fn syntax.Expr) (string, bool) {
	fn = bare(fn)
	if dot, ok := fn.(*syntax.DotExpr); ok {
		module, ok := predeclaredName(bare(dot.X))
		return module + "." + dot.Name.Name, ok
	}
	return predeclaredName(fn)
}

// given says whether a call gives an argument by name, by position, or perhaps (*args, **kwargs: then
// every counts as given, and key does not).
func given(c *syntax.CallExpr, name string, position int) bool {
	for i, arg := range c.Args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return name == "every"
		}
		id, value, ok := keyword(arg)
		if !ok {
			if i == position {
				return !isNone(arg)
			}
			continue
		}
		if id.Name == name {
			return !isNone(value)
		}
	}
	return false
}

func isNone(e syntax.Expr) bool {
	id, ok := e.(*syntax.Ident)
	return ok && id.Name == "None"
}

func (x *index) vetMember(n *syntax.DotExpr, report func(Problem)) {
	module, ok := predeclaredName(n.X)
	if !ok {
		return
	}
	members, ok := x.words.members[module]
	if !ok || slices.Contains(members, n.Name.Name) {
		return
	}
	p := problemOn(CodeUnknownMember, n.Name, fmt.Sprintf("%s has no member %s", module, n.Name.Name))
	if near := Nearest(n.Name.Name, members); near != "" {
		p.Hint = fmt.Sprintf("did you mean %s.%s?", module, near)
	} else {
		p.Hint = fmt.Sprintf("it has %s", list(members))
	}
	report(p)
}

// vetLiteral checks an argument that is a literal, or left out. What is only known when the rule runs is left to the call.
func (x *index) vetLiteral(name string, at Literal, c *call, report func(Problem)) {
	for _, arg := range c.Args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return
		}
	}
	where, values := c.Fn, []known{{value: starlark.String(at.Default), at: c.Fn}}
	if arg := argument(c.CallExpr, TopicAt{Name: at.Name, Position: at.Position}); arg != nil {
		where, values = arg, x.known(arg)
	}
	x.wrong(where, values, c.CallExpr, c.within, report, func(v starlark.Value) string {
		s, ok := v.(starlark.String)
		if !ok {
			return ""
		}
		err := at.Check(string(s))
		if err == nil {
			return ""
		}
		return fmt.Sprintf("%s: for parameter %s: %s", name, at.Name, err)
	})
}

// argument is what a call gives for an argument; nil: nothing.
func argument(n *syntax.CallExpr, at TopicAt) syntax.Expr {
	for i, arg := range n.Args {
		id, value, named := keyword(arg)
		if !named {
			if i == at.Position {
				return arg
			}
			continue
		}
		if id.Name == at.Name && (i == 0 || at.Position > 0) { // a first one stands first
			return value
		}
	}
	return nil
}

func list(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			out += " and "
		default:
			out += ", "
		}
		out += n
	}
	return out
}
