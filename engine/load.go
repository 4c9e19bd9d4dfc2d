package engine

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// fileOptions are the language: no while, no recursion, no reassignment.
var fileOptions = &syntax.FileOptions{Set: true}

// Load makes a ruleset from a copy of the files: it parses, resolves, vets,
// runs and freezes them. It does no I/O. What is wrong comes back as a
// *LoadError with everything that was found, syntax and names of all files
// before anything is run.
func Load(files Snapshot, limits Limits, modules ...Module) (*Ruleset, error) {
	return newLoader(files.sorted(), limits.orDefault(), modules).load()
}

func (l *loader) load() (*Ruleset, error) {
	l.vet()
	if len(l.problems) > 0 {
		return nil, loadError(l.files, l.problems)
	}
	for _, f := range l.files {
		if f.rule() && len(l.problems) == 0 {
			l.run(f.Path)
		}
	}
	if len(l.problems) == 0 {
		l.collect()
	}
	if len(l.problems) > 0 {
		return nil, loadError(l.files, l.problems)
	}
	l.set.Warnings = withSource(l.files, sortProblems(l.set.Warnings))
	return l.set, nil
}

// unit is one file on its way to being loaded.
type unit struct {
	file    *syntax.File
	program *starlark.Program
	globals starlark.StringDict
	running bool
	done    bool
}

type loader struct {
	files       Snapshot
	limits      Limits
	predeclared starlark.StringDict
	index       *index
	units       map[string]*unit
	order       []string // of parsing
	problems    []Problem
	set         *Ruleset
	running     []string // files that are being run, outermost first
	rewriting   *Rewriting
	testing     *testUnit
}

func newLoader(files Snapshot, limits Limits, modules []Module) *loader {
	l := &loader{
		files:       files,
		limits:      limits,
		predeclared: predeclare(modules),
		index:       newIndex(newVocabulary(modules)),
		units:       map[string]*unit{},
	}
	l.set = &Ruleset{Hash: files.Hash(), Files: files, limits: limits, handlers: map[string][]handler{}}
	return l
}

// predeclare is everything that a rule can name.
func predeclare(modules []Module) starlark.StringDict { return predeclared(modules, false) }

// predeclared is that with or without what only the engine's own effects call.
func predeclared(modules []Module, inner bool) starlark.StringDict {
	out := std()
	for _, m := range modules {
		members := starlark.StringDict{}
		if inner {
			maps.Copy(members, m.Inner)
		}
		for name, v := range m.Members {
			members[name] = notWhileLoading(v, slices.Contains(m.Pure, name))
		}
		switch {
		case m.Name == "":
			maps.Copy(out, members)
		case len(members) > 0:
			out[m.Name] = &starlarkstruct.Module{Name: m.Name, Members: members}
		}
	}
	return out
}

// notWhileLoading keeps a builtin that is not pure from running while a file is
// loaded, whatever it does itself.
func notWhileLoading(v starlark.Value, pure bool) starlark.Value {
	b, ok := v.(*starlark.Builtin)
	if !ok || pure {
		return v
	}
	return starlark.NewBuiltin(b.Name(), func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if _, err := Recording(thread, b); err != nil {
			return nil, err
		}
		return b.CallInternal(thread, args, kwargs)
	})
}

