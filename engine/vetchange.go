package engine

import (
	"fmt"
	"slices"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// vetChanges looks for what would change a value that cannot be changed: attributes, what handlers are told, and, in
// functions that only turns run, the values of a file, which are frozen when it is loaded.
func (x *index) vetChanges(f *indexed, report func(Problem)) {
	for _, p := range f.parts {
		if stmt, ok := p.Node.(*syntax.AssignStmt); ok {
			x.vetTarget(stmt.LHS, p.within, report)
		}
	}
	for _, c := range f.calls {
		dot, ok := bare(c.Fn).(*syntax.DotExpr)
		if !ok || !x.onlyInTurns(c.within) {
			continue
		}
		of := x.sample(dot.X)
		if of == nil || !changes(of, dot.Name.Name) {
			continue
		}
		if at, ok := x.frozenBy(dot.X, valuesDeep); ok {
			report(x.frozen(c.Fn, of, at))
		}
	}
	for _, dot := range f.dots {
		of := x.sample(dot.X)
		if _, ok := of.(starlark.HasAttrs); ok || of == nil || of == starlark.None || f.probed[dot.Name.Name] {
			continue
		}
		p := problemOn(CodeUnknownAttribute, dot.Name, fmt.Sprintf("%s has no .%s field or method", of.Type(), dot.Name.Name))
		if _, ok := of.(starlark.Tuple); ok && changes(new(starlark.List), dot.Name.Name) {
			p.Hint = "what handlers are told does not change: list(...) makes a list of it"
		}
		report(p)
	}
}

// vetTarget looks at the left side of an assignment.
func (x *index) vetTarget(e syntax.Expr, within *function, report func(Problem)) {
	switch e := bare(e).(type) {
	case *syntax.TupleExpr:
		for _, one := range e.List {
			x.vetTarget(one, within, report)
		}
	case *syntax.ListExpr:
		for _, one := range e.List {
			x.vetTarget(one, within, report)
		}
	case *syntax.DotExpr:
		p := problemOn(CodeUnchangeable, e.Name, fmt.Sprintf("no attribute can be given a value, and .%s neither", e.Name.Name))
		if of := x.sample(e.X); of != nil {
			p.Text = fmt.Sprintf("can't assign to .%s field of %s", e.Name.Name, of.Type())
		}
		p.Hint = "what handlers are told does not change: a name of your own can hold another value"
		report(p)
	case *syntax.IndexExpr:
		of := x.sample(e.X)
		_, key := of.(starlark.HasSetKey)
		_, at := of.(starlark.HasSetIndex)
		if of != nil && !key && !at {
			p := problemOn(CodeUnchangeable, e, of.Type()+" value does not support item assignment")
			p.Hint = "it does not change"
			report(p)
			return
		}
		if at, ok := x.frozenBy(e.X, valuesDeep); ok && x.onlyInTurns(within) {
			report(x.frozen(e, of, at))
		}
	}
}

func (x *index) frozen(n syntax.Node, of starlark.Value, at syntax.Position) Problem {
	what := "value"
	if of != nil {
		what = of.Type()
	}
	p := problemOn(CodeUnchangeable, n, fmt.Sprintf("the %s of %s is frozen: what a file sets up does not change once it is loaded", what, posOf(at)))
	p.Hint = "state.set(key, value) remembers; dict(...) and list(...) make a copy that can be changed"
	return p
}

// changes says that a method certainly fails for a value that is frozen.
func changes(of starlark.Value, method string) bool {
	switch of.(type) {
	case *starlark.List:
		return slices.Contains([]string{"append", "clear", "extend", "insert", "pop", "remove"}, method)
	case *starlark.Dict:
		return slices.Contains([]string{"clear", "pop", "popitem"}, method)
	case *starlark.Set:
		return slices.Contains([]string{"add", "discard", "pop", "remove"}, method)
	}
	return false
}

// onlyInTurns says that a function runs in turns, and never while a file is loaded.
func (x *index) onlyInTurns(fn *function) bool {
	in := x.runs[fn].turn
	return fn != nil && in != 0 && in&inLoading == 0
}

// frozenBy follows an expression to the global that it is, or is a part of, and gives where that is set.
func (x *index) frozenBy(e syntax.Expr, deep int) (syntax.Position, bool) {
	if deep == 0 {
		return syntax.Position{}, false
	}
	switch e := bare(e).(type) {
	case *syntax.IndexExpr:
		return x.frozenBy(e.X, deep-1)
	case *syntax.Ident:
		v := x.variable(e)
		if v == nil {
			return syntax.Position{}, false
		}
		if v = x.origin(v); v == nil || v.set != 1 {
			return syntax.Position{}, false
		}
		if b, ok := v.name.Binding.(*resolve.Binding); ok && b.Scope == resolve.Global {
			return v.name.NamePos, v.value != nil
		}
		switch {
		case v.value != nil:
			return x.frozenBy(v.value, deep-1)
		case v.each != nil:
			return x.frozenBy(v.each, deep-1)
		}
	}
	return syntax.Position{}, false
}
