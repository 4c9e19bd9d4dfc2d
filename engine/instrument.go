package engine

import (
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// What instrumented rules call. No rule can name them: a name has no blank.
const (
	sawCondition = "saw condition" // (site, value) -> value
	sawValue     = "saw value"     // (site, value) -> value
	sawVerdict   = "saw verdict"   // (value) -> value
)

// site is a place of the rules whose value is noted.
type site struct {
	pos        syntax.Position
	text       string // of the expression
	start, end int32  // lines of the whole if; of a conditional expression its own
	guard      bool   // what follows, up to last, runs only by what it came to
	last       int32  // line of the function, or of the loop that is left or begun anew
}

// instrument rewrites a parsed file so that its conditions, what they read, and the calls that give a verdict are noted.
// What the rules do, and where each call stands, stays as it is.
type instrument struct {
	lines []string
	sites *[]site
	last  int32             // line of the function that is rewritten
	loop  int32             // last line of the innermost loop around; 0: there is none
	each  []map[string]bool // the names of the comprehensions around
}

// instrument rewrites a file of those that are loaded.
func (x *Explainer) instrument(files Snapshot, tree *syntax.File) {
	f, _ := files.find(tree.Path)
	in := instrument{lines: strings.Split(strings.ReplaceAll(string(f.Data), "\r\n", "\n"), "\n"), sites: &x.sites}
	in.stmts(tree.Stmts)
}

func (in *instrument) stmts(list []syntax.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *syntax.DefStmt:
			_, end := s.Span()
			last, loop := in.last, in.loop
			in.last, in.loop = end.Line, 0
			in.stmts(s.Body)
			in.last, in.loop = last, loop
		case *syntax.ForStmt:
			_, end := s.Span()
			s.X = in.expr(s.X)
			loop := in.loop
			in.loop = end.Line
			in.stmts(s.Body)
			in.loop = loop
		case *syntax.IfStmt:
			in.ifStmt(s)
		case *syntax.AssignStmt:
			s.RHS = in.expr(s.RHS)
		case *syntax.ExprStmt:
			s.X = in.expr(s.X)
		case *syntax.ReturnStmt:
			if s.Result != nil {
				s.Result = in.expr(s.Result)
			}
		}
	}
}

func (in *instrument) ifStmt(s *syntax.IfStmt) {
	start, end := s.Span()
	at := site{pos: s.If, text: in.text(s.Cond), start: start.Line, end: end.Line}
	switch max(leaving(s.True), leaving(s.False)) {
	case leavesFunction:
		at.guard, at.last = true, in.last
	case leavesLoop:
		at.guard, at.last = true, in.loop
	}
	s.Cond = in.condition(s.Cond, at)
	in.stmts(s.True)
	in.stmts(s.False)
}

// condition notes what an expression came to, and what it read.
func (in *instrument) condition(e syntax.Expr, at site) syntax.Expr {
	return in.noted(sawCondition, at, in.values(e))
}

// expr looks for conditional expressions and verdicts in one that is no condition.
func (in *instrument) expr(e syntax.Expr) syntax.Expr {
	switch e := e.(type) {
	case *syntax.CondExpr:
		start, end := e.Span()
		e.Cond = in.condition(e.Cond, site{pos: e.If, text: in.text(e.Cond), start: start.Line, end: end.Line})
		e.True, e.False = in.expr(e.True), in.expr(e.False)
	case *syntax.ParenExpr:
		e.X = in.expr(e.X)
	case *syntax.UnaryExpr:
		if e.X != nil {
			e.X = in.expr(e.X)
		}
	case *syntax.BinaryExpr:
		if e.Op != syntax.EQ { // a named argument's left side is a name
			e.X = in.expr(e.X)
		}
		e.Y = in.expr(e.Y)
	case *syntax.CallExpr:
		for i, arg := range e.Args {
			e.Args[i] = in.expr(arg)
		}
		if fn, ok := e.Fn.(*syntax.Ident); ok && (fn.Name == "allow" || fn.Name == "deny") {
			return wrapped(sawVerdict, e, e)
		}
	}
	return e
}

// noted wraps an expression in a call that notes its value under a number.
func (in *instrument) noted(by string, at site, e syntax.Expr) syntax.Expr {
	n := len(*in.sites)
	*in.sites = append(*in.sites, at)
	start, _ := e.Span()
	return wrapped(by, e, &syntax.Literal{Token: syntax.INT, TokenPos: start, Raw: "", Value: int64(n)}, e)
}

func wrapped(name string, at syntax.Expr, args ...syntax.Expr) syntax.Expr {
	start, end := at.Span()
	return &syntax.CallExpr{Fn: &syntax.Ident{NamePos: start, Name: name}, Lparen: start, Args: args, Rparen: end}
}

// witness are the builtins that instrumented rules call.
func (x *Explainer) witness() starlark.StringDict {
	note := func(name string, do func(thread *starlark.Thread, n int, v starlark.Value)) *starlark.Builtin {
		return starlark.NewBuiltin(name, func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			n := 0
			if len(args) > 1 {
				i, _ := starlark.AsInt32(args[0])
				n = i
			}
			v := args[len(args)-1]
			if _, ok := thread.Local(turnLocal).(*Turn); ok {
				do(thread, n, v)
			}
			return v, nil
		})
	}
	return starlark.StringDict{
		sawCondition: note(sawCondition, x.condition),
		sawValue:     note(sawValue, x.value),
		sawVerdict:   note(sawVerdict, x.verdict),
	}
}