// parse reads a file and everything it loads, each once.
func (l *loader) parse(name string) {
	if _, ok := l.units[name]; ok {
		return
	}
	u := &unit{}
	l.units[name] = u
	l.order = append(l.order, name)
	f, ok := l.files.find(name)
	if !ok {
		l.report(Problem{Code: CodeLoadPath, File: name, Text: "there is no such file in the rules folder"})
		return
	}
	if f.Err != nil {
		l.index.broken = true
		l.report(unreadable(f))
		return
	}
	if i := bytes.IndexByte(f.Data, 0); i >= 0 { // to the scanner it is the end: what follows would not count
		l.index.broken = true
		line := bytes.Count(f.Data[:i], []byte("\n")) + 1
		col := utf8.RuneCount(f.Data[bytes.LastIndexByte(f.Data[:i], '\n')+1:i]) + 1
		l.report(Problem{Code: CodeUnreadable, File: name, Line: line, Col: col, Text: "a zero byte: is the file damaged?"})
		return
	}
	names := l.namedIn(name)
	l.limits.reading(name)
	var err error
	var unread *lost
	u.file, u.program, err = starlark.SourceProgramOptions(fileOptions, name, f.Data, names.Has)
	var problems []Problem
	switch {
	case err == nil:
		l.rewrite(u, f, names)
	case u.file == nil: // a syntax error: the rest is vetted all the same
		p := readPartly(name, f.Data, err)
		problems = append(p.problems, p.resolve(names)...)
		u.file, unread = p.file, &p.lost
	default:
		problems = problemsOf(name, err)
	}
	for _, p := range l.suggested(u.file, problems) {
		if p.Hint == "" && p.Code == CodeLanguage {
			p.Hint = pythonOnly[firstWord(sourceLines(f.Data), p.Line)]
		}
		l.report(p)
	}
	l.index.add(name, f.rule(), u.file, unread)
	l.set.Calls = append(l.set.Calls, mentions(u.file, l.index.words)...)
	for _, load := range l.index.files[name].loads {
		clean, err := loadPath(load.ModuleName())
		if err == nil {
			if _, ok := l.files.find(clean); !ok {
				err = fmt.Errorf("load: there is no file %s in the rules folder", clean)
			}
		}
		if err != nil {
			l.report(problemOn(CodeLoadPath, load.Module, err.Error()))
			continue
		}
		l.parse(clean)
	}
}

// unreadable is why a file could not be taken, and where, if what took it knows.
func unreadable(f File) Problem {
	p := Problem{Text: f.Err.Error()}
	var placed interface{ Problem() Problem }
	if errors.As(f.Err, &placed) {
		p = placed.Problem()
	}
	p.Code, p.File = CodeUnreadable, f.Path
	return p
}

// suggested adds to unknown names what may have been meant.
func (l *loader) suggested(f *syntax.File, problems []Problem) []Problem {
	known := append(l.predeclared.Keys(), starlark.Universe.Keys()...)
	if f != nil {
		known = append(known, definedIn(f)...)
	}
	if l.testing != nil {
		known = append(known, l.testing.names.Keys()...)
	}
	for i := range problems[:min(len(problems), shownProblems)] { // a search each
		if name, ok := strings.CutPrefix(problems[i].Text, "undefined: "); ok && otherNames[name] != "" {
			problems[i].Hint = "write " + otherNames[name]
		} else if ok && problems[i].Hint == "" {
			if near := Nearest(name, known); near != "" {
				problems[i].Hint = "did you mean " + near + "?"
			}
		}
	}
	return problems
}

// definedIn lists the names that a file defines or loads at its top level.
func definedIn(f *syntax.File) []string {
	var out []string
	for _, stmt := range f.Stmts {
		switch stmt := stmt.(type) {
		case *syntax.DefStmt:
			out = append(out, stmt.Name.Name)
		case *syntax.AssignStmt:
			if id, ok := stmt.LHS.(*syntax.Ident); ok {
				out = append(out, id.Name)
			}
		case *syntax.LoadStmt:
			for _, id := range stmt.To {
				out = append(out, id.Name)
			}
		}
	}
	return out
}

// loadPath checks what a rule gives to load: a path below the rules folder.
func loadPath(p string) (string, error) {
	switch {
	case p == "" || path.IsAbs(p) || strings.Contains(p, "\\") || strings.Contains(p, ":") || path.Clean(p) != p || p == ".." || strings.HasPrefix(p, "../"):
		return "", fmt.Errorf(`load: %s: a path below the rules folder is needed, like "lib/devices.star"`, quote(p))
	case path.Ext(p) != ".star":
		return "", fmt.Errorf("load: %s: only .star files can be loaded", quote(p))
	}
	return p, nil
}

