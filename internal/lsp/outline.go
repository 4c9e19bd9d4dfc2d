package lsp

import (
	"slices"
	"strings"
)

// outline is what a file defines, loads and publishes, as far as its words tell.
type outline struct {
	text   text
	tokens []token
	defs   []def
	vars   []variable // of the top level
	loads  []loaded
	said   []topic
}

// def is a function.
type def struct {
	name       string
	at         int // its name, among the tokens
	params     []param
	begin, end int // its tokens, from def to before the next statement outside of it
	col        int
}

type param struct {
	name string
	at   int
	text string // "days = \"\"", "*args"
}

type variable struct {
	name string
	at   int
}

// loaded is a load statement.
type loaded struct {
	path  string
	at    int // the path, among the tokens
	names []taken
	end   int
}

// taken is one name that a file takes from another.
type taken struct {
	local, remote string
	at            int
}

// topic is one that a call publishes.
type topic struct {
	name   string
	at     int // the string, among the tokens
	fields []field
}

// field is what is published with it.
type field struct {
	name  string
	value int // its first token
}

func newOutline(s string) *outline {
	o := &outline{text: newText(s), tokens: lex(s)}
	for i, t := range o.tokens {
		switch {
		case t.kind != name:
			continue
		case t.first && o.word(i) == "def":
			o.def(i)
		case t.first && t.col == 0 && o.word(i) == "load" && o.is(i+1, "("):
			o.load(i)
		case t.first && t.col == 0 && o.is(i+1, "=") && !o.is(i+2, "="):
			o.vars = append(o.vars, variable{o.word(i), i})
		case o.is(i+1, "(") && (o.word(i) == "publish" || o.word(i) == "button") && !o.is(i-1, "."):
			o.publishes(i)
		}
	}
	return o
}

func (o *outline) word(i int) string {
	if i < 0 || i >= len(o.tokens) {
		return ""
	}
	return o.text.s[o.tokens[i].start:o.tokens[i].end]
}

func (o *outline) is(i int, s string) bool { return o.word(i) == s }

func (o *outline) kindAt(i int) (kind, bool) {
	if i < 0 || i >= len(o.tokens) {
		return 0, false
	}
	return o.tokens[i].kind, true
}

// string is what a string token holds.
func (o *outline) string(i int) (string, bool) {
	if k, ok := o.kindAt(i); !ok || k != literal {
		return "", false
	}
	s, _ := o.tokens[i].inside(o.text.s)
	return s, true
}

func (o *outline) def(i int) {
	if k, ok := o.kindAt(i + 1); !ok || k != name {
		return
	}
	d := def{name: o.word(i + 1), at: i + 1, begin: i, col: o.tokens[i].col}
	if o.is(i+2, "(") {
		for _, a := range o.arguments(i + 2) {
			first := a.begin
			for o.is(first, "*") {
				first++
			}
			if k, ok := o.kindAt(first); ok && k == name && first < a.end {
				d.params = append(d.params, param{o.word(first), first, strings.Join(strings.Fields(o.text.s[o.tokens[a.begin].start:o.tokens[a.end-1].end]), " ")})
			}
		}
	}
	d.end = len(o.tokens)
	for j := i + 1; j < len(o.tokens); j++ {
		t := o.tokens[j]
		if t.first && t.col <= d.col && t.kind != comment && !strings.ContainsAny(o.word(j), ")]}") {
			d.end = j
			break
		}
	}
	o.defs = append(o.defs, d)
}

// argument is one of a call: its tokens.
type argument struct{ begin, end int }

// arguments splits what stands in brackets that open at a token, up to where they close, or another statement begins.
func (o *outline) arguments(open int) (out []argument) {
	depth, begin := 0, open+1
	for j := open + 1; j < len(o.tokens); j++ {
		t, w := o.tokens[j], o.word(j)
		switch {
		case t.first && statement(w):
			return closing(out, begin, j)
		case t.kind == comment:
			continue
		case t.kind != sign:
			continue
		case strings.ContainsAny(w, "([{"):
			depth++
		case strings.ContainsAny(w, ")]}"):
			if depth == 0 {
				return closing(out, begin, j)
			}
			depth--
		case w == "," && depth == 0:
			out, begin = closing(out, begin, j), j+1
		}
	}
	return closing(out, begin, len(o.tokens))
}

func closing(out []argument, begin, end int) []argument {
	if begin < end {
		out = append(out, argument{begin, end})
	}
	return out
}

// statement says whether a word at the beginning of a line begins a statement, whatever is open above it.
func statement(word string) bool {
	switch word {
	case "def", "return", "load", "pass", "break", "continue", "elif":
		return true
	}
	return false
}

