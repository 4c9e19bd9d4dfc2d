package lsp

import (
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/internal/manual"
)

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

// result is what a call of a builtin gives, in tests also of one that only they can make.
func (f *folder) result(call string) thing {
	if v := f.results[call]; v != nil {
		return holding(v)
	}
	switch call {
	case "time.now", "time.time", "time.parse_time", "time.from_timestamp":
		return thing{value: manual.Attr(manual.Argument("on_playback"), "time")}
	case "time.parse_duration":
		return thing{value: startime.Duration(time.Second)}
	case "str", "repr", "chr", "type", "json.encode", "json.indent":
		return letters()
	}
	for _, m := range f.modules {
		for member, v := range m.Results {
			if m.Name+"."+member == call || m.Name == "" && member == call {
				return holding(v)
			}
		}
	}
	return thing{}
}
