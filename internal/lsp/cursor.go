package lsp

import (
	"slices"
	"strings"
)

// cursor is what stands at a place of a file.
type cursor struct {
	*outline
	offset int
	token  int // the one that the place is in or right behind; -1: none
}

func (o *outline) cursor(offset int) cursor {
	c := cursor{o, offset, -1}
	lo, hi := 0, len(o.tokens)
	for lo < hi { // the last that begins before the place
		mid := (lo + hi) / 2
		if o.tokens[mid].start <= offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	for i := lo - 1; i >= 0 && i >= lo-2; i-- {
		t := o.tokens[i]
		behind := offset == t.end && (t.kind == name || t.kind == number || t.open || t.kind == comment)
		if offset < t.end && c.token < 0 || behind {
			c.token = i
		}
		if offset > t.start {
			break
		} // else a name that ends where a sign begins is meant
	}
	return c
}

// before is the last token that ends before the place, or is the one that it is right behind.
func (c cursor) before() int {
	i := len(c.tokens)
	lo, hi := 0, i
	for lo < hi {
		mid := (lo + hi) / 2
		if c.tokens[mid].start < c.offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// in says what sort of word the place is in.
func (c cursor) in(k kind) bool {
	if c.token < 0 || c.tokens[c.token].kind != k {
		return false
	}
	t := c.tokens[c.token]
	return c.offset > t.start && (c.offset < t.end || t.open || k == comment || k == name)
}

// prefix is what is written of the name at the place, and where it begins.
func (c cursor) prefix() (string, int) {
	if c.token >= 0 && c.tokens[c.token].kind == name {
		start := c.tokens[c.token].start
		return c.text.s[start:c.offset], start
	}
	return "", c.offset
}

// chain is a path of names that ends at a token: now.device.name.
type chain struct {
	names []string
	first int  // token of the first name
	other bool // what stands before it is no name: spotify.devices()[0].name
}

// chainTo reads the chain whose last name is the token.
func (o *outline) chainTo(last int) chain {
	c := chain{names: []string{o.word(last)}, first: last}
	for i := last; o.is(i-1, "."); {
		if k, ok := o.kindAt(i - 2); !ok || k != name {
			c.other = true
			return c
		}
		i -= 2
		c.names = append(c.names, o.word(i))
		c.first = i
	}
	slices.Reverse(c.names)
	return c
}

// opens is the bracket that a closing one belongs to.
func (o *outline) opens(at int) int {
	depth := 0
	for i := at; i >= 0; i-- {
		switch w := o.word(i); {
		case o.tokens[i].kind != sign:
		case strings.ContainsAny(w, ")]}"):
			depth++
		case strings.ContainsAny(w, "([{"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// call is the innermost one around a place.
type call struct {
	name   string // "blink1.set"; "" when it is no plain name
	first  int    // token of the name
	open   int    // its bracket
	arg    int    // which argument the place is in, from 0
	key    string // its name, if it is given by name
	begun  bool   // something of the argument stands before the place
	given  []string
	places int // how many are given by place
}

// call finds it. What is open above a statement that begins a line is not.
func (c cursor) call() (call, bool) {
	depth := 0
	i := c.before()
	for ; i >= 0; i-- {
		t, w := c.tokens[i], c.word(i)
		if t.first && statement(w) {
			return call{}, false
		}
		if t.kind != sign {
			continue
		}
		switch {
		case strings.ContainsAny(w, ")]}"):
			depth++
		case strings.ContainsAny(w, "([{"):
			if depth > 0 {
				depth--
				continue
			}
			if k, ok := c.kindAt(i - 1); w == "(" && ok && k == name && !keyword(c.word(i-1)) {
				return c.callAt(i), true
			} // else an element of a list or in brackets: it is inside of the call around it
		}
	}
	return call{}, false
}

func keyword(word string) bool {
	switch word {
	case "and", "elif", "else", "for", "if", "in", "lambda", "not", "or", "return":
		return true
	}
	return false
}

func (c cursor) callAt(open int) call {
	ch := c.chainTo(open - 1)
	out := call{first: ch.first, open: open}
	if !ch.other {
		out.name = strings.Join(ch.names, ".")
	}
	args := c.arguments(open)
	out.arg = len(args)
	for n, a := range args {
		named := c.is(a.begin+1, "=") && !c.is(a.begin+2, "=")
		start, end := c.tokens[a.begin].start, c.tokens[a.end-1].end
		inside := c.offset >= start && c.offset <= end
		// behind the comma of the one before, and before this one
		if c.offset < start && out.arg == len(args) {
			out.arg = n
		}
		if inside {
			out.arg = n
			if named && c.offset > c.tokens[a.begin+1].start {
				out.key = c.word(a.begin)
			}
			out.begun = c.offset > c.tokens[a.begin].end
			continue
		}
		if named {
			out.given = append(out.given, c.word(a.begin))
		} else {
			out.places++
		}
	}
	if n := len(args); n > 0 && out.arg == n {
		// behind the last one, without a comma: still that one
		last := args[n-1]
		comma := false
		for i := last.end; i < len(c.tokens) && c.tokens[i].start < c.offset; i++ {
			comma = comma || c.is(i, ",")
		}
		if !comma {
			out.arg, out.begun = n-1, true
			if c.is(last.begin+1, "=") && !c.is(last.begin+2, "=") {
				out.key = c.word(last.begin)
			}
		}
	}
	return out
}
