package engine

import (
	"strings"

	"go.starlark.net/syntax"
)

// text is the source of an expression, on one line.
func (in *instrument) text(e syntax.Expr) string {
	start, end := syntax.Start(e), endOf(e)
	var parts []string
	for n := start.Line; n <= end.Line; n++ {
		if n < 1 || int(n) > len(in.lines) {
			return ""
		}
		line := []rune(in.lines[n-1])
		from, to := 0, len(line)
		if n == start.Line {
			from = int(start.Col) - 1
		}
		if n == end.Line {
			to = int(end.Col) - 1
		}
		if from < 0 || from > to || to > len(line) {
			return cut(strings.TrimSpace(in.lines[start.Line-1]), textBytes)
		}
		parts = append(parts, strings.TrimSpace(string(line[from:to])))
	}
	return cut(strings.Join(parts, " "), textBytes)
}

// endOf is where an expression ends. The parser's own Span leaves out the bracket of those that end with one of an index,
// a slice or a tuple.
func endOf(e syntax.Expr) syntax.Position {
	after := func(bracket syntax.Position) syntax.Position {
		bracket.Col++
		return bracket
	}
	switch e := e.(type) {
	case *syntax.IndexExpr:
		return after(e.Rbrack)
	case *syntax.SliceExpr:
		return after(e.Rbrack)
	case *syntax.TupleExpr:
		if e.Lparen.IsValid() {
			return after(e.Rparen)
		}
		return endOf(e.List[len(e.List)-1])
	case *syntax.BinaryExpr:
		return endOf(e.Y)
	case *syntax.UnaryExpr:
		if e.X != nil {
			return endOf(e.X)
		}
	case *syntax.CondExpr:
		return endOf(e.False)
	case *syntax.LambdaExpr:
		return endOf(e.Body)
	}
	return syntax.End(e)
}
