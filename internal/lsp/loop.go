package lsp

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
