package engine

import (
	"slices"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// reading are the methods of lists and dicts that change nothing.
var reading = []string{"get", "items", "keys", "values", "index", "count"}

// changed says whether the list or dict that a variable holds may be another by the time it is read, or is looked into
// by a condition, "if HOUSE[name] != 'none':", so that not everything that stands in it is used. "name in HOUSE" looks at
// its keys only.
func (x *index) changed(v *variable) bool {
	if known, ok := x.changes[v]; ok {
		return known
	}
	x.changes[v] = true // while it is worked out
	out := false
	for _, f := range x.files {
		if !out && f.tree != nil {
			s := scan{index: x, file: f, of: v, frozen: f.path != v.file, nested: holdsMore(v.value)}
			s.run()
			out = s.found
		}
	}
	x.changes[v] = out
	return out
}

// holdsMore says that there are lists or dicts in a list or dict.
func holdsMore(display syntax.Expr) bool {
	display = bare(display)
	found := false
	if display != nil {
		syntax.Walk(display, func(n syntax.Node) bool {
			switch n.(type) {
			case *syntax.ListExpr, *syntax.DictExpr:
				found = found || n != display
			}
			return !found
		})
	}
	return found
}

// scan looks at every place where a variable is named.
type scan struct {
	*index
	file   *indexed
	of     *variable
	frozen bool // it is of another file, which has been loaded
	nested bool // there are lists or dicts in it, which can be changed under other names
	found  bool
	stack  []syntax.Node
}

func (s *scan) run() {
	syntax.Walk(s.file.tree, func(n syntax.Node) bool {
		if n == nil {
			s.stack = s.stack[:len(s.stack)-1]
			return true
		}
		s.stack = append(s.stack, n)
		if id, ok := n.(*syntax.Ident); ok {
			if v := s.variable(id); v != nil && s.origin(v) == s.of {
				s.found = s.found || s.use(id)
			}
		}
		return true
	})
}

// use says whether a use of the name may change what it holds, or looks into it.
func (s *scan) use(id *syntax.Ident) bool {
	up := func(n int) syntax.Node {
		if n >= len(s.stack) {
			return nil
		}
		return s.stack[len(s.stack)-1-n]
	}
	i := 1
	var child syntax.Node = id
	for {
		if p, ok := up(i).(*syntax.ParenExpr); ok {
			child = p
			i++
			continue
		}
		break
	}
	if s.condition() {
		return true
	}
	if s.nested && !s.frozen && i < len(s.stack) && (!isGlobal(s.of.name) || !s.inFunction()) {
		assign, binding := up(i).(*syntax.AssignStmt)
		return !binding || assign.RHS == child
	}
	switch p := up(i).(type) {
	case *syntax.AssignStmt:
		if p.RHS == child {
			return s.away()
		}
		return false // where it is given its value
	case *syntax.DotExpr:
		return !slices.Contains(reading, p.Name.Name) && !s.frozen
	case *syntax.IndexExpr:
		return p.X == child && !s.frozen && s.assigned(i)
	case *syntax.SliceExpr, *syntax.BinaryExpr, *syntax.UnaryExpr, *syntax.ForStmt, *syntax.ForClause, *syntax.IfStmt, *syntax.IfClause, *syntax.LoadStmt:
		return false
	case *syntax.CallExpr:
		if fn, ok := bare(p.Fn).(*syntax.Ident); ok {
			if b, ok := fn.Binding.(*resolve.Binding); ok && (b.Scope == resolve.Universal || b.Scope == resolve.Predeclared) {
				return false
			}
		}
		if dot, ok := bare(p.Fn).(*syntax.DotExpr); ok {
			if _, ok := named(dot); ok {
				return false
			}
		}
	}
	return s.away()
}

// away says whether what is handed on can be changed there: a global is frozen by the time handlers run, unless a function of
// the rule's own is called while the file is loaded.
func (s *scan) away() bool {
	if s.frozen {
		return false
	}
	if !isGlobal(s.of.name) {
		return true
	}
	if !s.inFunction() {
		return true
	}
	for _, c := range s.file.calls {
		if c.within == nil && s.function(c.Fn) != nil {
			return true
		}
	}
	return false
}

func (s *scan) inFunction() bool {
	for _, n := range s.stack {
		switch n.(type) {
		case *syntax.DefStmt, *syntax.LambdaExpr:
			return true
		}
	}
	return false
}

// assigned says that an element is given another value: HOUSE["Kitchen"] = "red".
func (s *scan) assigned(i int) bool {
	for ; i+1 < len(s.stack); i++ {
		n, p := s.stack[len(s.stack)-1-i], s.stack[len(s.stack)-2-i]
		switch p := p.(type) {
		case *syntax.IndexExpr:
			if p.X != n {
				return false
			}
		case *syntax.DotExpr: // HOUSE["Kitchen"].append
			return !slices.Contains(reading, p.Name.Name) && !s.languageReads(p.Name.Name)
		case *syntax.AssignStmt:
			return p.LHS == n
		case *syntax.ParenExpr, *syntax.TupleExpr, *syntax.ListExpr:
		default:
			return false
		}
	}
	return false
}

// languageReads says that a method is one of texts, which do not change.
func (x *index) languageReads(name string) bool {
	_, ok := languageTakes["string."+name]
	return ok
}

// condition says that the name stands in a condition or a comparison, but not as that in which something is looked for.
func (s *scan) condition() bool {
	for i := len(s.stack) - 1; i > 0; i-- {
		n, p := s.stack[i], s.stack[i-1]
		switch p := p.(type) {
		case *syntax.BinaryExpr:
			switch p.Op {
			case syntax.IN, syntax.NOT_IN:
				if p.Y == n && i == len(s.stack)-1 {
					return false
				}
				return true
			case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE:
				return true
			case syntax.AND, syntax.OR:
				return true
			}
		case *syntax.IfStmt:
			return p.Cond == n
		case *syntax.IfClause:
			return true
		case *syntax.CondExpr:
			return p.Cond == n
		case *syntax.UnaryExpr:
			if p.Op == syntax.NOT {
				return true
			}
		case syntax.Stmt:
			return false
		}
	}
	return false
}
