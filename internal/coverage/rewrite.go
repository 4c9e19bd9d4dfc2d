package coverage

import (
	"strings"

	"go.starlark.net/syntax"
)

// The names of what counts. No rule can spell them.
const (
	ranName  = "(ran)"  // (ran)(n)
	tookName = "(took)" // (took)(n, value) is the value, after its truth was counted
	eachName = "(each)" // (each)(n, value) is the value, after it was counted whether there is anything in it
)

// rewriter puts counting into a file. Without a tree that was rewritten before, it finds the points in the same order:
// the same content has the same points.
type rewriter struct {
	base   int // what the numbers of this file's points begin with
	points []point
	depth  int // of functions
}

func (r *rewriter) point(p point) int {
	r.points = append(r.points, p)
	return r.base + len(r.points) - 1
}

func (r *rewriter) file(f *syntax.File) { f.Stmts = r.block(f.Stmts) }

// block counts each statement of a block.
func (r *rewriter) block(in []syntax.Stmt) []syntax.Stmt {
	var out []syntax.Stmt
	for i, s := range in {
		if i > 0 || !isText(s) { // what documents does not run
			at, end := s.Span()
			if head, ok := headEnd(s); ok {
				end = head
			}
			out = append(out, r.count(r.point(point{what: statement, at: at, end: end}), at))
		}
		r.stmt(s)
		out = append(out, s)
	}
	return out
}

func isText(s syntax.Stmt) bool {
	e, ok := s.(*syntax.ExprStmt)
	if !ok {
		return false
	}
	lit, ok := e.X.(*syntax.Literal)
	return ok && lit.Token == syntax.STRING
}

// headEnd is where the head of a statement with a block ends: the block's lines are its own.
func headEnd(s syntax.Stmt) (end syntax.Position, ok bool) {
	switch s := s.(type) {
	case *syntax.IfStmt:
		_, end = s.Cond.Span()
	case *syntax.ForStmt:
		_, end = s.X.Span()
	case *syntax.DefStmt:
		end = s.Rparen
	default:
		return end, false
	}
	return end, true
}

func (r *rewriter) stmt(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.AssignStmt:
		r.expr(&s.LHS)
		r.expr(&s.RHS)
	case *syntax.ExprStmt:
		r.expr(&s.X)
	case *syntax.ReturnStmt:
		if s.Result != nil {
			r.expr(&s.Result)
		}
	case *syntax.IfStmt:
		r.ifStmt(s, "if")
	case *syntax.ForStmt:
		r.expr(&s.X)
		r.wrap(eachName, &s.X, point{what: branch, at: s.For, end: syntax.End(s.X), name: "for", ways: [2]string{"with anything in it", "with nothing in it"}, implicit: true})
		s.Body = r.block(s.Body)
	case *syntax.DefStmt:
		r.params(s.Params)
		name := s.Name.Name
		at, _ := s.Span()
		n := r.point(point{what: function, at: at, end: s.Rparen, name: name, handler: r.depth == 0 && strings.HasPrefix(name, "on_")})
		r.depth++
		s.Body = append([]syntax.Stmt{r.count(n, at)}, r.block(s.Body)...)
		r.depth--
	}
}

// ifStmt counts an if with everything that hangs on it. An elif is an if alone in the else: it is no statement of its own.
func (r *rewriter) ifStmt(s *syntax.IfStmt, word string) {
	at := s.If
	_, end := s.Cond.Span()
	r.expr(&s.Cond)
	r.wrap(tookName, &s.Cond, point{what: branch, at: at, end: end, name: word, ways: [2]string{"true", "false"}, implicit: len(s.False) == 0})
	s.True = r.block(s.True)
	if elif, ok := elifOf(s); ok {
		at, end := elif.If, syntax.End(elif.Cond)
		mark := r.count(r.point(point{what: statement, at: at, end: end}), at)
		r.ifStmt(elif, "elif")
		s.False = []syntax.Stmt{mark, elif}
		return
	}
	s.False = r.block(s.False)
}

// elifOf tells an elif from an if in an else: both stand at the place of what begins it.
func elifOf(s *syntax.IfStmt) (*syntax.IfStmt, bool) {
	if len(s.False) != 1 {
		return nil, false
	}
	elif, ok := s.False[0].(*syntax.IfStmt)
	return elif, ok && elif.If == s.ElsePos
}

// params looks into what parameters are without an argument.
func (r *rewriter) params(params []syntax.Expr) {
	for _, p := range params {
		if b, ok := p.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			r.expr(&b.Y)
		}
	}
}

