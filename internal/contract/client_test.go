//go:build contract

package contract

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatefold/internal/sim"
	"gatefold/internal/spotify"
)

// house is a simulated Spotify with one account, a client of it, and a clock that tests move.
type house struct {
	*testing.T
	now    time.Time
	sim    *sim.Spotify
	home   *sim.Account
	client *spotify.Client
}

const playlistID = "3cEYpjA9oz9GiPac4AsH4n"

func newHouse(t *testing.T, j *judge) *house { return newHouseWith(t, j, nil, nil) }

// newHouseWith has an account whose owner allowed these scopes, and a login that knows of those; nil is all, and not known.
func newHouseWith(t *testing.T, j *judge, allowed, known []string) *house {
	h := &house{T: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	h.sim = sim.NewSpotify(sim.SpotifyOptions{Now: h.clock})
	h.home = h.sim.AddAccount("home", sim.AccountOptions{Obeys: true, DisplayName: "Home", Scopes: allowed})
	h.home.AddPlaylist(playlistID, true)
	j.next = sim.Transport(map[string]http.Handler{"api.spotify.com": h.sim, "accounts.spotify.com": h.sim})
	j.report = func(f finding) { t.Error(f) }
	transport, credential := &http.Client{Transport: j}, spotify.NewCredential("refresh-home")
	credential.Scopes = known
	h.client = spotify.NewClient(spotify.ClientOptions{
		HTTP: transport, Now: h.clock, Gate: spotify.NewGate(spotify.Limits{Per30s: 1000}, spotify.GateState{}, h.now, nil).Lane("home"),
		Tokens: spotify.NewTokens(spotify.TokenOptions{
			ClientID: "client", Vault: spotify.NewMemoryVault(credential), HTTP: transport, Now: h.clock,
		}),
	})
	return h
}

func (h *house) clock() time.Time { return h.now }

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Error(err)
	}
}

// refused wants an answer with this status.
func (h *house) refused(status int, err error) {
	h.Helper()
	if e := (*spotify.Error)(nil); !errors.As(err, &e) || e.Status != status {
		h.Errorf("%d is wanted, this is %v", status, err)
	}
}

func (h *house) look() {
	h.Helper()
	_, err := h.client.Player(h.Context(), spotify.Look)
	h.must(err)
	_, err = h.client.Devices(h.Context())
	h.must(err)
}

func (h *house) recent(limit, want int) {
	h.Helper()
	plays, err := h.client.RecentlyPlayed(h.Context(), limit)
	if h.must(err); len(plays) != want {
		h.Errorf("%d plays, not %d", len(plays), want)
	}
}

func (h *house) pause(id string) error {
	_, err := h.client.Pause(h.Context(), id, time.Time{})
	return err
}

func (h *house) fault(path, kind string, retryAfter string) {
	h.sim.Fault(sim.Fault{Path: path, Kind: kind, Times: 1, RetryAfter: &retryAfter})
}

var (
	kitchen = sim.Device{Name: "Kitchen", Type: "Speaker", ID: "kitchen"}
	laptop  = sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "laptop"}
)

