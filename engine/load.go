package engine

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"time"

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
	l := newLoader(files.sorted(), limits.orDefault(), modules)
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
	l.set.Warnings = withSource(l.files, l.set.Warnings)
	return l.set, nil
}

// Vet finds what is wrong with a copy of the files without running any of it, whatever they hold: for an editor, and
// for whoever must not run them. What Load refuses without running it is among the problems.
func Vet(files Snapshot, modules ...Module) []Problem {
	l := newLoader(files.sorted(), Limits{}.orDefault(), modules)
	l.vet()
	return withSource(l.files, l.problems)
}

// vet parses the rule files and everything that they load, and vets each once.
func (l *loader) vet() {
	for _, f := range l.files {
		if f.rule() {
			l.parse(f.Path, "")
		}
	}
	if len(l.order) == 0 && len(l.problems) == 0 {
		l.problems = append(l.problems, Problem{Text: "no rule files: a ruleset needs at least one .star file"})
	}
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
	vocabulary  vocabulary
	units       map[string]*unit
	order       []string // of parsing
	problems    []Problem
	set         *Ruleset
	running     []string // files that are being run, outermost first
}

func newLoader(files Snapshot, limits Limits, modules []Module) *loader {
	l := &loader{
		files:       files,
		limits:      limits,
		predeclared: predeclare(modules),
		vocabulary:  newVocabulary(modules),
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

// parse reads a file and everything it loads, and vets each once.
func (l *loader) parse(name, from string) {
	if _, ok := l.units[name]; ok {
		return
	}
	u := &unit{}
	l.units[name] = u
	l.order = append(l.order, name)
	f, ok := l.files.find(name)
	if !ok {
		l.problems = append(l.problems, Problem{File: from, Text: fmt.Sprintf("load: there is no file %s in the rules folder", name)})
		return
	}
	if f.Err != nil {
		l.problems = append(l.problems, Problem{File: name, Text: f.Err.Error()})
		return
	}
	if i := bytes.IndexByte(f.Data, 0); i >= 0 { // to the scanner it is the end: what follows would not count
		line := bytes.Count(f.Data[:i], []byte("\n")) + 1
		col := i - bytes.LastIndexByte(f.Data[:i], '\n')
		l.problems = append(l.problems, Problem{File: name, Line: line, Col: col, Text: "a zero byte: is the file damaged?"})
		return
	}
	l.limits.reading(name)
	var err error
	u.file, u.program, err = starlark.SourceProgramOptions(fileOptions, name, f.Data, l.predeclared.Has)
	if err != nil {
		l.problems = append(l.problems, l.suggested(u.file, problemsOf(name, err))...)
	}
	if u.file == nil {
		return // a syntax error; an unknown name does not keep the members from being vetted
	}
	v := vetFile(u.file, l.vocabulary)
	l.problems = append(l.problems, v.problems...)
	if err != nil {
		return
	}
	l.set.Calls = append(l.set.Calls, v.calls...)
	l.vocabulary.heard(v.published)
	for i := range u.program.NumLoads() {
		target, pos := u.program.Load(i)
		clean, err := loadPath(target)
		if err == nil {
			if _, ok := l.files.find(clean); !ok {
				err = fmt.Errorf("load: there is no file %s in the rules folder", clean)
			}
		}
		if err != nil {
			l.problems = append(l.problems, problemAt(pos, err.Error()))
			continue
		}
		l.parse(clean, name)
	}
}

// suggested adds to unknown names what may have been meant.
func (l *loader) suggested(f *syntax.File, problems []Problem) []Problem {
	known := append(l.predeclared.Keys(), starlark.Universe.Keys()...)
	if f != nil {
		known = append(known, definedIn(f)...)
	}
	for i := range problems {
		if name, ok := strings.CutPrefix(problems[i].Text, "undefined: "); ok && problems[i].Hint == "" {
			if near := Nearest(name, known); near != "" {
				problems[i].Hint = "did you mean " + near + "?"
			}
		}
	}
	return problems
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
	return u.program.Init(thread, l.predeclared)
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

// collect finds the handlers among the globals and vets their names.
func (l *loader) collect() {
	for _, name := range l.order {
		f, _ := l.files.find(name)
		if !f.rule() {
			continue
		}
		globals := l.units[name].globals
		for _, global := range globals.Keys() {
			kind, ok := strings.CutPrefix(global, "on_")
			if !ok {
				continue
			}
			fn, ok := globals[global].(*starlark.Function)
			if !ok {
				l.problems = append(l.problems, Problem{File: name, Text: fmt.Sprintf("%s is a %s: a handler is a function", global, globals[global].Type())})
				continue
			}
			l.vetHandler(name, kind, fn)
		}
	}
	sort.SliceStable(l.set.timers, func(i, j int) bool { return l.set.timers[i].ID < l.set.timers[j].ID })
	for kind := range l.set.handlers {
		hs := l.set.handlers[kind]
		sort.SliceStable(hs, func(i, j int) bool { return hs[i].file < hs[j].file })
	}
	for _, topic := range l.vocabulary.topics() {
		if at := l.vocabulary.published[topic]; !l.set.Handles(topic) {
			p := problemAt(at, fmt.Sprintf("no rule handles the topic %s", quote(topic)))
			p.Hint = "write def on_" + topic + "(event)"
			if bare := strings.TrimPrefix(topic, "on_"); bare != topic && l.set.Handles(bare) {
				p.Hint = "a topic is written without on_: " + quote(bare)
			}
			l.set.Warnings = append(l.set.Warnings, p)
		}
	}
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
