package engine

import "go.starlark.net/syntax"

// left is what a block leaves when it has come to its end.
type left uint8

const (
	leavesNothing  left = iota // what stands below it runs next
	leavesLoop                 // what follows in the loop does not
	leavesFunction             // nor in the function
)

// leaving says what a block certainly leaves: one that ends with return, fail(), continue or break, or with an if all of
// whose ways do.
func leaving(block []syntax.Stmt) left {
	if len(block) == 0 {
		return leavesNothing
	}
	switch s := block[len(block)-1].(type) {
	case *syntax.ReturnStmt:
		return leavesFunction
	case *syntax.BranchStmt:
		if s.Token != syntax.PASS {
			return leavesLoop
		}
	case *syntax.ExprStmt:
		if call, ok := s.X.(*syntax.CallExpr); ok {
			if fn, ok := call.Fn.(*syntax.Ident); ok && fn.Name == "fail" {
				return leavesFunction
			}
		}
	case *syntax.IfStmt:
		return min(leaving(s.True), leaving(s.False))
	}
	return leavesNothing
}
