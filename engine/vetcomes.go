package engine

import (
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
