package timeline

import (
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/engine"
)

// normal gives a call the form in which effects print: every argument by name, in signature order, without those at
// their default. So an author may write blink1.set("red").
func normal(text string, modules []engine.Module) (string, error) {
	if text == "" {
		return "", errors.New("a call is missing")
	}
	expr, err := (&syntax.FileOptions{}).ParseExpr("", text, 0)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %s", afterPosition(err))
	}
	call, ok := expr.(*syntax.CallExpr)
	if !ok {
		return "", errors.New(`is no call: write one like pause() or blink1.set(color="red")`)
	}
	if !literal(expr) {
		return "", errors.New("the arguments have to be written out: texts, numbers, True, False, None")
	}
	if name, ok := call.Fn.(*syntax.Ident); ok && (name.Name == "allow" || name.Name == "deny") {
		return verdict(name.Name, text)
	}
	e, err := engine.ParseEffect(text, modules...)
	if err != nil {
		return "", errors.New(strings.TrimPrefix(err.Error(), "reading an effect: "))
	}
	return e.String(), nil
}

// afterPosition is what a syntax error says, without where: the line is known.
func afterPosition(err error) string {
	if bad := (syntax.Error{}); errors.As(err, &bad) {
		return bad.Msg
	}
	return err.Error()
}

// literal says whether evaluating the expression takes no more time and memory than reading it: a timeline comes from
// anywhere, and Starlark's "a" * 1000000000 is one step.
func literal(expr syntax.Expr) bool {
	ok := true
	syntax.Walk(expr, func(n syntax.Node) bool {
		switch n := n.(type) {
		case nil, *syntax.CallExpr, *syntax.DotExpr, *syntax.Ident, *syntax.Literal, *syntax.ListExpr, *syntax.TupleExpr, *syntax.ParenExpr:
		case *syntax.UnaryExpr:
			ok = ok && n.Op == syntax.MINUS
		case *syntax.BinaryExpr: // key="value", and text + slack.link(...)
			ok = ok && (n.Op == syntax.EQ || n.Op == syntax.PLUS)
		default:
			ok = false
		}
		return ok
	})
	return ok
}

// verdict reads allow(reason="") or deny(reason). A verdict is no effect, so ParseEffect does not know it.
func verdict(name, text string) (string, error) {
	v := engine.Verdict{Kind: engine.Allow, Given: true}
	if name == "deny" {
		v.Kind = engine.Deny
	}
	give := func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		param := "reason?"
		if v.Kind == engine.Deny {
			param = "reason"
		}
		return starlark.None, starlark.UnpackArgs(b.Name(), args, kwargs, param, &v.Reason)
	}
	env := starlark.StringDict{name: starlark.NewBuiltin(name, give)}
	thread := &starlark.Thread{}
	thread.SetMaxExecutionSteps(10_000)
	if _, err := starlark.EvalOptions(&syntax.FileOptions{}, thread, "", text, env); err != nil {
		return "", fmt.Errorf("cannot be read: %s", lastOf(err))
	}
	return v.String(), nil
}

func lastOf(err error) string {
	if run := (*starlark.EvalError)(nil); errors.As(err, &run) {
		return run.Msg
	}
	return afterPosition(err)
}
