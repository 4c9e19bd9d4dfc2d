package spotify

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Player looks at the player: GET /me/player. Without additional_types an episode would
// come without its item. class is Verify or Look.
func (c *Client) Player(ctx context.Context, class Class) (p Player, err error) {
	r := request{
		class: class, method: http.MethodGet, path: "/me/player", scopes: []string{ScopeReadPlayback},
		query: url.Values{"additional_types": {"track,episode"}}, empty: true,
	}
	a, err := c.get(ctx, r, func(body []byte) (err error) {
		p, err = DecodePlayer(body)
		return err
	})
	if err != nil {
		return Player{}, err
	}
	p.Seen = a.began
	return p, nil
}

// Devices lists the devices that could play: GET /me/player/devices. It may be empty, and some
// models are never listed.
func (c *Client) Devices(ctx context.Context) (out []Device, err error) {
	r := request{class: Other, method: http.MethodGet, path: "/me/player/devices", scopes: []string{ScopeReadPlayback}}
	_, err = c.get(ctx, r, func(body []byte) (err error) {
		out, err = decodeDevices(body)
		return err
	})
	return out, err
}

// Play is something that was played to its end, or nearly.
type Play struct {
	Item     Item
	PlayedAt time.Time // its start or its end: Spotify does not say which; zero when absent
	Context  string    // uri of the playlist, album, or ""
}

const mostPlays = 50

// RecentlyPlayed lists what was played, newest first: GET /me/player/recently-played, 1 to 50
// of them. It comes late, has no episodes, and misses some.
func (c *Client) RecentlyPlayed(ctx context.Context, limit int) (out []Play, err error) {
	r := request{
		class: Other, method: http.MethodGet, path: "/me/player/recently-played", scopes: []string{ScopeRecentlyPlayed},
		query: url.Values{"limit": {strconv.Itoa(min(max(limit, 1), mostPlays))}},
	}
	_, err = c.get(ctx, r, func(body []byte) (err error) {
		out, err = decodePlays(body)
		return err
	})
	return out, err
}

// User is whose account it is. AccountID is the stable one (since May 2026), "" when absent.
type User struct {
	ID, DisplayName, AccountID string
}

// Me asks whose account it is: GET /me. The basic fields need no scope.
func (c *Client) Me(ctx context.Context) (u User, err error) {
	r := request{class: Other, method: http.MethodGet, path: "/me"}
	_, err = c.get(ctx, r, func(body []byte) error {
		var w wireUser
		err := decodeObject(body, &w)
		if err != nil || w.ID == "" && w.AccountID == "" {
			return malformed(r.op(), "the user cannot be read", err)
		}
		u = User{ID: cut(w.ID), DisplayName: cut(w.DisplayName), AccountID: cut(w.AccountID)}
		return nil
	})
	return u, err
}

const (
	opDevices   = "GET /me/player/devices"
	opPlays     = "GET /me/player/recently-played"
	mostDevices = 200
)

// decodeDevices keeps at most 200 devices. What is no object in the list is skipped.
func decodeDevices(body []byte) ([]Device, error) {
	var w struct {
		Devices json.RawMessage `json:"devices"`
	}
	if err := decodeObject(body, &w); err != nil {
		return nil, malformed(opDevices, "the devices cannot be read", err)
	}
	out := []Device{}
	list := elements(w.Devices, func(e json.RawMessage) bool {
		d := new(wireDevice)
		if decodeObject(e, d) == nil {
			out = append(out, *d.device())
		}
		return len(out) < mostDevices
	})
	if !list {
		return nil, malformed(opDevices, "an answer without a list of devices: "+snippet(string(body)), nil)
	}
	return out, nil
}

type wirePlay struct {
	Track    *wireItem `json:"track"`
	PlayedAt string    `json:"played_at"`
	Context  struct {
		URI string `json:"uri"`
	} `json:"context"`
}

// decodePlays keeps at most 50 plays. One without a track says nothing and is skipped.
func decodePlays(body []byte) ([]Play, error) {
	var w struct {
		Items json.RawMessage `json:"items"`
	}
	if err := decodeObject(body, &w); err != nil {
		return nil, malformed(opPlays, "what was played cannot be read", err)
	}
	out := []Play{}
	list := elements(w.Items, func(e json.RawMessage) bool {
		p := wirePlay{}
		if decodeObject(e, &p) == nil && p.Track != nil {
			out = append(out, Play{Item: p.Track.item(""), PlayedAt: instant(p.PlayedAt), Context: cut(p.Context.URI)})
		}
		return len(out) < mostPlays
	})
	if !list {
		return nil, malformed(opPlays, "an answer without a list of plays: "+snippet(string(body)), nil)
	}
	return out, nil
}

// instant reads a time as text; zero for what is absent, no time, or too far off to be
// written as JSON again.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if t = t.UTC(); err != nil || t.Year() < 1970 || t.Year() > 9998 {
		return time.Time{}
	}
	return t
}
