package lsp

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/manual"
)

// complete says what may be meant at a place.
func (s *server) complete(f *folder, rel string, c cursor) (any, error) {
	b := completing{enc: s.enc, snippets: s.snippets, folder: f, rel: rel, cursor: c}
	switch {
	case c.in(comment):
	case c.in(literal):
		b.inString()
	default:
		b.inCode()
	}
	if b.items == nil {
		b.items = []CompletionItem{}
	}
	list := completionList{Items: b.items}
	if s.oneRange {
		list.once()
	}
	return list, nil
}

// once says the range that all items replace once, for an editor that knows that: half of what is sent is nothing else.
func (l *completionList) once() {
	if len(l.Items) == 0 {
		return
	}
	all := l.Items[0].TextEdit.Range
	for _, i := range l.Items {
		if i.TextEdit.Range != all {
			return
		}
	}
	l.ItemDefaults = &itemDefaults{all}
	for n := range l.Items {
		i := &l.Items[n]
		if i.TextEdit.NewText != i.Label {
			i.TextEditText = i.TextEdit.NewText
		}
		i.TextEdit = nil
	}
}

// resolve explains one of the items that came without an explanation: all of them at once would be slow.
func (s *server) resolve(i CompletionItem) CompletionItem {
	if text := s.tests.manual.Hover(s.tests.manual.Entry(i.Data)); text != "" {
		i.Documentation = markdown(text)
	}
	return i
}

// completing gathers items.
type completing struct {
	*folder
	cursor
	rel      string
	enc      encoding
	snippets bool
	items    []CompletionItem
}

// add adds an item that replaces what is written from a place on.
func (b *completing) add(i CompletionItem, from int, insert string) {
	i.TextEdit = &TextEdit{b.text.span(from, b.offset, b.enc), insert}
	b.items = append(b.items, i)
}

func (b *completing) entry(e *manual.Entry, label string, k int, from int, insert string) {
	b.add(CompletionItem{Label: label, Kind: k, Detail: e.Heading, Documentation: markdown(b.manual.Hover(e))}, from, insert)
}

func (b *completing) inCode() {
	word, from := b.prefix()
	last := b.before()
	if word != "" {
		last--
	}
	switch {
	case b.is(last, ".") && last > 0:
		b.afterDot(last, from)
		return
	case b.is(last, "def"):
		b.handlers(from, "")
		return
	case b.token >= 0 && b.tokens[b.token].kind == number && b.offset > b.tokens[b.token].start:
		return
	}
	if call, ok := b.call(); ok && call.key == "" && (b.is(last, "(") || b.is(last, ",")) {
		b.keywords(call, from)
	}
	line := b.text.line(b.text.lineOf(b.offset))
	if strings.TrimSpace(line) == word && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
		b.handlers(from, "def ")
	}
	b.names(from)
}

// afterDot offers members of a module, or attributes of a value.
func (b *completing) afterDot(dot, from int) {
	t := b.receiver(b.outline, dot)
	switch {
	case t.module != "":
		for _, m := range b.members[t.module] {
			e := b.manual.Entry(t.module + "." + m)
			k := itemFunction
			if e.Kind == manual.Constant {
				k = itemConstant
			}
			b.entry(e, m, k, from, m)
		}
		return
	case t.value == nil:
		return
	}
	for _, n := range manual.AttrNames(t.value) {
		k := itemField
		if _, ok := manual.Attr(t.value, n).(*starlark.Builtin); ok {
			k = itemMethod
		}
		if e := b.manual.Attribute(t.value.Type(), n); e != nil {
			b.entry(e, n, k, from, n)
		} else {
			b.add(CompletionItem{Label: n, Kind: k}, from, n)
		}
	}
	if t.topic != "" {
		for _, n := range b.fields(t.topic) {
			b.add(CompletionItem{Label: n, Kind: itemField, Detail: "published with " + t.topic}, from, n)
		}
	}
}

