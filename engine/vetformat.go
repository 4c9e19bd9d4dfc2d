package engine

import (
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// format is a percent sign with what is on both sides of it.
type format struct {
	*syntax.BinaryExpr
	within *function
}

// vetFormat looks at "%s plays %s" % (a, b): whether as many values are given as are wanted, of the sort that is wanted.
func (x *index) vetFormat(f format, report func(Problem)) {
	for _, k := range x.known(f.X) {
		text, ok := k.value.(starlark.String)
		if !ok || len(text) > textMost || strings.Contains(string(text), "%(") {
			continue
		}
		given, why, ok := x.formatted(verbs(string(text)), f.Y)
		if !ok {
			continue
		}
		if _, err := starlark.Binary(syntax.PERCENT, text, given); err != nil {
			says := strings.TrimPrefix(err.Error(), "format: ")
			all := []known{{value: text, at: f.BinaryExpr, why: k.why.and(why)}}
			x.wrong(f.BinaryExpr, all, f.BinaryExpr, f.within, report, func(starlark.Value) string { return quote(cut(string(text), 60)) + ": " + says })
		}
	}
}

// formatted are the values on the right side: the real ones where they are known, otherwise some that fit.
func (x *index) formatted(verbs []byte, right syntax.Expr) (starlark.Value, *premise, bool) {
	tuple, ok := bare(right).(*syntax.TupleExpr)
	if !ok {
		if s := x.sample(right); s != nil {
			if _, many := s.(starlark.Tuple); many || s.Type() == "dict" {
				return nil, nil, false
			}
			return starlark.Tuple{fitting(verbs, 0, s)}, nil, true
		}
		if all := x.known(right); len(all) == 1 {
			return all[0].value, all[0].why, true
		}
		return nil, nil, false
	}
	var out starlark.Tuple
	var why *premise
	for i, e := range tuple.List {
		if all := x.known(e); len(all) == 1 {
			out, why = append(out, all[0].value), why.and(all[0].why)
			continue
		}
		out = append(out, fitting(verbs, i, x.sample(e)))
	}
	return out, why, true
}

// fitting is a value that says no more than what is known of it: that it is of the sort of a sample, or nothing.
func fitting(verbs []byte, i int, sample starlark.Value) starlark.Value {
	verb := byte('s')
	if i < len(verbs) {
		verb = verbs[i]
	}
	switch {
	case verb == 's' || verb == 'r':
		return starlark.String("")
	case sample == nil && verb == 'c':
		return starlark.String("a")
	case sample == nil:
		return starlark.MakeInt(0)
	case verb == 'c' && (isText(sample) || isNumber(sample)):
		return starlark.String("a")
	}
	return sample
}

// verbs are the letters that stand for values: 's' of "%s".
func verbs(text string) []byte {
	var out []byte
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '%' {
			continue
		}
		if i++; text[i] != '%' {
			out = append(out, text[i])
		}
	}
	return out
}
