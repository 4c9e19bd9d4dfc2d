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
	expr, err := fileOptions.ParseExpr("effect", text, 0)
	if err != nil {
		return Effect{}, fmt.Errorf("reading an effect: %w", err)
	}
	if _, ok := expr.(*syntax.CallExpr); !ok {
		return Effect{}, fmt.Errorf("reading an effect: %s is not a call", quote(text))
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
		return Effect{}, fmt.Errorf("reading an effect: %s: %w", text, err)
	}
	switch all := append(t.decision.Once, effects(t.standing)...); len(all) {
	case 1:
		e := all[0]
		e.ID, e.Pos, e.Time = "", "", time.Time{}
		return e, nil
	default:
		return Effect{}, fmt.Errorf("reading an effect: %s records %d effects", quote(text), len(all))
	}
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
