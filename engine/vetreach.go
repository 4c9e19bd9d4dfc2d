package engine

import (
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// route is a way to a place, with what is given.
type route struct {
	*index
	given *assumed
}

// reaches says whether a node in a function is come to with what is given.
func (r *route) reaches(n syntax.Node, fn *function, deep int) bool {
	if fn == nil {
		return true
	}
	if fn.outer != nil && r.goesBy() {
		return false // what is around the def may keep from it
	}
	return deep > 0 && r.block(fn.body, n) && r.called(fn, deep)
}

// goesBy says that anything is given.
func (r *route) goesBy() bool { return len(r.given.variables) > 0 || len(r.given.paths) > 0 }

// called says whether somebody calls the function with what is given of its parameters.
func (r *route) called(fn *function, deep int) bool {
	for p, is := range r.given.paths {
		if p.root.of != fn || fn.kind != "" && len(fn.calls) == 0 {
			continue
		}
		if fn.escapes {
			return false
		}
		ok := fn.kind != ""
		for _, c := range fn.calls[:min(len(fn.calls), shownProblems)] {
			ok = ok || r.passes(p, is, c, deep)
		}
		if !ok {
			return false
		}
	}
	return true
}

// passes says whether a call gives its function what is given at the end of a path from a parameter.
func (r *route) passes(p trail, is starlark.Value, c *syntax.CallExpr, deep int) bool {
	arg := passed(p.root.of, p.root.at, c)
	if arg == nil {
		return false
	}
	if by := r.trail(arg, valuesDeep); by.root != nil {
		g := &assumed{variables: map[*variable]starlark.Value{}, paths: map[trail]starlark.Value{{by.root, by.rest + p.rest}: is}}
		return (&route{r.index, g}).reaches(c, r.within[c], deep-1)
	}
	if p.rest != "" {
		return false
	}
	v := evaluation{index: r.index, work: valuesWork}
	for _, k := range v.of(arg, valuesDeep) {
		if same, err := starlark.Equal(k.value, is); err == nil && same && k.why == nil {
			return (&route{r.index, &assumed{}}).reaches(c, r.within[c], deep-1)
		}
	}
	return false
}

// block goes through statements, up to the one that has the node in it.
func (r *route) block(stmts []syntax.Stmt, n syntax.Node) bool {
	for _, s := range stmts {
		if holds(s, n) {
			return r.into(s, n)
		}
		if r.stops(s, true) {
			return false
		}
	}
	return true
}

func (r *route) into(s syntax.Stmt, n syntax.Node) bool {
	switch s := s.(type) {
	case *syntax.IfStmt:
		if holds(s.Cond, n) {
			return r.expr(s.Cond, n)
		}
		came := r.answer(s.Cond)
		if came == unclear {
			return false
		}
		if within(s.True, n) {
			return came != comesFalse && r.block(s.True, n)
		}
		return came != comesTrue && r.block(s.False, n)
	case *syntax.ForStmt:
		if holds(s.X, n) {
			return r.expr(s.X, n)
		}
		return r.block(s.Body, n)
	}
	return r.expr(s, n)
}

// expr looks at what decides, within a statement, whether an expression is come to.
func (r *route) expr(in, n syntax.Node) bool {
	ok := true
	syntax.Walk(in, func(m syntax.Node) bool {
		if m == nil || !ok || !holds(m, n) {
			return m == nil
		}
		switch m := m.(type) {
		case *syntax.CondExpr:
			switch {
			case holds(m.True, n):
				ok = possible(r.answer(m.Cond))
			case holds(m.False, n):
				ok = possible(r.answer(m.Cond).not())
			}
		case *syntax.BinaryExpr:
			if holds(m.Y, n) {
				switch m.Op {
				case syntax.AND:
					ok = possible(r.answer(m.X))
				case syntax.OR:
					ok = possible(r.answer(m.X).not())
				}
			}
		case *syntax.Comprehension:
			for _, c := range m.Clauses {
				if c, isIf := c.(*syntax.IfClause); isIf && !holds(c, n) {
					ok = ok && possible(r.answer(c.Cond))
				}
			}
		}
		return ok
	})
	return ok
}

func possible(a answer) bool { return a != comesFalse && a != unclear }

// stops says whether a statement keeps from what follows it because of what is given. sure: it is come to for certain, or
// for that reason.
func (r *route) stops(s syntax.Stmt, sure bool) bool {
	any := func(stmts []syntax.Stmt, sure bool) bool {
		for _, s := range stmts {
			if r.stops(s, sure) {
				return true
			}
		}
		return false
	}
	switch s := s.(type) {
	case *syntax.ReturnStmt:
		return sure
	case *syntax.BranchStmt:
		return sure && s.Token != syntax.PASS
	case *syntax.ExprStmt:
		if c, ok := bare(s.X).(*syntax.CallExpr); ok {
			if id, ok := bare(c.Fn).(*syntax.Ident); ok && isUniversal(id) && id.Name == "fail" {
				return sure
			}
		}
	case *syntax.IfStmt:
		switch r.answer(s.Cond) {
		case comesTrue:
			return any(s.True, sure)
		case comesFalse:
			return any(s.False, sure)
		case unclear:
			return any(s.True, true) || any(s.False, true)
		}
		return any(s.True, false) || any(s.False, false)
	case *syntax.ForStmt:
		return any(s.Body, false)
	}
	return false
}

// holds says that a node is in another of the same file.
func holds(in, n syntax.Node) bool {
	if in == nil || n == nil {
		return false
	}
	a, b := in.Span()
	c, d := n.Span()
	return !before(c, a) && !before(b, d)
}

func within(stmts []syntax.Stmt, n syntax.Node) bool {
	for _, s := range stmts {
		if holds(s, n) {
			return true
		}
	}
	return false
}

func before(a, b syntax.Position) bool { return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col }
