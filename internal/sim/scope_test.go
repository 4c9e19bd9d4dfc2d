package sim

import (
	"fmt"
	"slices"
	"testing"
)

// Each request needs one scope; the player says 401 when it is missing, everything else 403.
func TestScopes(t *testing.T) {
	cases := []struct {
		method, path, body string
		scope              string
		status             int // with it
	}{
		{"GET", "/v1/me", "", "", 200},
		{"GET", "/v1/me/player", "", "user-read-playback-state", 200},
		{"GET", "/v1/me/player/devices", "", "user-read-playback-state", 200},
		{"GET", "/v1/me/player/recently-played", "", "user-read-recently-played", 200},
		{"PUT", "/v1/me/player/pause", "", "user-modify-playback-state", 200},
		{"PUT", "/v1/me/player/play", "", "user-modify-playback-state", 403},
		{"PUT", "/v1/me/player", `{"device_ids":["x"]}`, "user-modify-playback-state", 404},
		{"PUT", "/v1/me/player/volume?volume_percent=7", "", "user-modify-playback-state", 200},
		{"PUT", "/v1/playlists/public/items", `{"uris":[]}`, "playlist-modify-public", 201},
		{"POST", "/v1/playlists/private/items", `{"uris":["` + tune(1) + `"]}`, "playlist-modify-private", 201},
	}
	for _, c := range cases {
		for _, with := range []bool{true, false} {
			t.Run(fmt.Sprint(c.method, c.path, with), func(t *testing.T) {
				w := newWorld(t, SpotifyOptions{})
				allowed := slices.DeleteFunc(knownScopes(), func(s string) bool { return (s == c.scope) != with })
				a := w.s.AddAccount("narrow", AccountOptions{Scopes: append([]string{}, allowed...)})
				a.AddPlaylist("public", true)
				a.AddPlaylist("private", false)
				a.Play(kitchen, soWhat)
				w.token = w.refresh("refresh-narrow").at(t, "access_token").(string)
				r := w.send(c.method, c.path, c.body)
				switch {
				case with || c.scope == "":
					same(t, "status", r.status, c.status)
				case c.path[:6] == "/v1/me":
					r.want(t, 401, "Permissions missing")
				default:
					r.want(t, 403, "Insufficient client scope")
				}
			})
		}
	}
}

func TestScopesOfAnAccount(t *testing.T) {
	w := newWorld(t, SpotifyOptions{Rotate: true})
	everything := w.refresh("refresh-home").at(t, "scope").(string)
	same(t, "everything", everything, asScopes(everything).String())
	same(t, "number", len(asScopes(everything)), len(knownScopes()))
	w.s.AddAccount("none", AccountOptions{Scopes: []string{}})
	same(t, "nothing", w.refresh("refresh-none").at(t, "scope"), "")
	one := w.s.AddAccount("one", AccountOptions{Scopes: []string{"streaming"}})
	same(t, "one", w.refresh("refresh-one").at(t, "scope"), "streaming")
	same(t, "login", w.refresh(one.Login()).at(t, "scope"), "streaming")
	twice := map[string]string{"scope": "streaming  user-read-email streaming"}
	same(t, "twice", w.exchange(codeOf(t, w.visit(twice)), nil).at(t, "scope"), "streaming user-read-email")
}
