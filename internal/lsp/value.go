package lsp

import (
	"maps"
	"slices"
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/internal/manual"
)

// thing is what an expression stands for, as far as that can be told without running anything.
type thing struct {
	module string         // blink1
	value  starlark.Value // one of that kind: what its attributes are is asked of it
	topic  string         // the value is the argument of on_<topic>
	each   *thing         // what a loop over it gives; nil: not known
	under  *thing         // what an index gives, where that is something else: the values of a dict
	parts  []thing        // of a tuple: what stands at each place
}

func (t thing) known() bool { return t.module != "" || t.value != nil || t.each != nil }

const (
	maxSteps = 12        // how far a name is followed
	maxFuel  = 1_000_000 // and how many tokens may be looked at for one answer, with all its branches
)

// spend says whether an answer may look at so many more tokens: what is nested without end is not followed without end.
func (f *folder) spend(tokens int) bool {
	f.fuel -= tokens
	return f.fuel >= 0
}

// resolve follows a path of names that is written at a token of a file.
func (f *folder) resolve(o *outline, names []string, at, steps int) thing {
	if steps > maxSteps || len(names) == 0 {
		return thing{}
	}
	t := f.variable(o, names[0], at, steps)
	if !t.known() && len(f.members[names[0]]) > 0 {
		t = thing{module: names[0]}
	}
	for _, n := range names[1:] {
		t = f.attribute(t, n, steps)
	}
	return t
}

// attribute is one of a thing.
func (f *folder) attribute(t thing, n string, steps int) thing {
	switch {
	case t.module == "time" && f.manual.Entry("time."+n) != nil && f.manual.Entry("time."+n).Kind == manual.Constant:
		return thing{value: startime.Duration(time.Second)}
	case t.topic != "":
		if v := manual.Attr(t.value, n); v != nil {
			return holding(v)
		}
		return f.field(t.topic, n, steps)
	case t.value == nil:
		return thing{}
	}
	if v := manual.Attr(t.value, n); v != nil {
		return holding(v)
	}
	return thing{}
}

// field is what a topic is published with.
func (f *folder) field(topic, n string, steps int) thing {
	for _, p := range f.publishing(topic, n) {
		if t := f.expression(p.outline, p.value, steps+1); t.known() {
			return t
		}
	}
	return thing{}
}

// publishing are the fields of a name that a topic is published with.
func (f *folder) publishing(topic, n string) (out []published) {
	for _, path := range slices.Sorted(maps.Keys(f.outlines)) {
		for _, s := range f.outlines[path].said {
			for _, x := range s.fields {
				if s.name == topic && x.name == n {
					out = append(out, published{path, f.outlines[path], x})
				}
			}
		}
	}
	return out
}

// published is a field of a topic where it is published.
type published struct {
	path    string
	outline *outline
	field
}

// text is it as it is written: hours = 3.
func (p published) text() string {
	o := p.outline
	last := max(p.value, o.primary(p.value))
	if last >= len(o.tokens) {
		return p.name
	}
	return p.name + " = " + o.text.s[o.tokens[p.value].start:o.tokens[last].end]
}

// variable is what a name stands for at a token: what a comprehension around it goes through, what was assigned to it last, a
// parameter, what the file or another one defines.
func (f *folder) variable(o *outline, n string, at, steps int) thing {
	if steps > maxSteps || !f.spend(1) {
		return thing{}
	}
	if t, ok := f.comprehended(o, n, at, steps); ok {
		return t
	}
	offset := len(o.text.s)
	if at < len(o.tokens) {
		offset = o.tokens[at].start
	}
	d := o.within(offset)
	begin := -1
	if d != nil {
		begin = d.begin
	}
	for i, passed := min(at, len(o.tokens))-1, at >= len(o.tokens) || o.begins(at); i > begin && f.spend(1); i-- { // the last before this statement
		if o.tokens[i].kind == name && o.word(i) == n && !o.is(i-1, ".") && (passed || !o.assigns(i)) {
			if t, ok := f.bound(o, i, steps); ok {
				return t
			}
		}
		passed = passed || o.begins(i)
	}
	if d == nil {
		return f.loaded(o, n, steps)
	}
	for i, p := range d.params {
		if p.name != n {
			continue
		}
		if i == 0 && d.top() {
			if t := f.handled(o, d); t.known() {
				return t
			}
		}
		return f.passed(o, d, i, steps)
	}
	for _, v := range o.vars {
		if v.name == n {
			return f.expression(o, v.at+2, steps+1)
		}
	}
	return f.loaded(o, n, steps)
}

