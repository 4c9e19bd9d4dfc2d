//go:build contract

package contract

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	itemsPath = "/playlists/" + playlistID + "/items"
	asJSON    = "application/json"
)

// The check is not empty: requests that are nearly right are refused.
func TestWrongRequestsAreRefused(t *testing.T) {
	d := describe(t)
	for _, c := range []struct{ name, method, path, body, want string }{
		{"right", "GET", "/me/player?additional_types=track,episode", "", ""},
		{"right with a body", "PUT", "/me/player", `{"device_ids":["a"],"play":true}`, ""},
		{"right without one", "PUT", "/me/player/pause?device_id=a", "", ""},
		{"misspelled query", "GET", "/me/player?additional_type=track", "", "query additional_type: there is no such parameter"},
		{"query of another call", "PUT", "/me/player/pause?volume_percent=5", "", "query volume_percent: there is no such"},
		{"missing query", "PUT", "/me/player/volume?device_id=a", "", "value is required but missing"},
		{"a word for a number", "PUT", "/me/player/volume?volume_percent=loud", "", "query volume_percent: "},
		{"too many", "GET", "/me/player/recently-played?limit=51", "", "query limit: number must be at most 50"},
		{"none", "GET", "/me/player/recently-played?limit=0", "", "query limit: number must be at least 1"},
		{"missing field", "PUT", "/me/player", `{"play":true}`, `property "device_ids" is missing`},
		{"misspelled field", "PUT", itemsPath, `{"uri":["spotify:track:1"]}`, "/uri: the description has no such key"},
		{"no list", "PUT", "/me/player", `{"device_ids":"a"}`, "/device_ids: value must be an array"},
		{"a list of numbers", "POST", itemsPath, `{"uris":[1]}`, "/uris/0: value must be a string"},
		{"no body", "PUT", "/me/player", "", "body: there is none"},
		{"a body too many", "PUT", "/me/player/pause", "{}", "request body not allowed"},
		{"no JSON", "PUT", "/me/player", "device_ids=a", "failed to decode"},
		{"unknown path", "GET", "/me/players", "", "no matching operation"},
		{"unknown method", "DELETE", "/me/player", "", "method not allowed"},
		{"old path", "PUT", "/playlists//items", "{}", "no matching operation"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			expect(t, d, exchange{req: request(c.method, c.path, c.body), sent: []byte(c.body)}, c.want)
		})
	}
	for name, header := range map[string]string{"no token": "", "another scheme": "Basic eDp5", "an empty token": "Bearer "} {
		req := request("GET", "/me", "")
		req.Header.Set("Authorization", header)
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			expect(t, d, exchange{req: req}, "there is no bearer token")
		})
	}
	req := request("PUT", itemsPath, `{"uris":[]}`)
	req.Header.Set("Content-Type", "text/plain")
	expect(t, d, exchange{req: req, sent: []byte(`{"uris":[]}`)}, "header Content-Type has unexpected value")
}

// And so are answers.
func TestWrongAnswersAreRefused(t *testing.T) {
	d := describe(t)
	const track = `"type":"track","name":"x"`
	for _, c := range []struct {
		name, path string
		status     int
		body, want string
	}{
		{"right", "/me/player/devices", 200, `{"devices":[{"id":null,"volume_percent":null}]}`, ""},
		{"right player", "/me/player", 200, `{"item":{` + track + `},"actions":{"disallows":{"pausing":true}}}`, ""},
		{"no list", "/me/player/devices", 200, `{}`, `property "devices" is missing`},
		{"an id that is a number", "/me/player/devices", 200, `{"devices":[{"id":5}]}`, "/devices/0/id: value must be a string"},
		{"too loud", "/me/player/devices", 200, `{"devices":[{"volume_percent":101}]}`, "/devices/0/volume_percent: number must be at most 100"},
		{"misspelled", "/me/player/devices", 200, `{"devices":[{"is_private_sesion":true}]}`, "/devices/0/is_private_sesion: the description has no such key"},
		{"misspelled below", "/me/player", 200, `{"actions":{"disallows":{"pause":true}}}`, "/actions/disallows/pause: the description has no such key"},
		{"an item of no kind", "/me/player", 200, `{"item":{"type":"song"}}`, "/item"},
		{"an album without a name", "/me/player", 200, `{"item":{` + track + `,"album":{"id":"a"}}}`, `property "name" is missing`},
		{"a time that is none", "/me/player/recently-played", 200, `{"items":[{"played_at":"yesterday"}]}`, "/items/0/played_at: "},
		{"a status of its own", "/me", 418, `{}`, "status is not supported"},
		{"an error without words", "/me", 401, `{"error":{"status":401}}`, `property "message" is missing`},
		{"no JSON", "/me", 200, `hello`, "failed to decode"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
			expect(t, d, exchange{req: request("GET", c.path, ""), status: c.status, header: header, got: []byte(c.body)}, c.want)
		})
	}
}

func request(method, path, body string) *http.Request {
	req := httptest.NewRequest(method, "https://api.spotify.com/v1"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer token")
	if body != "" {
		req.Header.Set("Content-Type", asJSON)
	}
	return req
}

// expect wants a finding that has this in it; "" wants none.
func expect(t *testing.T, d *description, x exchange, want string) {
	t.Helper()
	_, found := d.check(x)
	for _, f := range found {
		if want != "" && strings.Contains(f.String(), want) {
			return
		}
	}
	if want != "" || len(found) > 0 {
		t.Errorf("%q is wanted, these were found: %v", want, found)
	}
}
