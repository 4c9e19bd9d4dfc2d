package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// transferArgs are the arguments of spotify.transfer.
type transferArgs struct {
	to   deviceID
	play bool
	throttle
}

// Arguments implements engine.Args.
func (a transferArgs) Arguments() []engine.Argument {
	var p printed
	p.add("to", starlark.String(a.to), false)
	p.add("play", starlark.Bool(a.play), !a.play)
	a.throttle.print(&p)
	return p
}

// spotify.transfer(to, play=False, every=None, key=None) hands the playback to another device.
func spotifyTransfer(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a transferArgs
	given := newThrottling()
	if err := unpack(b, args, kwargs, "to", &a.to, "play?", &a.play, "every??", &given.every, "key??", &given.key); err != nil {
		return nil, err
	}
	turn, err := a.throttle.take(thread, b, given)
	if err != nil {
		return nil, err
	}
	e := engine.Effect{Args: a, Lane: "spotify player", Player: true}
	return starlark.None, a.throttle.record(thread, b, turn, e, string(a.to), commandExpires)
}

// volumeArgs are the arguments of spotify.volume.
type volumeArgs struct {
	percent int
	device  deviceID // "": the active one
	throttle
}

// Arguments implements engine.Args.
func (a volumeArgs) Arguments() []engine.Argument {
	var p printed
	p.add("percent", starlark.MakeInt(a.percent), false)
	p.add("device", starlark.String(a.device), a.device == "")
	a.throttle.print(&p)
	return p
}

// spotify.volume(percent, device=None, every=None, key=None) sets the volume of a device.
func spotifyVolume(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a volumeArgs
	var level volumeLevel
	given := newThrottling()
	if err := unpack(b, args, kwargs, "percent", &level, "device??", &a.device, "every??", &given.every, "key??", &given.key); err != nil {
		return nil, err
	}
	a.percent = int(level)
	turn, err := a.throttle.take(thread, b, given)
	if err != nil {
		return nil, err
	}
	e := engine.Effect{Args: a, Lane: "spotify player", Player: true}
	return starlark.None, a.throttle.record(thread, b, turn, e, string(a.device), commandExpires)
}

// volumeLevel is an argument that is a volume in percent.
type volumeLevel int

// Unpack implements starlark.Unpacker.
func (l *volumeLevel) Unpack(v starlark.Value) error {
	n, err := starlark.AsInt32(v)
	switch {
	case err != nil:
		return fmt.Errorf("got %s, want a number from 0 to 100", got(v))
	case n < 0 || n > 100:
		return fmt.Errorf("%d is out of range: from 0 to 100", n)
	}
	*l = volumeLevel(n)
	return nil
}

var _ starlark.Unpacker = (*volumeLevel)(nil)
