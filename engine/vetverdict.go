package engine

import (
	"fmt"

	"go.starlark.net/syntax"
)

// summary is what is known of a function's verdict, while somebody holds the player.
type summary struct {
	may     bool  // some way through it judges
	gap     *gap  // a way that does not, as short as was found; nil: every way judges
	results truth // what the ways that do not judge give back
}

// gap is a way through a function on which nobody is judged.
type gap struct {
	last *choice
	end  syntax.Position // of the return; not valid: it runs to the end
}

// choice is a condition that came out one way, and those before it.
type choice struct {
	before *choice
	count  int
	line   int32
	loop   bool // a loop with nothing to go through
	came   bool
}

// String is "when the condition of line 14 is false".
func (g *gap) String() string {
	var parts []string
	for c := g.last; c != nil && len(parts) < 3; c = c.before {
		text := fmt.Sprintf("the condition of line %d is %t", c.line, c.came)
		if c.loop {
			text = fmt.Sprintf("the loop of line %d has nothing to go through", c.line)
		}
		parts = append([]string{text}, parts...)
	}
	out := "always"
	if len(parts) > 0 {
		out = "when " + list(parts)
	}
	if g.end.IsValid() {
		out += fmt.Sprintf(", up to the return of line %d", g.end.Line)
	}
	return out
}

// vetVerdicts warns of an on_playback with a way that judges nobody although somebody holds the player. Where there are
// several, one that always judges is enough.
func (x *index) vetVerdicts(order []string, t *topics, warn func(Problem)) {
	if len(x.words.judges) == 0 || x.judgesAsValue() {
		return
	}
	x.topics = t
	var told *summary
	var at *syntax.Ident
	for _, path := range order {
		f := x.files[path]
		if f == nil || !f.rule || f.globals["on_"+KindPlayback] == nil {
			continue
		}
		v := f.globals["on_"+KindPlayback]
		fn := x.functionOf(v)
		if fn == nil {
			return // nobody knows what it does
		}
		s := x.verdict(fn)
		if s.gap == nil {
			return
		}
		if told == nil || s.may || !told.may { // the last that judges at all: that is where the rest is expected
			told, at = s, v.name
		}
	}
	if told == nil {
		return
	}
	p := problemOn(CodeNoVerdict, at, at.Name+" never gives a verdict")
	p.Hint = `call allow() or deny("why"): without either it is unknown whether who plays may`
	if told.may {
		p.Text = "there is a way through " + at.Name + " without a verdict"
		p.Hint = told.gap.String() + `: call allow() or deny("why") there too`
	}
	warn(p)
}

// judgesAsValue says that allow or deny is also handed around: then nobody knows who calls it.
func (x *index) judgesAsValue() bool {
	for _, f := range x.files {
		for _, id := range f.used {
			if name, ok := predeclaredName(id); ok && x.words.judges[name] {
				return true
			}
		}
	}
	return false
}

// verdict is the summary of a function.
func (x *index) verdict(fn *function) *summary {
	if s, ok := x.verdicts[fn]; ok {
		return s
	}
	x.verdicts[fn] = &summary{may: true} // it calls itself: that fails before anything else
	w := &ways{index: x, summary: &summary{}, left: waysMost, seen: map[place]bool{}, repeats: map[string]int{}, matters: map[syntax.Stmt]mattering{}}
	w.count(fn.body)
	w.summary.may = w.block(fn.body)&mayJudgeIn != 0
	w.walk(&rest{stmts: fn.body}, nil, nil)
	if w.left <= 0 { // too many ways: nothing is said
		w.summary.gap, w.summary.results = nil, never
	}
	x.verdicts[fn] = w.summary
	return w.summary
}

// waysMost bounds the work on one function: where there are more ways through it, nothing is said.
const waysMost = 100_000

// ways walks the ways through one function on which nothing has judged yet.
type ways struct {
	*index
	summary  *summary
	left     int
	followed int // variables on the way to what is being worked out
	seen     map[place]bool
	repeats  map[string]int // conditions by their text: how often they stand in the function
	matters  map[syntax.Stmt]mattering
}

// place is a statement and what is known when a way comes to it: from there on all ways are the same.
type place struct {
	stmt  syntax.Stmt
	facts string
}

// rest is what comes next: statements, and what follows the block that they are in.
type rest struct {
	stmts []syntax.Stmt
	next  *rest
	loop  bool // they are the body of a loop
}

