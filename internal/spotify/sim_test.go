package spotify_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatefold/internal/sim"
	"gatefold/internal/spotify"
)

// house is a simulated Spotify with one account, and a clock that tests move.
type house struct {
	now  time.Time
	sim  *sim.Spotify
	home *sim.Account
	http *http.Client
	gate *spotify.Gate
}

func newHouse(t *testing.T, o sim.SpotifyOptions) *house {
	t.Helper()
	h := &house{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	o.Now = h.clock
	h.sim = sim.NewSpotify(o)
	h.home = h.sim.AddAccount("home", sim.AccountOptions{Obeys: true})
	h.http = &http.Client{Transport: sim.Transport(map[string]http.Handler{
		"api.spotify.com": h.sim, "accounts.spotify.com": h.sim,
	})}
	h.gate = spotify.NewGate(spotify.Limits{Per30s: 100}, spotify.GateState{}, h.now, nil)
	return h
}

func (h *house) clock() time.Time { return h.now }

func (h *house) client(o spotify.TokenOptions) *spotify.Client {
	o.HTTP, o.Now, o.ClientID = h.http, h.clock, "client"
	return spotify.NewClient(spotify.ClientOptions{HTTP: h.http, Gate: h.gate.Lane("home"), Now: h.clock, Tokens: spotify.NewTokens(o)})
}

// browse opens the address as the owner's browser does, and gives where it was sent.
func (h *house) browse(t *testing.T, address string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.http.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Location")
}

func (h *house) login(t *testing.T, scopes ...string) *spotify.Login {
	t.Helper()
	l, err := spotify.NewLogin(spotify.LoginOptions{
		ClientID: "client", RedirectURL: "http://127.0.0.1:43210/callback", Scopes: scopes, HTTP: h.http, Now: h.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// link is a whole login with the address pasted by hand.
func (h *house) link(t *testing.T, scopes ...string) spotify.Granted {
	t.Helper()
	l := h.login(t, scopes...)
	values, err := spotify.ParseRedirect(" '" + h.browse(t, l.URL()) + "'\n")
	if err != nil {
		t.Fatal(err)
	}
	g, err := l.Finish(t.Context(), values)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (h *house) tokenRequests() (n int) {
	for _, r := range h.sim.Requests() {
		if r.Path == "/api/token" {
			n++
		}
	}
	return n
}

// From the browser to a pause, with one token request.
func TestLoginLookPause(t *testing.T) {
	h := newHouse(t, sim.SpotifyOptions{})
	g := h.link(t, spotify.ScopeReadPlayback, spotify.ScopeModifyPlayback)
	if !g.AuthorizedAt.Equal(h.now) || g.Estimated || g.ClientID != "client" || !slices.Contains(g.Scopes, spotify.ScopeModifyPlayback) {
		t.Errorf("%v %v %q", g.AuthorizedAt, g.Scopes, g.ClientID)
	}
	h.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}, sim.Item{Name: "Blue Train"})
	c := h.client(spotify.TokenOptions{Vault: spotify.NewMemoryVault(g.Credential), Granted: g})
	if u, err := c.Me(t.Context()); err != nil || u.ID != "home" || u.AccountID == "" {
		t.Error(u, err)
	}
	if p, err := c.Player(t.Context(), spotify.Look); err != nil || !p.Playing || p.Device.ID != "b" {
		t.Error(p, err)
	}
	if _, err := c.Pause(t.Context(), "b", time.Time{}); err != nil {
		t.Error(err)
	}
	_, err := c.RecentlyPlayed(t.Context(), 5)
	if scope := (*spotify.ScopeError)(nil); !errors.As(err, &scope) || scope.Scope != spotify.ScopeRecentlyPlayed {
		t.Error(err)
	}
	if n := h.tokenRequests(); n != 1 {
		t.Errorf("%d token requests", n)
	}
}

func TestLoginDenied(t *testing.T) {
	h := newHouse(t, sim.SpotifyOptions{})
	h.home.Agree(false)
	l := h.login(t, spotify.ScopeReadPlayback)
	values, err := spotify.ParseRedirect(h.browse(t, l.URL()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Finish(t.Context(), values)
	if e := (*spotify.Error)(nil); !errors.As(err, &e) || e.Reason != "access_denied" || h.tokenRequests() != 0 {
		t.Error(err)
	}
}

// The verifier of another login does not prove this one's code.
func TestCodeOfAnotherLogin(t *testing.T) {
	h := newHouse(t, sim.SpotifyOptions{})
	mine, other := h.login(t, spotify.ScopeReadPlayback), h.login(t, spotify.ScopeReadPlayback)
	a, err := spotify.ParseRedirect(h.browse(t, mine.URL()))
	if err != nil {
		t.Fatal(err)
	}
	b, err := spotify.ParseRedirect(h.browse(t, other.URL()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = mine.Finish(t.Context(), url.Values{"code": b["code"], "state": a["state"]})
	if e := (*spotify.Error)(nil); !errors.As(err, &e) || e.Reason != "invalid_grant" {
		t.Error(err)
	}
}

// A code is good for ten minutes.
func TestCodeGetsOld(t *testing.T) {
	h := newHouse(t, sim.SpotifyOptions{})
	l := h.login(t, spotify.ScopeReadPlayback)
	values, err := spotify.ParseRedirect(h.browse(t, l.URL()))
	if err != nil {
		t.Fatal(err)
	}
	h.now = h.now.Add(10 * time.Minute)
	_, err = l.Finish(t.Context(), values)
	if e := (*spotify.Error)(nil); !errors.As(err, &e) || e.Reason != "invalid_grant" || !strings.Contains(e.Error(), "serves once") {
		t.Error(err)
	}
}

// A year of refreshes that rotate, and of new logins when the grant dies.
func TestRotationUntilTheGrantDies(t *testing.T) {
	h := newHouse(t, sim.SpotifyOptions{Rotate: true, GrantLifetime: 180 * 24 * time.Hour})
	v := spotify.NewMemoryVault(spotify.NewCredential("refresh-home"))
	var outcomes []string
	c := h.client(spotify.TokenOptions{Vault: v, Refreshed: func(r spotify.Refresh) { outcomes = append(outcomes, r.Outcome) }})
	day := 0
	look := func() error { _, err := c.Player(t.Context(), spotify.Look); return err }
	for ; day < 180; day++ {
		if err := look(); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
		h.now = h.now.Add(24 * time.Hour)
	}
	if e := (*spotify.Error)(nil); !errors.As(look(), &e) || e.Reason != "invalid_grant" || e.Hint() != "log in again" {
		t.Fatal("after 180 days:", e)
	}
	if err := v.Save(t.Context(), h.link(t, spotify.ScopeReadPlayback).Credential); err != nil {
		t.Fatal(err)
	}
	h.now = h.now.Add(2 * time.Second)
	if err := look(); err != nil {
		t.Fatal("after the login:", err)
	}
	if n := len(outcomes); n != 182 || outcomes[179] != "rotated" || outcomes[180] != "failed" || outcomes[181] != "rotated" {
		t.Error(n, outcomes[179:])
	}
}

func TestCommandsOnASimulatedSpotify(t *testing.T) {
	h := newHouse(t, sim.SpotifyOptions{})
	c := h.client(spotify.TokenOptions{Vault: spotify.NewMemoryVault(spotify.NewCredential("refresh-home"))})
	h.home.AddDevice(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"})
	h.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}, sim.Item{Name: "Blue Train"})
	devices, err := c.Devices(t.Context())
	if err != nil || len(devices) != 2 {
		t.Error(devices, err)
	}
	if err := c.Transfer(t.Context(), "k", true); err != nil {
		t.Error(err)
	}
	if err := c.Volume(t.Context(), 7, "k"); err != nil {
		t.Error(err)
	}
	p, err := c.Player(t.Context(), spotify.Look)
	if err != nil || p.Device.ID != "k" || p.Device.Volume != 7 || !p.Playing {
		t.Errorf("%+v, %v", p.Device, err)
	}
	err = c.Transfer(t.Context(), "nobody", true)
	if e := (*spotify.Error)(nil); !errors.As(err, &e) || e.Kind != spotify.Gone {
		t.Error(err)
	}
	uris := make([]string, 250)
	for i := range uris {
		uris[i] = fmt.Sprintf("spotify:track:%022d", i)
	}
	h.home.AddPlaylist("37i9dQZF1DX0XUsuxWHRQd", false, "spotify:track:0000000000000000000old")
	if err := c.ReplacePlaylist(t.Context(), "37i9dQZF1DX0XUsuxWHRQd", uris); err != nil || !slices.Equal(h.home.Playlist("37i9dQZF1DX0XUsuxWHRQd"), uris) {
		t.Error(err)
	}
	if err := c.ReplacePlaylist(t.Context(), "37i9dQZF1DX0XUsuxWHRQd", nil); err != nil || len(h.home.Playlist("37i9dQZF1DX0XUsuxWHRQd")) != 0 {
		t.Error(err)
	}
	err = c.ReplacePlaylist(t.Context(), "37i9dQZF1DX0XUsuxWHRQe", nil)
	if e := (*spotify.Error)(nil); !errors.As(err, &e) || e.Kind != spotify.Gone {
		t.Error(err)
	}
	h.now = h.now.Add(2 * time.Hour)
	if _, err := c.RecentlyPlayed(t.Context(), 50); err != nil {
		t.Error(err)
	}
}
