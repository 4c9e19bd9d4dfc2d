package builtins

import (
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func timersModule() engine.Module {
	return engine.Module{
		Members: starlark.StringDict{
			"every": starlark.NewBuiltin("every", every),
			"at":    starlark.NewBuiltin("at", at),
		},
		Pure:   []string{"every", "at"},
		Timers: []string{"every", "at"},
	}
}

// every(interval, fn) runs fn on the clock, aligned to the epoch.
func every(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	interval := Duration{Min: time.Second, Max: 7 * day}
	var fn *starlark.Function
	if err := unpack(b, args, kwargs, "interval", &interval, "fn", &fn); err != nil {
		return nil, err
	}
	return starlark.None, engine.AddTimer(thread, b, engine.Timer{Fn: fn, Every: interval.Duration})
}

// at(time, fn, days="") runs fn at a time of day, in the configured zone.
func at(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var when clockTime
	var fn *starlark.Function
	var days weekdays
	if err := unpack(b, args, kwargs, "time", &when, "fn", &fn, "days?", &days); err != nil {
		return nil, err
	}
	timer := engine.Timer{Fn: fn, Hour: when.minutes / 60, Minute: when.minutes % 60, Days: days.Days}
	return starlark.None, engine.AddTimer(thread, b, timer)
}
