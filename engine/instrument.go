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
	guard      bool   // what follows in the function runs only when it was not true
	last       int32  // line of the function
}

// instrument rewrites a parsed file so that its conditions, what they read, and the calls that give a verdict are noted.
// What the rules do, and where each call stands, stays as it is.
type instrument struct {
	lines []string
	sites *[]site
	last  int32 // line of the function that is rewritten
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
			outer := in.last
			in.last = end.Line
			in.stmts(s.Body)
			in.last = outer
		case *syntax.ForStmt:
			s.X = in.expr(s.X)
			in.stmts(s.Body)
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
	at := site{pos: s.If, text: in.text(s.Cond), start: start.Line, end: end.Line, last: in.last}
	if n := len(s.True); n > 0 {
		_, at.guard = s.True[n-1].(*syntax.ReturnStmt)
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

// values notes what the names in a condition were.
func (in *instrument) values(e syntax.Expr) syntax.Expr {
	switch x := e.(type) {
	case *syntax.Ident:
		if x.Name == "True" || x.Name == "False" || x.Name == "None" {
			return e
		}
		return in.value(e)
	case *syntax.DotExpr, *syntax.SliceExpr:
		return in.value(e)
	case *syntax.IndexExpr:
		text := in.text(e)
		x.Y = in.values(x.Y)
		return in.noted(sawValue, site{text: text}, e)
	case *syntax.CallExpr:
		text := in.text(e)
		for i, arg := range x.Args {
			switch arg := arg.(type) {
			case *syntax.BinaryExpr:
				if arg.Op == syntax.EQ {
					arg.Y = in.values(arg.Y)
					continue
				}
				x.Args[i] = in.values(arg)
			case *syntax.UnaryExpr:
				if arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR {
					continue
				}
				x.Args[i] = in.values(arg)
			default:
				x.Args[i] = in.values(arg)
			}
		}
		return in.noted(sawValue, site{text: text}, e)
	case *syntax.ParenExpr:
		x.X = in.values(x.X)
	case *syntax.UnaryExpr:
		x.X = in.values(x.X)
	case *syntax.BinaryExpr:
		x.X, x.Y = in.values(x.X), in.values(x.Y)
	case *syntax.CondExpr:
		x.Cond, x.True, x.False = in.values(x.Cond), in.values(x.True), in.values(x.False)
	case *syntax.TupleExpr:
		for i := range x.List {
			x.List[i] = in.values(x.List[i])
		}
	}
	return e
}

func (in *instrument) value(e syntax.Expr) syntax.Expr {
	return in.noted(sawValue, site{text: in.text(e)}, e)
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

// text is the source of an expression, on one line.
func (in *instrument) text(e syntax.Expr) string {
	start, end := e.Span()
	if start.Line != end.Line || int(start.Line) > len(in.lines) {
		return cut(in.lineAt(start.Line), textBytes)
	}
	line := []rune(in.lines[start.Line-1])
	from, to := int(start.Col)-1, int(end.Col)-1
	if from < 0 || to > len(line) || from > to {
		return cut(in.lineAt(start.Line), textBytes)
	}
	return string(line[from:to])
}

func (in *instrument) lineAt(n int32) string {
	if n < 1 || int(n) > len(in.lines) {
		return ""
	}
	return in.lines[n-1]
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
