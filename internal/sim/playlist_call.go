package sim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// playlistBody is the body of PUT and POST /v1/playlists/{id}/items.
type playlistBody struct {
	URIs     []string `json:"uris"`
	Position *int     `json:"position"` // of POST; nil = at the end
}

// itemURI is what can be put into a playlist.
var itemURI = regexp.MustCompile(`^spotify:(track|episode):[0-9A-Za-z]{22}$`)

// isPlaylist reports whether there is, or was, something at this path below /v1/playlists.
func isPlaylist(method, path string) bool {
	id, part := playlistParts(path)
	writes := method == http.MethodPut || method == http.MethodPost
	return id != "" && (part == "tracks" || part == "items" && writes)
}

func playlistParts(path string) (id, part string) {
	rest, ok := strings.CutPrefix(path, "/v1/playlists/")
	if !ok {
		return "", ""
	}
	id, part, _ = strings.Cut(rest, "/")
	return id, part
}

// playlist is PUT /v1/playlists/{id}/items, which replaces, and POST, which adds. The path of before 2026,
// .../tracks, is closed to apps in development mode.
func (s *Spotify) playlist(c *call) answer {
	id, part := playlistParts(c.address)
	l, known := s.playlists[id]
	switch {
	case part == "tracks":
		return forbidden()
	case !c.sized:
		return lengthRequired()
	case !known:
		return resourceNotFound()
	case l.owner != c.account:
		return forbidden()
	case !c.grant.scopes.allow(l.scope()):
		return insufficientScope()
	}
	in, wrong := readPlaylist(c)
	if wrong != "" {
		return refusal(http.StatusBadRequest, wrong, "")
	}
	uris, wrong := l.with(in, c.method)
	if wrong != "" {
		return refusal(http.StatusBadRequest, wrong, "")
	}
	return jsonAnswer(http.StatusCreated, object{"snapshot_id": l.change(uris)})
}

// readPlaylist reads the URIs from the query, if they are there, else from the body.
func readPlaylist(c *call) (in playlistBody, wrong string) {
	if c.query.Has("uris") {
		in.URIs = strings.FieldsFunc(c.query.Get("uris"), func(r rune) bool { return r == ',' || r == ' ' })
		if c.query.Has("position") {
			at, err := strconv.Atoi(c.query.Get("position"))
			if in.Position = &at; err != nil {
				return in, "Invalid position"
			}
		}
	} else if json.Unmarshal(c.body, &in) != nil {
		return in, "Error parsing JSON."
	}
	switch {
	case in.URIs == nil, len(in.URIs) == 0 && c.method == http.MethodPost: // an empty list replaces everything
		return in, "No uris provided"
	case len(in.URIs) > 100:
		return in, "Too many ids requested"
	}
	for _, uri := range in.URIs {
		if !itemURI.MatchString(uri) {
			return in, "Invalid track uri: " + uri
		}
	}
	return in, ""
}

// with is what would be in the playlist after the change.
func (l *playlist) with(in playlistBody, method string) (uris []string, wrong string) {
	if method == http.MethodPut {
		return in.URIs, ""
	}
	at := len(l.uris)
	if in.Position != nil {
		at = *in.Position
	}
	switch {
	case at < 0 || at > len(l.uris):
		return nil, "Index out of bounds."
	case len(l.uris)+len(in.URIs) > mostItems:
		return nil, "Playlist size limit reached"
	}
	return slices.Insert(slices.Clone(l.uris), at, in.URIs...), ""
}