// walk goes on until something judges, or the function ends.
func (w *ways) walk(r *rest, known *facts, last *choice) {
	for r != nil {
		if len(r.stmts) == 0 {
			r = r.next
			continue
		}
		stmt := r.stmts[0]
		at := place{stmt, known.key()}
		if w.left--; w.left <= 0 || w.seen[at] {
			return
		}
		w.seen[at] = true
		r = &rest{r.stmts[1:], r.next, r.loop}
		switch stmt := stmt.(type) {
		case *syntax.ExprStmt:
			if w.outcome(stmt.X, known) == never {
				return
			}
		case *syntax.AssignStmt:
			if w.outcome(stmt.RHS, known) == never {
				return
			}
		case *syntax.ReturnStmt:
			w.ends(stmt, known, last)
			return
		case *syntax.BranchStmt:
			if stmt.Token != syntax.PASS {
				r = behindLoop(r)
			}
		case *syntax.IfStmt:
			if r, known, last = w.branch(stmt, r, known, last); r == nil {
				return
			}
		case *syntax.ForStmt:
			if w.outcome(stmt.X, known) == never {
				return
			}
			if w.block(stmt.Body) != 0 {
				w.walk(&rest{stmt.Body, r, true}, known, last)
				if hasElements(stmt.X) {
					return
				}
				last = &choice{before: last, count: last.length() + 1, line: stmt.For.Line, loop: true}
			}
		}
	}
	w.found(&gap{last: last}, no) // None
}

// ends is a return before anything judged, unless what it gives back does.
func (w *ways) ends(stmt *syntax.ReturnStmt, known *facts, last *choice) {
	result := no
	if stmt.Result != nil {
		result = w.outcome(stmt.Result, known)
	}
	if result != never {
		w.found(&gap{last: last, end: stmt.Return}, result)
	}
}

func (w *ways) found(g *gap, result truth) {
	w.summary.results |= result
	if old := w.summary.gap; old == nil || g.last.length() < old.last.length() {
		w.summary.gap = g
	}
}

// branch walks one side of an if, and gives where the other goes on; nil: nowhere.
func (w *ways) branch(stmt *syntax.IfStmt, r *rest, known *facts, last *choice) (*rest, *facts, *choice) {
	came := w.outcome(stmt.Cond, known)
	yesWay, noWay := &rest{stmts: stmt.True, next: r}, &rest{stmts: stmt.False, next: r}
	switch {
	case came == never:
		return nil, nil, nil
	case came == yes:
		return yesWay, known, last
	case came == no:
		return noWay, known, last
	case w.block(stmt.True)|w.block(stmt.False) == 0:
		return r, known, last
	}
	count := last.length() + 1
	w.walk(yesWay, w.learn(known, stmt.Cond, true), &choice{last, count, stmt.If.Line, false, true})
	return noWay, w.learn(known, stmt.Cond, false), &choice{last, count, stmt.If.Line, false, false}
}

func (c *choice) length() int {
	if c == nil {
		return 0
	}
	return c.count
}

// behindLoop is where break and continue go on: a loop is gone through once.
func behindLoop(r *rest) *rest {
	for r != nil && !r.loop {
		r = r.next
	}
	if r == nil {
		return nil
	}
	return r.next
}

// hasElements says that a loop certainly has something to go through.
func hasElements(e syntax.Expr) bool {
	switch e := bare(e).(type) {
	case *syntax.ListExpr:
		return len(e.List) > 0
	case *syntax.TupleExpr:
		return len(e.List) > 0
	}
	return false
}

// mattering says why a statement makes a difference to who is judged.
type mattering uint8

const (
	leavesBlock mattering = 1 << iota // it ends the function or a round of a loop
	mayJudgeIn                        // it may judge
)

func (w *ways) block(stmts []syntax.Stmt) mattering {
	var out mattering
	for _, stmt := range stmts {
		out |= w.stmt(stmt)
	}
	return out
}

func (w *ways) stmt(stmt syntax.Stmt) (out mattering) {
	if known, ok := w.matters[stmt]; ok {
		return known
	}
	defer func() { w.matters[stmt] = out }()
	switch stmt := stmt.(type) {
	case *syntax.IfStmt:
		return w.expr(stmt.Cond) | w.block(stmt.True) | w.block(stmt.False)
	case *syntax.ForStmt:
		return w.expr(stmt.X) | w.block(stmt.Body)
	case *syntax.ExprStmt:
		return w.expr(stmt.X)
	case *syntax.AssignStmt:
		return w.expr(stmt.RHS)
	case *syntax.ReturnStmt:
		if stmt.Result != nil {
			return leavesBlock | w.expr(stmt.Result)
		}
		return leavesBlock
	case *syntax.BranchStmt:
		if stmt.Token != syntax.PASS {
			return leavesBlock
		}
	}
	return 0
}

func (w *ways) expr(e syntax.Expr) mattering {
	var out mattering
	syntax.Walk(e, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.LambdaExpr:
			return false
		case *syntax.CallExpr:
			if w.mayJudge(n) {
				out |= mayJudgeIn
			}
		}
		return true
	})
	return out
}