// begins says that a token is the first of a statement, as its line tells.
func (o *outline) begins(i int) bool { return o.tokens[i].first && o.tokens[i].depth == 0 }

// assigns says that a token is a name that a statement gives a value.
func (o *outline) assigns(i int) bool {
	return o.is(i+1, "=") && !o.is(i+2, "=") && o.tokens[i].depth == 0 && (o.tokens[i].first || o.is(i-1, ":"))
}

// bound is what a name stands for that is given a value at a token.
func (f *folder) bound(o *outline, i, steps int) (thing, bool) {
	if o.assigns(i) {
		return f.expression(o, i+2, steps+1), true
	}
	if loop, ok := o.loopOf(i); ok {
		return f.looped(o, loop, i, steps)
	}
	return thing{}, false
}

// loaded is what a name stands for that comes from another file.
func (f *folder) loaded(o *outline, n string, steps int) thing {
	path, remote, ok := o.imports(n)
	if !ok || f.outlines[path] == nil {
		return thing{}
	}
	other := f.outlines[path]
	for _, v := range other.vars {
		if v.name == remote {
			return f.expression(other, v.at+2, steps+1)
		}
	}
	return thing{}
}

// handled is the argument of a handler, or of a timer's function.
func (f *folder) handled(o *outline, d *def) thing {
	kind, ok := strings.CutPrefix(d.name, "on_")
	switch {
	case ok && (kind == "playback" || kind == "blind"):
		return thing{value: manual.Argument(d.name)}
	case ok:
		return thing{value: manual.Argument(d.name), topic: kind}
	}
	for i, t := range o.tokens {
		if t.kind == name && t.first && t.col == 0 && (o.is(i, "every") || o.is(i, "at")) && o.is(i+1, "(") {
			for _, a := range o.arguments(i + 1) {
				if o.is(a.end-1, d.name) {
					return thing{value: manual.Argument("")}
				}
			}
		}
	}
	return thing{}
}

// passed is what calls of a function give for an argument.
func (f *folder) passed(o *outline, d *def, n, steps int) thing {
	if steps > maxSteps/2 {
		return thing{}
	}
	if !f.spend(len(o.tokens)) {
		return thing{}
	}
	for i, t := range o.tokens {
		if t.kind != name || i == d.at || o.word(i) != d.name || !o.is(i+1, "(") || o.is(i-1, ".") || i > d.begin && i < d.end {
			continue
		}
		if args := o.arguments(i + 1); n < len(args) {
			if t := f.expression(o, args[n].begin, steps+2); t.known() {
				return t
			}
		}
	}
	return thing{}
}

// topics are those that the rules publish, and those that they handle.
func (f *folder) topics() (said, handled []string) {
	for _, o := range f.outlines {
		for _, s := range o.said {
			said = append(said, s.name)
		}
		for _, d := range o.defs {
			if kind, ok := strings.CutPrefix(d.name, "on_"); ok && d.top() && kind != "playback" && kind != "blind" {
				handled = append(handled, kind)
			}
		}
	}
	slices.Sort(said)
	slices.Sort(handled)
	return slices.Compact(said), slices.Compact(handled)
}

// fields are the names of what a topic is published with.
func (f *folder) fields(topic string) (names []string) {
	for _, o := range f.outlines {
		for _, s := range o.said {
			if s.name != topic {
				continue
			}
			for _, x := range s.fields {
				names = append(names, x.name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