// run executes a file once, with everything it loads before it.
func (l *loader) run(name string) (starlark.StringDict, error) {
	u := l.units[name]
	switch {
	case u == nil:
		return nil, fmt.Errorf("there is no file %s in the rules folder", name)
	case u.done:
		return u.globals, nil
	case u.running:
		return nil, fmt.Errorf("load cycle: %s -> %s", strings.Join(l.running, " -> "), name)
	}
	u.running = true
	l.running = append(l.running, name)
	globals, err := l.exec(u, name)
	l.running = l.running[:len(l.running)-1]
	l.limits.reading(name) // again: what it loads was run in between
	u.running = false
	if err != nil {
		if len(l.problems) == 0 { // the innermost says it best
			l.problems = append(l.problems, problemsOf(name, err)...)
		}
		return nil, err
	}
	globals.Freeze()
	for _, t := range l.set.timers {
		t.Fn.Freeze() // a closure that no global holds would keep its variables mutable
	}
	u.globals, u.done = globals, true
	return globals, nil
}

func (l *loader) exec(u *unit, name string) (globals starlark.StringDict, err error) {
	l.limits.reading(name)
	thread := &starlark.Thread{Name: name}
	thread.SetLocal(turnLocal, &loading{file: name, set: l.set})
	thread.Load = func(_ *starlark.Thread, module string) (starlark.StringDict, error) {
		return l.run(module)
	}
	thread.Print = func(t *starlark.Thread, msg string) {
		if len(l.set.Logs) < logLines {
			l.set.Logs = append(l.set.Logs, Line{t.CallFrame(1).Pos.String(), cut(msg, logBytes)})
		}
	}
	stop := bound(thread, l.limits)
	defer stop()
	defer recovered(&err)
	names := l.namedIn(name)
	return u.program.Init(thread, names)
}

// bound sets a thread's limits: steps are the budget, the wall clock is the
// backstop.
func bound(thread *starlark.Thread, limits Limits) (stop func()) {
	thread.SetMaxExecutionSteps(limits.Steps)
	thread.OnMaxSteps = tooManySteps
	wall := time.AfterFunc(limits.Wall, func() {
		thread.Cancel("took longer than " + limits.Wall.String())
	})
	return func() { wall.Stop() }
}

func tooManySteps(t *starlark.Thread) {
	t.Cancel(fmt.Sprintf("more than %d steps: is there a loop that is too long?", t.ExecutionSteps()))
}

// recovered turns a panic of the interpreter or a builtin into an error: the
// one evaluation boundary.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: %v", p)
	}
}

// collect finds the handlers among the globals, and says of what only running could tell that it is none.
func (l *loader) collect() {
	for _, name := range l.order {
		f, _ := l.files.find(name)
		if !f.rule() {
			continue
		}
		globals := l.units[name].globals
		for _, global := range globals.Keys() {
			kind, ok := handles(global)
			if !ok {
				continue
			}
			fn, ok := globals[global].(*starlark.Function)
			at := l.index.files[name].globals[global].name
			if !ok {
				l.report(problemOn(CodeNotAHandler, at, fmt.Sprintf("%s is a %s: a handler is a function", global, globals[global].Type())))
				continue
			}
			if err := takesOne(fn); err != nil {
				l.report(problemOn(CodeHandlerArguments, at, err.Error()))
				continue
			}
			l.set.handlers[kind] = append(l.set.handlers[kind], handler{name, fn})
		}
	}
	l.set.predeclared, l.set.globals = l.predeclared, l.defined()
	sort.SliceStable(l.set.timers, func(i, j int) bool { return l.set.timers[i].ID < l.set.timers[j].ID })
	for kind := range l.set.handlers {
		hs := l.set.handlers[kind]
		sort.SliceStable(hs, func(i, j int) bool { return hs[i].file < hs[j].file })
	}
}

// defined is what each file defines: first those that are only loaded, then the rules in the order in which they run.
func (l *loader) defined() []globals {
	var out []globals
	for _, rules := range []bool{false, true} {
		for _, f := range l.files {
			if u := l.units[f.Path]; u != nil && f.rule() == rules {
				out = append(out, globals{f.Path, u.globals})
			}
		}
	}
	return out
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
