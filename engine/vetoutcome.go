package engine

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// truth is a set of truth values: what an expression can come to on the ways on which it does not judge.
type truth uint8

const (
	never truth = 0 // it always judges
	yes   truth = 1
	no    truth = 2
	both  truth = yes | no
)

func (t truth) not() truth { return t&yes<<1 | t&no>>1 }

func truthOf(v bool) truth {
	if v {
		return yes
	}
	return no
}

// outcome is what an expression can come to, while somebody holds the player and nothing has judged yet.
func (w *ways) outcome(e syntax.Expr, known *facts) truth {
	e = bare(e)
	if came, ok := w.certain(e, known); ok {
		return came
	}
	switch e := e.(type) {
	case *syntax.Ident:
		return w.ident(e, known)
	case *syntax.Literal:
		return truthOf(bool(literalValue(e).Truth()))
	case *syntax.UnaryExpr:
		if e.X == nil {
			return both
		}
		x := w.outcome(e.X, known)
		if e.Op == syntax.NOT {
			return x.not()
		}
		return all(x)
	case *syntax.BinaryExpr:
		return w.binary(e, known)
	case *syntax.CondExpr:
		out, came := never, w.outcome(e.Cond, known)
		if came&yes != 0 {
			out |= w.outcome(e.True, known)
		}
		if came&no != 0 {
			out |= w.outcome(e.False, known)
		}
		return out
	case *syntax.CallExpr:
		return w.call(e, known)
	case *syntax.DotExpr:
		if w.isHolder(e, valuesDeep) {
			return yes
		}
		return all(w.outcome(e.X, known))
	case *syntax.IndexExpr:
		return all(w.outcome(e.X, known), w.outcome(e.Y, known))
	case *syntax.ListExpr:
		return w.every(e.List, known)
	case *syntax.TupleExpr:
		return w.every(e.List, known)
	case *syntax.Comprehension:
		if first, ok := e.Clauses[0].(*syntax.ForClause); ok {
			return all(w.outcome(first.X, known))
		}
	}
	return both
}

// all is what comes of an expression with parts that are all worked out.
func all(parts ...truth) truth {
	if slices.Contains(parts, never) {
		return never
	}
	return both
}

func (w *ways) every(list []syntax.Expr, known *facts) truth {
	for _, e := range list {
		if w.outcome(e, known) == never {
			return never
		}
	}
	return both
}

func (w *ways) ident(e *syntax.Ident, known *facts) truth {
	switch {
	case isUniversal(e) && e.Name == "True":
		return yes
	case isUniversal(e):
		if e.Name == "False" || e.Name == "None" {
			return no
		}
		return both
	case w.isHolder(e, valuesDeep):
		return yes
	case w.followed == valuesDeep:
		return both
	}
	// What a variable holds was worked out when it was set: if that had always judged, no way would come here.
	w.followed++
	defer func() { w.followed-- }()
	switch of := bare(w.source(e)).(type) {
	case *syntax.CallExpr:
		if fn := w.function(of.Fn); fn != nil {
			if came := w.verdict(fn).results; came != never {
				return came
			}
		}
	case *syntax.BinaryExpr:
		if isNone(bare(of.X)) || isNone(bare(of.Y)) {
			return w.outcome(of, known)
		}
	}
	return both
}

func (w *ways) binary(e *syntax.BinaryExpr, known *facts) truth {
	x := w.outcome(e.X, known)
	switch e.Op {
	case syntax.AND:
		if x&yes != 0 {
			return x&no | w.outcome(e.Y, known)
		}
		return x
	case syntax.OR:
		if x&no != 0 {
			return x&yes | w.outcome(e.Y, known)
		}
		return x
	case syntax.EQL, syntax.NEQ:
		if isNone(bare(e.Y)) && w.isHolder(e.X, valuesDeep) || isNone(bare(e.X)) && w.isHolder(e.Y, valuesDeep) {
			return truthOf(e.Op == syntax.NEQ)
		}
	case syntax.EQ: // an argument by name
		return all(w.outcome(e.Y, known))
	}
	return all(x, w.outcome(e.Y, known))
}

// call is what a call comes to: never, if it judges whatever happens.
func (w *ways) call(c *syntax.CallExpr, known *facts) truth {
	if w.every(c.Args, known) == never {
		return never
	}
	if dot, ok := bare(c.Fn).(*syntax.DotExpr); ok && w.outcome(dot.X, known) == never {
		return never
	}
	if fn := w.function(c.Fn); fn != nil {
		if s := w.verdict(fn); s.gap != nil {
			return s.results
		}
		return never
	}
	if w.mayJudge(c) {
		return never
	}
	return both
}

