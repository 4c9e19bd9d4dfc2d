package engine

import (
	"math/big"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// valuesDeep is how far names and literals are followed: what is nested deeper is not looked at.
const valuesDeep = 20

// values are what an expression can be, if it says so itself: literals, names that hold one, either side of a
// conditional. nil: nobody knows before it runs.
func (x *index) values(e syntax.Expr) []starlark.Value { return x.valuesOf(e, valuesDeep) }

func (x *index) valuesOf(e syntax.Expr, deep int) []starlark.Value {
	if deep == 0 {
		return nil
	}
	switch e := bare(e).(type) {
	case *syntax.CondExpr:
		return append(x.valuesOf(e.True, deep-1), x.valuesOf(e.False, deep-1)...)
	case *syntax.Ident:
		if isUniversal(e) {
			switch e.Name {
			case "None":
				return []starlark.Value{starlark.None}
			case "True", "False":
				return []starlark.Value{starlark.Bool(e.Name == "True")}
			}
			return nil
		}
		of := x.source(e)
		if of == nil || x.guarded(e) {
			return nil
		}
		switch bare(of).(type) {
		case *syntax.ListExpr, *syntax.DictExpr, *syntax.TupleExpr:
			return nil // it may have been changed since
		}
		return x.valuesOf(of, deep-1)
	case *syntax.Literal:
		if v := literalValue(e); v != nil {
			return []starlark.Value{v}
		}
	case *syntax.UnaryExpr:
		return x.negated(e, deep)
	case *syntax.ListExpr:
		if all, ok := x.elements(e.List, deep); ok {
			return []starlark.Value{starlark.NewList(all)}
		}
	case *syntax.TupleExpr:
		if all, ok := x.elements(e.List, deep); ok {
			return []starlark.Value{starlark.Tuple(all)}
		}
	}
	return nil
}

// guarded says that a condition goes by a name: "if COLOR:" keeps an empty one from a call, and of a "red" if ... else None it
// leaves one side.
func (x *index) guarded(id *syntax.Ident) bool {
	v := x.variable(id)
	of := x.origin(v)
	return v.asked || of.asked
}

// negated is a number with its sign.
func (x *index) negated(e *syntax.UnaryExpr, deep int) []starlark.Value {
	if e.X == nil || e.Op != syntax.MINUS && e.Op != syntax.PLUS {
		return nil
	}
	var out []starlark.Value
	for _, v := range x.valuesOf(e.X, deep-1) {
		if v, err := starlark.Unary(e.Op, v); err == nil {
			out = append(out, v)
		}
	}
	return out
}

// elements are those of a list of which every one is known.
func (x *index) elements(list []syntax.Expr, deep int) ([]starlark.Value, bool) {
	out := make([]starlark.Value, 0, len(list))
	for _, e := range list {
		v := x.valuesOf(e, deep-1)
		if len(v) != 1 {
			return nil, false
		}
		out = append(out, v[0])
	}
	return out, true
}

func literalValue(l *syntax.Literal) starlark.Value {
	switch v := l.Value.(type) {
	case string:
		if l.Token == syntax.BYTES {
			return starlark.Bytes(v)
		}
		return starlark.String(v)
	case int64:
		return starlark.MakeInt64(v)
	case *big.Int:
		return starlark.MakeBigInt(v)
	case float64:
		return starlark.Float(v)
	}
	return nil
}

// isUniversal says that an identifier is one of the language's own.
func isUniversal(id *syntax.Ident) bool {
	b, ok := id.Binding.(*resolve.Binding)
	return ok && b.Scope == resolve.Universal
}
