package startest

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// unpack is starlark.UnpackArgs for a call that also says what it takes when the validator, the editor or the documentation
// ask it.
func unpack(b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, pairs ...any) error {
	if p := engine.Probed(args, kwargs); p != nil {
		return p.Takes(b, pairs...)
	}
	return starlark.UnpackArgs(b.Name(), args, kwargs, pairs...)
}

// choice is an argument that is one of a few texts.
type choice struct {
	text string
	of   []string
}

// Unpack implements starlark.Unpacker.
func (c *choice) Unpack(v starlark.Value) error {
	text, ok := starlark.AsString(v)
	switch {
	case !ok:
		return fmt.Errorf("got %s, want one of %s", v.Type(), strings.Join(c.of, ", "))
	case slices.Contains(c.of, text):
		c.text = text
		return nil
	}
	if near := engine.Nearest(text, c.of); near != "" {
		return fmt.Errorf("%q is none: did you mean %q?", text, near)
	}
	return fmt.Errorf("%q is none: one of %s", text, strings.Join(c.of, ", "))
}

// callee is an argument that is called.
type callee struct{ starlark.Callable }

// Unpack implements starlark.Unpacker.
func (c *callee) Unpack(v starlark.Value) error {
	fn, ok := v.(starlark.Callable)
	if !ok {
		return fmt.Errorf("got %s, want a function", v.Type())
	}
	c.Callable = fn
	return nil
}

var (
	_ starlark.Unpacker = (*choice)(nil)
	_ starlark.Unpacker = (*callee)(nil)
)
