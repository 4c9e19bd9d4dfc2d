package engine

import (
	"errors"
	"reflect"
	"strings"

	"go.starlark.net/starlark"
)

// Signature is what a builtin takes, as the builtin itself says it: the validator, the editor and the documentation read
// it, so that none of them can say something else than the call.
type Signature struct {
	Name   string // "blink1.set"
	Params []Param
	Fields bool // takes any other arguments by name as well (publish, button)
	Any    bool // takes any number of arguments without names (log)
}

// Param is one argument of a builtin, in the order of the call.
type Param struct {
	Name     string
	Required bool
	None     bool // may be None, which is as if it were left out
	Named    bool // can be given by name only

	target any // a pointer to the default, of the type that the call unpacks into
}

// Check says what is wrong with a value for this argument, and what would be right; nil: it is taken. It is pure: a value
// that the rule does not state as a literal is not known before it runs.
func (p Param) Check(v starlark.Value) error {
	if v == starlark.None && p.None {
		return nil
	}
	fresh := reflect.New(reflect.TypeOf(p.target).Elem())
	fresh.Elem().Set(reflect.ValueOf(p.target).Elem())
	err := starlark.UnpackArgs("call", starlark.Tuple{v}, nil, p.Name, fresh.Interface())
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), "call: for parameter "+p.Name+": "))
}

// DefaultIs says whether the call works with v when the argument is left out: for a page that states defaults.
func (p Param) DefaultIs(v starlark.Value) bool {
	if p.Required {
		return false
	}
	if v == starlark.None && p.None {
		return true
	}
	fresh := reflect.New(reflect.TypeOf(p.target).Elem())
	fresh.Elem().Set(reflect.ValueOf(p.target).Elem())
	if starlark.UnpackArgs("call", starlark.Tuple{v}, nil, p.Name, fresh.Interface()) != nil {
		return false
	}
	given, ok := fresh.Elem().Interface().(starlark.Value)
	if own, _ := p.Default().(starlark.Value); ok && own != nil {
		same, err := starlark.Equal(given, own)
		return err == nil && same
	}
	return reflect.DeepEqual(fresh.Elem().Interface(), p.Default())
}

// Default is the value that the call works with when the argument is left out; nil: there is none, or it is not plain.
func (p Param) Default() any { return reflect.ValueOf(p.target).Elem().Interface() }

// Param gives the argument of that name.
func (s Signature) Param(name string) (Param, bool) {
	for _, p := range s.Params {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// String is "blink1.set(color, fade, brightness, led, light)": required arguments first, others in brackets.
func (s Signature) String() string {
	var parts []string
	for _, p := range s.Params {
		name := p.Name
		if !p.Required {
			name = "[" + name + "]"
		}
		parts = append(parts, name)
	}
	if s.Any {
		parts = append(parts, "*values")
	}
	if s.Fields {
		parts = append(parts, "**fields")
	}
	return s.Name + "(" + strings.Join(parts, ", ") + ")"
}

// Probe is the one argument of a call that asks a builtin what it takes: the builtin fills it in and ends with ErrProbed.
type Probe struct {
	Inert
	Signature Signature
}

// ErrProbed ends a call that was asked what it takes.
var ErrProbed = errors.New("asked what it takes")

// String says what it is, in case a builtin takes it for a value.
func (p *Probe) String() string { return "probe" }

// Type is "probe".
func (p *Probe) Type() string { return "probe" }

// Probed gives the probe, if the call is only asked what it takes.
func Probed(args starlark.Tuple, kwargs []starlark.Tuple) *Probe {
	if len(args) != 1 || len(kwargs) != 0 {
		return nil
	}
	p, _ := args[0].(*Probe)
	return p
}

// Takes fills in what the builtin takes: pairs as of starlark.UnpackArgs.
func (p *Probe) Takes(b *starlark.Builtin, pairs ...any) error {
	p.Signature.Name = b.Name()
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		bare := strings.TrimRight(name, "?")
		p.Signature.Params = append(p.Signature.Params, Param{
			Name: bare, Required: bare == name, None: strings.HasSuffix(name, "??"), target: pairs[i+1],
		})
	}
	return ErrProbed
}

// Signatures asks every builtin of the modules what it takes, by the name that rules call it. One that does not say is
// left out.
func Signatures(modules ...Module) map[string]Signature {
	out := map[string]Signature{}
	for _, m := range modules {
		for member, v := range m.Members {
			if b, ok := v.(*starlark.Builtin); ok {
				if s, ok := signatureOf(b); ok {
					out[joined(m.Name, member)] = s
				}
			}
		}
	}
	return out
}

func signatureOf(b *starlark.Builtin) (s Signature, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	thread := &starlark.Thread{Name: "probe"}
	thread.SetLocal(turnLocal, &Turn{event: Event{Kind: KindPlayback}, limits: Limits{}.orDefault(), given: []VerdictKind{Unknown}})
	p := &Probe{}
	_, err := b.CallInternal(thread, starlark.Tuple{p}, nil)
	return p.Signature, errors.Is(err, ErrProbed)
}
