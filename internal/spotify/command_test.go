package spotify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder writes down requests as "METHOD /path?query body".
type recorder struct {
	mu   sync.Mutex
	seen []string
	then http.HandlerFunc
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	if json := req.Header.Get("Content-Type") == "application/json"; json != (len(body) > 0) {
		body = append(body, " with Content-Type "+req.Header.Get("Content-Type")...)
	}
	r.seen = append(r.seen, strings.TrimSpace(fmt.Sprintf("%s %s %s", req.Method, req.URL, body)))
	r.mu.Unlock()
	r.then(w, req)
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name string
		call func(context.Context, *Client) error
		want []string
		says string // of the error; "": none
	}{
		{"transfer", func(ctx context.Context, c *Client) error { return c.Transfer(ctx, `a"b`, true) },
			[]string{`PUT /v1/me/player {"device_ids":["a\"b"],"play":true}`}, ""},
		{"transfer as it is", func(ctx context.Context, c *Client) error { return c.Transfer(ctx, "d", false) },
			[]string{`PUT /v1/me/player {"device_ids":["d"],"play":false}`}, ""},
		{"transfer to nobody", func(ctx context.Context, c *Client) error { return c.Transfer(ctx, "", true) }, nil, ErrNoDevice.Error()},
		{"volume", func(ctx context.Context, c *Client) error { return c.Volume(ctx, 0, "a b") },
			[]string{"PUT /v1/me/player/volume?device_id=a+b&volume_percent=0"}, ""},
		{"volume of whoever plays", func(ctx context.Context, c *Client) error { return c.Volume(ctx, 100, "") },
			[]string{"PUT /v1/me/player/volume?volume_percent=100"}, ""},
		{"too loud", func(ctx context.Context, c *Client) error { return c.Volume(ctx, 101, "d") }, nil, "a volume of 101: it goes from 0 to 100"},
		{"too silent", func(ctx context.Context, c *Client) error { return c.Volume(ctx, -1, "d") }, nil, "a volume of -1"},
		{"empty a playlist", func(ctx context.Context, c *Client) error { return c.ReplacePlaylist(ctx, "37i9dQZF1DX", nil) },
			[]string{`PUT /v1/playlists/37i9dQZF1DX/items {"uris":[]}`}, ""},
		{"a playlist", func(ctx context.Context, c *Client) error {
			return c.ReplacePlaylist(ctx, "37i9dQZF1DX", []string{"spotify:track:1", "spotify:episode:2"})
		}, []string{`PUT /v1/playlists/37i9dQZF1DX/items {"uris":["spotify:track:1","spotify:episode:2"]}`}, ""},
		{"no playlist", func(ctx context.Context, c *Client) error { return c.ReplacePlaylist(ctx, "", nil) }, nil, "the playlist id is not one"},
		{"a path", func(ctx context.Context, c *Client) error { return c.ReplacePlaylist(ctx, "../me", nil) }, nil, "the playlist id is not one"},
		{"a uri", func(ctx context.Context, c *Client) error { return c.ReplacePlaylist(ctx, "spotify:playlist:1", nil) }, nil, "the playlist id is not one"},
		{"a local file", func(ctx context.Context, c *Client) error {
			return c.ReplacePlaylist(ctx, "1", []string{"spotify:track:1", "spotify:local:a:b:c:1"})
		}, nil, "item 2 is no uri"},
		{"an album", func(ctx context.Context, c *Client) error {
			return c.ReplacePlaylist(ctx, "1", []string{"spotify:album:1"})
		}, nil, "item 1 is no uri"},
		{"an empty id", func(ctx context.Context, c *Client) error {
			return c.ReplacePlaylist(ctx, "1", []string{"spotify:track:"})
		}, nil, "item 1 is no uri"},
		{"a library", func(ctx context.Context, c *Client) error {
			return c.ReplacePlaylist(ctx, "1", slices.Repeat([]string{"spotify:track:1"}, mostItems+1))
		}, nil, "a playlist takes 10000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{then: say(200, "oPClBVDzidwlAlSqmFF-zKNO62E")}
			w := newWorld(t, Limits{}, r.ServeHTTP)
			err := c.call(t.Context(), w.Client)
			if fmt.Sprint(r.seen) != fmt.Sprint(c.want) {
				t.Errorf("got  %q\nwant %q", r.seen, c.want)
			}
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Error(err)
			}
			if c.want == nil && w.refreshes.Load() != 0 {
				t.Error("a token was fetched for nothing")
			}
		})
	}
}

