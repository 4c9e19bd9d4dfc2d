package builtins

import (
	"context"
	"encoding/json"
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
		Results: results(),
		Keyed:   map[string]int{"transfer": 2, "volume": 2, "replace_playlist": 2},
		Answer: func(ctx context.Context, a engine.Ask) (json.RawMessage, error) {
			return answer(ctx, d.Inquirer, a)
		},
		Apply: func(ctx context.Context, e engine.Effect) (json.RawMessage, error) {
			return nil, command(ctx, d.Commander, d.Playlists, e)
		},
	}
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
