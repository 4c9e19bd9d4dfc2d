package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// handles gives the kind of event that a top-level function of this name handles.
func handles(name string) (kind string, ok bool) { return strings.CutPrefix(name, "on_") }

// vetHandlers looks at the handlers of a rule file: at their names, and at what they take.
func (x *index) vetHandlers(f *indexed, t *topics, report func(Problem)) {
	for name, v := range f.globals {
		kind, ok := handles(name)
		if !ok {
			continue
		}
		if err := checkTopic(kind); err != nil && !x.words.knows(kind) && !reservedTopic(kind) {
			p := problemOn(CodeUnknownHandler, v.name, name+" handles nothing that happens: "+err.Error())
			if near := Nearest(strings.ToLower(kind), x.words.kinds); near != "" || slices.Contains(x.words.kinds, strings.ToLower(kind)) {
				p.Hint = "did you mean on_" + cmp.Or(near, strings.ToLower(kind)) + "?"
			}
			report(p)
			continue
		}
		if x.mistyped(kind, t) {
			p := problemOn(CodeUnknownHandler, v.name, fmt.Sprintf("on_%s handles nothing that happens", kind))
			p.Hint = fmt.Sprintf("did you mean on_%s?", Nearest(kind, x.words.kinds))
			if kind == KindTimer {
				p.Hint = `give the function to every("1h", fn) or at("22:00", fn)`
			}
			report(p)
			continue
		}
		fn := x.functionOf(v)
		switch {
		case fn != nil:
			if !fn.takesOne() {
				p := problemOn(CodeHandlerArguments, fn.at, name+" is called with one argument")
				p.Hint = fmt.Sprintf("write def %s(now)", name)
				report(p)
			}
		case v.value != nil:
			if what := notCallable(x, v.value); what != "" {
				report(problemOn(CodeNotAHandler, v.name, fmt.Sprintf("%s is a %s: a handler is a function", name, what)))
			}
		}
	}
}

// vetUnrun warns of handlers in a file that is no rule: only others can call them, and nobody does. A draft that nobody
// loads is to be one later.
func (x *index) vetUnrun(f *indexed, t *topics, warn func(Problem)) {
	loaded := map[string]bool{}
	known := strings.HasPrefix(f.path, "lib/") || strings.Contains(f.path, "/lib/")
	for _, other := range x.files {
		for _, l := range other.loads {
			if l.ModuleName() == f.path {
				known = true
				for _, name := range l.From {
					loaded[name.Name] = true
				}
			}
		}
	}
	for name, v := range f.globals {
		kind, ok := handles(name)
		if !ok || !known || loaded[name] || v.read || v.load != "" || !x.words.knows(kind) && len(t.published[kind]) == 0 {
			continue
		}
		if fn := x.functionOf(v); fn == nil || fn.escapes || len(fn.calls) > 0 {
			continue
		}
		p := problemOn(CodeNeverRuns, v.name, name+" never runs: "+f.path+" is no rule, only others load it")
		p.Hint = fmt.Sprintf("load it in a rule file, under another name, and call it in its own def %s(now)", name)
		warn(p)
	}
}

// mistyped says that a kind resembles one that happens, and is none, not even a topic.
func (x *index) mistyped(kind string, t *topics) bool {
	return !x.words.knows(kind) && len(t.published[kind]) == 0 && !x.mentionsUnread(kind) && (kind == KindTimer || Nearest(kind, x.words.kinds) != "")
}

// notCallable is the type of an expression that is certainly no function; "": it may be one.
func notCallable(x *index, e syntax.Expr) string {
	switch e := bare(e).(type) {
	case *syntax.ListExpr:
		return "list"
	case *syntax.DictExpr:
		return "dict"
	case *syntax.TupleExpr:
		return "tuple"
	case *syntax.Literal:
		if v := literalValue(e); v != nil {
			return v.Type()
		}
	}
	return ""
}

// takesOne says whether a function can be called with one argument.
func (f *function) takesOne() bool {
	positional, required, keywords, any := 0, 0, 0, false
	for _, p := range takingDef(f).params {
		switch {
		case p.named && p.required:
			keywords++
		case !p.named:
			positional++
			if p.required {
				required++
			}
		}
	}
	any = takingDef(f).any
	return required <= 1 && keywords == 0 && (positional > 0 || any)
}

// takesOne says why a function cannot be called with one argument.
func takesOne(fn *starlark.Function) error {
	named := fn.NumParams()
	if fn.HasVarargs() {
		named--
	}
	if fn.HasKwargs() {
		named--
	}
	required := 0
	for i := range named - fn.NumKwonlyParams() {
		if fn.ParamDefault(i) == nil {
			required++
		}
	}
	keywords := 0
	for i := named - fn.NumKwonlyParams(); i < named; i++ {
		if fn.ParamDefault(i) == nil {
			keywords++
		}
	}
	if required > 1 || keywords > 0 || (named-fn.NumKwonlyParams() == 0 && !fn.HasVarargs()) {
		return fmt.Errorf("%s is called with one argument: write def %s(now)", fn.Name(), fn.Name())
	}
	return nil
}

// vetTimer looks at a call of every or at: where it stands, and what it is to call.
func (x *index) vetTimer(name string, c *call, report func(Problem)) {
	if c.within != nil {
		report(problemOn(CodeOnlyInHandler, c.Fn, name+": works only at the top level of a file"))
		return
	}
	arg := argument(c.CallExpr, timerFn)
	if arg == nil {
		return
	}
	if fn := x.function(arg); fn != nil && !fn.takesOne() {
		p := problemOn(CodeHandlerArguments, arg, fmt.Sprintf("%s: %s is called with one argument", name, fn.name))
		p.Hint = fmt.Sprintf("write def %s(now)", fn.name)
		report(p)
	}
}
