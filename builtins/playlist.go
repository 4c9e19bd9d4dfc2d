package builtins

import (
	"go.starlark.net/starlark"

	"gatefold/engine"
)

// playlistArgs are the arguments of spotify.replace_playlist.
type playlistArgs struct {
	id   playlistID
	uris []string
	throttle
}

// Arguments implements engine.Args.
func (a playlistArgs) Arguments() []engine.Argument {
	uris := make([]starlark.Value, len(a.uris))
	for i, u := range a.uris {
		uris[i] = starlark.String(u)
	}
	var p printed
	p.add("id", starlark.String(a.id), false)
	p.add("uris", starlark.NewList(uris), false)
	a.throttle.print(&p)
	return p
}

// spotify.replace_playlist(id, uris, every=None, key=None) makes these, in this order, all that a playlist holds.
func spotifyReplacePlaylist(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a playlistArgs
	var uris trackURIs
	given := newThrottling()
	if err := unpack(b, args, kwargs, "id", &a.id, "uris", &uris, "every??", &given.every, "key??", &given.key); err != nil {
		return nil, err
	}
	turn, err := a.throttle.take(thread, b, given)
	if err != nil {
		return nil, err
	}
	a.uris = uris
	e := engine.Effect{Args: a, Lane: "spotify playlist " + string(a.id)}
	return starlark.None, a.throttle.record(thread, b, turn, e, string(a.id), playlistExpires)
}