// mayJudge says whether a call can judge: allow, deny, done, one that fails, one of a function that does, a publish to a
// handler that does. Of a function that nobody can name it is assumed.
func (w *ways) mayJudge(c *syntax.CallExpr) bool {
	if name, ok := w.calledName(c.Fn); ok {
		if w.words.topicAt[name].Name != "" && w.words.turnOnly[name] {
			return w.publishToJudge(c, w.words.topicAt[name])
		}
		return w.words.judges[name]
	}
	if fn := w.function(c.Fn); fn != nil {
		return w.verdict(fn).may
	}
	switch fn := bare(c.Fn).(type) {
	case *syntax.Ident:
		return !isUniversal(fn) || fn.Name == "fail"
	case *syntax.DotExpr:
		return w.sample(fn.X) == nil && !w.languageMethod(fn.Name.Name)
	}
	return true
}

func (w *ways) publishToJudge(c *syntax.CallExpr, at TopicAt) bool {
	lit, ok := bare(argument(c, at)).(*syntax.Literal)
	if !ok {
		return true
	}
	topic, _ := lit.Value.(string)
	for _, name := range w.topics.handled[topic] {
		v := w.variable(name)
		if v == nil {
			return true
		}
		if fn := w.functionOf(v); fn == nil || w.verdict(fn).may {
			return true
		}
	}
	return false
}

// languageMethod says that it is a method of the language's own values, which judge nobody.
func (x *index) languageMethod(name string) bool {
	if x.language == nil {
		x.language = map[string]bool{}
		for _, v := range []starlark.HasAttrs{starlark.String(""), new(starlark.List), new(starlark.Dict), new(starlark.Set), starlark.Bytes("")} {
			for _, method := range v.AttrNames() {
				x.language[method] = true
			}
		}
	}
	return x.language[name]
}

// facts are conditions of which the outcome is known on a way, by their text.
type facts struct {
	before *facts
	text   string
	came   bool
	keyed  string // all of them
}

func (f *facts) key() string {
	if f == nil {
		return ""
	}
	return f.keyed
}

// factsMost is how many are kept: with each the ways may double.
const factsMost = 12

// learn adds what is certain when a condition has come out one way, if it is asked again.
func (w *ways) learn(known *facts, e syntax.Expr, came bool) *facts {
	w.parts(e, came, false, func(text string, came bool) {
		if w.repeats[text] > 1 && len(known.key()) < factsMost*20 {
			known = &facts{known, text, came, fmt.Sprintf("%s%t %s\n", known.key(), came, text)}
		}
	})
	return known
}

// certain says how a condition comes out that has come out before.
func (w *ways) certain(e syntax.Expr, known *facts) (truth, bool) {
	if known == nil {
		return both, false
	}
	e, positive := affirmed(e, true)
	t := wording{index: w.index}
	if !t.expr(e, valuesDeep) {
		return both, false
	}
	said := t.String()
	for f := known; f != nil; f = f.before {
		if f.text == said {
			return truthOf(f.came == positive), true
		}
	}
	return both, false
}

// affirmed is a condition without its negation, and how that then has to come out.
func affirmed(e syntax.Expr, came bool) (syntax.Expr, bool) {
	for {
		e = bare(e)
		switch n := e.(type) {
		case *syntax.UnaryExpr:
			if n.Op == syntax.NOT {
				e, came = n.X, !came
				continue
			}
		case *syntax.BinaryExpr:
			switch n.Op {
			case syntax.NEQ:
				return &syntax.BinaryExpr{X: n.X, Op: syntax.EQL, Y: n.Y}, !came
			case syntax.NOT_IN:
				return &syntax.BinaryExpr{X: n.X, Op: syntax.IN, Y: n.Y}, !came
			}
		}
		return e, came
	}
}

// count counts the conditions that stand in a function: what is known of one that stands there once need not be kept.
func (w *ways) count(body []syntax.Stmt) {
	for _, stmt := range body {
		syntax.Walk(stmt, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.DefStmt, *syntax.LambdaExpr:
				return false
			case *syntax.IfStmt:
				w.parts(n.Cond, true, true, func(text string, _ bool) { w.repeats[text]++ })
			}
			return true
		})
	}
}

