package lsp

import (
	"strings"

	"go.starlark.net/starlark"
)

// expression is what stands at a token: names, texts, lists, calls, and what follows them after dots and in brackets. Of a sum
// it is the first part.
func (f *folder) expression(o *outline, at, steps int) thing {
	last := o.primary(at)
	if last < at || steps > maxSteps || !f.spend(last-at) {
		return thing{}
	}
	if o.compares(last + 1) {
		return thing{}
	}
	return f.ending(o, last, steps+1)
}

// primary is the last token of what begins at a token and holds together without an operator.
func (o *outline) primary(at int) int {
	k, ok := o.kindAt(at)
	if !ok {
		return at - 1
	}
	end := at
	switch {
	case k == sign && strings.Contains("([{", o.word(at)):
		if end = o.closes(at); end < 0 {
			return at - 1
		}
	case k == sign, k == comment, k == name && keyword(o.word(at)):
		return at - 1
	}
	for {
		switch next, _ := o.kindAt(end + 2); {
		case o.is(end+1, ".") && next == name && end+2 < len(o.tokens):
			end += 2
		case o.is(end+1, "("), o.is(end+1, "["):
			close := o.closes(end + 1)
			if close < 0 {
				return end
			}
			end = close
		default:
			return end
		}
	}
}

// compares says that an operator follows whose result is true or false.
func (o *outline) compares(at int) bool {
	switch o.word(at) {
	case "=", "!":
		return o.is(at+1, "=")
	case "<", ">", "in", "not":
		return true
	}
	return false
}

