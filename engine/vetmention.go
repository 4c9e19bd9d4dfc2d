package engine

import (
	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// mentions lists where a file names what is predeclared, whether it calls it or
// not: h = pause is one of pause, and so is getattr(slack, "post") of slack.post.
// A module that is named as a value, whatever becomes of it, is one of "slack".
// It is not followed: what it is used for is not seen.
func mentions(f *syntax.File, words *vocabulary) []Call {
	var out []Call
	counted := map[*syntax.Ident]bool{} // by what is around it
	memberOf := func(x syntax.Expr, member string) {
		id, ok := bare(x).(*syntax.Ident)
		if !ok {
			return
		}
		if module, ok := predeclaredName(id); ok && words.members[module] != nil {
			out = append(out, Call{joined(module, member), id.NamePos.String()})
			counted[id] = true
		}
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DotExpr:
			memberOf(n.X, n.Name.Name)
		case *syntax.CallExpr:
			if x, member, ok := gotten(n); ok {
				memberOf(x, member)
			}
		case *syntax.Ident:
			if name, ok := predeclaredName(n); ok && !counted[n] {
				out = append(out, Call{name, n.NamePos.String()})
			}
		}
		return true
	})
	return out
}

// gotten is what getattr(x, "member") gets from what, if the member is a literal.
func gotten(c *syntax.CallExpr) (x syntax.Expr, member string, ok bool) {
	fn, ok := bare(c.Fn).(*syntax.Ident)
	if !ok || fn.Name != "getattr" || len(c.Args) < 2 {
		return nil, "", false
	}
	if b, ok := fn.Binding.(*resolve.Binding); !ok || b.Scope != resolve.Universal {
		return nil, "", false
	}
	lit, ok := bare(c.Args[1]).(*syntax.Literal)
	if !ok {
		return nil, "", false
	}
	member, ok = lit.Value.(string) // of bytes as well, which fail when they are run
	return c.Args[0], member, ok
}

// bare is an expression without the parentheses around it.
func bare(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}
