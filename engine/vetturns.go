package engine

import (
	"fmt"

	"go.starlark.net/syntax"
)

// turn is a set of sorts of turns: those that a function can run in, or in which a call works.
type turn uint8

const (
	inPlayback turn = 1 << iota // that begin with on_playback
	inBlind                     // with on_blind
	inOther                     // with a topic from outside, a press, a timer
	inLoading                   // none at all: a file is being loaded
	anywhere   = inPlayback | inBlind | inOther | inLoading
)

// runsIn is what is known of when a function runs.
type runsIn struct {
	turn
	by *function // a handler that leads there: the first that was found
}

// findTurns works out in which turns functions run: those of the handlers, what they call, and the handlers of what they
// publish. Of a function that is handed around as a value nobody knows it, and of the handler of a topic neither where not
// all rules are there to be read.
func (x *index) findTurns(order []string, t *topics, whole bool) {
	x.runs, x.needs = map[*function]runsIn{}, map[*function]need{}
	whole = whole && !x.publishesAsValue()
	leadsTo := map[*function][]*function{}
	var work []*function
	add := func(fn *function, in turn, by *function) {
		old := x.runs[fn]
		if old.turn|in == old.turn {
			return
		}
		if old.by == nil {
			old.by = by
		}
		old.turn |= in
		x.runs[fn] = old
		work = append(work, fn)
	}
	for _, path := range order {
		f := x.files[path]
		if f == nil {
			continue
		}
		for _, fn := range f.defs {
			add(fn, fn.begins(whole), fn)
		}
		for _, c := range f.calls {
			var next []*function
			if c.callee != nil {
				next = append(next, c.callee)
			}
			if name, ok := x.calledName(c.Fn); ok && x.words.turnOnly[name] && x.words.topicAt[name].Name != "" {
				next = append(next, x.handlersOf(c, name, t)...)
			}
			for _, fn := range next {
				if c.within == nil {
					add(fn, inLoading, nil)
				} else {
					leadsTo[c.within] = append(leadsTo[c.within], fn)
				}
			}
		}
	}
	for len(work) > 0 {
		fn := work[len(work)-1]
		work = work[:len(work)-1]
		for _, next := range leadsTo[fn] {
			add(next, x.runs[fn].turn, x.runs[fn].by)
		}
	}
}

// begins are the turns that begin with a function.
func (f *function) begins(whole bool) turn {
	switch {
	case f.escapes:
		return anywhere
	case f.kind == "":
		return 0
	case f.kind == KindPlayback:
		return inPlayback
	case f.kind == KindBlind:
		return inBlind
	case f.kind != KindTimer && !whole:
		return anywhere
	}
	return inOther
}

// publishesAsValue says that publish is also handed around: then nobody knows who publishes what.
func (x *index) publishesAsValue() bool {
	for _, f := range x.files {
		for _, id := range f.used {
			if name, ok := predeclaredName(id); ok && x.words.topicAt[name].Name != "" {
				return true
			}
		}
	}
	return false
}

// handlersOf are the handlers of what a call publishes.
func (x *index) handlersOf(c *call, name string, t *topics) []*function {
	lit, ok := bare(argument(c.CallExpr, x.words.topicAt[name])).(*syntax.Literal)
	if !ok {
		return nil
	}
	topic, _ := lit.Value.(string)
	var out []*function
	for _, id := range t.handled[topic] {
		if v := x.variable(id); v != nil && x.functionOf(v) != nil {
			out = append(out, x.functionOf(v))
		}
	}
	return out
}

// vetTurns reports calls that work in none of the turns in which their function runs, and calls of functions that surely
// make such a call.
func (x *index) vetTurns(f *indexed, t *topics, report func(Problem)) {
	for _, c := range f.calls {
		if c.within == nil {
			continue
		}
		runs := x.runs[c.within]
		in := runs.turn &^ inLoading
		if in == 0 || t.mistaken[runs.by.kind] {
			continue
		}
		if name, ok := x.calledName(c.Fn); ok {
			if works := x.words.standing[name]; works != 0 && in&works == 0 {
				report(x.wrongTurn(c, runs, name, ""))
			}
			continue
		}
		if c.callee == nil {
			continue
		}
		n := x.need(c.callee)
		if n.works != 0 && in&n.works == 0 && x.runs[c.callee].turn&n.works != 0 { // else it was told in there
			report(x.wrongTurn(c, runs, n.call, c.callee.name))
		}
	}
}

