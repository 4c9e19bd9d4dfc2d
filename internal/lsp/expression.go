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
