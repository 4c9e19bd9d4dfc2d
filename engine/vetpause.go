package engine

import (
	"fmt"

	"go.starlark.net/syntax"
)

// vetPauses looks for pauses in turns that deny nobody. Where no way that comes by one denies, the run is certain to fail
// there: an error. Where one surely does both, allow and pause, it is a warning: whether that way is ever taken nobody knows.
// What denies may also stand in another on_playback, or in the handler of a topic: then nothing is said.
func (x *index) vetPauses(order []string, report func(Problem)) {
	denies := false
	for _, verdict := range x.words.verdicts {
		denies = denies || verdict == Deny
	}
	if !denies || x.judgesAsValue() {
		return
	}
	var all []*function
	for _, path := range order {
		f := x.files[path]
		if f == nil || !f.rule || f.globals["on_"+KindPlayback] == nil {
			continue
		}
		fn := x.functionOf(f.globals["on_"+KindPlayback])
		if fn == nil {
			return
		}
		all = append(all, fn)
	}
	for i, fn := range all {
		alone := true
		for j, other := range all {
			alone = alone && (j == i || !x.mayDeny(other))
		}
		if alone {
			x.vetPausesIn(fn, report)
		}
	}
}

// mayDeny says that a function can deny, or fail on purpose, or calls what nobody knows.
func (x *index) mayDeny(fn *function) bool {
	if known, ok := x.denying[fn]; ok {
		return known
	}
	x.denying[fn] = false // it calls itself: that fails before anything else
	out := false
	for _, stmt := range fn.body {
		out = out || x.mayDenyIn(stmt)
	}
	x.denying[fn] = out
	return out
}

func (x *index) mayDenyIn(n syntax.Node) (out bool) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.LambdaExpr, *syntax.DefStmt:
			return false
		case *syntax.CallExpr:
			out = out || x.callMayDeny(n)
		}
		return !out
	})
	return out
}

func (x *index) callMayDeny(c *syntax.CallExpr) bool {
	if name, ok := x.calledName(c.Fn); ok {
		if at := x.words.topicAt[name]; at.Name != "" && x.words.turnOnly[name] {
			lit, ok := bare(argument(c, at)).(*syntax.Literal)
			if !ok {
				return true
			}
			topic, _ := lit.Value.(string)
			for _, id := range x.topics.handled[topic] {
				v := x.variable(id)
				if v == nil || x.functionOf(v) == nil || x.mayDeny(x.functionOf(v)) {
					return true
				}
			}
			return false
		}
		return x.words.verdicts[name] == Deny
	}
	if fn := x.function(c.Fn); fn != nil {
		return x.mayDeny(fn)
	}
	switch fn := bare(c.Fn).(type) {
	case *syntax.Ident:
		return !isUniversal(fn) || fn.Name == "fail"
	case *syntax.DotExpr:
		return x.sample(fn.X) == nil && !x.languageMethod(fn.Name.Name)
	}
	return true
}

// surelyCalls says that a function makes a call of that name whatever comes, before it can end.
func (x *index) surelyCalls(fn *function, name func(string) bool, deep int) bool {
	for _, stmt := range fn.body {
		switch stmt := stmt.(type) {
		case *syntax.ExprStmt:
			if x.surelyIn(stmt.X, name, deep) {
				return true
			}
		case *syntax.AssignStmt:
			if x.surelyIn(stmt.RHS, name, deep) {
				return true
			}
		case *syntax.ReturnStmt:
			return stmt.Result != nil && x.surelyIn(stmt.Result, name, deep)
		case *syntax.DefStmt:
		case *syntax.BranchStmt: // pass
		default:
			return false
		}
	}
	return false
}

func (x *index) surelyIn(e syntax.Expr, name func(string) bool, deep int) (out bool) {
	if deep == 0 {
		return false
	}
	surely(e, func(e syntax.Expr) {
		c, ok := e.(*syntax.CallExpr)
		if !ok || out {
			return
		}
		if called, ok := x.calledName(c.Fn); ok {
			out = name(called)
		} else if fn := x.function(c.Fn); fn != nil {
			out = x.surelyCalls(fn, name, deep-1)
		}
	})
	return out
}

// pauseWay is what has happened on a way through on_playback.
type pauseWay struct {
	denied   bool   // perhaps
	allowed  bool   // surely
	pauses   uint64 // surely, by their numbers
	block    int    // how deep the block is in which the first allow or pause stands; 0: none yet
	left     bool   // that block was left
	doubtful bool   // and after that a condition was asked: perhaps one that goes with the verdict
}

// pauseWays walks the ways through an on_playback, as ways does, but to their ends.
type pauseWays struct {
	*ways
	seen  map[pausePlace]bool
	calls []*syntax.CallExpr // that surely pause
	came  []cameBy           // for each of them
}

type pausePlace struct {
	stmt  syntax.Stmt
	facts string
	way   pauseWay
}

// cameBy is how the ways end that come by a pause.
type cameBy struct {
	good bool    // one may deny
	bad  bool    // one does not
	said [2]bool // of those: there is one that surely allows, and one that does not
	gap  *gap    // one of these surely allows, and no condition goes between
}

func (x *index) vetPausesIn(fn *function, report func(Problem)) {
	w := &pauseWays{ways: &ways{index: x, summary: &summary{}, left: waysMost, repeats: map[string]int{}, matters: map[syntax.Stmt]mattering{}}, seen: map[pausePlace]bool{}}
	for _, c := range fn.makes {
		if name, ok := x.calledName(c.Fn); ok && name == CallPause || c.callee != nil && x.surelyCalls(c.callee, isPause, valuesDeep) {
			w.calls = append(w.calls, c.CallExpr)
		}
	}
	if len(w.calls) == 0 || len(w.calls) > 64 {
		return
	}
	w.came = make([]cameBy, len(w.calls))
	w.count(fn.body)
	w.walk(&rest{stmts: fn.body}, 1, nil, nil, pauseWay{})
	if w.left <= 0 {
		return
	}
	for i, c := range w.calls {
		came := w.came[i]
		if came.bad && (!came.good || came.gap != nil) {
			report(x.undenied(c, came))
		}
	}
}