// players are what a player can show, by name.
func players() map[string]sim.Playback {
	quiet := new(int)
	track, episode := sim.Item{Name: "So What"}, sim.Item{Kind: sim.Episode, Name: "One", Artists: []string{"The Show"}}
	return map[string]sim.Playback{
		"track":              {Playing: true, Device: kitchen, Item: track},
		"two artists":        {Playing: true, Device: kitchen, Item: sim.Item{Name: "Duet", Artists: []string{"A", "B"}, Explicit: true}},
		"track paused":       {Device: kitchen, Item: track, Progress: time.Minute},
		"playlist shuffled":  {Playing: true, Device: kitchen, Item: track, Context: "spotify:playlist:" + playlistID, Shuffle: true, Repeat: "context"},
		"collection":         {Playing: true, Device: kitchen, Item: track, Context: "spotify:user:home:collection"},
		"context null":       {Playing: true, Device: kitchen, Item: track, Context: sim.NoContext},
		"context absent":     {Playing: true, Device: kitchen, Item: track, Context: sim.AbsentContext},
		"episode":            {Playing: true, Device: kitchen, Item: episode},
		"ad":                 {Playing: true, Device: laptop, Item: sim.Item{Kind: sim.Ad}},
		"local file":         {Playing: true, Device: laptop, Item: sim.Item{Kind: sim.Local, Name: "Demo tape", Artists: []string{"Us"}}},
		"restricted null id": {Playing: true, Device: sim.Device{Name: "Sonos", Type: "Speaker", NullID: true, Restricted: true, NullVolume: true}, Item: track},
		"private session":    {Playing: true, Device: sim.Device{Name: "Phone", Type: "Smartphone", ID: "p", Private: true, NoControl: true, Volume: quiet}, Item: track},
		"nothing loaded":     {Device: kitchen, Item: sim.Item{Kind: sim.Unknown}},
		"no item, no reason": {Playing: true, Device: kitchen, Item: sim.Item{Kind: sim.None}},
		"no device":          {Item: track},
		"inactive device":    {Playing: true, Device: laptop, Inactive: true, Item: track},
		"ghost":              {Playing: true, Device: laptop, Item: track, Progress: 5 * time.Hour},
	}
}

// scenarios are what happens in a house besides.
func scenarios() map[string]func(*house) {
	return map[string]func(*house){
		"whose account": func(h *house) {
			u, err := h.client.Me(h.Context())
			if h.must(err); u.AccountID == "" || u.DisplayName != "Home" {
				h.Error(u)
			}
		},
		"closed player": func(h *house) {
			h.look() // 204, and no devices
			h.home.Play(kitchen, sim.Item{Name: "So What"})
			h.home.Stop()
			h.look()
		},
		"several devices": func(h *house) {
			for _, name := range []string{"Phone", "TV"} {
				h.home.AddDevice(sim.Device{Name: name, Type: name})
			}
			h.home.AddDevice(sim.Device{Name: "Echo", Type: "Speaker", NullID: true, Restricted: true, NullVolume: true})
			h.home.Play(kitchen, sim.Item{Name: "So What"})
			h.look()
		},
		"recently played": func(h *house) {
			h.recent(50, 0)
			h.home.Play(laptop, sim.Item{Kind: sim.Local, Name: "Demo tape"})
			h.now = h.now.Add(2 * time.Minute)
			h.home.Play(kitchen, sim.Item{Name: "So What"})
			h.now = h.now.Add(time.Hour)
			h.recent(50, 8) // the last page: the file is not in it
			h.recent(3, 3)  // there is a next one
		},
		"commands": func(h *house) {
			h.home.AddDevice(laptop)
			h.home.Play(kitchen, sim.Item{Name: "So What"})
			h.must(h.client.Volume(h.Context(), 0, ""))
			h.must(h.client.Volume(h.Context(), 100, "kitchen"))
			h.must(h.client.Transfer(h.Context(), "laptop", false))
			h.must(h.client.Transfer(h.Context(), "kitchen", true))
			h.must(h.pause("kitchen"))
			h.refused(http.StatusForbidden, h.pause("kitchen"))
			h.refused(http.StatusNotFound, h.pause("gone"))
			h.refused(http.StatusNotFound, h.client.Transfer(h.Context(), "gone", true))
			h.refused(http.StatusNotFound, h.client.Volume(h.Context(), 5, "gone"))
			h.look()
		},
		"playlists": func(h *house) {
			for _, n := range []int{0, 1, 100, 250} {
				uris := make([]string, n)
				for i := range uris {
					uris[i] = fmt.Sprintf("spotify:track:%022d", i)
				}
				h.must(h.client.ReplacePlaylist(h.Context(), playlistID, uris))
				if got := h.home.Playlist(playlistID); !reflect.DeepEqual(got, uris) {
					h.Errorf("%d of %d items arrived", len(got), n)
				}
			}
			h.refused(http.StatusNotFound, h.client.ReplacePlaylist(h.Context(), "gone", nil))
			h.sim.AddAccount("eve", sim.AccountOptions{}).AddPlaylist("eves", true)
			h.refused(http.StatusForbidden, h.client.ReplacePlaylist(h.Context(), "eves", nil))
		},
		"refusals": func(h *house) {
			h.home.Play(kitchen, sim.Item{Name: "So What"})
			h.look()
			h.home.ExpireTokens()
			h.look() // 401, and once more
			for path := range operations {
				h.now = h.now.Add(time.Hour) // the gate learns from 429s that come close together
				h.fault(path, sim.KindRate, "6")
				h.refused(http.StatusTooManyRequests, h.calls()[path]())
				h.now = h.now.Add(7 * time.Second)
				h.fault(path, sim.KindSpurious401, "")
				h.must(h.calls()[path]())
			}
			h.fault("player", sim.KindQuota, "6")
			h.refused(http.StatusTooManyRequests, h.calls()["player"]())
		},
	}
}