// keywords offers arguments by name.
func (b *completing) keywords(c call, from int) {
	if sig, ok := b.signatures(c); ok {
		e := b.manual.Entry(c.name)
		for n, p := range sig.Params {
			if n < c.places && !p.Named || slices.Contains(c.given, p.Name) || reserved(p.Name) {
				continue
			}
			i := CompletionItem{Label: p.Name + " =", Kind: itemProperty, SortText: fmt.Sprintf("0%02d", n), FilterText: p.Name}
			if e != nil {
				if row, ok := e.Arg(p.Name); ok {
					i.Documentation = markdown(b.manual.HoverArgument(e, row))
				}
				i.Detail = inHeading(e.Call(), p.Name)
			}
			b.add(i, from, p.Name+" = ")
		}
		return
	}
	if d := b.function(b.outline, c.name); d != nil {
		for n, p := range d.params {
			if n >= c.places && !slices.Contains(c.given, p.name) && !strings.HasPrefix(p.text, "*") {
				b.add(CompletionItem{Label: p.name + " =", Kind: itemProperty, Detail: p.text, SortText: fmt.Sprintf("0%02d", n), FilterText: p.name}, from, p.name+" = ")
			}
		}
	}
}

// reserved says that an argument cannot be given by name: the word is one of the language's.
func reserved(name string) bool { return name == "from" }

// inHeading is an argument with its default, as a page writes it.
func inHeading(heading, name string) string {
	if m := regexp.MustCompile(`[(, ](` + regexp.QuoteMeta(name) + `(=("[^"]*"|[^,)]*))?)[,)]`).FindStringSubmatch(heading); m != nil {
		return m[1]
	}
	return name
}

// signatures is what a call takes, of a builtin or a method.
func (b *completing) signatures(c call) (engine.Signature, bool) { return b.takes(b.outline, c) }

func (f *folder) takes(o *outline, c call) (engine.Signature, bool) {
	names := strings.Split(c.name, ".")
	if len(names) == 1 && f.shadowed(o, c.name) {
		return engine.Signature{}, false
	}
	if sig, ok := f.manual.Signatures[c.name]; ok {
		return sig, true
	}
	if len(names) < 2 {
		return engine.Signature{}, false
	}
	return manual.Method(f.ending(o, c.open-1, 0).value)
}

// shadowed says that a file defines a name itself.
func (f *folder) shadowed(o *outline, name string) bool {
	_, ok := o.defines(name)
	_, _, loaded := o.imports(name)
	return ok || loaded
}

// function is one that the rules define, in this file or in one that it loads.
func (f *folder) function(o *outline, name string) *def {
	if d := o.find(name); d != nil {
		return d
	}
	if path, remote, ok := o.imports(name); ok && f.outlines[path] != nil {
		return f.outlines[path].find(remote)
	}
	return nil
}

// handlers offers whole functions: those of events, and those of topics that nothing handles yet.
func (b *completing) handlers(from int, lead string) {
	if engine.IsTest(b.rel) {
		b.testFunctions(from, lead)
		return
	}
	there := b.globals()
	offer := func(n, arg, about string) {
		if slices.Contains(there, n) {
			return
		}
		i := CompletionItem{Label: n, Kind: itemFunction, Detail: lead + n + "(" + arg + ")", Documentation: markdown(about), FilterText: lead + n, SortText: "1" + n}
		insert := fmt.Sprintf("%s%s(%s):\n    ", lead, n, arg)
		if b.snippets {
			i.Kind, i.InsertTextFormat = itemSnippet, 2
			insert += "$0"
		}
		b.add(i, from, insert)
		if lead != "" { // it is found by the name alone too
			i.FilterText = n
			i.Label = lead + n
			b.add(i, from, insert)
		}
	}
	offer("on_playback", "now", b.manual.Hover(b.manual.Entry("on_playback")))
	offer("on_blind", "problem", b.manual.Hover(b.manual.Entry("on_blind")))
	said, _ := b.topics()
	for _, t := range said {
		offer("on_"+t, "event", "Handles `publish(\""+t+"\")`.")
	}
}

