package builtins

import (
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// paceArgs are the arguments of pause and poll: how often.
type paceArgs struct {
	every, usual time.Duration
}

// Arguments implements engine.Args.
func (a paceArgs) Arguments() []engine.Argument {
	var p printed
	p.add("every", Duration{Duration: a.every}.value(), a.every == a.usual)
	return p
}

// standPace records a call that stands and has a pace, which the loop acts on. Every holds the default and the range.
func standPace(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, every Duration) (starlark.Value, error) {
	usual := every.Duration
	if err := unpack(b, args, kwargs, "every?", &every); err != nil {
		return nil, err
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	e := engine.Effect{Args: paceArgs{every.Duration, usual}, Every: every.Duration}
	return starlark.None, turn.Stand(thread, b, e)
}
