package engine

import (
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// assumed are values to go by: what a variable is, what stands at the end of a path.
type assumed struct {
	variables map[*variable]starlark.Value
	paths     map[trail]starlark.Value
}

// value is what an expression is by that; nil: it does not say.
func (g *assumed) value(x *index, e syntax.Expr) starlark.Value {
	if g == nil {
		return nil
	}
	if id, ok := bare(e).(*syntax.Ident); ok {
		if v := x.variable(id); v != nil && g.variables[x.origin(v)] != nil {
			return g.variables[x.origin(v)]
		}
	}
	if len(g.paths) == 0 {
		return nil
	}
	if p := x.trail(e, valuesDeep); p.root != nil {
		return g.paths[p]
	}
	return nil
}

// comes says whether a value comes about at a call. A list or dict that somebody changes is not what it says, and
// conditions may keep the value from the call: only where they certainly do not, it is said to come.
func (x *index) comes(why *premise, at syntax.Node, in *function) bool {
	if why == nil {
		return true
	}
	if x.ways++; x.ways > comesMost {
		return false
	}
	g := &assumed{variables: map[*variable]starlark.Value{}, paths: map[trail]starlark.Value{}}
	v := evaluation{index: x, work: valuesWork}
	places := []spot{{at, in}}
	for p := why; p != nil; p = p.before {
		switch {
		case p.held != nil:
			if x.changed(p.held) {
				return false
			}
		case p.call != nil:
			by := x.within[p.call]
			if by.meantToFail() {
				return false
			}
			places = append(places, spot{p.call, by})
			for i := range p.fn.params {
				id, _, plain := parameter(p.fn.params[i])
				arg := passed(p.fn, i, p.call)
				if id == nil || !plain || arg == nil {
					continue
				}
				if k, ok := v.one(arg, valuesDeep); ok {
					g.variables[x.variable(id)] = k.value
				}
			}
		case p.loop != nil:
			if p.nth > 0 && leaves(p.loop.body) {
				return false
			}
			x.give(g, p, &v)
		case p.path.root != nil:
			if is := g.paths[p.path]; is != nil && is != p.is {
				return false
			}
			g.paths[p.path] = p.is
			if p.path.rest == "" {
				g.variables[p.path.root] = p.is
			}
		}
	}
	r := &route{index: x, given: g}
	for p := why; p != nil; p = p.before {
		if p.cond == nil {
			continue
		}
		came := r.answer(p.cond)
		if !p.yes {
			came = came.not()
		}
		if !possible(came) {
			return false
		}
	}
	for _, s := range places {
		if !r.reaches(s.at, s.in, valuesDeep) {
			return false
		}
	}
	return true
}

// meantToFail says that a function is perhaps called to see it fail: assert.fails(lambda: minutes("ten")).
func (f *function) meantToFail() bool {
	return f != nil && f.escapes && f.name == "lambda" && IsTest(f.file)
}

// comesMost is how often it is asked whether a value comes.
const comesMost = 2_000

// spot is a node, and the function around it.
type spot struct {
	at syntax.Node
	in *function
}

// give gives the variables of a loop what they are in a turn of it.
func (x *index) give(g *assumed, p *premise, v *evaluation) {
	elements := v.elements(p.loop.of, valuesDeep)
	if p.nth >= len(elements) {
		return
	}
	syntax.Walk(p.loop.vars, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			if of := x.variable(id); of != nil {
				if e := partOf(p.loop.vars, of, elements[p.nth].all, x); e != nil {
					if k, ok := v.one(e, valuesDeep); ok {
						g.variables[of] = k.value
					}
				}
			}
		}
		return true
	})
}

// leaves says that a loop has one turn only.
func leaves(body []syntax.Stmt) bool {
	for _, s := range body {
		switch s := s.(type) {
		case *syntax.ReturnStmt:
			return true
		case *syntax.BranchStmt:
			if s.Token == syntax.BREAK {
				return true
			}
		}
	}
	return false
}

// route is a way to a place, with what is given.
type route struct {
	*index
	given *assumed
}

// asksMost is how many conditions are worked out: hostile files have thousands before each call.
const asksMost = 200_000

// answer is how a condition comes out.
type answer uint8

const (
	either answer = iota // what is given does not matter to it, or not alone
	comesTrue
	comesFalse
	unclear // what is given matters, and nobody knows how
)