// operations are what the calls are in the description.
var operations = map[string]string{
	"player": "GET /me/player", "devices": "GET /me/player/devices", "recent": "GET /me/player/recently-played", "me": "GET /me",
	"pause": "PUT /me/player/pause", "transfer": "PUT /me/player", "volume": "PUT /me/player/volume",
	"playlist": "PUT /playlists/{playlist_id}/items",
}

// calls is every method of a client, by the name that a fault has for its path.
func (h *house) calls() map[string]func() error {
	return map[string]func() error{
		"player":   func() error { _, err := h.client.Player(h.Context(), spotify.Look); return err },
		"devices":  func() error { _, err := h.client.Devices(h.Context()); return err },
		"recent":   func() error { _, err := h.client.RecentlyPlayed(h.Context(), 5); return err },
		"me":       func() error { _, err := h.client.Me(h.Context()); return err },
		"pause":    func() error { h.home.Resume(); return h.pause("kitchen") },
		"transfer": func() error { return h.client.Transfer(h.Context(), "kitchen", true) },
		"volume":   func() error { return h.client.Volume(h.Context(), 50, "kitchen") },
		"playlist": func() error { return h.client.ReplacePlaylist(h.Context(), playlistID, nil) },
	}
}

// Every request of the client, and every answer of the simulator to it, fits the description.
func TestClientAndSimulator(t *testing.T) {
	j := newJudge(t)
	begun, ended := 0, 0
	play := func(name string, act func(*house)) {
		begun++
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			act(newHouse(t, j))
			ended++
		})
	}
	for name, shown := range players() {
		play(name, func(h *house) {
			h.home.Set(shown)
			h.look()
		})
	}
	for name, act := range scenarios() {
		play(name, act)
	}
	t.Logf("held against the description of version %s:%s", j.d.doc.Info.Version, j.summary())
	if begun != ended {
		return // only some were asked for: what follows is about all of them
	}
	for _, e := range j.unused() {
		t.Errorf("the exception is not needed any more: %+v", e)
	}
	for _, op := range []string{
		"GET /me/player 200", "GET /me/player 204", "GET /me/player/devices 200", "GET /me/player/recently-played 200", "GET /me 200",
		"PUT /me/player/pause 200", "PUT /me/player 200", "PUT /me/player/volume 200",
		"PUT /playlists/{playlist_id}/items 201", "POST /playlists/{playlist_id}/items 201",
	} {
		if j.seen[op] == 0 {
			t.Errorf("no %s was seen", op)
		}
	}
}

// A call that the client learns is held against the description too: it has to be put into the lists here.
func TestNoCallIsForgotten(t *testing.T) {
	describe(t)
	known := map[string]bool{
		"Player": true, "Devices": true, "RecentlyPlayed": true, "Me": true, "Pause": true, "Transfer": true, "Volume": true,
		"ReplacePlaylist": true,
	}
	if n := len(newHouse(t, newJudge(t)).calls()); n != len(known) || n != len(operations) {
		t.Errorf("%d calls are tried, %d are known, %d have an operation", n, len(known), len(operations))
	}
	client := reflect.TypeFor[*spotify.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; !known[name] {
			t.Errorf("Client.%s is held against nothing", name)
		}
	}
	if client.NumMethod() != len(known) {
		t.Errorf("the client has %d methods", client.NumMethod())
	}
}
