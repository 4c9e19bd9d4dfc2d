package builtins

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

const (
	buttonLabel = 75 // letters of what a button says
	buttonsMost = 5  // of a message
)

func buttonModule() engine.Module {
	return engine.Module{
		Members: starlark.StringDict{"button": starlark.NewBuiltin("button", newButton)},
		Pure:    []string{"button"},
		Topics:  map[string]engine.TopicAt{"button": {Name: "publish", Position: 1}},
		Results: map[string]starlark.Value{"button": &button{}},
	}
}

// button(label, publish, **fields) is a button for slack.post(..., actions=[...]): a press publishes the topic with the
// fields.
func newButton(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	out := &button{}
	if p := engine.Probed(args, kwargs); p != nil {
		p.Signature.Fields = true
		return nil, p.Takes(b, "label", &out.label, "publish", &out.topic)
	}
	fields := kwargs
	for len(fields) > 0 && isOwn(fields[0]) {
		fields = fields[1:]
	}
	own := kwargs[:len(kwargs)-len(fields)]
	for i, kw := range fields {
		if isOwn(kw) { // label or publish behind a field: rare
			fields = append(slices.Clone(fields[:i]), fields[i+1:]...)
			return newButton(nil, b, args, append(append(slices.Clone(own), kw), fields...))
		}
	}
	if err := unpack(b, args, own, "label", &out.label, "publish", &out.topic); err != nil {
		return nil, err
	}
	out.label = text(strings.TrimSpace(cut(string(out.label), buttonLabel)))
	if out.label == "" { // a stranger's name, perhaps
		out.label = blankText
	}
	out.fields = out.room[:0]
	for _, kw := range fields {
		v, err := plainField(kw[1])
		name, _ := starlark.AsString(kw[0])
		if err == nil {
			err = engine.CheckField(name)
		}
		if err != nil {
			return nil, fmt.Errorf("button: field %s: %w", name, err)
		}
		out.fields = append(out.fields, engine.Field{Name: name, Value: v})
	}
	return out, nil
}

func isOwn(kw starlark.Tuple) bool {
	name, _ := kw[0].(starlark.String)
	return name == "label" || name == "publish"
}

// plainField is a value that a field of a button can have.
func plainField(v starlark.Value) (starlark.Value, error) {
	switch v := v.(type) {
	case starlark.NoneType, starlark.Bool, starlark.Int:
		return v, nil
	case starlark.Float:
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errors.New("not a finite number")
		}
		return v, nil
	case starlark.String:
		if utf8.ValidString(string(v)) {
			return v, nil
		}
		return starlark.String(valid(string(v))), nil
	case *deviceValue:
		return nil, errors.New("a device is too much: write its key, device=device.key")
	}
	return nil, fmt.Errorf("got %s, want None, bool, int, float or string", v.Type())
}

// button is a button as rules see it.
type button struct {
	label  text
	topic  text
	fields []engine.Field
	room   [1]engine.Field // for the usual number of them
}

// String is the call that makes it.
func (b *button) String() string {
	var w strings.Builder
	fmt.Fprintf(&w, "button(label=%s, publish=%s", quote(string(b.label)), quote(string(b.topic)))
	for _, f := range b.fields {
		fmt.Fprintf(&w, ", %s=%s", f.Name, f.Value)
	}
	return w.String() + ")"
}

// Type is "button".
func (b *button) Type() string { return "button" }

// Freeze does nothing: a button never changes.
func (b *button) Freeze() {}

// Truth is true.
func (b *button) Truth() starlark.Bool { return true }

// Hash fails: a button is no dict key.
func (b *button) Hash() (uint32, error) { return 0, errors.New("unhashable: button") }

// buttons is an argument that is a list of them.
type buttons []*button

// Unpack implements starlark.Unpacker.
func (l *buttons) Unpack(v starlark.Value) error {
	const want = `want a list of buttons: actions=[button("Allow for an hour", publish="allow_hour", device=device.key)]`
	list, ok := v.(starlark.Sequence)
	if _, isList := v.(starlark.Indexable); !ok || !isList {
		return fmt.Errorf("got %s, %s", v.Type(), want)
	}
	if list.Len() > buttonsMost {
		return fmt.Errorf("%d buttons: a message has at most %d", list.Len(), buttonsMost)
	}
	for x := range starlark.Elements(list) {
		b, ok := x.(*button)
		if !ok {
			return fmt.Errorf("got a list with a %s in it, %s", x.Type(), want)
		}
		*l = append(*l, b)
	}
	return nil
}

// value is the argument as an effect prints it.
func (l buttons) value() starlark.Value {
	texts := make([]string, len(l))
	for i, b := range l {
		texts[i] = b.String()
	}
	return code("[" + strings.Join(texts, ", ") + "]")
}

// of are the buttons of a message.
func (l buttons) of(message string) []Button {
	var out []Button
	for i, b := range l {
		out = append(out, Button{Label: string(b.label), Press: Pressed{Message: message, Offer: i}})
	}
	return out
}

// offers are what they offer.
func (l buttons) offers() []engine.Offer {
	var out []engine.Offer
	for _, b := range l {
		out = append(out, engine.Offer{Label: string(b.label), Topic: string(b.topic), Fields: b.fields})
	}
	return out
}

var (
	_ starlark.Value    = (*button)(nil)
	_ starlark.Unpacker = (*buttons)(nil)
)
