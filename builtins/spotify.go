package builtins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

const (
	commandExpires  = 30 * time.Second // a player command that comes later surprises whoever listens by then
	playlistExpires = 24 * time.Hour
	playlistMost    = 10_000 // tracks that a playlist can hold
)

// Inquirer answers questions about an account.
type Inquirer interface {
	Devices(ctx context.Context, account string) ([]Device, error)
	RecentlyPlayed(ctx context.Context, account string, limit int) ([]Play, error)
}

// Commander commands the player of an account. Its error may say when to try again (RetryAt() time.Time) or not to
// (Permanent() bool).
type Commander interface {
	Transfer(ctx context.Context, account, device string, play bool) error
	Volume(ctx context.Context, account, device string, percent int) error
}

// Playlists writes the playlists of an account. Errors as those of Commander.
type Playlists interface {
	ReplacePlaylist(ctx context.Context, account, id string, uris []string) error
}

// Play is a track that was played to its end.
type Play struct {
	Item     Item
	PlayedAt time.Time
	Context  string // uri; "" when there is none
}

func spotifyModule(d Deps) engine.Module {
	return engine.Module{
		Name: "spotify",
		Members: starlark.StringDict{
			"devices":          starlark.NewBuiltin("spotify.devices", spotifyDevices),
			"recently_played":  starlark.NewBuiltin("spotify.recently_played", spotifyRecentlyPlayed),
			"transfer":         starlark.NewBuiltin("spotify.transfer", spotifyTransfer),
			"volume":           starlark.NewBuiltin("spotify.volume", spotifyVolume),
			"replace_playlist": starlark.NewBuiltin("spotify.replace_playlist", spotifyReplacePlaylist),
		},
		Keyed: map[string]int{"transfer": 2, "volume": 2, "replace_playlist": 2},
		Answer: func(ctx context.Context, a engine.Ask) (json.RawMessage, error) {
			return answer(ctx, d.Inquirer, a)
		},
		Apply: func(ctx context.Context, e engine.Effect) (json.RawMessage, error) {
			return nil, command(ctx, d.Commander, d.Playlists, e)
		},
	}
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

// command carries out what happens once.
func command(ctx context.Context, player Commander, lists Playlists, e engine.Effect) error {
	switch a := e.Args.(type) {
	case transferArgs:
		switch {
		case a.to == "":
			return permanent("the device has no id: it cannot be commanded")
		case player != nil:
			return player.Transfer(ctx, e.Account, string(a.to), a.play)
		}
	case volumeArgs:
		if player != nil {
			return player.Volume(ctx, e.Account, string(a.device), a.percent)
		}
	case playlistArgs:
		if lists != nil {
			return lists.ReplacePlaylist(ctx, e.Account, string(a.id), a.uris)
		}
	}
	return permanent("there is no Spotify to command: " + e.Call)
}

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
	var given starlark.Value
	every := throttleRange()
	if err := unpack(b, args, kwargs, "to", &a.to, "play?", &a.play, "every??", &every, "key??", &given); err != nil {
		return nil, err
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	if err := a.throttle.set(b, every, given); err != nil {
		return nil, err
	}
	e := engine.Effect{Args: a, Lane: "spotify player"}
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
	var given starlark.Value
	every := throttleRange()
	if err := unpack(b, args, kwargs, "percent", &a.percent, "device??", &a.device, "every??", &every, "key??", &given); err != nil {
		return nil, err
	}
	if a.percent < 0 || a.percent > 100 {
		return nil, fmt.Errorf("%s: for parameter percent: %d is out of range: from 0 to 100", b.Name(), a.percent)
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	if err := a.throttle.set(b, every, given); err != nil {
		return nil, err
	}
	e := engine.Effect{Args: a, Lane: "spotify player"}
	return starlark.None, a.throttle.record(thread, b, turn, e, string(a.device), commandExpires)
}

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
	var given starlark.Value
	every := throttleRange()
	if err := unpack(b, args, kwargs, "id", &a.id, "uris", &uris, "every??", &every, "key??", &given); err != nil {
		return nil, err
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	if err := a.throttle.set(b, every, given); err != nil {
		return nil, err
	}
	a.uris = uris
	e := engine.Effect{Args: a, Lane: "spotify playlist " + string(a.id)}
	return starlark.None, a.throttle.record(thread, b, turn, e, string(a.id), playlistExpires)
}

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
	a := recentArgs{limit: 20}
	if err := unpack(b, args, kwargs, "limit?", &a.limit); err != nil {
		return nil, err
	}
	if a.limit < 1 || a.limit > 50 {
		return nil, fmt.Errorf("%s: for parameter limit: %d is out of range: from 1 to 50", b.Name(), a.limit)
	}
	turn, got, err := ask(thread, b, a)
	if err != nil {
		return nil, err
	}
	return decodePlays(got, turn.Event().Time.Location())
}

func ask(thread *starlark.Thread, b *starlark.Builtin, args engine.Args) (*engine.Turn, engine.Answer, error) {
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, engine.Answer{}, err
	}
	got, err := turn.Ask(thread, b, args)
	return turn, got, err
}
