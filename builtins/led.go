package builtins

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

// ledArg is an argument that chooses LEDs: "all", 1 (or "top"), 2 (or "bottom").
type ledArg int

const (
	ledAll    ledArg = 0
	ledTop    ledArg = 1
	ledBottom ledArg = 2
)

// Unpack implements starlark.Unpacker.
func (l *ledArg) Unpack(v starlark.Value) error {
	switch v := v.(type) {
	case starlark.String:
		switch v {
		case "all":
			*l = ledAll
			return nil
		case "top":
			*l = ledTop
			return nil
		case "bottom":
			*l = ledBottom
			return nil
		}
	case starlark.Int:
		if n, ok := v.Int64(); ok && (n == 1 || n == 2) {
			*l = ledArg(n)
			return nil
		}
	}
	return fmt.Errorf(`%s is no LED: write "all", 1 (the top one) or 2 (the bottom one)`, got(v))
}

// value is the argument as an effect prints it.
func (l ledArg) value() starlark.Value {
	if l == ledAll {
		return starlark.String("all")
	}
	return starlark.MakeInt(int(l))
}

// has says whether the LED (top, bottom) is one of them.
func (l ledArg) has(led ledArg) bool { return l == ledAll || l == led }

// slots are the LEDs by name.
func (l ledArg) slots() []string {
	switch l {
	case ledTop:
		return ledSlots[:1:1]
	case ledBottom:
		return ledSlots[1:]
	}
	return ledSlots[:]
}

var ledSlots = [...]string{"led 1", "led 2"}

// percent is an argument that is a brightness, 1 to 100.
type percent int

// Unpack implements starlark.Unpacker.
func (p *percent) Unpack(v starlark.Value) error {
	n, ok := v.(starlark.Int)
	if !ok {
		return fmt.Errorf("got %s, want an int from 1 to 100", v.Type())
	}
	i, ok := n.Int64()
	switch {
	case ok && i == 0:
		return errors.New("0 is dark: write blink1.off()")
	case !ok || i < 1 || i > 100:
		return fmt.Errorf("%s is out of range: from 1 to 100 (percent)", got(v))
	}
	*p = percent(i)
	return nil
}

var (
	_ starlark.Unpacker = (*ledArg)(nil)
	_ starlark.Unpacker = (*percent)(nil)
)
