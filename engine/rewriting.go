package engine

import (
	"maps"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Rewriting changes rule files between vetting and running them: what counts which lines run is put in this way. What a
// ruleset that was changed decides is for nobody to carry out, so that who watches cannot be in the way: the one that
// decides is loaded beside it, as it is.
type Rewriting struct {
	File  func(*syntax.File)  // changes a file that was parsed and not yet resolved
	Names starlark.StringDict // what changed files name, beside what rules can
}

// LoadRewritten is Load with files that are changed after they were vetted.
func LoadRewritten(files Snapshot, limits Limits, w Rewriting, modules ...Module) (*Ruleset, error) {
	l := newLoader(files.sorted(), limits.orDefault(), modules)
	l.rewriting = &w
	return l.load()
}

// rewrite replaces the program of a file that is in order.
func (l *loader) rewrite(u *unit, f File, names starlark.StringDict) {
	if l.rewriting == nil {
		return
	}
	tree, err := fileOptions.Parse(f.Path, f.Data, 0)
	if err == nil {
		l.rewriting.File(tree)
		u.program, err = starlark.FileProgram(tree, names.Has)
	}
	if err != nil {
		for _, p := range problemsOf(f.Path, err) {
			l.report(p)
		}
	}
}

// namedIn is what a file may name.
func (l *loader) namedIn(file string) starlark.StringDict {
	names := l.predeclared
	if l.testing != nil && l.testing.path == file {
		names = l.testing.names
	}
	if l.rewriting != nil {
		names = maps.Clone(names)
		maps.Copy(names, l.rewriting.Names)
	}
	return names
}
