package spotify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

const (
	playlistPart = 100    // items that one request takes
	mostItems    = 10_000 // items that a playlist takes
)

// PartialError is a playlist that holds the first items of what was asked for and not the rest.
type PartialError struct {
	Arrived, Total int
	Err            error // what the next request failed with
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("%d of %d items arrived: %v", e.Arrived, e.Total, e.Err)
}

func (e *PartialError) Unwrap() error { return e.Err }

// ReplacePlaylist makes the playlist hold these items in this order: PUT /playlists/{id}/items
// with the first hundred, then POST for each further hundred. None empties it.
//
// It is not atomic. When a request fails after the first one the playlist is half done, and the
// error is a *PartialError that says how many items arrived. Calling again with the same items
// goes on after them if it was the gate that ended it; otherwise all of it is done anew, because
// a request whose answer got lost may have been carried out all the same.
func (c *Client) ReplacePlaylist(ctx context.Context, id string, uris []string) error {
	if !isID(id) {
		return errors.New("the playlist id is not one: only letters and digits, what follows spotify:playlist: in a uri")
	}
	if len(uris) > mostItems {
		return fmt.Errorf("%d items: a playlist takes %d", len(uris), mostItems)
	}
	for i, uri := range uris {
		if !isPlayable(uri) {
			return fmt.Errorf("item %d is no uri of a track or an episode (spotify:track:...)", i+1)
		}
	}
	r := request{
		class: Other, method: http.MethodPut, path: "/playlists/" + id + "/items", name: "/playlists/{id}/items",
		scopes: []string{ScopePlaylistPublic, ScopePlaylistPrivate}, opaque: true,
	}
	arrived := c.playlist.arrived(id, uris)
	parts := slices.Collect(slices.Chunk(uris[arrived:], playlistPart))
	if len(uris) == 0 {
		parts = [][]string{{}}
	}
	for _, part := range parts {
		if arrived > 0 {
			r.method = http.MethodPost
		}
		var err error
		if r.body, err = json.Marshal(map[string][]string{"uris": part}); err != nil {
			return err
		}
		if _, err = c.call(ctx, r); err != nil && arrived > 0 {
			if wait := (*WaitError)(nil); errors.As(err, &wait) { // it was not sent
				c.playlist.keep(id, uris, arrived)
			}
			return &PartialError{Arrived: arrived, Total: len(uris), Err: err}
		} else if err != nil {
			return err
		}
		arrived += len(part)
	}
	return nil
}

// halfPlaylist is how far the last playlist came that the gate ended: without that a long one
// would begin anew in every window of the budget, and never be done.
type halfPlaylist struct {
	mu   sync.Mutex
	id   string
	uris []string
	n    int
}

func (h *halfPlaylist) keep(id string, uris []string, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.id, h.uris, h.n = id, slices.Clone(uris), n
}

// arrived takes what is kept of these items; 0: nothing is.
func (h *halfPlaylist) arrived(id string, uris []string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	if h.n > 0 && h.id == id && slices.Equal(h.uris, uris) {
		n = h.n
	}
	h.id, h.uris, h.n = "", nil, 0
	return n
}

// isID tells Spotify's ids, which are base62. They go into a path: nothing else may.
func isID(s string) bool {
	const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return len(s) > 0 && len(s) <= 64 && strings.Trim(s, base62) == ""
}

// isPlayable tells what may be put into a playlist; local files may not.
func isPlayable(uri string) bool {
	id, track := strings.CutPrefix(uri, "spotify:track:")
	if !track {
		id, track = strings.CutPrefix(uri, "spotify:episode:")
	}
	return track && isID(id)
}
