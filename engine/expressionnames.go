package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// names is everything that can be named: of several files that define a name, the last one's counts, as they run.
func (s *Scratch) names(t *Turn) starlark.StringDict {
	out := maps.Clone(s.rules.predeclared)
	for _, g := range s.rules.globals {
		maps.Copy(out, g.names)
	}
	for kind, all := range s.rules.handlers {
		if len(all) > 1 {
			out["on_"+kind] = everyHandler(kind, all)
		}
	}
	out["file"] = starlark.NewBuiltin("file", s.file)
	if t.event.Data != nil {
		name := "now"
		if t.event.Kind == KindBlind {
			name = "problem"
		}
		out[name] = t.event.Data.Bind(t.event, t.facts)
	}
	maps.Copy(out, s.typed)
	return out
}

// everyHandler calls what the files have for an event, one after the other, as a turn does.
func everyHandler(kind string, all []handler) *starlark.Builtin {
	return starlark.NewBuiltin("on_"+kind, func(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		t, err := Recording(thread, b)
		if err != nil {
			return nil, err
		}
		t.done = false
		for _, h := range all {
			t.given = append(t.given, Unknown)
			if _, err := starlark.Call(thread, h.fn, args, kwargs); err != nil {
				return nil, err
			}
			if t.done {
				break
			}
		}
		return starlark.None, nil
	})
}

// file gives what one file defines: file("10-party.star").GUESTS.
func (s *Scratch) file(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "path", &path); err != nil {
		return nil, err
	}
	names, err := s.load(nil, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return &starlarkstruct.Module{Name: path, Members: names}, nil
}

func (s *Scratch) load(_ *starlark.Thread, path string) (starlark.StringDict, error) {
	var known []string
	for _, g := range s.rules.globals {
		if g.file == path {
			return g.names, nil
		}
		known = append(known, g.file)
	}
	if near := Nearest(path, known); near != "" {
		return nil, fmt.Errorf("the rules have no file %s: did you mean %s?", quote(path), quote(near))
	}
	return nil, fmt.Errorf("the rules have no file %s: they have %s", quote(path), strings.Join(known, ", "))
}

// Names is everything that can be named, in order.
func (s *Scratch) Names() []string {
	t := s.rules.newTurn(s.present.Event, s.present.Facts, s.present.State)
	out := append(s.names(t).Keys(), starlark.Universe.Keys()...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Complete gives the ways in which a word can go on: a name, or a member behind names with dots. Nothing is called for it.
func (s *Scratch) Complete(word string) []string {
	path := strings.Split(word, ".")
	last := path[len(path)-1]
	var candidates []string
	if len(path) == 1 {
		candidates = s.Names()
	} else {
		v := s.lookUp(path[:len(path)-1])
		if x, ok := v.(starlark.HasAttrs); ok {
			candidates = x.AttrNames()
		}
	}
	stem := strings.TrimSuffix(word, last)
	var out []string
	for _, c := range candidates {
		if strings.HasPrefix(c, last) && (last != "" || !strings.HasPrefix(c, "_")) {
			out = append(out, stem+c)
		}
	}
	slices.Sort(out)
	return out
}

func (s *Scratch) lookUp(path []string) starlark.Value {
	t := s.rules.newTurn(s.present.Event, s.present.Facts, s.present.State)
	v := s.names(t)[path[0]]
	for _, name := range path[1:] {
		x, ok := v.(starlark.HasAttrs)
		if !ok {
			return nil
		}
		next, err := x.Attr(name)
		if err != nil || next == nil {
			return nil
		}
		v = next
	}
	return v
}

// assigned lists the names that statements give, at the level of the chunk.
func assigned(stmts []syntax.Stmt) []string {
	var out []string
	var target func(e syntax.Expr)
	target = func(e syntax.Expr) {
		switch e := e.(type) {
		case *syntax.Ident:
			out = append(out, e.Name)
		case *syntax.ParenExpr:
			target(e.X)
		case *syntax.TupleExpr:
			for _, x := range e.List {
				target(x)
			}
		case *syntax.ListExpr:
			for _, x := range e.List {
				target(x)
			}
		}
	}
	for _, stmt := range stmts {
		switch stmt := stmt.(type) {
		case *syntax.DefStmt:
			out = append(out, stmt.Name.Name)
		case *syntax.AssignStmt:
			target(stmt.LHS)
		case *syntax.LoadStmt:
			for _, id := range stmt.To {
				out = append(out, id.Name)
			}
		case *syntax.ForStmt:
			target(stmt.Vars)
			out = append(out, assigned(stmt.Body)...)
		case *syntax.IfStmt:
			out = append(append(out, assigned(stmt.True)...), assigned(stmt.False)...)
		}
	}
	return out
}