// parts gives a condition and those of its parts that are certain when it has come out one way, or all of them: of "a and
// b" both if it is true.
func (w *ways) parts(e syntax.Expr, came, all bool, say func(text string, came bool)) {
	for {
		e, came = affirmed(e, came)
		if t := (wording{index: w.index}); t.expr(e, valuesDeep) {
			say(t.String(), came)
		}
		n, ok := e.(*syntax.BinaryExpr)
		if !ok || n.Op != syntax.AND && n.Op != syntax.OR || !all && came != (n.Op == syntax.AND) {
			return
		}
		w.parts(n.Y, came, all, say)
		e = n.X
	}
}

// wording writes an expression down, if it comes to the same whenever it is asked in one run of a function: names that are
// set once, and methods of values.
type wording struct {
	*index
	strings.Builder
}

func (t *wording) expr(e syntax.Expr, deep int) bool {
	if deep == 0 || t.Len() > 200 {
		return false
	}
	switch e := bare(e).(type) {
	case *syntax.Ident:
		if v := t.variable(e); v != nil {
			fmt.Fprintf(t, "%s@%d:%d", e.Name, v.name.NamePos.Line, v.name.NamePos.Col)
			return v.set == 1
		}
		t.WriteString(e.Name)
		return true
	case *syntax.Literal:
		t.WriteString(e.Raw)
		return true
	case *syntax.DotExpr:
		if _, ok := named(e); ok || !t.expr(e.X, deep-1) {
			return false
		}
		t.WriteString("." + e.Name.Name)
		return true
	case *syntax.IndexExpr:
		return t.expr(e.X, deep-1) && t.sign("[") && t.expr(e.Y, deep-1) && t.sign("]")
	case *syntax.BinaryExpr:
		return t.sign("(") && t.expr(e.X, deep-1) && t.sign(" "+e.Op.String()+" ") && t.expr(e.Y, deep-1) && t.sign(")")
	case *syntax.TupleExpr:
		return t.all(e.List, deep)
	case *syntax.ListExpr:
		return t.all(e.List, deep)
	case *syntax.CallExpr:
		if _, ok := bare(e.Fn).(*syntax.DotExpr); !ok {
			return false
		}
		return t.expr(e.Fn, deep-1) && t.all(e.Args, deep)
	}
	return false
}

func (t *wording) sign(s string) bool {
	t.WriteString(s)
	return true
}

func (t *wording) all(list []syntax.Expr, deep int) bool {
	t.WriteString("(")
	for _, e := range list {
		if !t.expr(e, deep-1) {
			return false
		}
		t.WriteString(",")
	}
	return t.sign(")")
}

// isHolder says that an expression is who holds the player: the attribute of the argument of on_playback that is None when
// nobody does, under whatever name.
func (w *ways) isHolder(e syntax.Expr, deep int) bool {
	attr := w.words.samples[KindPlayback].Holder
	if attr == "" || deep == 0 {
		return false
	}
	if dot, ok := bare(e).(*syntax.DotExpr); ok {
		return dot.Name.Name == attr && w.isTold(dot.X, deep-1)
	}
	return w.denotes(e, deep, holderOf, w.isHolder)
}

// isTold says that an expression is the argument of on_playback.
func (w *ways) isTold(e syntax.Expr, deep int) bool {
	return deep > 0 && w.denotes(e, deep, toldOf, w.isTold)
}

// meaning is what a parameter can always be.
type meaning uint8

const (
	toldOf meaning = iota
	holderOf
)

// denotes follows a name to what it is set to, or to what every caller gives.
func (w *ways) denotes(e syntax.Expr, deep int, what meaning, is func(syntax.Expr, int) bool) bool {
	id, ok := bare(e).(*syntax.Ident)
	if !ok {
		return false
	}
	v := w.variable(id)
	if v == nil || v.set != 1 {
		return false
	}
	if v.of == nil {
		return v.value != nil && is(v.value, deep-1)
	}
	key := meant{v, what}
	if known, ok := w.means[key]; ok {
		return known
	}
	w.means[key] = false // while it is worked out
	fn := v.of
	out := !fn.escapes && (len(fn.calls) > 0 || fn.kind == KindPlayback)
	if fn.kind != "" {
		out = out && fn.kind == KindPlayback && v.at == 0 && what == toldOf
	}
	for _, c := range fn.calls {
		arg := passed(fn, v.at, c)
		out = out && arg != nil && is(arg, deep-1)
	}
	w.means[key] = out
	return out
}

// meant is a question about a parameter.
type meant struct {
	v    *variable
	what meaning
}
