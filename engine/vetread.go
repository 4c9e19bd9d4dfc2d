package engine

import (
	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// reader makes an indexed of a file.
type reader struct {
	*index
	*indexed
	bound map[*syntax.Ident]bool      // identifiers that are no use of a value
	held  map[*syntax.LambdaExpr]bool // lambdas that a variable holds: they go where it goes
	timed map[*syntax.LambdaExpr]bool // lambdas that are given to every and at
	conds map[syntax.Expr]bool        // expressions that are conditions
	dead  map[syntax.Node]bool        // what is behind "if False"
	stack []around                    // of each node on the way
}

// around is what a node is in.
type around struct {
	within *function
	asked  bool // a condition or a comparison
	dead   bool // behind "if False"
}

// isPart says whether a node is one of those that parts lists.
func isPart(n syntax.Node) bool {
	switch n.(type) {
	case *syntax.AssignStmt, *syntax.ForStmt, *syntax.ForClause, *syntax.BinaryExpr, *syntax.UnaryExpr, *syntax.IndexExpr,
		*syntax.SliceExpr, *syntax.ExprStmt, *syntax.IfStmt, *syntax.IfClause, *syntax.CondExpr:
		return true
	}
	return false
}

func (r *reader) read(f *syntax.File) {
	syntax.Walk(f, func(n syntax.Node) bool {
		if n == nil {
			r.stack = r.stack[:len(r.stack)-1]
			return true
		}
		var in around
		if len(r.stack) > 0 {
			in = r.stack[len(r.stack)-1]
		}
		in.asked = in.asked || r.asks(n)
		if id, ok := n.(*syntax.Ident); ok && in.asked {
			r.asked = append(r.asked, id)
		}
		in.dead = in.dead || r.dead[n]
		if isPart(n) && !in.dead {
			r.parts = append(r.parts, part{n, in.within})
		}
		in.within = r.node(n, in.within)
		r.stack = append(r.stack, in)
		return true
	})
}

// isFalse says that a condition switches off what is behind it.
func isFalse(e syntax.Expr) bool {
	id, ok := bare(e).(*syntax.Ident)
	return ok && id.Name == "False" && isUniversal(id)
}

// asks says whether a node is a condition or a comparison.
func (r *reader) asks(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.IfStmt:
		r.conds[n.Cond] = true
		if isFalse(n.Cond) {
			for _, stmt := range n.True {
				r.dead[stmt] = true
			}
		}
	case *syntax.IfClause:
		r.conds[n.Cond] = true
	case *syntax.CondExpr:
		r.conds[n.Cond] = true
		if isFalse(n.Cond) {
			r.dead[n.True] = true
		}
	case *syntax.BinaryExpr:
		switch n.Op {
		case syntax.AND, syntax.OR:
			r.conds[n.X] = true
		case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE, syntax.IN, syntax.NOT_IN:
			return true
		}
	}
	e, ok := n.(syntax.Expr)
	return ok && r.conds[e]
}

// node takes up one node, and gives the function that encloses what is in it.
func (r *reader) node(n syntax.Node, within *function) *function {
	switch n := n.(type) {
	case *syntax.DefStmt:
		fn := &function{name: n.Name.Name, at: n.Name, file: r.path, params: n.Params, body: n.Body, outer: within}
		if v := r.bind(n.Name); v != nil {
			v.fn = fn
		}
		r.parameters(fn)
		r.defs = append(r.defs, fn)
		return fn
	case *syntax.LambdaExpr:
		fn := r.lambda(n)
		fn.outer = within
		r.parameters(fn)
		r.defs = append(r.defs, fn)
		return fn
	case *syntax.AssignStmt:
		if n.Op == syntax.EQ {
			r.assign(n.LHS, n.RHS)
		} else if id, ok := bare(n.LHS).(*syntax.Ident); ok {
			r.bind(id)
			r.bind(id)
		}
	case *syntax.ForStmt:
		r.each(n.Vars, n.X, &loop{vars: n.Vars, of: n.X, body: n.Body})
	case *syntax.ForClause:
		r.each(n.Vars, n.X, &loop{vars: n.Vars, of: n.X})
	case *syntax.LoadStmt:
		r.loads = append(r.loads, n)
		for i, to := range n.To {
			if v := r.bind(to); v != nil {
				v.from, v.load = n.From[i], n.ModuleName()
			}
		}
	case *syntax.DotExpr:
		r.dots = append(r.dots, n)
	case *syntax.BinaryExpr:
		if n.Op == syntax.PERCENT {
			r.formats = append(r.formats, format{n, within})
		}
	case *syntax.CallExpr:
		r.call(n, within)
	case *syntax.Ident:
		if !r.bound[n] {
			r.used = append(r.used, n)
		}
	}
	return within
}

