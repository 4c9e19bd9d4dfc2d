package builtins

import (
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func approveModule() engine.Module {
	key := engine.TopicAt{Name: "device_key"}
	return engine.Module{
		Members: starlark.StringDict{
			"approve":    starlark.NewBuiltin("approve", approve),
			"disapprove": starlark.NewBuiltin("disapprove", disapprove),
		},
		Keys: map[string]engine.TopicAt{"approve": key, "disapprove": key},
	}
}

// approve(device_key, for_=None) says that a device may play: device.approved reads it.
func approve(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key deviceKey
	length := Duration{Min: time.Second, Max: 3650 * day}
	if err := unpack(b, args, kwargs, "device_key", &key, "for_??", &length); err != nil {
		return nil, err
	}
	return say(thread, b, key, true, length.Duration)
}

// disapprove(device_key) says that it may not: device.blocked reads it.
func disapprove(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key deviceKey
	if err := unpack(b, args, kwargs, "device_key", &key); err != nil {
		return nil, err
	}
	return say(thread, b, key, false, 0)
}

func say(thread *starlark.Thread, b *starlark.Builtin, key deviceKey, allowed bool, length time.Duration) (starlark.Value, error) {
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	if err := turn.Approve(thread, string(key), allowed, length); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return starlark.None, nil
}

// deviceKey is an argument that is the key of a device, or a device.
type deviceKey string

// Unpack implements starlark.Unpacker.
func (k *deviceKey) Unpack(v starlark.Value) error {
	switch v := v.(type) {
	case starlark.String:
		if *k = deviceKey(valid(string(v))); !isBounded(string(*k)) {
			*k = deviceKey(bounded(string(*k)))
		}
		return nil
	case *deviceValue:
		*k = deviceKey(v.Key())
		return nil
	}
	return fmt.Errorf("got %s, want the key of a device: write now.device.key", v.Type())
}

var _ starlark.Unpacker = (*deviceKey)(nil)
