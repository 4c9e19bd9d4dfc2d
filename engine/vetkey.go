package engine

import (
	"fmt"
	"slices"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// vetKeys warns of a call that wants the key of something and is given another of its attributes: it would be about
// something that does not exist.
func (x *index) vetKeys(f *indexed, report func(Problem)) {
	for _, c := range f.calls {
		name, ok := x.calledName(c.Fn)
		if !ok {
			continue
		}
		at, ok := x.words.keys[name]
		if !ok {
			continue
		}
		if arg := argument(c.CallExpr, at); arg != nil {
			x.vetKey(name, arg, arg, valuesDeep, report)
		}
	}
}

func (x *index) vetKey(name string, where, e syntax.Expr, deep int, report func(Problem)) {
	if deep == 0 {
		return
	}
	switch e := bare(e).(type) {
	case *syntax.Ident:
		if of := x.source(e); of != nil {
			x.vetKey(name, where, of, deep-1, report)
		}
	case *syntax.DotExpr:
		of, ok := x.sample(e.X).(starlark.HasAttrs)
		if !ok {
			return
		}
		if t, ok := of.(topicSample); ok { // whoever publishes it says what it is
			for _, p := range x.topics.published[t.topic] {
				if given := p.values[e.Name.Name]; given != nil {
					x.vetKey(name, given, given, deep-1, report)
				}
			}
			return
		}
		names := of.AttrNames()
		if e.Name.Name == "key" || !slices.Contains(names, "key") || !slices.Contains(names, e.Name.Name) {
			return
		}
		p := problemOn(CodeWrongKey, where, fmt.Sprintf("%s goes by the key of a %s, and this is its %s", name, of.Type(), e.Name.Name))
		p.Severity = Warning
		if t := (wording{index: x}); t.chain(e.X) {
			p.Hint = "write " + t.String() + ".key"
		}
		report(p)
	}
}
