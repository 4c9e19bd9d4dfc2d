package engine

import (
	"fmt"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// locals goes through one function in the order in which it runs, for names that are asked before anything gives them a
// value. Who knows Python expects N += 1 to change the N of the file: here a function that sets a name has one of its own.
type locals struct {
	*index
	fn     *function
	set    map[*variable]bool // perhaps, by now
	undo   []*variable        // in the order in which they were set
	loops  []*syntax.ForStmt  // around
	bound  map[*syntax.ForStmt]map[*variable]bool
	told   map[*variable]bool
	vain   map[*variable]bool // nothing that would set it can: it asks for the name before
	given  []*syntax.Ident    // names on the left of =
	report func(Problem)
}

// vetLocals looks for names without a value, and for values that change nothing.
func (x *index) vetLocals(f *indexed, report func(Problem)) {
	for _, fn := range f.defs {
		l := &locals{index: x, fn: fn, set: map[*variable]bool{}, told: map[*variable]bool{}, report: report}
		for _, p := range fn.params {
			if id, _, _ := parameter(p); id != nil {
				l.gives(id)
			}
		}
		l.stmts(fn.body)
		for _, id := range l.given {
			l.unchanged(f, id)
		}
	}
}

// own is the variable that an identifier names, if it belongs to the function that it stands in.
func (x *index) own(id *syntax.Ident) *variable {
	b, ok := id.Binding.(*resolve.Binding)
	if !ok || b.Scope != resolve.Local && b.Scope != resolve.Cell {
		return nil
	}
	return x.variable(id)
}

func (l *locals) gives(id *syntax.Ident) {
	if v := l.own(id); v != nil && !l.set[v] {
		l.set[v] = true
		l.undo = append(l.undo, v)
	}
}

func (l *locals) stmts(stmts []syntax.Stmt) {
	for _, stmt := range stmts {
		l.stmt(stmt)
	}
}

func (l *locals) stmt(stmt syntax.Stmt) {
	switch stmt := stmt.(type) {
	case *syntax.ExprStmt:
		l.expr(stmt.X)
	case *syntax.ReturnStmt:
		if stmt.Result != nil {
			l.expr(stmt.Result)
		}
	case *syntax.AssignStmt:
		if stmt.Op != syntax.EQ {
			l.expr(stmt.LHS)
		}
		l.expr(stmt.RHS)
		l.target(stmt.LHS, stmt.Op == syntax.EQ)
	case *syntax.DefStmt:
		for _, p := range stmt.Params {
			if _, otherwise, _ := parameter(p); otherwise != nil {
				l.expr(otherwise)
			}
		}
		l.gives(stmt.Name)
	case *syntax.IfStmt:
		l.expr(stmt.Cond)
		from := len(l.undo)
		l.stmts(stmt.True)
		if len(stmt.False) == 0 {
			return
		}
		either := append([]*variable(nil), l.undo[from:]...)
		for _, v := range either {
			delete(l.set, v)
		}
		l.undo = l.undo[:from]
		l.stmts(stmt.False)
		for _, v := range either {
			if !l.set[v] {
				l.set[v] = true
				l.undo = append(l.undo, v)
			}
		}
	case *syntax.ForStmt:
		l.expr(stmt.X)
		l.loops = append(l.loops, stmt)
		l.target(stmt.Vars, false)
		l.stmts(stmt.Body)
		l.loops = l.loops[:len(l.loops)-1]
	}
}

// target is the left side of an assignment, or the variables of a loop.
func (l *locals) target(e syntax.Expr, assigned bool) {
	switch e := bare(e).(type) {
	case *syntax.Ident:
		if assigned {
			l.given = append(l.given, e)
		}
		l.gives(e)
	case *syntax.TupleExpr:
		for _, one := range e.List {
			l.target(one, false)
		}
	case *syntax.ListExpr:
		for _, one := range e.List {
			l.target(one, false)
		}
	default:
		l.expr(e)
	}
}

func (l *locals) expr(e syntax.Expr) {
	syntax.Walk(e, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.LambdaExpr:
			for _, p := range n.Params {
				if _, otherwise, _ := parameter(p); otherwise != nil {
					l.expr(otherwise)
				}
			}
			return false
		case *syntax.Comprehension:
			for _, c := range n.Clauses {
				switch c := c.(type) {
				case *syntax.ForClause:
					l.expr(c.X)
					l.target(c.Vars, false)
				case *syntax.IfClause:
					l.expr(c.Cond)
				}
			}
			l.expr0(n.Body)
			return false
		case *syntax.DotExpr:
			l.expr(n.X)
			return false
		case *syntax.BinaryExpr:
			if n.Op == syntax.EQ { // an argument by name
				l.expr(n.Y)
				return false
			}
		case *syntax.Ident:
			l.asks(n)
		}
		return true
	})
}

// expr0 is what a comprehension makes: an entry of a dict is no expression of its own.
func (l *locals) expr0(n syntax.Node) {
	if entry, ok := n.(*syntax.DictEntry); ok {
		l.expr(entry.Key)
		l.expr(entry.Value)
		return
	}
	l.expr(n.(syntax.Expr))
}

