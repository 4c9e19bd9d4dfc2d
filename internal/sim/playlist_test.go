package sim

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// tune is the URI of the nth of any number of tracks.
func tune(n int) string { return "spotify:track:" + spotifyID("tune", string(rune('A'+n))) }

func tunes(from, to int) (all []string) {
	for n := from; n < to; n++ {
		all = append(all, tune(n))
	}
	return all
}

// items is a request's body.
func items(more string, uris ...string) string {
	list, _ := json.Marshal(append([]string{}, uris...))
	return `{"uris":` + string(list) + more + `}`
}

func TestPlaylist(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		w.a.AddPlaylist("mix", false, tunes(0, 3)...)
		seen := map[any]bool{}
		steps := []struct {
			method, query, body string
			want                []string
		}{
			{"PUT", "", items("", tunes(10, 110)...), tunes(10, 110)},
			{"PUT", "", items(""), []string{}},
			{"POST", "", items("", tunes(0, 2)...), tunes(0, 2)},
			{"POST", "", items(`,"position":0`, tune(9)), append(tunes(9, 10), tunes(0, 2)...)},
			{"POST", "", items(`,"position":3`, tune(2)), append(tunes(9, 10), tunes(0, 3)...)},
			{"PUT", "?uris=" + tune(1) + "," + tune(2), `{"uris":["ignored"]}`, tunes(1, 3)},
			{"POST", "?position=1&uris=" + tune(5), "", []string{tune(1), tune(5), tune(2)}},
			{"POST", "", items("", "spotify:episode:"+spotifyID("x")), []string{tune(1), tune(5), tune(2), "spotify:episode:" + spotifyID("x")}},
		}
		for i, step := range steps {
			r := w.send(step.method, "/v1/playlists/mix/items"+step.query, step.body)
			r.want(w.t, 201, "")
			id := r.at(w.t, "snapshot_id")
			if raw, err := base64.StdEncoding.DecodeString(id.(string)); err != nil || len(raw) != 24 || seen[id] {
				w.t.Errorf("step %d: snapshot id %v", i, id)
			}
			seen[id] = true
			if got := w.a.Playlist("mix"); !slices.Equal(got, step.want) {
				w.t.Errorf("step %d: %v, want %v", i, got, step.want)
			}
			same(w.t, "snapshots", w.a.Snapshots("mix"), i+1)
		}
	})
}

func TestRefusedPlaylist(t *testing.T) {
	cases := map[string]struct {
		method, path, body string
		status             int
		message            string
	}{
		"unknown":              {"PUT", "nothing/items", items(""), 404, "Resource not found"},
		"another's":            {"PUT", "theirs/items", items(""), 403, "Forbidden"},
		"the old path":         {"PUT", "mix/tracks", items(""), 403, "Forbidden"},
		"the old path to read": {"GET", "mix/tracks", "", 403, "Forbidden"},
		"the old path to add":  {"POST", "mix/tracks", items(""), 403, "Forbidden"},
		"too many":             {"PUT", "mix/items", items("", tunes(0, 101)...), 400, "Too many ids requested"},
		"too many to add":      {"POST", "mix/items", items("", tunes(0, 101)...), 400, "Too many ids requested"},
		"no JSON":              {"PUT", "mix/items", "uris", 400, "Error parsing JSON."},
		"no uris":              {"PUT", "mix/items", "{}", 400, "No uris provided"},
		"nothing to add":       {"POST", "mix/items", items(""), 400, "No uris provided"},
		"an artist":            {"PUT", "mix/items", items("", tune(1), "spotify:artist:"+spotifyID("a")), 400, "Invalid track uri: spotify:artist:" + spotifyID("a")},
		"a local file":         {"POST", "mix/items", items("", "spotify:local:a:b:c:0"), 400, "Invalid track uri: spotify:local:a:b:c:0"},
		"an id alone":          {"POST", "mix/items?uris=abc", "", 400, "Invalid track uri: abc"},
		"behind the end":       {"POST", "mix/items", items(`,"position":4`, tune(7)), 400, "Index out of bounds."},
		"before the beginning": {"POST", "mix/items", items(`,"position":-1`, tune(7)), 400, "Index out of bounds."},
		"no position":          {"POST", "mix/items?position=x&uris=" + tune(1), "", 400, "Invalid position"},
		"full":                 {"POST", "full/items", items("", tune(1)), 400, "Playlist size limit reached"},
		"not simulated":        {"DELETE", "mix/items", "", 404, "Service not found"},
		"nor this":             {"PUT", "mix/items/first", items(""), 404, "Service not found"},
		"no id":                {"PUT", "/items", items(""), 404, "Service not found"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			w.s.AddAccount("other", AccountOptions{}).AddPlaylist("theirs", true, tune(0))
			w.a.AddPlaylist("mix", true, tunes(0, 3)...)
			w.a.AddPlaylist("full", true, slices.Repeat(tunes(0, 1), mostItems)...)
			w.send(c.method, "/v1/playlists/"+c.path, c.body).want(t, c.status, c.message)
			if got := w.a.Playlist("mix"); !slices.Equal(got, tunes(0, 3)) || w.a.Snapshots("mix") != 0 {
				t.Errorf("changed all the same: %v", got)
			}
			if got := w.a.Playlist("theirs"); got != nil || w.a.Snapshots("theirs") != 0 {
				t.Errorf("another's playlist is ours: %v", got)
			}
		})
	}
}

// Bodies of unknown length are refused at the edge, before anybody reads them.
func TestWritesNeedALength(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.AddPlaylist("mix", true)
	for _, path := range []string{"/v1/me/player", "/v1/playlists/mix/items"} {
		req, _ := http.NewRequestWithContext(t.Context(), "PUT", w.base+path, io.MultiReader(strings.NewReader(items("", tune(1)))))
		req.Header.Set("Authorization", "Bearer "+w.token)
		r := do(w.client, req)
		same(t, "status", r.status, 411)
		same(t, "body", r.body, "")
	}
}

// What a test or a rule holds in its hands is a copy.
func TestPlaylistsAreCopies(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	mine := tunes(0, 2)
	w.a.AddPlaylist("mix", true, mine...)
	mine[0] = "changed"
	w.a.Playlist("mix")[1] = "changed"
	if got := w.a.Playlist("mix"); !slices.Equal(got, tunes(0, 2)) {
		t.Errorf("%v", got)
	}
	w.a.AddPlaylist("mix", true)
	if got := w.a.Playlist("mix"); got == nil || len(got) != 0 {
		t.Errorf("an empty playlist is %v", got)
	}
}
