package startest

import (
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/builtins"
	"gatefold/engine"
)

// argument is what fake makes for a handler: to everybody the value that gatefold would give it, and to record the event
// and the past behind it.
type argument struct {
	starlark.HasAttrs
	event engine.Event
	facts engine.Facts
	state engine.State
}

// bound makes the argument of an event.
func bound(ev engine.Event, facts engine.Facts, state engine.State) *argument {
	return &argument{ev.Data.Bind(ev, facts.Beside(state)).(starlark.HasAttrs), ev, facts, state}
}

// CompareSameType implements starlark.Comparable: an argument is equal to itself alone.
func (a *argument) CompareSameType(op syntax.Token, y starlark.Value, _ int) (bool, error) {
	same := a == y
	return same == (op == syntax.EQL), nil
}

// look is the playback behind an argument of on_playback.
func (a *argument) look() (builtins.Playback, bool) {
	p, ok := a.event.Data.(builtins.Playback)
	return p, ok
}

var _ starlark.Comparable = (*argument)(nil)