func (o *outline) load(i int) {
	args := o.arguments(i + 1)
	if len(args) == 0 {
		return
	}
	path, ok := o.string(args[0].begin)
	if !ok {
		return
	}
	l := loaded{path: path, at: args[0].begin, end: args[len(args)-1].end}
	for _, a := range args[1:] {
		if local, ok := o.string(a.begin); ok {
			l.names = append(l.names, taken{local, local, a.begin})
		} else if remote, ok := o.string(a.begin + 2); ok && o.is(a.begin+1, "=") {
			l.names = append(l.names, taken{o.word(a.begin), remote, a.begin + 2})
		}
	}
	o.loads = append(o.loads, l)
}

// publishes reads publish("topic", a = 1) and button("label", publish = "topic", a = 1).
func (o *outline) publishes(i int) {
	place := map[string]int{"publish": 0, "button": 1}[o.word(i)]
	var t topic
	for n, a := range o.arguments(i + 1) {
		named := o.is(a.begin+1, "=") && !o.is(a.begin+2, "=")
		key := o.word(a.begin)
		switch s, isString := o.string(a.begin); {
		case isString && n == place:
			t.name, t.at = s, a.begin
		case named && place == 1 && key == "publish" || named && place == 0 && n == 0 && key == "topic":
			t.name, _ = o.string(a.begin + 2)
			t.at = a.begin + 2
		case named && key != "label":
			t.fields = append(t.fields, field{key, a.begin + 2})
		}
	}
	if t.name != "" {
		o.said = append(o.said, t)
	}
}

// within is the innermost function around a place.
func (o *outline) within(offset int) *def {
	var inner *def
	for i := range o.defs {
		d := &o.defs[i]
		end := len(o.text.s) + 1
		if d.end < len(o.tokens) {
			end = o.tokens[d.end].start
		}
		if o.tokens[d.begin].start > offset || offset >= end {
			continue
		}
		// Between two functions the indentation tells.
		line := o.text.line(o.text.lineOf(offset))
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		last := o.tokens[d.end-1]
		if offset > last.end && o.text.lineOf(offset) > last.line && strings.TrimSpace(line) != "" && indent <= d.col {
			continue
		}
		inner = d
	}
	return inner
}

// top says whether a function is one of the top level.
func (d *def) top() bool { return d.col == 0 }

// find gives the function of the top level with a name.
func (o *outline) find(name string) *def {
	for i := range o.defs {
		if d := &o.defs[i]; d.top() && d.name == name {
			return d
		}
	}
	return nil
}

// defines gives the token that defines a name at the top level.
func (o *outline) defines(name string) (at int, ok bool) {
	if d := o.find(name); d != nil {
		return d.at, true
	}
	for _, v := range o.vars {
		if v.name == name {
			return v.at, true
		}
	}
	return 0, false
}

// imports gives where a name is loaded from.
func (o *outline) imports(name string) (path, remote string, ok bool) {
	for _, l := range o.loads {
		for _, n := range l.names {
			if n.local == name {
				return l.path, n.remote, true
			}
		}
	}
	return "", "", false
}

// globals are the names that a file has at its top level.
func (o *outline) globals() (names []string) {
	for _, d := range o.defs {
		if d.top() {
			names = append(names, d.name)
		}
	}
	for _, v := range o.vars {
		names = append(names, v.name)
	}
	for _, l := range o.loads {
		for _, n := range l.names {
			names = append(names, n.local)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// about is the comment above a definition, or its docstring.
func (o *outline) about(at int) string {
	begin := at
	for begin > 0 && !o.tokens[begin].first {
		begin--
	}
	if d := o.byName(at); d != nil {
		for i := d.at; i < d.end; i++ {
			if t := o.tokens[i]; t.first && i > d.at {
				if s, ok := o.string(i); ok {
					return strings.TrimSpace(s)
				}
				break
			}
		}
	}
	var lines []string
	for i, line := begin-1, o.tokens[begin].line-1; i >= 0; i, line = i-1, line-1 {
		t := o.tokens[i]
		if t.kind != comment || !t.first || t.line != line {
			break
		}
		lines = append(lines, strings.TrimSpace(strings.TrimLeft(o.word(i), "#")))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

func (o *outline) byName(at int) *def {
	for i := range o.defs {
		if o.defs[i].at == at {
			return &o.defs[i]
		}
	}
	return nil
}

// signature is "f(a, b = 1)".
func (d *def) signature() string {
	var params []string
	for _, p := range d.params {
		params = append(params, p.text)
	}
	return d.name + "(" + strings.Join(params, ", ") + ")"
}
