package engine

import (
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

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
