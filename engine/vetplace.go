package engine

import (
	"strconv"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// written is an expression that stands in a list or a dict, or is given to a function.
type written struct {
	e   syntax.Expr
	why *premise
}

// loop is a for, in a statement or a comprehension.
type loop struct {
	vars, of syntax.Expr
	body     []syntax.Stmt // nil: a comprehension
}

// displays are the lists, tuples and dicts that an expression can be, as they are written down.
func (v *evaluation) displays(e syntax.Expr, deep int) []written {
	if deep <= 0 || v.work <= 0 || v.worked > valuesSum {
		return nil
	}
	v.work--
	v.worked++
	var from []written
	var held *variable
	switch e := bare(e).(type) {
	case *syntax.ListExpr, *syntax.TupleExpr, *syntax.DictExpr:
		return []written{{e: e}}
	case *syntax.CondExpr:
		from = []written{{e.True, &premise{cond: e.Cond, yes: true}}, {e.False, &premise{cond: e.Cond}}}
	case *syntax.IndexExpr:
		from = v.lookup(e.X, e.Y, deep)
	case *syntax.CallExpr:
		if id, ok := bare(e.Fn).(*syntax.Ident); ok && isUniversal(id) && len(e.Args) == 1 && plainly(e.Args) {
			switch id.Name {
			case "list", "tuple", "sorted", "reversed":
				from = []written{{e: e.Args[0]}}
			}
		}
	case *syntax.Ident:
		by := v.variable(e)
		if by == nil {
			return nil
		}
		of := v.origin(by)
		if of == nil || of.set != 1 {
			return nil
		}
		switch {
		case of.of != nil:
			from = v.passed(of)
		case of.loop != nil:
			from = v.turns(of, deep)
		case of.value != nil:
			from, held = []written{{e: of.value}}, of
		}
	}
	var out []written
	for _, f := range from {
		for _, d := range v.displays(f.e, deep-1) {
			d.why = f.why.and(d.why)
			if held != nil {
				d.why = &premise{before: d.why, held: held}
			}
			out = append(out, d)
		}
	}
	return out[:min(len(out), valuesMost)]
}

// lookup is what X[key] can be. A key that no literal says, device.name, may be any that there is.
func (v *evaluation) lookup(x, key syntax.Expr, deep int) []written {
	var out []written
	var keys []known
	var by trail
	for i, d := range v.displays(x, deep-1) {
		if i == 0 {
			keys, by = v.of(key, deep-1), v.trail(key, deep)
		}
		n := 0
		v.entries(d.e, deep, func(is starlark.Value, e syntax.Expr) {
			n++
			switch {
			case n > valuesMost || is == nil:
			case len(keys) == 0:
				if v.given == nil && by.root != nil {
					out = append(out, written{e, &premise{before: d.why, path: by, is: is}})
				}
			default:
				for _, k := range keys {
					if same, err := starlark.Equal(k.value, is); err == nil && same {
						out = append(out, written{e, d.why.and(k.why)})
					}
				}
			}
		})
		if l := length(d.e); l >= 0 { // the last is at -1 too
			for _, k := range keys {
				if n, err := starlark.AsInt32(k.value); err == nil && n < 0 && n >= -l {
					out = append(out, written{listed(d.e)[l+n], d.why.and(k.why)})
				}
			}
		}
	}
	return out[:min(len(out), valuesMost)]
}

// entries gives each key of a display, or nil if it is not known, and what stands there.
func (v *evaluation) entries(d syntax.Expr, deep int, say func(key starlark.Value, e syntax.Expr)) {
	dict, ok := d.(*syntax.DictExpr)
	if !ok {
		for i, e := range listed(d) {
			say(starlark.MakeInt(i), e)
		}
		return
	}
	for _, entry := range dict.List {
		if entry, ok := entry.(*syntax.DictEntry); ok {
			k, _ := v.one(entry.Key, deep-1)
			say(k.value, entry.Value)
		}
	}
}

// listed are the elements of a list or a tuple.
func listed(d syntax.Expr) []syntax.Expr {
	switch d := bare(d).(type) {
	case *syntax.ListExpr:
		return d.List
	case *syntax.TupleExpr:
		return d.List
	}
	return nil
}

// length is that of a list or a tuple; -1: it is a dict.
func length(d syntax.Expr) int {
	if _, ok := d.(*syntax.DictExpr); ok {
		return -1
	}
	return len(listed(d))
}

// otherwise is what get gives if the key is not there. That it is not is a premise: "if name in HOUSE:" keeps it from that.
func (v *evaluation) otherwise(x syntax.Expr, args []syntax.Expr, deep int) []known {
	if len(args) != 2 {
		return nil
	}
	var out []known
	for _, d := range v.displays(x, deep-1) {
		if _, ok := d.e.(*syntax.DictExpr); !ok {
			continue
		}
		why := d.why
		if keys := v.of(args[0], deep-1); len(keys) > 0 {
			if len(keys) > 1 || len(v.lookup(x, args[0], deep)) > 0 {
				continue
			}
			why = why.and(keys[0].why)
		} else {
			by := v.trail(args[0], deep)
			if by.root == nil {
				continue
			}
			why = &premise{before: why, path: by, is: starlark.String("\x00none of them")}
		}
		for _, k := range v.of(args[1], deep-1) {
			out = append(out, known{k.value, k.at, why.and(k.why)})
		}
	}
	return out
}

// turns is what a variable of a loop is, turn by turn.
func (v *evaluation) turns(of *variable, deep int) []written {
	if v.given != nil {
		return nil
	}
	var out []written
	for i, el := range v.elements(of.loop.of, deep-1) {
		if e := partOf(of.loop.vars, of, el.all, v.index); e != nil && i < valuesMost {
			out = append(out, written{e, &premise{before: el.why, loop: of.loop, nth: i}})
		}
	}
	return out
}

// element is one of what a loop goes through: an expression, or the pairs of a dict.
type element struct {
	all []syntax.Expr // one, or a pair
	why *premise
}

func (v *evaluation) elements(e syntax.Expr, deep int) []element {
	var out []element
	add := func(why *premise, all ...syntax.Expr) { out = append(out, element{all, why}) }
	which := ""
	if c, ok := bare(e).(*syntax.CallExpr); ok && len(c.Args) == 0 {
		if dot, ok := bare(c.Fn).(*syntax.DotExpr); ok {
			which, e = dot.Name.Name, dot.X
		}
	}
	for _, d := range v.displays(e, deep) {
		dict, ok := d.e.(*syntax.DictExpr)
		if !ok {
			if which != "" {
				continue
			}
			for _, e := range listed(d.e) {
				add(d.why, e)
			}
			continue
		}
		for _, entry := range dict.List {
			entry, ok := entry.(*syntax.DictEntry)
			switch {
			case !ok:
			case which == "items":
				add(d.why, entry.Key, entry.Value)
			case which == "values":
				add(d.why, entry.Value)
			case which == "keys" || which == "":
				add(d.why, entry.Key)
			}
		}
	}
	return out
}

// partOf is what a variable of a loop is given of an element: for name, color in ...
func partOf(vars syntax.Expr, of *variable, all []syntax.Expr, x *index) syntax.Expr {
	if id, ok := bare(vars).(*syntax.Ident); ok {
		if x.variable(id) == of && len(all) == 1 {
			return all[0]
		}
		return nil
	}
	names := listed(vars)
	if len(all) == 1 {
		all = listed(all[0])
	}
	if len(names) != len(all) {
		return nil
	}
	for i, name := range names {
		if e := partOf(name, of, all[i:i+1], x); e != nil {
			return e
		}
	}
	return nil
}

// trail is how an expression is reached from a name: device.name, event.room.
type trail struct {
	root *variable // nil: it is none
	rest string    // ".name"
}

// trail follows names that are set once.
func (x *index) trail(e syntax.Expr, deep int) trail {
	if deep <= 0 {
		return trail{}
	}
	switch e := bare(e).(type) {
	case *syntax.Ident:
		v := x.variable(e)
		if v == nil || v.set != 1 || v.fn != nil || v.from != nil {
			return trail{}
		}
		if v.value != nil {
			return x.trail(v.value, deep-1)
		}
		if v.of == nil && v.loop == nil {
			return trail{}
		}
		return trail{root: v}
	case *syntax.DotExpr:
		if p := x.trail(e.X, deep-1); p.root != nil {
			return trail{p.root, p.rest + "." + e.Name.Name}
		}
	case *syntax.IndexExpr:
		if lit, ok := bare(e.Y).(*syntax.Literal); ok {
			if p := x.trail(e.X, deep-1); p.root != nil {
				return trail{p.root, p.rest + "[" + lit.Raw + "]"}
			}
		}
	case *syntax.CallExpr: // device.name.lower()
		if dot, ok := bare(e.Fn).(*syntax.DotExpr); ok && len(e.Args) == 0 {
			if p := x.trail(dot.X, deep-1); p.root != nil && x.languageMethod(dot.Name.Name) {
				return trail{p.root, p.rest + "." + dot.Name.Name + "()"}
			}
		}
	}
	return trail{}
}

func (p trail) String() string {
	if p.root == nil {
		return ""
	}
	return p.root.file + ":" + p.root.name.Name + "@" + strconv.Itoa(int(p.root.name.NamePos.Line)) + p.rest
}
