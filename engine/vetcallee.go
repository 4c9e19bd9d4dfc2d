package engine

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// vetCallee looks for calls of what is no function: HOUSE("Kitchen"), now.device(), blink1("red").
func (x *index) vetCallee(c *call, report func(Problem)) {
	what, hint := x.noFunction(c.Fn, valuesDeep)
	if what == "" {
		return
	}
	p := problemOn(CodeNotAFunction, c.Fn, what+": only a function can be called")
	p.Hint = hint
	report(p)
}

// noFunction says what an expression is that is certainly no function; "": it may be one.
func (x *index) noFunction(e syntax.Expr, deep int) (what, hint string) {
	e = bare(e)
	if deep == 0 {
		return "", ""
	}
	switch e := e.(type) {
	case *syntax.Ident:
		if module, ok := predeclaredName(e); ok {
			if members := x.words.members[module]; members != nil {
				return module + " is a module", "call one of what it has: " + list(members)
			}
			return "", ""
		}
		if isUniversal(e) {
			if v, ok := starlark.Universe[e.Name].(starlark.Callable); v == nil || !ok {
				return e.Name + " is a " + starlark.Universe[e.Name].Type(), ""
			}
			return "", ""
		}
		return x.nameOfNone(e, deep)
	case *syntax.DotExpr:
		if name, ok := named(e); ok {
			if v := x.words.constants[name]; v != nil {
				return name + " is a " + v.Type(), "write " + name + " without ()"
			}
			return "", ""
		}
		if s := x.sample(e); s != nil && !callable(s) {
			return fmt.Sprintf("%s is a %s", e.Name.Name, s.Type()), "write " + e.Name.Name + " without ()"
		}
		return "", ""
	case *syntax.CallExpr:
		name, ok := x.calledName(e.Fn)
		if _, own := x.words.signatures[name]; ok && own { // none of them gives a function
			return "what " + name + "(...) gives is no function", ""
		}
	}
	if what := notCallable(x, e); what != "" {
		return "this is a " + what, ""
	}
	if s := x.sample(e); s != nil && !callable(s) {
		return "this is a " + s.Type(), ""
	}
	return "", ""
}

// nameOfNone is noFunction of a name that a rule gave a value. "if CALL: CALL()" is left to the run.
func (x *index) nameOfNone(e *syntax.Ident, deep int) (what, hint string) {
	v := x.variable(e)
	if v == nil {
		return "", ""
	}
	of := x.origin(v)
	if of == nil || of.set != 1 || of.fn != nil || v.asked || of.asked && of.value == nil {
		return "", ""
	}
	s := x.sample(e)
	if s == nil && of.value != nil {
		if value, _ := x.noFunction(of.value, deep-1); value == "" {
			return "", ""
		}
		if kind := notCallable(x, of.value); kind != "" {
			return e.Name + " is a " + kind, ""
		}
		return e.Name + " holds no function", ""
	}
	if s == nil || callable(s) {
		return "", ""
	}
	if s.Type() == "dict" || s.Type() == "list" {
		hint = "write " + e.Name + "[...]"
	}
	return e.Name + " is a " + s.Type(), hint
}

func callable(v starlark.Value) bool { _, ok := v.(starlark.Callable); return ok }