// names offers everything that has a name at the place.
func (b *completing) names(from int) {
	seen := map[string]bool{}
	add := func(i CompletionItem, insert string) {
		if !seen[i.Label] {
			seen[i.Label] = true
			b.add(i, from, insert)
		}
	}
	if d := b.within(b.offset); d != nil {
		for _, p := range d.params {
			add(CompletionItem{Label: p.name, Kind: itemVariable, SortText: "2" + p.name}, p.name)
		}
		for _, n := range b.assigned(d) {
			add(CompletionItem{Label: n, Kind: itemVariable, SortText: "2" + n}, n)
		}
	}
	for _, n := range b.globals() {
		i := CompletionItem{Label: n, Kind: itemVariable, SortText: "3" + n}
		if d := b.function(b.outline, n); d != nil {
			i.Kind, i.Detail = itemFunction, d.signature()
		}
		add(i, n)
	}
	for _, k := range []manual.Kind{manual.Call, manual.Constant} {
		for _, e := range b.manual.Entries(k) {
			if !strings.Contains(e.Name, ".") {
				add(CompletionItem{Label: e.Name, Kind: itemFunction, Detail: e.Heading, Data: e.Name, SortText: "4" + e.Name}, e.Name)
			}
		}
	}
	for module := range b.members {
		add(CompletionItem{Label: module, Kind: itemModule, SortText: "4" + module}, module)
	}
	for _, w := range []string{"True", "False", "None", "def", "if", "elif", "else", "for", "in", "return", "not", "and", "or", "load", "lambda", "pass", "break", "continue"} {
		add(CompletionItem{Label: w, Kind: itemKeyword, SortText: "5" + w}, w)
	}
}

