package builtins

import (
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// unpack is starlark.UnpackArgs with errors that also say which arguments there are. Pairs are a name (with ? if it may
// be left out, with ?? if it may be None too) and a pointer.
func unpack(b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, pairs ...any) error {
	if p := engine.Probed(args, kwargs); p != nil {
		return p.Takes(b, pairs...)
	}
	err := starlark.UnpackArgs(b.Name(), args, kwargs, pairs...)
	if err == nil {
		return nil
	}
	names := paramNames(pairs)
	for _, kw := range kwargs {
		name, _ := starlark.AsString(kw[0])
		if known(names, name) {
			continue
		}
		if near := engine.Nearest(strings.ToLower(name), names); near != "" {
			return fmt.Errorf("%s: there is no argument %s: did you mean %s?", b.Name(), name, near)
		}
		return fmt.Errorf("%s: there is no argument %s: %s", b.Name(), name, takes(names))
	}
	for _, name := range names {
		// It says itself what would be right; but the library quotes an argument's name if it was given by name.
		said, quoted := b.Name()+": for parameter "+name+": ", b.Name()+": for parameter "+quote(name)+": "
		if rest, ok := strings.CutPrefix(err.Error(), quoted); ok {
			return errors.New(said + rest)
		}
		if strings.HasPrefix(err.Error(), said) {
			return err
		}
	}
	return fmt.Errorf("%w: %s", err, takes(names))
}

func paramNames(pairs []any) []string {
	var names []string
	for i := 0; i < len(pairs); i += 2 {
		names = append(names, strings.TrimRight(pairs[i].(string), "?"))
	}
	return names
}

func known(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func takes(names []string) string {
	if len(names) == 0 {
		return "it takes no arguments"
	}
	return "it takes " + strings.Join(names, ", ")
}

// printed collects arguments as an effect prints them.
type printed []engine.Argument

// add adds an argument unless it is at its default.
func (p *printed) add(name string, value starlark.Value, isDefault bool) {
	if !isDefault {
		*p = append(*p, engine.Argument{Name: name, Value: value})
	}
}

// code is an argument that prints as an expression rather than as a literal.
type code string

func (c code) String() string        { return string(c) }
func (c code) Type() string          { return "expression" }
func (c code) Freeze()               {}
func (c code) Truth() starlark.Bool  { return true }
func (c code) Hash() (uint32, error) { return starlark.String(c).Hash() }

// quote writes a string as Starlark does.
func quote(s string) string { return starlark.String(s).String() }

// got shows a wrong argument in an error, cut to what is read at a glance.
func got(v starlark.Value) string {
	switch v.(type) {
	case starlark.String, starlark.Int, starlark.Float, starlark.Bool, starlark.NoneType:
		return cut(v.String(), 60)
	}
	return "a " + v.Type()
}
