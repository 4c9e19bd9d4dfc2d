package builtins

import (
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func stateModule() engine.Module {
	return engine.Module{Name: "state", Members: starlark.StringDict{
		"get":    starlark.NewBuiltin("state.get", stateGet),
		"set":    starlark.NewBuiltin("state.set", stateSet),
		"delete": starlark.NewBuiltin("state.delete", stateDelete),
	}}
}

// state.get(key, default=None) reads what stood before the turn and what the turn itself wrote.
func stateGet(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key text
	var absent starlark.Value = starlark.None
	if err := unpack(b, args, kwargs, "key", &key, "default?", &absent); err != nil {
		return nil, err
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	v, ok, err := turn.State(string(key))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	case !ok:
		return absent, nil
	}
	return v, nil
}

// state.set(key, value, ttl=None) writes one key.
func stateSet(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key text
	var value keepable
	ttl := Duration{Min: time.Second, Max: 3650 * day}
	if err := unpack(b, args, kwargs, "key", &key, "value", &value, "ttl??", &ttl); err != nil {
		return nil, err
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	if err := turn.SetState(string(key), value.Value, ttl.Duration); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return starlark.None, nil
}

// state.delete(key) removes one key; one that is not there is no error.
func stateDelete(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key text
	if err := unpack(b, args, kwargs, "key", &key); err != nil {
		return nil, err
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	if err := turn.DeleteState(string(key)); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return starlark.None, nil
}

// keepable is an argument that can be kept. How large it is, the turn sees to.
type keepable struct{ starlark.Value }

// Unpack implements starlark.Unpacker.
func (k *keepable) Unpack(v starlark.Value) error {
	switch v.(type) {
	case starlark.NoneType, starlark.Bool, starlark.Int, starlark.Float, starlark.String, *starlark.List, starlark.Tuple, *starlark.Dict:
	default:
		if _, err := engine.EncodeValue(v); err != nil {
			return err
		}
	}
	k.Value = v
	return nil
}

var _ starlark.Unpacker = (*keepable)(nil)