func isPause(name string) bool { return name == CallPause }

func (x *index) undenied(c *syntax.CallExpr, came cameBy) Problem {
	verdict := "not deny"
	if !came.said[1] {
		verdict = "allow"
	}
	p := problemOn(CodeUndeniedPause, c.Fn, fmt.Sprintf("pause: the verdict of this turn is %s: only a denied device is paused", verdict))
	p.Hint = `call deny("...") as well`
	if came.good {
		p.Severity = Warning
		p.Text = "pause: there is a way to here on which the verdict is allow: only a denied device is paused"
		p.Hint = came.gap.String() + `: pause only where deny("...") is called`
	}
	if called, ok := x.calledName(c.Fn); !ok || called != CallPause {
		if callee := x.function(c.Fn); callee != nil {
			p.Text += fmt.Sprintf(" (%s calls it)", callee.name)
		}
	}
	return p
}

func (w *pauseWays) walk(r *rest, depth int, known *facts, last *choice, way pauseWay) {
	for r != nil {
		if way.block > 0 && depth < way.block {
			way.left = true
		}
		if len(r.stmts) == 0 {
			r = r.next
			depth--
			continue
		}
		stmt := r.stmts[0]
		at := pausePlace{stmt, known.key(), way}
		if w.left--; w.left <= 0 || w.seen[at] {
			return
		}
		w.seen[at] = true
		r = &rest{r.stmts[1:], r.next, r.loop}
		switch stmt := stmt.(type) {
		case *syntax.ExprStmt:
			way = w.after(stmt.X, depth, way)
		case *syntax.AssignStmt:
			way = w.after(stmt.RHS, depth, way)
		case *syntax.ReturnStmt:
			if stmt.Result != nil {
				way = w.after(stmt.Result, depth, way)
			}
			w.ended(&gap{last: last, end: stmt.Return}, way)
			return
		case *syntax.BranchStmt:
			if stmt.Token != syntax.PASS {
				for r != nil && !r.loop {
					r, depth = r.next, depth-1
				}
				if r != nil {
					r, depth = r.next, depth-1
				}
			}
		case *syntax.IfStmt:
			way = w.after(stmt.Cond, depth, way)
			came := both
			if w.expr(stmt.Cond)&mayJudgeIn == 0 {
				came = w.outcome(stmt.Cond, known)
			}
			yesWay, noWay := &rest{stmts: stmt.True, next: r}, &rest{stmts: stmt.False, next: r}
			switch {
			case came == yes:
				r, depth = yesWay, depth+1
			case came == no:
				r, depth = noWay, depth+1
			case w.block(stmt.True)|w.block(stmt.False) != 0 || w.pausesIn(stmt):
				count := last.length() + 1
				way.doubtful = way.doubtful || way.left
				w.walk(yesWay, depth+1, w.learn(known, stmt.Cond, true), &choice{last, count, stmt.If.Line, false, true}, way)
				known, last = w.learn(known, stmt.Cond, false), &choice{last, count, stmt.If.Line, false, false}
				r, depth = noWay, depth+1
			}
		case *syntax.ForStmt:
			way = w.after(stmt.X, depth, way)
			for _, s := range stmt.Body { // other rounds than the one that is walked
				way.denied = way.denied || w.mayDenyIn(s)
			}
			if w.block(stmt.Body) != 0 || w.pausesIn(stmt) {
				way.doubtful = way.doubtful || way.left
				w.walk(&rest{stmt.Body, r, true}, depth+1, known, last, way)
				last = &choice{before: last, count: last.length() + 1, line: stmt.For.Line, loop: true}
			}
		}
	}
	w.ended(&gap{last: last}, way)
}

// after is a way after an expression was worked out.
func (w *pauseWays) after(e syntax.Expr, depth int, way pauseWay) pauseWay {
	way.denied = way.denied || w.mayDenyIn(e)
	surely(e, func(e syntax.Expr) {
		c, ok := e.(*syntax.CallExpr)
		if !ok {
			return
		}
		before := way
		for i, pause := range w.calls {
			if pause == c {
				way.pauses |= 1 << i
			}
		}
		if name, ok := w.calledName(c.Fn); ok {
			way.allowed = way.allowed || w.words.verdicts[name] == Allow
		} else if fn := w.function(c.Fn); fn != nil {
			way.allowed = way.allowed || w.surelyCalls(fn, func(name string) bool { return w.words.verdicts[name] == Allow }, valuesDeep)
		}
		if way.block == 0 && way != before {
			way.block = depth
		}
	})
	return way
}

// pausesIn says that a pause of those that count stands in a statement.
func (w *pauseWays) pausesIn(stmt syntax.Stmt) (out bool) {
	start, end := stmt.Span()
	for _, c := range w.calls {
		at, _ := c.Span()
		out = out || !before(at, start) && before(at, end)
	}
	return out
}

func (w *pauseWays) ended(g *gap, way pauseWay) {
	for i := range w.came {
		came := &w.came[i]
		switch {
		case way.pauses&(1<<i) == 0:
		case way.denied:
			came.good = true
		default:
			came.bad = true
			came.said[0], came.said[1] = came.said[0] || way.allowed, came.said[1] || !way.allowed
			if way.allowed && !way.doubtful && (came.gap == nil || g.last.length() < came.gap.last.length()) {
				came.gap = g
			}
		}
	}
}