// assigned are the names that a function gives values to before the place.
func (b *completing) assigned(d *def) (out []string) {
	for i := d.begin; i < d.end && b.tokens[i].start < b.offset; i++ {
		switch {
		case b.tokens[i].kind != name || b.is(i-1, "."):
		case b.tokens[i].first && b.is(i+1, "=") && !b.is(i+2, "="), b.is(i-1, "for") && b.is(i+1, "in"):
			out = append(out, b.word(i))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// inString offers what a text may be: a file, a name of it, a colour, a topic, what an attribute may be compared with.
func (b *completing) inString() {
	content, start := b.tokens[b.token].inside(b.text.s)
	if b.offset < start || b.offset > start+len(content) {
		return
	}
	offer := func(value string, k int, detail string) {
		b.add(CompletionItem{Label: value, Kind: k, Detail: detail, FilterText: value}, start, value)
	}
	if e := b.compared(b.token); e != nil { // device.type == "...", before the call that this stands in
		for _, v := range sayings(e) {
			offer(v, itemValue, e.Heading)
		}
		return
	}
	if c, ok := b.call(); ok {
		for _, v := range b.values(c) {
			offer(v.text, v.kind, v.detail)
		}
	}
}

// compared is the attribute that a text is compared with: now.cause == "look", "item" in now.changed, now.weekday in ["sat"].
func (b *completing) compared(at int) *manual.Entry {
	before := at - 1
	for ; before >= 0; before-- { // out of a list of texts
		k, w := b.tokens[before].kind, b.word(before)
		if (w == "[" || w == "(") && k == sign && b.is(before-1, "in") {
			before--
			break
		}
		if k != literal && w != "," {
			before = at - 1
			break
		}
	}
	switch {
	case b.is(before, "=") && (b.is(before-1, "=") || b.is(before-1, "!")):
		return b.attributeAt(before - 2)
	case b.is(before, "in") && b.is(before-1, "not"):
		return b.attributeAt(before - 2)
	case b.is(before, "in"):
		return b.attributeAt(before - 1)
	}
	after := at + 1
	if b.is(after, "not") {
		after++
	}
	if b.is(after, "in") || b.is(after, "=") && b.is(after+1, "=") || b.is(after, "!") && b.is(after+1, "=") {
		for after++; b.is(after, "="); after++ {
		}
		if last := b.primary(after); last > after {
			return b.attributeAt(last)
		}
	}
	return nil
}

// attributeAt is what the manual says of the attribute whose name is a token.
func (b *completing) attributeAt(at int) *manual.Entry {
	if k, ok := b.kindAt(at); !ok || k != name || !b.is(at-1, ".") {
		return nil
	}
	t := b.receiver(b.outline, at-1)
	if t.value == nil {
		return nil
	}
	return b.manual.Attribute(t.value.Type(), b.word(at))
}

// sayings are the texts that an attribute can be, as its page writes them.
func sayings(e *manual.Entry) (out []string) {
	for _, m := range quoted.FindAllStringSubmatch(e.Summary, -1) {
		out = append(out, m[1])
	}
	return out
}

var quoted = regexp.MustCompile("`\"([^\"]*)\"`")

// choice is what a text may be.
type choice struct {
	text, detail string
	kind         int
}

// values are the texts that an argument may be.
func (b *completing) values(c call) (out []choice) {
	switch args := b.arguments(c.open); {
	case c.name == "load":
		return b.loadable(c)
	case (c.name == "getattr" || c.name == "hasattr") && c.arg == 1 && !b.shadowed(b.outline, c.name):
		t := b.expression(b.outline, args[0].begin, 0)
		if t.value == nil {
			return nil
		}
		names := manual.AttrNames(t.value)
		if t.topic != "" {
			names = append(slices.Clone(names), b.fields(t.topic)...)
		}
		for _, n := range names {
			detail := ""
			if e := b.manual.Attribute(t.value.Type(), n); e != nil {
				detail = e.Heading
			}
			out = append(out, choice{n, detail, itemField})
		}
		return out
	}
	sig, ok := b.takes(b.outline, c)
	if !ok {
		return nil
	}
	arg := c.key
	if arg == "" && c.arg < len(sig.Params) {
		arg = sig.Params[c.arg].Name
	}
	switch {
	case arg == "color":
		for _, n := range builtins.ColorNames() {
			hex, _ := builtins.ColorHex(n)
			out = append(out, choice{n, hex, itemColor})
		}
	case arg == "topic" && c.name == "publish", arg == "publish" && c.name == "button":
		said, handled := b.topics()
		for _, n := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(said, handled)))) {
			out = append(out, choice{n, "on_" + n, itemValue})
		}
	case arg == "days":
		for _, n := range []string{"mon-fri", "sat,sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
			out = append(out, choice{n, "days", itemValue})
		}
	case arg == "led":
		for _, n := range []string{"all", "top", "bottom"} {
			out = append(out, choice{n, "which LED", itemValue})
		}
	default:
		if e := b.manual.Entry(c.name); e != nil {
			if row, ok := e.Arg(arg); ok {
				for _, m := range quoted.FindAllStringSubmatch(row.Default, -1) {
					out = append(out, choice{m[1], "the default", itemValue})
				}
				out = append(out, alsoInTests(e, row)...)
			}
		}
	}
	return out
}

// loadable are the files that can be loaded, or the names of one.
func (b *completing) loadable(c call) (out []choice) {
	args := b.arguments(c.open)
	if c.arg == 0 || len(args) == 0 {
		for path, o := range b.outlines {
			if path != b.rel && !strings.HasSuffix(path, "_test.star") {
				out = append(out, choice{path, strings.Join(o.globals(), ", "), itemFile})
			}
		}
		slices.SortFunc(out, func(x, y choice) int { return strings.Compare(x.text, y.text) })
		return out
	}
	path, _ := b.string(args[0].begin)
	o := b.outlines[path]
	if o == nil {
		return nil
	}
	for _, n := range o.globals() {
		if _, own := o.defines(n); own && !strings.HasPrefix(n, "_") {
			out = append(out, choice{n, path, itemVariable})
		}
	}
	return out
}
