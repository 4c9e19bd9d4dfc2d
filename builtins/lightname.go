package builtins

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// Lights are the lights that rules can name.
type Lights struct {
	Serials map[string]string // by name: 8 hex digits, lower case
	// Usual is the serial of the light that a call without light means, "" if it is any. A name or serial of this very
	// device means the same as none: one device has one owner.
	Usual string
}

var (
	serialForm = regexp.MustCompile(`^[0-9a-f]{8}$`)
	nameForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
)

// IsSerial says whether a light's name is the serial of a blink(1): 8 hex digits, lower case.
func IsSerial(light string) bool { return serialForm.MatchString(light) }

// Find gives the one name that a light has here, of whichever it was called by: "" for the usual one, the name that the
// configuration gives its serial, or else the serial in lower case. A nil receiver knows no names, and takes every one.
func (l *Lights) Find(s string) (string, error) {
	serial := strings.ToLower(s)
	switch isSerial := IsSerial(serial); {
	case isSerial && l == nil:
		return serial, nil
	case isSerial && serial == l.Usual:
		return "", nil
	case isSerial:
		for name, of := range l.Serials {
			if of == serial {
				return name, nil
			}
		}
		return serial, nil
	case l == nil && nameForm.MatchString(s):
		return s, nil
	case l == nil:
		return "", fmt.Errorf("%s is no light: write a name of a-z, 0-9 and -, or a serial of 8 hex digits", quote(cut(s, 60)))
	}
	of, ok := l.Serials[s]
	switch {
	case ok && of == l.Usual:
		return "", nil
	case ok:
		return s, nil
	case len(l.Serials) == 0:
		return "", fmt.Errorf(`there is no light %s: name it in the configuration, as in lights: {door: "30001234"}, or write a serial of 8 hex digits`, quote(cut(s, 60)))
	}
	names := slices.Sorted(maps.Keys(l.Serials))
	if near := engine.Nearest(strings.ToLower(s), names); near != "" {
		return "", fmt.Errorf("there is no light %s: did you mean %s?", quote(cut(s, 60)), quote(near))
	}
	return "", fmt.Errorf("there is no light %s: the configuration names %s", quote(cut(s, 60)), strings.Join(names, ", "))
}

// lightArg is an argument that chooses a light.
type lightArg struct {
	lights *Lights
	name   string // "" is the usual one
}

// Unpack implements starlark.Unpacker. It is not called for None.
func (l *lightArg) Unpack(v starlark.Value) (err error) {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf(`got %s, want a light like "door", or its serial in quotes`, v.Type())
	}
	l.name, err = l.lights.Find(s)
	return err
}

// spot is what of which light a call is about.
type spot struct {
	ledArg
	light string // "" is the usual one
}

// print adds what is not at its default, last in the order of arguments.
func (s spot) print(p *printed) {
	p.add("led", s.value(), s.ledArg == ledAll)
	p.add("light", starlark.String(s.light), s.light == "")
}

// Slots are the LEDs by name: for each of them the last call in a turn wins.
func (s spot) Slots() []string {
	slots := s.ledArg.slots()
	if s.light == "" {
		return slots
	}
	of := make([]string, len(slots))
	for i, slot := range slots {
		of[i] = slot + " of " + s.light
	}
	return of
}

// on names the light.
func (s spot) on() string { return s.light }

var _ starlark.Unpacker = (*lightArg)(nil)