func (r *reader) call(n *syntax.CallExpr, within *function) {
	c := &call{CallExpr: n, within: within}
	r.within[n] = within
	if within != nil {
		c.inside = within.name
		within.makes = append(within.makes, c)
	}
	r.calls = append(r.calls, c)
	if id, ok := bare(n.Fn).(*syntax.Ident); ok {
		r.bound[id] = true // called, not used as a value
	}
	if name, _ := calledName(n); r.words.timers[name] {
		switch fn := bare(argument(n, timerFn)).(type) {
		case *syntax.Ident:
			r.bound[fn] = true // called with an event
		case *syntax.LambdaExpr:
			r.timed[fn] = true
		}
	}
	if id, ok := bare(n.Fn).(*syntax.Ident); ok && (id.Name == "hasattr" || id.Name == "getattr") && len(n.Args) > 1 {
		if lit, ok := bare(n.Args[1]).(*syntax.Literal); ok {
			if name, ok := lit.Value.(string); ok {
				r.probed[name] = true
			}
		}
	}
}

func (r *reader) lambda(n *syntax.LambdaExpr) *function {
	fn := &function{
		name: "lambda", at: n, file: r.path, params: n.Params, escapes: !r.held[n] && !r.timed[n],
		body: []syntax.Stmt{&syntax.ReturnStmt{Return: n.Lambda, Result: n.Body}},
	}
	if r.timed[n] {
		fn.kind = KindTimer
	}
	r.lambdas[n] = fn
	return fn
}

// bind counts one more value of a variable.
func (r *reader) bind(id *syntax.Ident) *variable {
	r.bound[id] = true
	b, ok := id.Binding.(*resolve.Binding)
	if !ok || b.First == nil || b.Scope == resolve.Predeclared || b.Scope == resolve.Universal || b.Scope == resolve.Undefined {
		return nil
	}
	v := r.variables[b.First]
	if v == nil {
		v = &variable{name: b.First, file: r.path}
		r.variables[b.First] = v
	}
	v.set++
	return v
}

func (r *reader) assign(to, value syntax.Expr) {
	switch to := bare(to).(type) {
	case *syntax.Ident:
		if v := r.bind(to); v != nil {
			v.value = value
			switch value := bare(value).(type) {
			case *syntax.LambdaExpr:
				r.held[value] = true
			case *syntax.Ident:
				if _, ok := handles(to.Name); ok && isGlobal(to) {
					r.bound[value] = true // on_playback = judge: called with an event
				}
			}
		}
	case *syntax.TupleExpr:
		r.assignAll(to.List, value)
	case *syntax.ListExpr:
		r.assignAll(to.List, value)
	}
}

func isGlobal(id *syntax.Ident) bool {
	b, ok := id.Binding.(*resolve.Binding)
	return ok && b.Scope == resolve.Global
}

// assignAll takes a, b = x, y apart.
func (r *reader) assignAll(to []syntax.Expr, value syntax.Expr) {
	values, _ := bare(value).(*syntax.TupleExpr)
	for i, one := range to {
		if values != nil && len(values.List) == len(to) {
			r.assign(one, values.List[i])
		} else {
			r.assign(one, nil)
		}
	}
}

func (r *reader) each(vars, of syntax.Expr, in *loop) {
	switch vars := bare(vars).(type) {
	case *syntax.Ident:
		if v := r.bind(vars); v != nil {
			v.each, v.loop = of, in
		}
	case *syntax.TupleExpr:
		for _, one := range vars.List {
			r.each(one, nil, in)
		}
	case *syntax.ListExpr:
		for _, one := range vars.List {
			r.each(one, nil, in)
		}
	}
}

func (r *reader) parameters(fn *function) {
	for i, p := range fn.params {
		id, _, plain := parameter(p)
		if id == nil {
			continue
		}
		if v := r.bind(id); v != nil && plain {
			v.of, v.at = fn, i
		}
	}
}

// parameter takes a parameter apart: its name (nil: a bare *), its default, and whether it is none of *args and **kwargs.
func parameter(p syntax.Expr) (id *syntax.Ident, otherwise syntax.Expr, plain bool) {
	switch p := p.(type) {
	case *syntax.Ident:
		return p, nil, true
	case *syntax.BinaryExpr:
		id, _ = p.X.(*syntax.Ident)
		return id, p.Y, true
	case *syntax.UnaryExpr:
		id, _ = p.X.(*syntax.Ident)
	}
	return id, nil, false
}
