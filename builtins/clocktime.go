package builtins

import (
	"fmt"
	"strconv"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// clockTime is an argument that is a time of day, in minutes from midnight: "07:00".
type clockTime struct {
	minutes int
	end     bool // "24:00" is one too: the end of the day
}

// Unpack implements starlark.Unpacker.
func (c *clockTime) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf(`got %s, want a time of day like "07:00"`, v.Type())
	}
	hour, minute, ok := strings.Cut(s, ":")
	h, m := number(hour), number(minute)
	if !ok || len(minute) != 2 || h < 0 || m < 0 || m > 59 || h > 24 || h == 24 && (m > 0 || !c.end) {
		return fmt.Errorf(`%s is no time of day: write it like "07:00" or "22:30"`, quote(cut(s, 60)))
	}
	c.minutes = h*60 + m
	return nil
}

// number reads one or two digits; -1 if s is something else.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || len(s) > 2 {
		return -1
	}
	return int(n)
}

// weekdays is an argument that is a set of days: "mon-fri,sun"; "" is every day.
type weekdays struct{ engine.Days }

// Unpack implements starlark.Unpacker.
func (w *weekdays) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf(`got %s, want days like "mon-fri"`, v.Type())
	}
	var err error
	w.Days, err = engine.ParseDays(s)
	return err
}

var (
	_ starlark.Unpacker = (*clockTime)(nil)
	_ starlark.Unpacker = (*weekdays)(nil)
)
