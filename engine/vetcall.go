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
	more   string // the sort of those without names
	topic  string // the argument that is a topic, which others check; "": none
}

// take is one argument that a function takes.
type take struct {
	name     string
	required bool
	named    bool   // by name only
	unnamed  bool   // never by name
	check    *Param // nil: any value
	sort     string // of the language's own: what it has to be; "": anything
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
		if s, ok := x.words.signatures[name]; ok {
			return takingOf(s, x.words.topicAt[name].Name), true
		}
		return x.words.ofLanguage(name, name)
	}
	if fn := x.function(c.Fn); fn != nil {
		return takingDef(fn), true
	}
	switch fn := bare(c.Fn).(type) {
	case *syntax.Ident:
		if isUniversal(fn) {
			return x.words.ofLanguage(fn.Name, fn.Name)
		}
	case *syntax.DotExpr:
		return x.method(fn)
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

// method is what a method of a value that is known takes, now.between, "x".join.
func (x *index) method(dot *syntax.DotExpr) (taking, bool) {
	of, ok := x.sample(dot.X).(starlark.HasAttrs)
	if !ok {
		return taking{}, false
	}
	key := of.Type() + "." + dot.Name.Name
	if _, ok := languageTakes[key]; ok {
		return x.words.ofLanguage(key, dot.Name.Name)
	}
	known, ok := x.words.methods[key]
	if !ok {
		if b, ok := attribute(of, dot.Name.Name).(*starlark.Builtin); ok {
			if s, ok := signatureOf(b); ok {
				known = &s
			}
		}
		x.words.methods[key] = known
	}
	if known == nil {
		return taking{}, false
	}
	return takingOf(*known, ""), true
}

// vetCall compares what a call gives with what the function takes.
func (x *index) vetCall(c *call, report func(Problem)) {
	t, ok := x.taken(c)
	if !ok {
		x.vetCallee(c, report)
		return
	}
	g := giving{index: x, taking: t, call: c, given: make([]bool, len(t.params))}
	g.report = func(p Problem) {
		g.found = true
		report(p)
	}
	n := 0
	for _, arg := range c.Args {
		if g.argument(n, arg) {
			n++
		}
	}
	g.missing()
	if !g.found {
		x.vetMade(c, report)
	}
}

// giving is a call on its way through what its function takes.
type giving struct {
	*index
	taking
	call   *call
	report func(Problem)
	given  []bool
	open   bool // *args or **kwargs: more is given than can be seen
	found  bool // something is wrong

	byNames bool // arguments by name have begun
}

// argument looks at one argument, and says whether it is the ith of those without a name.
func (g *giving) argument(i int, arg syntax.Expr) bool {
	if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
		g.open = true
		return false
	}
	if name, value, ok := keyword(arg); ok {
		g.byNames = true
		g.byName(name, value)
		return false
	}
	switch {
	case g.open || g.byNames: // which one it is, nobody knows; the language does not allow the latter
	case i < len(g.params) && !g.params[i].named:
		g.given[i] = true
		g.value(g.params[i], arg)
	case g.any:
		g.value(take{sort: g.more}, arg)
	case i == g.positional():
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
	return true
}

// takes is the end of what is said of a wrong call, as the call itself says it.
func (t taking) takes() string {
	var names []string
	for _, p := range t.params {
		names = append(names, p.name)
	}
	switch {
	case len(names) == 0 && t.fields:
		return "it takes fields by name"
	case len(names) == 0:
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
		switch {
		case p.name == name.Name && p.unnamed && !g.fields:
			g.given[i] = true
			g.report(problemOn(CodeUnknownArgument, name, fmt.Sprintf("%s: the argument %s has no name: it is written first", g.name, name.Name)))
			return
		case p.unnamed:
			continue
		case p.name != name.Name:
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

// value checks an argument that says itself what it is, or of which it is known what sort of value it always is.
func (g *giving) value(p take, e syntax.Expr) {
	if p.check == nil && p.sort == "" || p.name != "" && p.name == g.topic {
		return
	}
	values := g.known(e)
	g.index.wrong(e, values, g.call.CallExpr, g.call.within, g.report, func(v starlark.Value) string {
		err := p.wrong(v)
		if err == nil {
			return ""
		}
		return g.said(p, err)
	})
	if len(values) > 0 {
		return
	}
	if s := g.sample(e); s != nil {
		if err := p.wrong(s); err != nil && refusesSort(err, s) {
			g.report(problemOn(CodeWrongValue, e, g.said(p, err)))
		}
	}
}

// refusesSort says that an error is about the sort of a value, and not about what it is.
func refusesSort(err error, v starlark.Value) bool {
	for _, begin := range []string{"got " + v.Type() + ", want", "got a " + v.Type() + ", want", "a " + v.Type() + " is no ", unkeepable(v).Error()} {
		if strings.HasPrefix(err.Error(), begin) {
			return true
		}
	}
	return false
}

func (g *giving) said(p take, err error) string {
	if p.name == "" {
		return fmt.Sprintf("%s: %s", g.name, err)
	}
	return fmt.Sprintf("%s: for parameter %s: %s", g.name, p.name, err)
}

// wrong says why a value cannot be given; nil: it can.
func (t take) wrong(v starlark.Value) error {
	if t.check != nil {
		return t.check.Check(v)
	}
	return sortError(t.sort, v)
}

// wrong tells of each value that an argument can be for which says finds something to say. It tells of it where the
// value is written, and then of where it goes to.
func (x *index) wrong(arg syntax.Expr, values []known, at syntax.Node, in *function, report func(Problem), says func(starlark.Value) string) {
	for _, k := range values {
		if x.checks++; x.checks > checksMost {
			return
		}
		text := says(k.value)
		if text == "" || in.meantToFail() || !x.comes(k.why, at, in) {
			continue
		}
		p := problemOn(CodeWrongValue, k.at, text)
		if !x.sameFile(k.at, arg) || !holds(arg, k.at) {
			start, _ := arg.Span()
			p.Hint = "it is used at " + posOf(start)
		}
		report(p)
	}
}

// checksMost is how many values are compared with what they are given to: hostile files could make millions.
const checksMost = 50_000

func (x *index) sameFile(a, b syntax.Node) bool {
	from, _ := a.Span()
	to, _ := b.Span()
	return from.Filename() == to.Filename()
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
