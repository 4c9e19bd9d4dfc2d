package engine

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// taking is what can be given to a function, be it a builtin or the rule's own.
type taking struct {
	name   string
	params []take
	any    bool   // more arguments without names: *args
	fields bool   // other arguments by name: **kwargs
	topic  string // the argument that is a topic, which others check; "": none
}

// take is one argument that a function takes.
type take struct {
	name     string
	required bool
	named    bool   // by name only
	check    *Param // nil: any value
}

func takingOf(s Signature, topic string) taking {
	t := taking{name: s.Name, any: s.Any, fields: s.Fields, topic: topic}
	for i, p := range s.Params {
		t.params = append(t.params, take{name: p.Name, required: p.Required, named: p.Named, check: &s.Params[i]})
	}
	return t
}

// takingDef is what a function of the rule's own takes.
func takingDef(fn *function) taking {
	t := taking{name: fn.name}
	star := false
	for _, p := range fn.params {
		id, otherwise, plain := parameter(p)
		switch u, _ := p.(*syntax.UnaryExpr); {
		case plain && id != nil:
			t.params = append(t.params, take{name: id.Name, required: otherwise == nil, named: star})
		case u != nil && u.Op == syntax.STARSTAR:
			t.fields = true
		default: // * or *args
			star, t.any = true, t.any || id != nil
		}
	}
	return t
}

// taken is what is known of the function that a call calls.
func (x *index) taken(c *call) (taking, bool) {
	if name, ok := x.calledName(c.Fn); ok {
		s, ok := x.words.signatures[name]
		return takingOf(s, x.words.topicAt[name].Name), ok
	}
	if fn := x.function(c.Fn); fn != nil {
		return takingDef(fn), true
	}
	if dot, ok := bare(c.Fn).(*syntax.DotExpr); ok {
		if s := x.method(dot); s != nil {
			return takingOf(*s, ""), true
		}
	}
	return taking{}, false
}

// calledName is what a call calls of what is predeclared, also by another name that a rule gave it.
func (x *index) calledName(fn syntax.Expr) (string, bool) {
	for range valuesDeep {
		if name, ok := named(fn); ok {
			return name, true
		}
		id, ok := bare(fn).(*syntax.Ident)
		if !ok {
			return "", false
		}
		if fn = x.source(id); fn == nil {
			return "", false
		}
	}
	return "", false
}

// method is the signature of a method of a value that is known, now.between; nil: not known.
func (x *index) method(dot *syntax.DotExpr) *Signature {
	of, ok := x.sample(dot.X).(starlark.HasAttrs)
	if !ok {
		return nil
	}
	switch of.(type) {
	case starlark.String, starlark.Bytes, *starlark.List, *starlark.Dict, *starlark.Set:
		return nil // the language's own do not say what they take
	}
	key := of.Type() + "." + dot.Name.Name
	if known, ok := x.words.methods[key]; ok {
		return known
	}
	var out *Signature
	if b, ok := attribute(of, dot.Name.Name).(*starlark.Builtin); ok {
		if s, ok := signatureOf(b); ok {
			out = &s
		}
	}
	x.words.methods[key] = out
	return out
}

// vetCall compares what a call gives with what the function takes.
func (x *index) vetCall(c *call, report func(Problem)) {
	t, ok := x.taken(c)
	if !ok {
		return
	}
	g := giving{index: x, taking: t, call: c, report: report, given: make([]bool, len(t.params))}
	for i, arg := range c.Args {
		g.argument(i, arg)
	}
	g.missing()
}

// giving is a call on its way through what its function takes.
type giving struct {
	*index
	taking
	call   *call
	report func(Problem)
	given  []bool
	open   bool // *args or **kwargs: more is given than can be seen
}

func (g *giving) argument(i int, arg syntax.Expr) {
	if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
		g.open = true
		return
	}
	if name, value, ok := keyword(arg); ok {
		g.byName(name, value)
		return
	}
	switch {
	case i < len(g.params) && !g.params[i].named:
		g.given[i] = true
		g.value(g.params[i], arg)
	case !g.any && i == g.positional():
		n := 0
		for _, arg := range g.call.Args {
			if _, _, ok := keyword(arg); !ok {
				n++
			}
		}
		text := fmt.Sprintf("%s: got %d arguments, want at most %d: %s", g.name, n, g.positional(), g.takes())
		if g.topic != "" && len(g.params) == 1 {
			text = g.name + `: it takes a topic and then fields by name, as in publish("bad_auth", device=device.name)`
		}
		g.report(problemOn(CodeTooManyArguments, arg, text))
	}
}

// takes is the end of what is said of a wrong call, as the call itself says it.
func (t taking) takes() string {
	var names []string
	for _, p := range t.params {
		names = append(names, p.name)
	}
	if len(names) == 0 {
		return "it takes no arguments"
	}
	return "it takes " + strings.Join(names, ", ")
}

// positional is how many arguments can be given without a name.
func (t taking) positional() int {
	n := 0
	for _, p := range t.params {
		if !p.named {
			n++
		}
	}
	return n
}

func (g *giving) byName(name *syntax.Ident, value syntax.Expr) {
	var names []string
	for i, p := range g.params {
		if p.name != name.Name {
			names = append(names, p.name)
			continue
		}
		if g.given[i] {
			g.report(problemOn(CodeRepeatedArgument, name, fmt.Sprintf("%s: argument %s is given twice", g.name, name.Name)))
		}
		g.given[i] = true
		g.value(p, value)
		return
	}
	if g.fields {
		if g.topic == "" {
			return
		}
		if err := CheckField(name.Name); err != nil {
			g.report(problemOn(CodeBadField, name, g.name+": "+err.Error()))
		}
		return
	}
	text := fmt.Sprintf("%s: there is no argument %s: ", g.name, name.Name)
	switch near := Nearest(strings.ToLower(name.Name), names); {
	case near != "":
		text += "did you mean " + near + "?"
		for i, p := range g.params {
			g.given[i] = g.given[i] || p.name == near // it is not missing besides
		}
	case g.any && len(g.params) == 0:
		text = g.name + ": it takes no arguments by name: they are written one after the other"
	default:
		text += g.takes()
	}
	g.report(problemOn(CodeUnknownArgument, name, text))
}

// value checks an argument that says itself what it is.
func (g *giving) value(p take, e syntax.Expr) {
	if p.check == nil || p.name == g.topic {
		return
	}
	for _, v := range g.values(e) {
		err := p.check.Check(v)
		if err == nil {
			continue
		}
		g.report(problemOn(CodeWrongValue, e, fmt.Sprintf("%s: for parameter %s: %s", g.name, p.name, err)))
		return
	}
}

func (g *giving) missing() {
	if g.open {
		return
	}
	for i, p := range g.params {
		if p.required && !g.given[i] && p.name != g.topic {
			g.report(problemOn(CodeMissingArgument, g.call.Fn, fmt.Sprintf("%s: missing argument for %s: %s", g.name, p.name, g.takes())))
			return
		}
	}
}
