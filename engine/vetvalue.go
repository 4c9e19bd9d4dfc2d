package engine

import (
	"math/big"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

const (
	valuesDeep = 20    // how far names and literals are followed: what is nested deeper is not looked at
	valuesMost = 256   // of one expression; more are not looked at
	valuesWork = 4_000 // expressions on the way to those of one expression
	valuesSum  = 400_000
	textMost   = 4 << 10 // bytes of a text that is put together
)

// known is a value that an expression can have, because a literal says so.
type known struct {
	value starlark.Value
	at    syntax.Expr // the literal
	why   *premise    // what it rests on; nil: nothing
}

// premise is one thing that has to be so for a value to come about.
type premise struct {
	before *premise
	held   *variable        // that nobody changes the list or dict that this variable holds
	call   *syntax.CallExpr // that this call is made, of a function of the rule's own
	fn     *function        // that one
	loop   *loop            // that the loop comes to this element
	nth    int
	cond   syntax.Expr // that this condition comes out so
	yes    bool
	path   trail // that what stands here is this
	is     starlark.Value
}

func (p *premise) and(more *premise) *premise {
	for ; more != nil; more = more.before {
		one := *more
		one.before = p
		p = &one
	}
	return p
}

// evaluation finds what expressions can be, if they say so themselves.
type evaluation struct {
	*index
	given *assumed // values to go by; nil: none
	work  int
}

// known are the values that an expression can have as far as literals say so: through names, either side of a conditional,
// lists and dicts, loops, what callers of a function give. There may be others. Whether a value that rests on something
// comes about, comes says.
func (x *index) known(e syntax.Expr) []known {
	v := evaluation{index: x, work: valuesWork}
	return v.of(e, valuesDeep)
}

// one is the only value of an expression.
func (v *evaluation) one(e syntax.Expr, deep int) (known, bool) {
	all := v.of(e, deep)
	if len(all) != 1 {
		return known{}, false
	}
	return all[0], true
}

func (v *evaluation) of(e syntax.Expr, deep int) []known {
	if deep <= 0 || v.work <= 0 || v.worked > valuesSum {
		return nil
	}
	v.work--
	v.worked++
	if value := v.given.value(v.index, e); value != nil {
		return []known{{value: value, at: e}}
	}
	switch e := bare(e).(type) {
	case *syntax.Literal:
		if value := literalValue(e); value != nil {
			return []known{{value: value, at: e}}
		}
	case *syntax.Ident:
		return v.ident(e, deep)
	case *syntax.CondExpr:
		if v.given != nil {
			return v.chosen(e, deep)
		}
		return few(append(v.side(e, true, deep), v.side(e, false, deep)...))
	case *syntax.UnaryExpr:
		return v.unary(e, deep)
	case *syntax.BinaryExpr:
		return v.binary(e, deep)
	case *syntax.ListExpr, *syntax.TupleExpr, *syntax.DictExpr:
		return v.display(e, deep)
	case *syntax.DotExpr:
		if name, ok := named(e); ok && v.words.constants[name] != nil {
			return []known{{value: v.words.constants[name], at: e}}
		}
	case *syntax.IndexExpr:
		var out []known
		for _, p := range v.lookup(e.X, e.Y, deep) {
			out = append(out, v.at(p, deep)...)
		}
		return few(out)
	case *syntax.CallExpr:
		return v.call(e, deep)
	}
	return nil
}

func few(all []known) []known { return all[:min(len(all), valuesMost)] }

// at is what stands in a place of a list or dict.
func (v *evaluation) at(p written, deep int) []known {
	all := v.of(p.e, deep-1)
	for i := range all {
		all[i].why = p.why.and(all[i].why)
	}
	return all
}

func (v *evaluation) ident(e *syntax.Ident, deep int) []known {
	if isUniversal(e) {
		switch e.Name {
		case "None":
			return []known{{value: starlark.None, at: e}}
		case "True", "False":
			return []known{{value: starlark.Bool(e.Name == "True"), at: e}}
		}
		return nil
	}
	by := v.variable(e)
	if by == nil {
		return nil
	}
	of := v.origin(by)
	// A condition that goes by a name, "if COLOR:", keeps an empty one from a call, and of a "red" if ... else None it leaves
	// one side.
	if of == nil || of.set != 1 || v.given == nil && (by.asked || of.asked) {
		return nil
	}
	switch {
	case of.of != nil:
		return v.parameter(of, deep)
	case of.loop != nil:
		return v.looped(of, deep)
	case of.value == nil:
		return nil
	}
	all := v.of(of.value, deep-1)
	switch bare(of.value).(type) {
	case *syntax.ListExpr, *syntax.DictExpr, *syntax.TupleExpr:
		if v.given != nil && v.changed(of) {
			return nil
		}
		for i := range all {
			all[i].why = &premise{before: all[i].why, held: of}
		}
	}
	return all
}

// parameter is what the callers of a function give.
func (v *evaluation) parameter(of *variable, deep int) []known {
	var out []known
	for _, p := range v.passed(of) {
		out = append(out, v.at(p, deep)...)
	}
	return few(out)
}

// passed are the arguments that callers give for a parameter.
func (v *evaluation) passed(of *variable) []written {
	fn := of.of
	if v.given != nil || fn.escapes || fn.kind != "" {
		return nil
	}
	var out []written
	for _, c := range fn.calls[:min(len(fn.calls), valuesMost)] {
		if arg := passed(fn, of.at, c); arg != nil {
			out = append(out, written{arg, &premise{call: c, fn: fn}})
		}
	}
	return out
}

// looped is what a variable of a loop comes to.
func (v *evaluation) looped(of *variable, deep int) []known {
	var out []known
	for _, p := range v.turns(of, deep) {
		out = append(out, v.at(p, deep)...)
	}
	return few(out)
}

// side is one side of a conditional.
func (v *evaluation) side(e *syntax.CondExpr, yes bool, deep int) []known {
	out := e.True
	if !yes {
		out = e.False
	}
	return v.at(written{out, &premise{cond: e.Cond, yes: yes}}, deep)
}

// chosen is the side of a conditional that the given values choose.
func (v *evaluation) chosen(e *syntax.CondExpr, deep int) []known {
	cond, ok := v.one(e.Cond, deep-1)
	switch {
	case !ok:
		return nil
	case bool(cond.value.Truth()):
		return v.of(e.True, deep-1)
	}
	return v.of(e.False, deep-1)
}

// unary is a number with its sign.
func (v *evaluation) unary(e *syntax.UnaryExpr, deep int) []known {
	if e.X == nil || e.Op != syntax.MINUS && e.Op != syntax.PLUS && e.Op != syntax.NOT {
		return nil
	}
	var out []known
	for _, k := range v.of(e.X, deep-1) {
		if value, err := starlark.Unary(e.Op, k.value); err == nil {
			out = append(out, known{value, e, k.why})
		}
	}
	return out
}

// binary is a text that is put together, a number that is computed, or a comparison.
func (v *evaluation) binary(e *syntax.BinaryExpr, deep int) []known {
	switch e.Op {
	case syntax.PLUS, syntax.MINUS, syntax.STAR, syntax.PERCENT:
	case syntax.AND, syntax.OR:
		return v.either(e, deep)
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE, syntax.IN, syntax.NOT_IN:
		if v.given == nil {
			return nil
		}
	default:
		return nil
	}
	left, right := v.of(e.X, deep-1), v.of(e.Y, deep-1)
	if len(left)*len(right) > valuesMost {
		return nil
	}
	var out []known
	for _, l := range left {
		for _, r := range right {
			if value := compute(e.Op, l.value, r.value); value != nil {
				out = append(out, known{value, e, l.why.and(r.why)})
			}
		}
	}
	return out
}

// either is "a or b" and "a and b".
func (v *evaluation) either(e *syntax.BinaryExpr, deep int) []known {
	if v.given == nil {
		return nil
	}
	left, ok := v.one(e.X, deep-1)
	switch {
	case !ok:
		return nil
	case bool(left.value.Truth()) == (e.Op == syntax.OR):
		return []known{left}
	}
	return v.of(e.Y, deep-1)
}

// compute is what an operator makes of two values; nil: nothing, or too much.
func compute(op syntax.Token, l, r starlark.Value) starlark.Value {
	var out starlark.Value
	var err error
	switch op {
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE:
		var came bool
		came, err = starlark.Compare(op, l, r)
		out = starlark.Bool(came)
	case syntax.STAR:
		if heavy(l)+heavy(r) > 200 || starlark.Len(l) >= 0 || starlark.Len(r) >= 0 {
			return nil
		}
		out, err = starlark.Binary(op, l, r)
	default:
		if heavy(l)+heavy(r) > textMost {
			return nil
		}
		out, err = starlark.Binary(op, l, r)
	}
	if err != nil {
		return nil
	}
	return out
}

// heavy is about how many bytes a value has.
func heavy(v starlark.Value) int {
	n := 8
	switch v := v.(type) {
	case starlark.Int:
		return v.BigInt().BitLen()/8 + 1
	case starlark.String:
		return len(v)
	case starlark.Bytes:
		return len(v)
	case *starlark.Dict:
		for _, kv := range v.Items() {
			n += heavy(kv[0]) + heavy(kv[1])
		}
	case starlark.Indexable:
		for i := range v.Len() {
			n += heavy(v.Index(i))
		}
	}
	return n
}

// display is a list, a tuple or a dict of which everything is known.
func (v *evaluation) display(e syntax.Expr, deep int) []known {
	var why *premise
	one := func(e syntax.Expr) starlark.Value {
		k, ok := v.one(e, deep-1)
		if !ok {
			return nil
		}
		why = why.and(k.why)
		return k.value
	}
	switch d := e.(type) {
	case *syntax.DictExpr:
		out := starlark.NewDict(len(d.List))
		for _, entry := range d.List {
			entry, ok := entry.(*syntax.DictEntry)
			if !ok {
				return nil
			}
			key, value := one(entry.Key), one(entry.Value)
			if key == nil || value == nil || out.SetKey(key, value) != nil {
				return nil
			}
		}
		return []known{{out, e, why}}
	case *syntax.ListExpr:
		all := make([]starlark.Value, 0, len(d.List))
		for _, e := range d.List {
			value := one(e)
			if value == nil {
				return nil
			}
			all = append(all, value)
		}
		return []known{{starlark.NewList(all), e, why}}
	case *syntax.TupleExpr:
		all := make(starlark.Tuple, 0, len(d.List))
		for _, e := range d.List {
			value := one(e)
			if value == nil {
				return nil
			}
			all = append(all, value)
		}
		return []known{{all, e, why}}
	}
	return nil
}

// call is what a method gives: HOUSE.get("Kitchen", "red"), "Red".lower().
func (v *evaluation) call(e *syntax.CallExpr, deep int) []known {
	dot, ok := bare(e.Fn).(*syntax.DotExpr)
	if !ok {
		return nil
	}
	if _, ok := named(dot); ok {
		return nil
	}
	var out []known
	if dot.Name.Name == "get" && len(e.Args) > 0 && plainly(e.Args) {
		for _, p := range v.lookup(dot.X, e.Args[0], deep) {
			out = append(out, v.at(p, deep)...)
		}
		return few(append(out, v.otherwise(dot.X, e.Args, deep)...))
	}
	for _, k := range v.of(dot.X, deep-1) {
		s, ok := k.value.(starlark.String)
		if !ok || len(s) > textMost || !plainly(e.Args) {
			continue
		}
		if all, ok := v.arguments(e.Args, deep); ok {
			if got, err := method(s, dot.Name.Name, all.values); err == nil {
				out = append(out, known{got, e, k.why.and(all.why)})
			}
		}
	}
	return few(out)
}

// arguments are those of a call that are all known.
type arguments struct {
	values starlark.Tuple
	why    *premise
}

func (v *evaluation) arguments(args []syntax.Expr, deep int) (arguments, bool) {
	var out arguments
	for _, arg := range args {
		k, ok := v.one(arg, deep-1)
		if !ok {
			return out, false
		}
		out.values, out.why = append(out.values, k.value), out.why.and(k.why)
	}
	return out, true
}

// plainly says that all arguments are given one after the other.
func plainly(args []syntax.Expr) bool {
	for _, arg := range args {
		if _, _, named := keyword(arg); named {
			return false
		}
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return false
		}
	}
	return true
}

func literalValue(l *syntax.Literal) starlark.Value {
	switch v := l.Value.(type) {
	case string:
		if l.Token == syntax.BYTES {
			return starlark.Bytes(v)
		}
		return starlark.String(v)
	case int64:
		return starlark.MakeInt64(v)
	case *big.Int:
		return starlark.MakeBigInt(v)
	case float64:
		return starlark.Float(v)
	}
	return nil
}

// isUniversal says that an identifier is one of the language's own.
func isUniversal(id *syntax.Ident) bool {
	b, ok := id.Binding.(*resolve.Binding)
	return ok && b.Scope == resolve.Universal
}
