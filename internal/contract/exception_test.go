//go:build contract

package contract

import (
	"regexp"
	"strings"
)

// exception is something that Spotify does and the description does not have.
type exception struct {
	op, part string
	at       string // a regular expression for all of it; "" is what is about no place
	says     string // a part of it
	because  string
}

// exceptions is what we know better than the description. Each is needed by an answer that the simulator really gives.
func exceptions() []exception {
	const (
		player, recent   = "GET /me/player", "GET /me/player/recently-played"
		pause, transfer  = "PUT /me/player/pause", "PUT /me/player"
		volume, playlist = "PUT /me/player/volume", "PUT /playlists/{playlist_id}/items"

		ok, created, forbidden, missing, tooMany = "answer 200", "answer 201", "answer 403", "answer 404", "answer 429"
		unlisted, null, unknown                  = "status is not supported", "not nullable", "no such key"
		// reasons
		opaque = "since August 2024 a command's success is a 200 with a body that is not JSON, not a 204"
		gone   = "a device or a playlist that is gone is a 404: the description has none"
		local  = "a file of the listener's own has no id and no page, and neither have its album and its artists; so recorded"
	)
	return []exception{
		{pause, ok, "", unlisted, opaque},
		{transfer, ok, "", unlisted, opaque},
		{volume, ok, "", unlisted, opaque},
		{playlist, created, "", unlisted, "replacing all items was recorded with 201, moving some with 200"},

		{pause, missing, "", unlisted, gone},
		{transfer, missing, "", unlisted, gone},
		{volume, missing, "", unlisted, gone},
		{playlist, missing, "", unlisted, gone},
		{pause, forbidden, "/error/reason", unknown, "the player adds a reason to its errors"},
		{player, tooMany, "/error/reason", unknown, "a 429 of the quota says QUOTA_EXCEEDED"},

		{player, ok, "/smart_shuffle", unknown, "recorded, and never described"},
		{player, ok, "/item", null, "there is none while an ad is on, with nothing loaded, and at times without a reason"},
		{player, ok, "/context", null, "recorded: music that is played from nowhere, and local files"},
		{player, ok, "/device", null, "the simulator's word for an answer that names no device: the client has to stand it"},
		{player, ok, "/item/(id|href)", null, local},
		{player, ok, "/item/artists/[0-9]+/(id|href|uri)", null, local},
		{player, ok, "/item/album/(id|href|uri|release_date)", null, local},
		{player, ok, "/item/album/(album_type|release_date_precision)", "not one of the allowed values", local},
		{recent, ok, "/next", null, "null on the last page, as the words beside the schema say"},
		{recent, ok, "/cursors", null, "null when nothing was played"},
	}
}

func (e exception) covers(f finding) bool {
	return e.op == f.op && e.part == f.part && strings.Contains(f.says, e.says) &&
		regexp.MustCompile("^(?:"+e.at+")$").MatchString(f.at)
}