// asks is a use of a name.
func (l *locals) asks(id *syntax.Ident) {
	v := l.own(id)
	if v == nil || l.set[v] || l.told[v] || l.laterSet(v) && !l.inVain(v) {
		return
	}
	l.told[v] = true
	p := problemOn(CodeUnsetName, id, fmt.Sprintf("%s has no value here yet", id.Name))
	if at, ok := l.globalOf(id.Name); ok {
		p.Hint = fmt.Sprintf("%s sets %[2]s, and so it is its own, not that of line %[3]d: globals do not change: state.set(\"%[4]s\", value) remembers, and state.get(\"%[4]s\") reads it", l.fn.name, id.Name, at.Line, keyed(id.Name))
	} else if l.words.names(id.Name) {
		p.Hint = fmt.Sprintf("%s sets %s, and so it is its own: give it another name", l.fn.name, id.Name)
	} else {
		p.Hint = fmt.Sprintf("set %s before", id.Name)
	}
	l.report(p)
}

// laterSet says that another round of a loop around may have given it a value.
func (l *locals) laterSet(v *variable) bool {
	for _, loop := range l.loops {
		if l.bound == nil {
			l.bound = map[*syntax.ForStmt]map[*variable]bool{}
		}
		in, ok := l.bound[loop]
		if !ok {
			in = map[*variable]bool{}
			for _, stmt := range loop.Body {
				l.binds(stmt, func(id *syntax.Ident) { in[l.own(id)] = true })
			}
			l.bound[loop] = in
		}
		if in[v] {
			return true
		}
	}
	return false
}

// binds visits the names that a statement gives a value.
func (l *locals) binds(stmt syntax.Stmt, visit func(*syntax.Ident)) {
	var names func(e syntax.Expr)
	names = func(e syntax.Expr) {
		switch e := bare(e).(type) {
		case *syntax.Ident:
			visit(e)
		case *syntax.TupleExpr:
			for _, one := range e.List {
				names(one)
			}
		case *syntax.ListExpr:
			for _, one := range e.List {
				names(one)
			}
		}
	}
	syntax.Walk(stmt, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			names(n.LHS)
		case *syntax.ForStmt:
			names(n.Vars)
		case *syntax.DefStmt:
			visit(n.Name)
			return false
		case syntax.Expr:
			return false
		}
		return true
	})
}

// inVain says that every statement that would set a name asks for it before: N += 1, N = N + 1.
func (l *locals) inVain(v *variable) bool {
	if l.vain == nil {
		l.vain = map[*variable]bool{}
		other := map[*variable]bool{}
		for _, stmt := range l.fn.body {
			syntax.Walk(stmt, func(n syntax.Node) bool {
				switch n := n.(type) {
				case *syntax.AssignStmt:
					l.vainly(n, other)
				case *syntax.ForStmt:
					l.binds(&syntax.ForStmt{For: n.For, Vars: n.Vars, X: n.X}, func(id *syntax.Ident) { other[l.own(id)] = true })
				case *syntax.DefStmt:
					other[l.own(n.Name)] = true
					return false
				case syntax.Expr:
					return false
				}
				return true
			})
		}
		for v := range other {
			delete(l.vain, v)
		}
	}
	return l.vain[v]
}

func (l *locals) vainly(n *syntax.AssignStmt, other map[*variable]bool) {
	id, ok := bare(n.LHS).(*syntax.Ident)
	if !ok {
		l.binds(n, func(id *syntax.Ident) { other[l.own(id)] = true })
		return
	}
	v := l.own(id)
	if n.Op != syntax.EQ {
		l.vain[v] = true
		return
	}
	asks := false
	surely(n.RHS, func(e syntax.Expr) {
		if used, ok := e.(*syntax.Ident); ok && l.own(used) == v {
			asks = true
		}
	})
	if asks {
		l.vain[v] = true
	} else {
		other[v] = true
	}
}

// unchanged warns of a name that a function sets and does not use, although the file has one of that name.
func (l *locals) unchanged(f *indexed, id *syntax.Ident) {
	v := l.own(id)
	if v == nil || v.read || l.told[v] {
		return
	}
	at, ok := l.globalOf(id.Name)
	if !ok {
		return
	}
	l.told[v] = true
	p := problemOn(CodeUnchangedGlobal, id, fmt.Sprintf("%s is set here for %s alone, which does not use it: that of line %d stays as it is", id.Name, l.fn.name, at.Line))
	p.Hint = fmt.Sprintf("globals do not change: state.set(\"%[1]s\", value) remembers, and state.get(\"%[1]s\") reads it", keyed(id.Name))
	p.Severity = Warning
	l.report(p)
}

// globalOf is where the file of the function gives a global of that name its value.
func (l *locals) globalOf(name string) (syntax.Position, bool) {
	f := l.files[l.fn.file]
	if f == nil {
		return syntax.Position{}, false
	}
	if v := f.globals[name]; v != nil {
		return v.name.NamePos, true
	}
	return syntax.Position{}, false
}

// keyed is a name as a key of the state is usually written.
func keyed(name string) string {
	out := []byte(name)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c - 'A' + 'a'
		}
	}
	return string(out)
}