func (x *index) wrongTurn(c *call, runs runsIn, name, through string) Problem {
	p := problemOn(CodeWrongTurn, c.Fn, "")
	who := runs.by.name
	if who == "lambda" {
		who = "a function on the clock"
	}
	verdict := x.words.verdicts[name] != Unknown
	switch onlyBlind := runs.turn&^inLoading == inBlind; {
	case onlyBlind && verdict:
		p.Text = name + ": what is not seen is not judged: on_blind gives no verdict"
		p.Hint = name + " belongs into on_playback"
	case onlyBlind:
		p.Text = name + ": nobody is judged or paused while the player cannot be seen"
		p.Hint = name + " belongs into on_playback"
	default:
		p.Text = fmt.Sprintf("%s: what stands can only be said in a turn that begins with on_playback or on_blind, and %s begins its own", name, who)
		if x.words.standing[name] == inPlayback {
			p.Text = fmt.Sprintf("%s: what stands can only be said in a turn that begins with on_playback, and %s begins its own", name, who)
		}
		p.Hint = "write down what is wanted, with state.set(key, value)"
		if verdict {
			p.Hint += " or approve(device_key)"
		}
		p.Hint += ": on_playback is evaluated again after this turn, and reads it"
	}
	if through != "" {
		p.Text += fmt.Sprintf(" (%s calls it)", through)
	}
	return p
}

// need is a call that a function surely makes, and the turns in which that works.
type need struct {
	call  string
	works turn // 0: it makes none
}

// stricter is what both want of a turn: what works in fewer.
func (n need) stricter(m need) need {
	if n.works == 0 || m.works != 0 && m.works&^n.works == 0 {
		return m
	}
	return n
}

// looser is what either wants of a turn.
func (n need) looser(m need) need {
	if n.works == 0 || m.works == 0 {
		return need{}
	}
	if m.works&^n.works != 0 {
		return m
	}
	return n
}

// need is what a function needs whatever comes.
func (x *index) need(fn *function) need {
	if known, ok := x.needs[fn]; ok {
		return known
	}
	x.needs[fn] = need{} // it calls itself: that fails before anything else
	n, _ := x.needOf(fn.body)
	x.needs[fn] = n
	return n
}

// needOf is what statements need, and whether they may end early.
func (x *index) needOf(stmts []syntax.Stmt) (out need, ends bool) {
	for _, stmt := range stmts {
		switch stmt := stmt.(type) {
		case *syntax.ExprStmt:
			out = out.stricter(x.needIn(stmt.X))
		case *syntax.AssignStmt:
			out = out.stricter(x.needIn(stmt.RHS))
		case *syntax.ReturnStmt:
			if stmt.Result != nil {
				out = out.stricter(x.needIn(stmt.Result))
			}
			return out, true
		case *syntax.BranchStmt:
			if stmt.Token != syntax.PASS {
				return out, true
			}
		case *syntax.IfStmt:
			yes, yesEnds := x.needOf(stmt.True)
			no, noEnds := x.needOf(stmt.False)
			out = out.stricter(x.needIn(stmt.Cond)).stricter(yes.looser(no))
			if yesEnds || noEnds {
				return out, true
			}
		case *syntax.ForStmt:
			out = out.stricter(x.needIn(stmt.X))
			if _, ends := x.needOf(stmt.Body); ends {
				return out, true
			}
		}
	}
	return out, false
}

// needIn is what an expression needs.
func (x *index) needIn(e syntax.Expr) (out need) {
	surely(e, func(e syntax.Expr) {
		c, ok := e.(*syntax.CallExpr)
		if !ok {
			return
		}
		if name, ok := x.calledName(c.Fn); ok {
			if works := x.words.standing[name]; works != 0 {
				out = out.stricter(need{name, works})
			}
		} else if fn := x.function(c.Fn); fn != nil {
			out = out.stricter(x.need(fn))
		}
	})
	return out
}

// surely visits an expression and what in it is worked out whatever comes: of "a and b" only a.
func surely(e syntax.Expr, visit func(syntax.Expr)) {
	syntax.Walk(e, func(n syntax.Node) bool {
		e, ok := n.(syntax.Expr)
		if !ok {
			return n != nil
		}
		visit(e)
		switch e := e.(type) {
		case *syntax.LambdaExpr:
			return false
		case *syntax.CondExpr:
			surely(e.Cond, visit)
			return false
		case *syntax.Comprehension:
			if first, ok := e.Clauses[0].(*syntax.ForClause); ok {
				surely(first.X, visit)
			}
			return false
		case *syntax.BinaryExpr:
			if e.Op == syntax.AND || e.Op == syntax.OR {
				surely(e.X, visit)
				return false
			}
			if e.Op == syntax.EQ { // an argument by name
				surely(e.Y, visit)
				return false
			}
		}
		return true
	})
}
