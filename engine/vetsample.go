package engine

import (
	"fmt"
	"reflect"
	"slices"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// sample is a value of the sort that an expression always has, with every attribute that such a value can have; nil: not
// known. It is what the real values say of themselves, so that nothing here can say something else.
func (x *index) sample(e syntax.Expr) starlark.Value {
	e = bare(e)
	if e == nil {
		return nil
	}
	if known, ok := x.samples[e]; ok {
		return known
	}
	x.samples[e] = nil // while it is worked out: what depends on itself is not known
	v := x.sampleOf(e)
	x.samples[e] = v
	return v
}

func (x *index) sampleOf(e syntax.Expr) starlark.Value {
	switch e := e.(type) {
	case *syntax.Ident:
		if v := x.variable(e); v != nil {
			return x.sampleVariable(v)
		}
	case *syntax.DotExpr:
		if of, ok := x.sample(e.X).(starlark.HasAttrs); ok {
			return attribute(of, e.Name.Name)
		}
	case *syntax.CallExpr:
		if name, ok := calledName(e); ok {
			return x.words.results[name]
		}
	case *syntax.CondExpr:
		a, b := x.sample(e.True), x.sample(e.False)
		if alike(a, b) {
			return a
		}
	case *syntax.Literal:
		if s, ok := literalValue(e).(starlark.String); ok {
			return s
		}
	case *syntax.ListExpr:
		return new(starlark.List)
	case *syntax.DictExpr:
		return new(starlark.Dict)
	case *syntax.Comprehension:
		if e.Curly {
			return new(starlark.Dict)
		}
		return new(starlark.List)
	case *syntax.BinaryExpr:
		if e.Op != syntax.PERCENT {
			return nil
		}
		if s, ok := x.sample(e.X).(starlark.String); ok {
			return s
		}
	}
	return nil
}

func (x *index) sampleVariable(v *variable) starlark.Value {
	v = x.origin(v)
	switch {
	case v == nil || v.set != 1:
		return nil
	case v.of != nil:
		return x.sampleParameter(v.of, v.at)
	case v.each != nil:
		if all, ok := x.sample(v.each).(starlark.Indexable); ok && all.Len() > 0 {
			if _, text := all.(starlark.String); !text {
				return all.Index(0)
			}
		}
		return nil
	case v.value != nil:
		return x.sample(v.value)
	}
	return nil
}

// sampleParameter is what every caller of a function gives for a parameter, if they all give the same sort of value.
func (x *index) sampleParameter(fn *function, at int) starlark.Value {
	if fn.escapes {
		return nil
	}
	var out starlark.Value
	if fn.kind != "" {
		if at > 0 {
			return nil
		}
		out = x.argument(fn.kind)
		if out == nil {
			return nil
		}
	}
	for _, c := range fn.calls {
		arg := passed(fn, at, c)
		if arg == nil {
			return nil
		}
		v := x.sample(arg)
		if v == nil || out != nil && !alike(out, v) {
			return nil
		}
		out = v
	}
	return out
}

// argument is what the handlers of a kind are told.
func (x *index) argument(kind string) starlark.Value {
	switch {
	case kind == KindTimer:
		return tickArg{}
	case !x.words.knows(kind):
		return topicSample{kind}
	}
	return x.words.argument(kind)
}

// passed is what a call gives for the nth parameter of a function; nil: nothing, or nobody knows.
func passed(fn *function, at int, c *syntax.CallExpr) syntax.Expr {
	id, otherwise, plain := parameter(fn.params[at])
	if id == nil || !plain {
		return nil
	}
	for i, arg := range c.Args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return nil
		}
		name, value, named := keyword(arg)
		if named && name.Name == id.Name {
			return value
		}
		if !named && i == at && !keywordOnly(fn, at) {
			return arg
		}
	}
	return otherwise
}

// keywordOnly says that a parameter comes after * or *args.
func keywordOnly(fn *function, at int) bool {
	for _, p := range fn.params[:at] {
		if u, ok := p.(*syntax.UnaryExpr); ok && u.Op == syntax.STAR {
			return true
		}
	}
	return false
}

// keyword takes name=value apart.
func keyword(arg syntax.Expr) (name *syntax.Ident, value syntax.Expr, ok bool) {
	b, ok := arg.(*syntax.BinaryExpr)
	if !ok || b.Op != syntax.EQ {
		return nil, nil, false
	}
	name, ok = b.X.(*syntax.Ident)
	return name, b.Y, ok
}

// attribute is the sample of an attribute; nil: there is none of that name, or it is not known.
func attribute(of starlark.HasAttrs, name string) (v starlark.Value) {
	defer func() {
		if recover() != nil {
			v = nil
		}
	}()
	v, err := of.Attr(name)
	if err != nil || v == starlark.None {
		return nil
	}
	return v
}

// alike says that two samples have the same attributes.
func alike(a, b starlark.Value) bool {
	if t, ok := a.(topicSample); ok {
		return t == b
	}
	return a != nil && reflect.TypeOf(a) == reflect.TypeOf(b)
}

// topicSample is what the handler of a topic is told: its fields are up to those who publish it.
type topicSample struct{ topic string }

func (s topicSample) String() string        { return s.topic }
func (s topicSample) Type() string          { return "event" }
func (s topicSample) Freeze()               {}
func (s topicSample) Truth() starlark.Bool  { return true }
func (s topicSample) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable") }

// Attr knows what every topic has.
func (s topicSample) Attr(name string) (starlark.Value, error) {
	switch name {
	case "account", "by":
		return starlark.String(""), nil
	case "time":
		return startime.Time{}, nil
	}
	return nil, nil
}

func (s topicSample) AttrNames() []string { return topicArg{}.AttrNames() }

// fieldRead is a field that the handler of a topic reads.
type fieldRead struct {
	topic string
	dot   *syntax.DotExpr
}

// vetAttributes looks for attributes that the value before the dot never has. Fields of topics are given back instead.
func (x *index) vetAttributes(f *indexed, report func(Problem)) []fieldRead {
	var reads []fieldRead
	for _, dot := range f.dots {
		of, ok := x.sample(dot.X).(starlark.HasAttrs)
		if !ok || f.probed[dot.Name.Name] {
			continue
		}
		names := of.AttrNames()
		if slices.Contains(names, dot.Name.Name) {
			continue
		}
		if t, ok := of.(topicSample); ok {
			reads = append(reads, fieldRead{t.topic, dot})
			continue
		}
		p := problemOn(CodeUnknownAttribute, dot.Name, fmt.Sprintf("%s has no .%s field or method", of.Type(), dot.Name.Name))
		p.Hint = "it has " + list(names)
		if near := Nearest(dot.Name.Name, names); near != "" {
			p.Hint = fmt.Sprintf("did you mean .%s?", near)
		}
		report(p)
	}
	return reads
}