// closes is the bracket that closes one; -1: none does.
func (o *outline) closes(open int) int {
	depth := 0
	for i := open; i < len(o.tokens); i++ {
		if o.tokens[i].kind != sign {
			continue
		}
		switch o.word(i) {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// ending is what is written up to a token, as far back as it holds together: what stands before a dot.
func (f *folder) ending(o *outline, last, steps int) thing {
	k, ok := o.kindAt(last)
	if !ok || steps > maxSteps || !f.spend(1) {
		return thing{}
	}
	switch {
	case k == literal:
		return letters()
	case k == name && o.is(last-1, "."):
		return f.attribute(f.ending(o, last-2, steps+1), o.word(last), steps)
	case k == name:
		return f.resolve(o, []string{o.word(last)}, last, steps)
	case k != sign || !strings.Contains(")]}", o.word(last)):
		return thing{}
	}
	open := o.opens(last)
	if open < 0 || !f.spend(last-open) {
		return thing{}
	}
	before, _ := o.kindAt(open - 1)
	follows := open > 0 && !o.tokens[open].first && (before == literal || before == name && !keyword(o.word(open-1)) || before == sign && strings.Contains(")]}", o.word(open-1)))
	switch o.word(open) {
	case "{":
		return f.braces(o, open, last, steps)
	case "[":
		if follows {
			return f.ending(o, open-1, steps+1).element()
		}
		return thing{value: new(starlark.List), each: f.elements(o, open, last, steps)}
	}
	if follows {
		return f.given(o, open, steps)
	}
	args := o.arguments(open)
	switch {
	case len(args) == 0, len(args) > 1, o.is(last-1, ","):
		t := thing{value: starlark.Tuple{}, each: f.elements(o, open, last, steps)}
		for _, a := range args {
			t.parts = append(t.parts, f.expression(o, a.begin, steps+1))
		}
		return t
	}
	return f.expression(o, open+1, steps+1)
}

// elements is what a list in brackets holds: what its first element is.
func (f *folder) elements(o *outline, open, last, steps int) *thing {
	if open+1 >= last {
		return nil
	}
	return known(f.expression(o, open+1, steps+1))
}

// braces is a dict.
func (f *folder) braces(o *outline, open, last, steps int) thing {
	t := thing{value: new(starlark.Dict), each: f.elements(o, open, last, steps)}
	depth := 0
	for i := open + 1; i < last; i++ {
		switch w := o.word(i); {
		case o.tokens[i].kind != sign:
		case strings.Contains("([{", w):
			depth++
		case strings.Contains(")]}", w):
			depth--
		case w == ":" && depth == 0:
			t.under = known(f.expression(o, i+1, steps+1))
			return t
		}
	}
	return t
}

// known gives a thing of which something is known.
func known(t thing) *thing {
	if !t.known() {
		return nil
	}
	return &t
}

// letters is a text.
func letters() thing {
	letter := thing{value: starlark.String("")}
	return thing{value: starlark.String(""), under: &letter}
}

// given is what a call gives whose bracket opens at a token.
func (f *folder) given(o *outline, open, steps int) thing {
	names := o.pathTo(open - 1)
	if len(names) > 0 && !f.shadowed(o, names[0]) {
		call := strings.Join(names, ".")
		if t := f.result(call); t.known() {
			return t
		}
		if len(names) == 1 {
			if t := f.made(o, call, open, steps); t.known() {
				return t
			}
		}
	}
	if o.is(open-2, ".") {
		return method(f.ending(o, open-3, steps+1), o.word(open-1))
	}
	return thing{}
}

// pathTo are the names joined by dots that end at a token; none, if something else is among them.
func (o *outline) pathTo(last int) []string {
	c := o.chainTo(last)
	if k, _ := o.kindAt(last); k != name || c.other {
		return nil
	}
	return c.names
}

// made is what the language's own calls give of their first argument.
func (f *folder) made(o *outline, call string, open, steps int) thing {
	args := o.arguments(open)
	arg := func(n int) thing {
		if n >= len(args) {
			return thing{}
		}
		return f.expression(o, args[n].begin, steps+1)
	}
	switch call {
	case "list", "sorted", "reversed":
		return thing{value: new(starlark.List), each: arg(0).each}
	case "tuple":
		return thing{value: starlark.Tuple{}, each: arg(0).each}
	case "set":
		return thing{value: new(starlark.Set), each: arg(0).each}
	case "dict":
		t := arg(0)
		return thing{value: new(starlark.Dict), each: t.each, under: t.under}
	case "range":
		return thing{each: &thing{value: starlark.MakeInt(0)}}
	case "enumerate":
		return pairs(thing{value: starlark.MakeInt(0)}, arg(0).through())
	case "zip":
		var parts []thing
		for n := range args {
			parts = append(parts, arg(n).through())
		}
		return pairs(parts...)
	case "max", "min":
		return arg(0).through()
	case "getattr":
		if len(args) > 1 {
			if n, ok := o.string(args[1].begin); ok {
				return f.attribute(arg(0), n, steps)
			}
		}
	}
	return thing{}
}

// pairs is a list of tuples whose parts are known.
func pairs(parts ...thing) thing {
	return thing{value: new(starlark.List), each: &thing{value: starlark.Tuple{}, parts: parts}}
}

// method is what a method gives.
func method(t thing, n string) thing {
	switch t.value.(type) {
	case *starlark.Dict:
		key, value := t.through(), t.element()
		switch n {
		case "get", "pop", "setdefault":
			return value
		case "items":
			return pairs(key, value)
		case "keys":
			return thing{value: new(starlark.List), each: t.each}
		case "values":
			return thing{value: new(starlark.List), each: known(value)}
		case "popitem":
			return thing{value: starlark.Tuple{}, parts: []thing{key, value}}
		}
	case *starlark.List:
		if n == "pop" {
			return t.element()
		}
	case starlark.String:
		text := letters()
		switch n {
		case "split", "rsplit", "splitlines":
			return thing{value: new(starlark.List), each: &text}
		case "partition", "rpartition":
			return thing{value: starlark.Tuple{}, each: &text}
		case "elems", "codepoints":
			return thing{each: &text}
		case "capitalize", "format", "join", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "strip", "title", "upper":
			return text
		}
	case *starlark.Set:
		if n == "pop" {
			return t.through()
		}
	}
	if t.value != nil && t.value.Type() == "time.time" || t.value != nil && t.value.Type() == "time.duration" {
		if n == "format" {
			return letters()
		}
		if n == "in_location" {
			return t
		}
	}
	return thing{}
}

// through is what a loop over it gives.
func (t thing) through() thing {
	if t.each == nil {
		return thing{}
	}
	return *t.each
}

// element is what an index gives.
func (t thing) element() thing {
	if t.under != nil {
		return *t.under
	}
	if _, dict := t.value.(*starlark.Dict); dict {
		return thing{}
	}
	return t.through()
}

// holding is a value, with an element if it says one.
func holding(v starlark.Value) thing {
	t := thing{value: v}
	if _, text := v.(starlark.String); text {
		return letters()
	}
	if list, ok := v.(starlark.Indexable); ok && list.Len() > 0 {
		t.each = known(holding(list.Index(0)))
	}
	return t
}

// receiver is what stands before a dot.
func (f *folder) receiver(o *outline, dot int) thing {
	t := f.ending(o, dot-1, 0)
	if t.value == nil && t.module == "" {
		return thing{}
	}
	return t
}

// looped gives what a name of a loop stands for, where the target begins after "for" at a token and the name is at another:
// for x in ..., for k, v in ....
func (f *folder) looped(o *outline, loop, at, steps int) (thing, bool) {
	place, several, in := 0, false, -1
	for i := loop + 1; i < len(o.tokens) && i < loop+20; i++ {
		if o.is(i, "in") {
			in = i
			break
		}
		if o.is(i, ",") {
			several = true
			if i < at {
				place++
			}
		}
	}
	if in < at || in < 0 {
		return thing{}, false
	}
	t := f.expression(o, in+1, steps+1).through()
	if !several {
		return t, true
	}
	if place < len(t.parts) {
		return t.parts[place], true
	}
	return t.through(), true
}

// loopOf is the "for" whose target a name belongs to.
func (o *outline) loopOf(at int) (loop int, ok bool) {
	for i := at - 1; i >= 0 && i > at-20; i-- {
		switch {
		case o.is(i, "for"):
			return i, true
		case o.tokens[i].kind == name && !keyword(o.word(i)), o.is(i, ","), o.is(i, "("):
		default:
			return 0, false
		}
	}
	return 0, false
}

// comprehended is what a name of a comprehension around a place stands for: it is bound behind where it is used.
func (f *folder) comprehended(o *outline, n string, at, steps int) (thing, bool) {
	depth := 0
	for open := min(at, len(o.tokens)) - 1; open >= 0 && f.spend(1); open-- {
		if o.tokens[open].first && statement(o.word(open)) {
			return thing{}, false
		}
		if o.tokens[open].kind != sign {
			continue
		}
		switch o.word(open) {
		case ")", "]", "}":
			depth++
		case "(", "[", "{":
			if depth > 0 {
				depth--
				continue
			}
			if t, ok := f.boundIn(o, open, n, at, steps); ok {
				return t, ok
			}
		}
	}
	return thing{}, false
}

// boundIn looks for "for n in" directly within brackets, from a place on.
func (f *folder) boundIn(o *outline, open int, n string, at, steps int) (thing, bool) {
	depth := 0
	for i := open + 1; i < len(o.tokens) && f.spend(1); i++ {
		w := o.word(i)
		if o.tokens[i].first && statement(w) {
			return thing{}, false
		}
		if o.tokens[i].kind == sign {
			switch w {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				if depth--; depth < 0 {
					return thing{}, false
				}
			}
			continue
		}
		if i != at && w == n && o.tokens[i].kind == name {
			if loop, ok := o.loopOf(i); ok && loop > open {
				if t, ok := f.looped(o, loop, i, steps); ok {
					return t, true
				}
			}
		}
	}
	return thing{}, false
}
