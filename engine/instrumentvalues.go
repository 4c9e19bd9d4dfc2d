package engine

import (
	"slices"

	"go.starlark.net/syntax"
)

// values notes what an expression reads: names, members and elements, what is called and what with, and what they come to.
// The names of a comprehension are left out, and what is made of them: they have a value for each element.
func (in *instrument) values(e syntax.Expr) syntax.Expr {
	switch x := e.(type) {
	case *syntax.Ident:
		if x.Name == "True" || x.Name == "False" || x.Name == "None" {
			return e
		}
		return in.value(e, in.reading(e))
	case *syntax.DotExpr:
		whole := in.reading(e)
		if !isPath(x.X) {
			x.X = in.values(x.X)
		}
		return in.value(e, whole)
	case *syntax.SliceExpr:
		whole := in.reading(e)
		x.X = in.values(x.X)
		for _, part := range []*syntax.Expr{&x.Lo, &x.Hi, &x.Step} {
			if *part != nil {
				*part = in.values(*part)
			}
		}
		return in.value(e, whole)
	case *syntax.IndexExpr:
		whole := in.reading(e)
		x.X, x.Y = in.values(x.X), in.values(x.Y)
		return in.value(e, whole)
	case *syntax.CallExpr:
		whole := in.reading(e)
		in.called(x)
		return in.value(e, whole)
	case *syntax.ParenExpr:
		x.X = in.values(x.X)
	case *syntax.UnaryExpr:
		if x.X != nil {
			x.X = in.values(x.X)
		}
	case *syntax.BinaryExpr:
		x.X, x.Y = in.values(x.X), in.values(x.Y)
	case *syntax.CondExpr:
		x.Cond, x.True, x.False = in.values(x.Cond), in.values(x.True), in.values(x.False)
	case *syntax.TupleExpr:
		in.list(x.List)
	case *syntax.ListExpr:
		in.list(x.List)
	case *syntax.DictExpr:
		in.list(x.List)
	case *syntax.DictEntry:
		x.Key, x.Value = in.values(x.Key), in.values(x.Value)
	case *syntax.Comprehension:
		in.comprehension(x)
	}
	return e
}

func (in *instrument) list(all []syntax.Expr) {
	for i := range all {
		all[i] = in.values(all[i])
	}
}

// called notes what a call is made on, and what it is made with.
func (in *instrument) called(x *syntax.CallExpr) {
	switch fn := x.Fn.(type) {
	case *syntax.Ident:
	case *syntax.DotExpr:
		fn.X = in.values(fn.X)
	default:
		x.Fn = in.values(x.Fn)
	}
	for i, arg := range x.Args {
		switch arg := arg.(type) {
		case *syntax.BinaryExpr:
			if arg.Op == syntax.EQ { // the left side is a name
				arg.Y = in.values(arg.Y)
				continue
			}
		case *syntax.UnaryExpr:
			if arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR {
				arg.X = in.values(arg.X)
				continue
			}
		}
		x.Args[i] = in.values(arg)
	}
}

// comprehension notes what one reads beside its own names.
func (in *instrument) comprehension(x *syntax.Comprehension) {
	own := map[string]bool{}
	for i, clause := range x.Clauses {
		switch c := clause.(type) {
		case *syntax.ForClause:
			c.X = in.values(c.X)
			if i == 0 { // the first of them is not inside
				in.each = append(in.each, own)
			}
			syntax.Walk(c.Vars, func(n syntax.Node) bool {
				if id, ok := n.(*syntax.Ident); ok {
					own[id.Name] = true
				}
				return true
			})
		case *syntax.IfClause:
			c.Cond = in.values(c.Cond)
		}
	}
	x.Body = in.values(x.Body)
	in.each = in.each[:len(in.each)-1]
}

// reading is what is noted of an expression, before its parts are rewritten; nil: nothing is.
func (in *instrument) reading(e syntax.Expr) *site {
	own := false
	syntax.Walk(e, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			own = own || slices.ContainsFunc(in.each, func(names map[string]bool) bool { return names[id.Name] })
		}
		return !own
	})
	if own {
		return nil
	}
	return &site{text: in.text(e)}
}

func (in *instrument) value(e syntax.Expr, at *site) syntax.Expr {
	if at == nil {
		return e
	}
	return in.noted(sawValue, *at, e)
}

// isPath says that an expression is a name, or a member of one: what it is a member of goes without saying.
func isPath(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		return true
	case *syntax.DotExpr:
		return isPath(e.X)
	}
	return false
}
