package engine

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// vetLoads looks for names that the loaded file does not define, and warns of those that are not used.
func (x *index) vetLoads(f *indexed, report func(Problem)) {
	for _, l := range f.loads {
		from := x.files[l.ModuleName()]
		for i, to := range l.To {
			name := l.From[i]
			if from != nil && from != f && from.globals[name.Name] == nil && !from.unread.bound[name.Name] {
				p := problemOn(CodeLoadName, name, fmt.Sprintf("%s does not define %s", from.path, name.Name))
				var names []string
				for global := range from.globals {
					names = append(names, global)
				}
				slices.Sort(names)
				if near := Nearest(name.Name, names); near != "" {
					p.Hint = "did you mean " + near + "?"
				}
				report(p)
				continue
			}
			if v := x.variable(to); v != nil && !v.read {
				p := problemOn(CodeUnusedLoad, to, fmt.Sprintf("%s is loaded and not used", to.Name))
				p.Severity = Warning
				if kind, ok := handles(to.Name); ok && f.rule {
					p.Hint = fmt.Sprintf("a loaded function handles nothing: write def on_%s(now) and call it there", kind)
				}
				report(p)
			}
		}
	}
}

// cycles reports files that load one another, once each round.
func (x *index) cycles(order []string, report func(Problem)) {
	state := map[string]int{} // 1: on the way, 2: done
	var way []string
	var visit func(path string, at *syntax.LoadStmt)
	visit = func(path string, at *syntax.LoadStmt) {
		switch state[path] {
		case 1:
			report(problemOn(CodeLoadCycle, at.Module, fmt.Sprintf("load cycle: %s -> %s", strings.Join(way, " -> "), path)))
			return
		case 2:
			return
		}
		f := x.files[path]
		if f == nil {
			return
		}
		state[path] = 1
		way = append(way, path)
		for _, l := range f.loads {
			visit(l.ModuleName(), l)
		}
		way = way[:len(way)-1]
		state[path] = 2
	}
	for _, path := range order {
		visit(path, nil)
	}
}

// loadedBy is a file and everything that it loads.
func (x *index) loadedBy(path string) []string {
	out := []string{path}
	for i := 0; i < len(out); i++ {
		f := x.files[out[i]]
		if f == nil {
			continue
		}
		for _, l := range f.loads {
			if !slices.Contains(out, l.ModuleName()) {
				out = append(out, l.ModuleName())
			}
		}
	}
	return out
}
