package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// ParseEffect reads back what Effect.String wrote: it evaluates the one call in
// a turn of its own. Call and Args (and what follows from them) are those of the
// original; id, account, position and time are the caller's to fill in.
func ParseEffect(text string, modules ...Module) (Effect, error) {
	return recordedBy(callOf(text, false, modules))
}

// ParsePrinted is ParseEffect of text that came from another process: it takes what Effect.String writes and no more, and
// computes nothing.
func ParsePrinted(text string, modules ...Module) (Effect, error) {
	return recordedBy(callOf(text, true, modules))
}

// recordedBy is the one effect of a call.
func recordedBy(t *Turn, err error) (Effect, error) {
	if err != nil {
		return Effect{}, fmt.Errorf("reading an effect: %w", err)
	}
	switch all := append(t.decision.Once, effects(t.standing)...); len(all) {
	case 1:
		e := all[0]
		e.ID, e.Pos, e.Time = "", "", time.Time{}
		return e, nil
	default:
		return Effect{}, fmt.Errorf("reading an effect: the call records %d effects", len(all))
	}
}

// ParseAsk reads back the call of a question. Account and position are the caller's to fill in.
func ParseAsk(text string, modules ...Module) (Ask, error) {
	t, err := callOf(text, true, modules)
	switch {
	case t != nil && len(t.decision.Asks) == 1:
		a := t.decision.Asks[0]
		a.Pos = ""
		return a, nil
	case err != nil:
		return Ask{}, fmt.Errorf("reading a question: %w", err)
	}
	return Ask{}, fmt.Errorf("reading a question: %s asks nothing", quote(text))
}

// callOf evaluates one call in a turn of its own, and gives the turn.
func callOf(text string, printed bool, modules []Module) (*Turn, error) {
	expr, err := fileOptions.ParseExpr("effect", text, 0)
	if err != nil {
		return nil, err
	}
	if _, ok := expr.(*syntax.CallExpr); !ok {
		return nil, fmt.Errorf("%s is not a call", quote(text))
	}
	if printed && !literal(expr) {
		return nil, fmt.Errorf("%s is more than a call with what it is called with", quote(cut(text, 200)))
	}
	t := &Turn{event: Event{Kind: KindPlayback}, limits: Limits{}.orDefault(), given: []VerdictKind{Unknown}}
	thread := &starlark.Thread{Name: "effect"}
	thread.SetLocal(turnLocal, t)
	stop := bound(thread, t.limits)
	defer stop()
	err = func() (err error) {
		defer recovered(&err)
		_, err = starlark.EvalExprOptions(fileOptions, thread, expr, predeclared(modules, true))
		return err
	}()
	if err != nil {
		err = fmt.Errorf("%s: %w", cut(text, 1000), err)
	}
	return t, err
}

// literal says that an expression is what Effect.String writes: calls, values and lists of them.
func literal(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Literal, *syntax.Ident:
		return true
	case *syntax.DotExpr:
		_, ok := e.X.(*syntax.Ident)
		return ok
	case *syntax.ParenExpr:
		return literal(e.X)
	case *syntax.UnaryExpr:
		_, number := e.X.(*syntax.Literal)
		return number && (e.Op == syntax.MINUS || e.Op == syntax.PLUS)
	case *syntax.ListExpr:
		return literals(e.List)
	case *syntax.TupleExpr:
		return literals(e.List)
	case *syntax.DictExpr:
		return literals(e.List)
	case *syntax.DictEntry:
		return literal(e.Key) && literal(e.Value)
	case *syntax.BinaryExpr: // an argument by its name, or a text and a link
		_, name := e.X.(*syntax.Ident)
		return (e.Op == syntax.EQ && name || e.Op == syntax.PLUS && literal(e.X)) && literal(e.Y)
	case *syntax.CallExpr:
		return literal(e.Fn) && literals(e.Args)
	}
	return false
}

func literals(all []syntax.Expr) bool {
	for _, e := range all {
		if !literal(e) {
			return false
		}
	}
	return true
}

func effects(list []stood) []Effect {
	var out []Effect
	for _, s := range list {
		out = append(out, s.effect)
	}
	return out
}

// positioned reads "home.star:12:9".
func positioned(pos string) Problem {
	p := Problem{File: pos}
	rest, col, ok := cutLast(pos)
	if !ok {
		return p
	}
	file, line, ok := cutLast(rest)
	if !ok {
		return p
	}
	return Problem{File: file, Line: line, Col: col}
}

func cutLast(s string) (string, int, bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil
}
