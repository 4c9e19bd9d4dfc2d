package builtins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// recentArgs are the arguments of spotify.recently_played.
type recentArgs struct{ limit int }

// Arguments implements engine.Args.
func (a recentArgs) Arguments() []engine.Argument {
	var p printed
	p.add("limit", starlark.MakeInt(a.limit), a.limit == 20)
	return p
}

// nothing is the arguments of a call that has none.
type nothing struct{}

// Arguments implements engine.Args.
func (nothing) Arguments() []engine.Argument { return nil }

// spotify.devices() asks for the devices of the account.
func spotifyDevices(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := unpack(b, args, kwargs); err != nil {
		return nil, err
	}
	turn, got, err := ask(thread, b, nothing{})
	if err != nil {
		return nil, err
	}
	return decodeDevices(got, &recall{facts: turn.Facts(), at: turn.Event().Time})
}

// spotify.recently_played(limit=20) asks for the tracks that were played to their end.
func spotifyRecentlyPlayed(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	most := playsMost(20)
	if err := unpack(b, args, kwargs, "limit?", &most); err != nil {
		return nil, err
	}
	a := recentArgs{limit: int(most)}
	turn, got, err := ask(thread, b, a)
	if err != nil {
		return nil, err
	}
	return decodePlays(got, turn.Event().Time.Location())
}

// playsMost is an argument that is how many plays to ask for.
type playsMost int

// Unpack implements starlark.Unpacker.
func (m *playsMost) Unpack(v starlark.Value) error {
	n, err := starlark.AsInt32(v)
	switch {
	case err != nil:
		return fmt.Errorf("got %s, want a number from 1 to 50", got(v))
	case n < 1 || n > 50:
		return fmt.Errorf("%d is out of range: from 1 to 50", n)
	}
	*m = playsMost(n)
	return nil
}

var _ starlark.Unpacker = (*playsMost)(nil)

func ask(thread *starlark.Thread, b *starlark.Builtin, args engine.Args) (*engine.Turn, engine.Answer, error) {
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, engine.Answer{}, err
	}
	got, err := turn.Ask(thread, b, args)
	return turn, got, err
}

// answer fetches what a question asks for.
func answer(ctx context.Context, from Inquirer, a engine.Ask) (json.RawMessage, error) {
	if from == nil {
		return nil, errors.New("there is no Spotify to ask")
	}
	if q, ok := a.Args.(recentArgs); ok {
		plays, err := from.RecentlyPlayed(ctx, a.Account, q.limit)
		if err != nil {
			return nil, err
		}
		return encodePlays(plays)
	}
	devices, err := from.Devices(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	return encodeDevices(devices)
}
