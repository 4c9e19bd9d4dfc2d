package lsp

import (
	"slices"
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/internal/manual"
)

// thing is what a name stands for, as far as that can be told without running anything.
type thing struct {
	module string         // blink1
	value  starlark.Value // one of that kind: what its attributes are is asked of it
	topic  string         // the value is the argument of on_<topic>
	many   starlark.Value // a list of such values
}

func (t thing) known() bool { return t.module != "" || t.value != nil || t.many != nil }

// maxSteps bounds how far a name is followed.
const maxSteps = 12

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
			return thing{value: v}
		}
		return f.field(t.topic, n, steps)
	case t.value == nil:
		return thing{}
	}
	if v := manual.Attr(t.value, n); v != nil {
		if list, ok := v.(starlark.Tuple); ok && len(list) > 0 {
			return thing{value: v, many: list[0]}
		}
		return thing{value: v}
	}
	return thing{}
}

// field is what a topic is published with.
func (f *folder) field(topic, n string, steps int) thing {
	for _, o := range f.outlines {
		for _, s := range o.said {
			if s.name != topic {
				continue
			}
			for _, x := range s.fields {
				if x.name == n {
					return f.expression(o, x.value, steps+1)
				}
			}
		}
	}
	return thing{}
}

// expression is what stands at a token: a path, a call whose result is known, a text.
func (f *folder) expression(o *outline, at, steps int) thing {
	if k, ok := o.kindAt(at); ok && k == literal {
		return thing{value: starlark.String("")}
	}
	names, after := o.chainFrom(at)
	if len(names) == 0 {
		return thing{}
	}
	if o.is(after, "(") {
		return f.result(strings.Join(names, "."))
	}
	if o.is(after, "[") {
		t := f.resolve(o, names, at, steps+1)
		return thing{value: t.many}
	}
	return f.resolve(o, names, at, steps+1)
}

// result is what a call gives.
func result(call string) thing {
	now := manual.Argument("on_playback")
	switch call {
	case "spotify.devices":
		return thing{many: manual.Attr(now, "device")}
	case "time.now", "time.time", "time.parse_time", "time.from_timestamp":
		return thing{value: manual.Attr(now, "time")}
	case "time.parse_duration":
		return thing{value: startime.Duration(time.Second)}
	case "str", "repr", "json.encode":
		return thing{value: starlark.String("")}
	}
	return thing{}
}

// variable is what a name stands for at a token: a parameter, or what was assigned to it last.
func (f *folder) variable(o *outline, n string, at, steps int) thing {
	offset := len(o.text.s)
	if at < len(o.tokens) {
		offset = o.tokens[at].start
	}
	d := o.within(offset)
	begin := 0
	if d != nil {
		begin = d.begin
	}
	for i := min(at, len(o.tokens)) - 1; i > begin; i-- { // the last assignment before
		if o.tokens[i].kind != name || o.word(i) != n || o.is(i-1, ".") {
			continue
		}
		switch {
		case o.is(i+1, "=") && !o.is(i+2, "=") && (o.tokens[i].first || o.is(i-1, ":")):
			return f.expression(o, i+2, steps+1)
		case o.is(i-1, "for") && o.is(i+1, "in"):
			t := f.expression(o, i+2, steps+1)
			return thing{value: t.many}
		}
	}
	if d == nil {
		return f.global(o, n, steps)
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
	return f.global(o, n, steps)
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

// receiver is what stands before the dot of a chain.
func (f *folder) receiver(o *outline, c chain) thing {
	switch {
	case c.text:
		return thing{value: starlark.String("")}
	case c.call == "?":
		return thing{}
	case c.call != "" && c.index:
		t := f.resolve(o, strings.Split(c.call, "."), c.first, 0)
		return f.rest(thing{value: t.many}, c)
	case c.call != "":
		return f.rest(f.result(c.call), c)
	}
	return f.resolve(o, c.names[:len(c.names)-1], c.first, 0)
}

// rest goes on with the names that come after a call or an index, without the last.
func (f *folder) rest(t thing, c chain) thing {
	for _, n := range c.names[:len(c.names)-1] {
		t = f.attribute(t, n, 0)
	}
	return t
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
