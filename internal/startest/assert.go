package startest

import (
	"errors"
	"fmt"
	"regexp"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/engine"
)

func assertModule() engine.Module {
	return engine.Module{Name: "assert", Members: starlark.StringDict{
		"eq":       comparing("assert.eq", syntax.EQL, "equal to"),
		"ne":       comparing("assert.ne", syntax.NEQ, "other than"),
		"lt":       comparing("assert.lt", syntax.LT, "less than"),
		"le":       comparing("assert.le", syntax.LE, "at most"),
		"gt":       comparing("assert.gt", syntax.GT, "more than"),
		"ge":       comparing("assert.ge", syntax.GE, "at least"),
		"true":     starlark.NewBuiltin("assert.true", assertTrue),
		"false":    starlark.NewBuiltin("assert.false", assertFalse),
		"contains": starlark.NewBuiltin("assert.contains", assertContains),
		"fails":    starlark.NewBuiltin("assert.fails", assertFails),
		"fail":     starlark.NewBuiltin("assert.fail", assertFail),
	}, Pure: []string{"eq", "ne", "lt", "le", "gt", "ge", "true", "false", "contains", "fails", "fail"}, Results: map[string]starlark.Value{"fails": starlark.String("")}}
}

// said is what an assertion says when it does not hold: what the author wrote, and what happened.
func said(b *starlark.Builtin, message, what string) error {
	if message != "" {
		return fmt.Errorf("%s: %s: %s", b.Name(), message, what)
	}
	return fmt.Errorf("%s: %s", b.Name(), what)
}

func comparing(name string, op syntax.Token, words string) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var got, want starlark.Value
		var message string
		if err := unpack(b, args, kwargs, "got", &got, "want", &want, "message?", &message); err != nil {
			return nil, err
		}
		ok, err := starlark.Compare(op, got, want)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", b.Name(), err)
		case ok:
			return starlark.None, nil
		case op == syntax.EQL:
			return nil, said(b, message, differ(got, want))
		}
		return nil, said(b, message, fmt.Sprintf("got %s, want something %s %s", got, words, want))
	})
}

// assert.true(condition, message="")
func assertTrue(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return truth(b, args, kwargs, true)
}

// assert.false(condition, message="")
func assertFalse(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return truth(b, args, kwargs, false)
}

func truth(b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, want bool) (starlark.Value, error) {
	var got starlark.Value
	var message string
	if err := unpack(b, args, kwargs, "condition", &got, "message?", &message); err != nil {
		return nil, err
	}
	if bool(got.Truth()) == want {
		return starlark.None, nil
	}
	return nil, said(b, message, "got "+got.String())
}

// assert.contains(container, item, message="")
func assertContains(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var in, item starlark.Value
	var message string
	if err := unpack(b, args, kwargs, "container", &in, "item", &item, "message?", &message); err != nil {
		return nil, err
	}
	found, err := starlark.Binary(syntax.IN, item, in)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	case bool(found.Truth()):
		return starlark.None, nil
	}
	return nil, said(b, message, fmt.Sprintf("%s is not in %s", item, in))
}

// assert.fails(fn, pattern="", message="") calls fn, which has to fail with what the pattern finds, and gives what it said.
func assertFails(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var fn callee
	var pattern, message string
	if err := unpack(b, args, kwargs, "fn", &fn, "pattern?", &pattern, "message?", &message); err != nil {
		return nil, err
	}
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	value, err := starlark.Call(thread, fn.Callable, nil, nil)
	if err == nil {
		return nil, said(b, message, "it did not fail, and gave "+value.String())
	}
	text := err.Error()
	if run := (*starlark.EvalError)(nil); errors.As(err, &run) {
		text = run.Msg
	}
	if !wanted.MatchString(text) {
		return nil, said(b, message, fmt.Sprintf("it failed with %q, want what matches %q", text, pattern))
	}
	return starlark.String(text), nil
}

// assert.fail(message)
func assertFail(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var message string
	if err := unpack(b, args, kwargs, "message", &message); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%s: %s", b.Name(), message)
}
