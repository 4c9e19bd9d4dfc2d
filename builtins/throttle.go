package builtins

import (
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// throttleKey is how many runes of a given key count; a longer one is cut.
const throttleKey = 1000

// throttle is what calls that are carried out once may have: at most one per key in a time.
type throttle struct {
	every time.Duration // 0: None
	key   text
	keyed bool // a key was given, which may be ""
}

// throttling is every and key as a call gives them.
type throttling struct {
	every Duration
	key   givenKey
}

// givenKey is an argument that is a key, if one is given.
type givenKey struct {
	text
	given bool
}

// Unpack implements starlark.Unpacker. It is not called for None.
func (k *givenKey) Unpack(v starlark.Value) error {
	k.given = true
	return k.text.Unpack(v)
}

func newThrottling() throttling {
	return throttling{every: Duration{Min: time.Second, Max: 30 * day}}
}

// take takes the arguments as they were given, and the turn that the call belongs to.
func (t *throttle) take(thread *starlark.Thread, b *starlark.Builtin, given throttling) (*engine.Turn, error) {
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	return turn, t.set(b, given)
}

func (t *throttle) set(b *starlark.Builtin, given throttling) error {
	t.every = given.every.Duration
	if !given.key.given {
		return nil
	}
	t.keyed, t.key = true, text(cut(string(given.key.text), throttleKey))
	if t.every == 0 {
		return fmt.Errorf(`%s: a key without every does nothing: write every="30m" as well`, b.Name())
	}
	return nil
}

// print adds the arguments to those of the call.
func (t throttle) print(p *printed) {
	p.add("every", Duration{Duration: t.every}.value(), t.every == 0)
	p.add("key", starlark.String(t.key), !t.keyed)
}

// name is what every counts by: the given key, or place, where to, and whom it is about. The holder's name comes last,
// because a stranger chose it, and the two forms begin differently, so that nothing can be mistaken for something else.
func (t throttle) name(call string, at starlark.CallFrame, to, holder string) string {
	if t.keyed {
		return call + " key " + bounded(string(t.key))
	}
	if to == "" {
		to = "-"
	}
	return call + " at " + at.Pos.Filename() + " " + at.Name + " " + to + " " + holder
}

// record records a call that is carried out once, with its throttle.
func (t throttle) record(thread *starlark.Thread, b *starlark.Builtin, turn *engine.Turn, e engine.Effect, to string, lasts time.Duration) error {
	e.Every = t.every
	if at := turn.Event().Time; !at.IsZero() {
		e.Expires = at.Add(lasts)
	}
	if e.Every > 0 {
		e.Key = t.name(b.Name(), thread.CallFrame(1), to, turn.Holder())
	}
	return turn.Once(thread, b, e)
}

var _ starlark.Unpacker = (*givenKey)(nil)
