package lsp

import (
	"maps"
	"slices"
	"strings"

	"gatefold/builtins"
	"gatefold/internal/manual"
)

// hover explains the word at a place.
func (s *server) hover(f *folder, _ string, c cursor) (any, error) {
	if c.token < 0 {
		return nil, nil
	}
	text := f.explain(c)
	if text == "" {
		return nil, nil
	}
	t := c.tokens[c.token]
	return hover{markdown(text), c.text.span(t.start, t.end, s.enc)}, nil
}

// explain says in Markdown what a word means; "": nothing is known of it.
func (f *folder) explain(c cursor) string {
	switch c.tokens[c.token].kind {
	case literal:
		return f.explainString(c)
	case name:
	default:
		return ""
	}
	if text := f.explainArgument(c); text != "" {
		return text
	}
	n := c.word(c.token)
	if c.is(c.token-1, "def") {
		return f.explainHandler(n)
	}
	if !c.is(c.token-1, ".") {
		return f.explainName(c, n)
	}
	t := f.receiver(c.outline, c.token-1)
	switch {
	case t.module != "":
		return f.manual.Hover(f.manual.Entry(t.module + "." + n))
	case t.value != nil:
		if text := f.manual.Hover(f.manual.Attribute(t.value.Type(), n)); text != "" {
			return text
		}
		for _, p := range f.publishing(t.topic, n) {
			return "```python\n" + p.text() + "\n```\n\nPublished with `" + t.topic + "` in " + p.path + "."
		}
	}
	return ""
}

// explainArgument is for the name of an argument within a call.
func (f *folder) explainArgument(c cursor) string {
	if !c.is(c.token+1, "=") || c.is(c.token+2, "=") || c.tokens[c.token].depth == 0 {
		return ""
	}
	call, ok := c.call()
	if !ok {
		return ""
	}
	e := f.manual.Entry(call.name)
	if e == nil || f.shadowed(c.outline, call.name) {
		return ""
	}
	row, ok := e.Arg(c.word(c.token))
	if !ok {
		return "`" + inHeading(e.Call(), c.word(c.token)) + "` of `" + e.Heading + "`"
	}
	return f.manual.HoverArgument(e, row)
}

func (f *folder) explainHandler(n string) string {
	if n != "on_playback" && n != "on_blind" && strings.HasPrefix(n, "on_") {
		n = "on_<topic>"
	}
	return f.manual.Hover(f.manual.Entry(n))
}

// explainName is for what the rules define, and for builtins and modules.
func (f *folder) explainName(c cursor, n string) string {
	if o, at, ok := f.defined(c.outline, n); ok {
		return o.described(n, at)
	}
	t, ok := f.bound(c.outline, c.token, 0)
	if !ok {
		t = f.variable(c.outline, n, c.token, 0)
	}
	if t.value != nil {
		text := "```python\n" + n + ": " + t.value.Type() + "\n```"
		if len(manual.AttrNames(t.value)) > 0 {
			text += "\n\nIt has `" + strings.Join(manual.AttrNames(t.value), "`, `") + "`."
		}
		return text
	}
	if e := f.manual.Entry(n); e != nil && (e.Kind == manual.Call || e.Kind == manual.Constant) {
		return f.manual.Hover(e)
	}
	if len(f.members[n]) > 0 {
		return "`" + n + "` has `" + strings.Join(f.members[n], "`, `") + "`."
	}
	return ""
}

// described is what a file says of something that it defines.
func (o *outline) described(n string, at int) string {
	text := "```python\n" + n + "\n```"
	if d := o.byName(at); d != nil {
		text = "```python\ndef " + d.signature() + "\n```"
	}
	if about := o.about(at); about != "" {
		text += "\n\n" + about
	}
	return text
}

// explainString is for colours, what a load takes from where, and topics.
func (f *folder) explainString(c cursor) string {
	for _, l := range c.loads {
		for _, n := range l.names {
			if o := f.outlines[l.path]; n.at == c.token && o != nil {
				if at, ok := o.defines(n.remote); ok {
					return o.described(n.remote, at)
				}
			}
		}
		if o := f.outlines[l.path]; l.at == c.token && o != nil {
			return "`" + l.path + "` has `" + strings.Join(o.globals(), "`, `") + "`."
		}
	}
	for _, t := range c.said {
		for _, path := range slices.Sorted(maps.Keys(f.outlines)) {
			if d := f.outlines[path].find("on_" + t.name); t.at == c.token && d != nil {
				return f.outlines[path].described(d.name, d.at) + "\n\nIn " + path + "."
			}
		}
	}
	content, _ := c.tokens[c.token].inside(c.text.s)
	if hex, ok := builtins.ColorHex(content); ok {
		if call, inside := c.call(); inside && strings.HasPrefix(call.name, "blink1.") {
			return "`" + hex + "`"
		}
	}
	return ""
}

// defined finds where the rules define a name that a file uses: there, or in a file that it loads.
func (f *folder) defined(o *outline, n string) (where *outline, at int, ok bool) {
	if at, ok := o.defines(n); ok {
		return o, at, true
	}
	if path, remote, ok := o.imports(n); ok && f.outlines[path] != nil {
		at, ok := f.outlines[path].defines(remote)
		return f.outlines[path], at, ok
	}
	return nil, 0, false
}