func (a answer) not() answer {
	switch a {
	case comesTrue:
		return comesFalse
	case comesFalse:
		return comesTrue
	}
	return a
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

// answer is how a condition comes out with what is given.
func (r *route) answer(e syntax.Expr) answer {
	e = bare(e)
	if r.asks++; r.asks > asksMost {
		return unclear
	}
	if u, ok := e.(*syntax.UnaryExpr); ok && u.Op == syntax.NOT {
		return r.answer(u.X).not()
	}
	b, _ := e.(*syntax.BinaryExpr)
	if b != nil && (b.Op == syntax.AND || b.Op == syntax.OR) {
		decides := comesFalse
		if b.Op == syntax.OR {
			decides = comesTrue
		}
		x, y := r.answer(b.X), r.answer(b.Y)
		switch {
		case x == decides || y == decides:
			return decides
		case x == unclear || y == unclear:
			return unclear
		case x == either || y == either:
			return either
		}
		return x
	}
	touches := r.touches(e, valuesDeep)
	if touches == nothing {
		return either
	}
	if touches == matters {
		v := evaluation{index: r.index, given: r.given, work: valuesWork}
		if k, ok := v.one(e, valuesDeep); ok {
			if bool(k.value.Truth()) {
				return comesTrue
			}
			return comesFalse
		}
	}
	if touches == belongs {
		if r.trail(e, valuesDeep).root != nil || b != nil && (isNone(bare(b.Y)) || isNone(bare(b.X))) {
			return either // "if device:", "device != None"
		}
		return unclear
	}
	if b != nil && touches == matters {
		switch b.Op {
		case syntax.EQL, syntax.NEQ, syntax.IN, syntax.NOT_IN:
			x, y := r.touches(b.X, valuesDeep), r.touches(b.Y, valuesDeep)
			if x == matters && y == nothing && !r.turning(b.Y) || y == matters && x == nothing && !r.turning(b.X) {
				return either // compared with what nobody knows
			}
		}
	}
	return unclear
}

// turning says that an expression is of a loop, which may come to anything.
func (r *route) turning(e syntax.Expr) bool {
	found := false
	syntax.Walk(e, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			v := r.variable(id)
			found = found || v != nil && v.loop != nil
		}
		return !found
	})
	return found
}

// touch is what an expression has to do with what is given.
type touch uint8

const (
	nothing touch = iota
	belongs       // what is given is part of it, or of the same thing: the device whose name is given, its type
	matters
	hidden // it may come from it in a way that is not followed
)

func (r *route) touches(e syntax.Expr, deep int) touch {
	e = bare(e)
	if e == nil || !r.goesBy() {
		return nothing
	}
	if deep <= 0 {
		return hidden
	}
	if by := r.trail(e, valuesDeep); by.root != nil {
		return r.onPath(e, by)
	}
	out := nothing
	add := func(all ...syntax.Expr) {
		for _, e := range all {
			out = max(out, r.touches(e, deep-1))
		}
	}
	switch e := e.(type) {
	case nil, *syntax.Literal:
	case *syntax.Ident:
		v := r.variable(e)
		if v == nil {
			return nothing
		}
		switch of := r.origin(v); {
		case of == nil || of.fn != nil:
			return nothing
		case r.given.variables[of] != nil:
			return matters
		case of.set != 1:
			return hidden
		case of.value != nil:
			return r.touches(of.value, deep-1)
		}
	case *syntax.CallExpr:
		for _, arg := range e.Args {
			_, value, ok := keyword(arg)
			if !ok {
				value = arg
			}
			if r.touches(value, deep-1) == belongs {
				return hidden
			}
			add(value)
		}
		if dot, ok := bare(e.Fn).(*syntax.DotExpr); ok {
			if t := r.touches(dot.X, deep-1); t != belongs { // now.between("22:00", "06:00")
				out = max(out, t)
			}
		}
	case *syntax.UnaryExpr:
		add(e.X)
	case *syntax.BinaryExpr:
		add(e.X, e.Y)
	case *syntax.CondExpr:
		add(e.Cond, e.True, e.False)
	case *syntax.DotExpr:
		add(e.X)
	case *syntax.IndexExpr:
		add(e.X, e.Y)
	case *syntax.SliceExpr:
		add(e.X)
	case *syntax.ListExpr:
		add(e.List...)
	case *syntax.TupleExpr:
		add(e.List...)
	case *syntax.DictExpr:
		add(e.List...)
	case *syntax.DictEntry:
		add(e.Key, e.Value)
	default: // a comprehension, a lambda
		found := false
		syntax.Walk(e, func(n syntax.Node) bool {
			if id, ok := n.(*syntax.Ident); ok && n != e {
				found = found || r.touches(id, deep-1) != nothing
			}
			return !found
		})
		if found {
			return hidden
		}
	}
	return out
}

// onPath is touches of an expression that is a path.
func (r *route) onPath(e syntax.Expr, by trail) touch {
	out := nothing
	if r.given.variables[by.root] != nil {
		out = matters
	}
	for p := range r.given.paths {
		switch {
		case p.root != by.root:
		case strings.HasPrefix(by.rest, p.rest):
			out = matters // it, or device.name.lower()
		case strings.HasPrefix(p.rest, by.rest):
			out = max(out, belongs)
		case parent(p.rest) == parent(by.rest):
			if _, text := r.sample(e).(starlark.String); text || r.sample(e) == nil {
				out = max(out, hidden) // device.type: perhaps it goes with the name
			}
		}
	}
	return out
}

// parent is a path without its last part.
func parent(rest string) string { return rest[:max(0, strings.LastIndexByte(rest, '.'))] }

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