// Any 2xx is success whatever is in the body; anything else is an error that says what it was.
func TestCommandAnswers(t *testing.T) {
	for _, c := range calls {
		if c.op == "PUT /me/player/pause" || !strings.HasPrefix(c.op, "PUT ") { // pauses have their own test
			continue
		}
		for _, a := range []struct {
			name, kind string
			api        http.HandlerFunc
		}{
			{"200", "", say(200, "{")},
			{"201", "", say(201, `{"snapshot_id":"x"}`)},
			{"202", "", say(202, "")},
			{"204", "", say(204, "")},
			{"302", Unreachable, say(302, "", "Location", "https://evil.example/")},
			{"400", Malformed, say(400, `{"error":{"status":400,"message":"Invalid device_ids"}}`)},
			{"403", Forbidden, say(403, `{"error":{"status":403,"message":"Player command failed: Cannot control device volume","reason":"VOLUME_CONTROL_DISALLOW"}}`)},
			{"404", Gone, say(404, `{"error":{"status":404,"message":"Device not found"}}`)},
			{"411", Malformed, say(411, "")},
			{"429", RateLimited, say(429, "Too many requests")},
			{"502", Unreachable, say(502, "")},
		} {
			w := newWorld(t, Limits{}, a.api)
			err := c.call(t.Context(), w.Client)
			if e := (*Error)(nil); (err == nil) != (a.kind == "") || err != nil && (!errors.As(err, &e) || e.Kind != a.kind || e.Op != c.op) {
				t.Errorf("%s %s: %v", c.op, a.name, err)
			}
			if w.calls.Load() != 1 {
				t.Errorf("%s %s: %d calls", c.op, a.name, w.calls.Load())
			}
		}
	}
}

// A body is sent anew, whole, after a 401.
func TestCommandAfterA401(t *testing.T) {
	r := &recorder{then: func(w http.ResponseWriter, req *http.Request) {
		say(map[bool]int{true: 401, false: 204}[req.Header.Get("Authorization") == "Bearer access-1"], "")(w, req)
	}}
	w := newWorld(t, Limits{}, r.ServeHTTP)
	if err := w.Transfer(t.Context(), "d", true); err != nil {
		t.Fatal(err)
	}
	want := `PUT /v1/me/player {"device_ids":["d"],"play":true}`
	if !slices.Equal(r.seen, []string{want, want}) {
		t.Errorf("%q", r.seen)
	}
}

// A transfer and a volume are enforcement and may use what is kept back; the rest may not.
func TestClassesOfCommands(t *testing.T) {
	for _, c := range calls {
		w := newWorld(t, Limits{}, answers)
		for range 6 {
			if err := w.gate.Take(start, Look); err != nil {
				t.Fatal(err)
			}
		}
		err := c.call(t.Context(), w.Client)
		passes := strings.HasPrefix(c.op, "PUT /me/player")
		if wait := (*WaitError)(nil); errors.As(err, &wait) == passes {
			t.Errorf("%s: %v", c.op, err)
		}
	}
}

func TestPlaylistInParts(t *testing.T) {
	uris := make([]string, 250)
	for i := range uris {
		uris[i] = fmt.Sprintf("spotify:track:%d", i)
	}
	body := func(from, to int) string { return `{"uris":["` + strings.Join(uris[from:to], `","`) + `"]}` }
	want := []string{
		"PUT /v1/playlists/1/items " + body(0, 100),
		"POST /v1/playlists/1/items " + body(100, 200),
		"POST /v1/playlists/1/items " + body(200, 250),
	}
	for _, c := range []struct {
		name    string
		limits  Limits
		fails   int // the how many-th request
		arrived int // of a *PartialError; 0: another error, or none
		seen    int
	}{
		{"all of it", Limits{}, 0, 0, 3},
		{"the first fails", Limits{}, 1, 0, 1},
		{"the second fails", Limits{}, 2, 100, 2},
		{"the third fails", Limits{Per30s: 9}, 3, 200, 3},
		{"no budget for the third", Limits{Per30s: 5}, 0, 200, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{}
			r.then = func(w http.ResponseWriter, req *http.Request) {
				say(map[bool]int{true: 500, false: 201}[len(r.seen) == c.fails], `{"snapshot_id":"x"}`)(w, req)
			}
			w := newWorld(t, c.limits, r.ServeHTTP)
			err := w.ReplacePlaylist(t.Context(), "1", uris)
			if !slices.Equal(r.seen, want[:c.seen]) {
				t.Errorf("%d requests", len(r.seen))
			}
			part := (*PartialError)(nil)
			if !errors.As(err, &part) {
				if c.arrived > 0 || (err == nil) != (c.fails == 0) {
					t.Error(err)
				}
				return
			}
			if part.Arrived != c.arrived || part.Total != 250 || part.Err == nil || !strings.HasPrefix(err.Error(), fmt.Sprint(c.arrived, " of 250 items arrived: ")) {
				t.Error(err)
			}
			wait := (*WaitError)(nil)
			if errors.As(err, &wait) != (c.fails == 0) {
				t.Error(err)
			}
			again := want // all of it anew
			if wait != nil {
				w.clock.now = wait.Until
				again = want[c.seen:]
			}
			r.seen, c.fails = nil, -1
			if err := w.ReplacePlaylist(t.Context(), "1", uris); !slices.Equal(r.seen, again) || err != nil {
				t.Errorf("%d requests when it is tried again: %v", len(r.seen), err)
			}
		})
	}
}