// expr looks for branches inside an expression.
func (r *rewriter) expr(e *syntax.Expr) {
	switch x := (*e).(type) {
	case *syntax.BinaryExpr:
		r.binary(x)
	case *syntax.CallExpr:
		r.expr(&x.Fn)
		for i := range x.Args {
			r.argument(&x.Args[i])
		}
	case *syntax.CondExpr:
		at, end := x.Cond.Span()
		r.expr(&x.Cond)
		r.wrap(tookName, &x.Cond, point{what: branch, at: at, end: end, name: "if ... else", ways: [2]string{"true", "false"}})
		r.expr(&x.True)
		r.expr(&x.False)
	case *syntax.Comprehension:
		r.comprehension(x)
	case *syntax.DictExpr:
		r.list(x.List)
	case *syntax.DictEntry:
		r.expr(&x.Key)
		r.expr(&x.Value)
	case *syntax.DotExpr:
		r.expr(&x.X)
	case *syntax.IndexExpr:
		r.expr(&x.X)
		r.expr(&x.Y)
	case *syntax.LambdaExpr:
		r.lambda(x)
	case *syntax.ListExpr:
		r.list(x.List)
	case *syntax.ParenExpr:
		r.expr(&x.X)
	case *syntax.SliceExpr:
		r.expr(&x.X)
		for _, part := range []*syntax.Expr{&x.Lo, &x.Hi, &x.Step} {
			if *part != nil {
				r.expr(part)
			}
		}
	case *syntax.TupleExpr:
		r.list(x.List)
	case *syntax.UnaryExpr:
		if x.X != nil {
			r.expr(&x.X)
		}
	}
}

func (r *rewriter) list(all []syntax.Expr) {
	for i := range all {
		r.expr(&all[i])
	}
}

// argument leaves the name of name=value and the stars as they are.
func (r *rewriter) argument(e *syntax.Expr) {
	if b, ok := (*e).(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
		r.expr(&b.Y)
		return
	}
	r.expr(e)
}

// binary counts whether the right side of an and or an or was needed. Its place is that of the word: of "a or b or c" both
// begin with a.
func (r *rewriter) binary(x *syntax.BinaryExpr) {
	r.expr(&x.X)
	r.expr(&x.Y)
	at, end := x.OpPos, x.OpPos
	switch x.Op {
	case syntax.AND:
		r.wrap(tookName, &x.X, point{what: branch, at: at, end: end, name: "and", ways: [2]string{"true", "false"}, implicit: true})
	case syntax.OR:
		r.wrap(tookName, &x.X, point{what: branch, at: at, end: end, name: "or", ways: [2]string{"true", "false"}, implicit: true})
	}
}

func (r *rewriter) comprehension(x *syntax.Comprehension) {
	r.expr(&x.Body)
	for _, c := range x.Clauses {
		switch c := c.(type) {
		case *syntax.ForClause:
			r.expr(&c.X)
		case *syntax.IfClause:
			_, end := c.Cond.Span()
			r.expr(&c.Cond)
			r.wrap(tookName, &c.Cond, point{what: branch, at: c.If, end: end, name: "comprehension if", ways: [2]string{"true", "false"}, implicit: true})
		}
	}
}

// lambda counts its calls.
func (r *rewriter) lambda(x *syntax.LambdaExpr) {
	r.params(x.Params)
	at, _ := x.Span()
	start, end := x.Body.Span()
	p := point{what: function, at: at, end: end, name: "lambda"}
	if end.Line > at.Line {
		p.body = max(start.Line, at.Line+1)
	}
	n := r.point(p)
	r.depth++
	r.expr(&x.Body)
	r.depth--
	// [(ran)(n), body][1]
	x.Body = &syntax.IndexExpr{
		X:      &syntax.ListExpr{Lbrack: at, List: []syntax.Expr{call(ranName, at, n), x.Body}, Rbrack: end},
		Lbrack: at, Y: number(1, at), Rbrack: end,
	}
}

// count is the statement that counts.
func (r *rewriter) count(n int, at syntax.Position) syntax.Stmt {
	return &syntax.ExprStmt{X: call(ranName, at, n)}
}

func (r *rewriter) wrap(name string, e *syntax.Expr, p point) {
	start, end := (*e).Span()
	c := call(name, start, r.point(p))
	c.Args = append(c.Args, *e)
	c.Rparen = end
	*e = c
}

func call(name string, at syntax.Position, n int) *syntax.CallExpr {
	return &syntax.CallExpr{Fn: &syntax.Ident{NamePos: at, Name: name}, Lparen: at, Args: []syntax.Expr{number(n, at)}, Rparen: at}
}

func number(n int, at syntax.Position) *syntax.Literal {
	return &syntax.Literal{Token: syntax.INT, TokenPos: at, Value: int64(n)}
}
