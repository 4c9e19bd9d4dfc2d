package sim

import (
	"encoding/json"
	"testing"
	"time"
)

func moveTo(id string) string { return `{"device_ids":["` + id + `"]}` }

func TestTransfer(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		w.a.Play(laptop, soWhat)
		w.a.AddDevice(Device{ID: "k", Name: "Kitchen", Type: "speaker"})
		w.clock.pass(10 * time.Second)
		r := w.send("PUT", "/v1/me/player", moveTo("k"))
		if r.status != 200 || r.body == "" || json.Valid([]byte(r.body)) {
			w.t.Fatalf("%+v, want 200 and a body that is not JSON", r)
		}
		w.clock.pass(time.Second)
		same(w.t, "shown", w.shows(), "Kitchen So What 11 true")
		same(w.t, "since", w.get("/v1/me/player").at(w.t, "timestamp"), float64(w.clock.now().Add(-time.Second).UnixMilli()))
		same(w.t, "devices", len(w.get("/v1/me/player/devices").at(w.t, "devices").([]any)), 2)
		want := Transfer{w.clock.now().Add(-time.Second), "k", false, 200, true}
		if got := w.a.Transfers(); len(got) != 1 || got[0] != want {
			w.t.Errorf("transfers %+v, want %+v", got, want)
		}
	})
}

func TestWhatATransferKeeps(t *testing.T) {
	k := Device{ID: "k", Name: "Kitchen"}
	const play = `{"device_ids":["k"],"play":true}`
	cases := map[string]struct {
		before func(a *Account)
		body   string
		shows  string
		effect bool
	}{
		"a pause":                {func(a *Account) { a.Set(Playback{Device: laptop, Item: soWhat}) }, moveTo("k"), "Kitchen So What 0 false", true},
		"play":                   {func(a *Account) { a.Set(Playback{Device: laptop, Item: soWhat}) }, play, "Kitchen So What 0 true", true},
		"to where it is":         {func(a *Account) { a.Play(k, soWhat) }, moveTo("k"), "Kitchen So What 0 true", false},
		"to where it is, paused": {func(a *Account) { a.Set(Playback{Device: k, Item: soWhat}) }, play, "Kitchen So What 0 true", true},
		"a closed player":        {func(a *Account) {}, moveTo("k"), "Kitchen nothing 0 false", true},
		"a closed player, play":  {func(a *Account) {}, play, "Kitchen nothing 0 false", true},
		"a device at rest":       {func(a *Account) { a.Set(Playback{Device: k, Item: soWhat, Inactive: true}) }, moveTo("k"), "Kitchen So What 0 false", true},
		"a deaf account":         {func(a *Account) { a.Play(laptop, soWhat); a.Obey(false) }, moveTo("k"), "Bob's Laptop So What 0 true", false},
		"an obedient playback": {func(a *Account) {
			a.Obey(false)
			a.Set(Playback{Playing: true, Device: laptop, Item: soWhat, Obeys: new(true)})
		}, moveTo("k"), "Kitchen So What 0 true", true},
		"away from one without id": {func(a *Account) { a.Play(Device{Name: "Sonos", NullID: true, Restricted: true}, soWhat) }, moveTo("k"), "Kitchen So What 0 true", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			w.a.AddDevice(k)
			c.before(w.a)
			w.send("PUT", "/v1/me/player", c.body).want(t, 200, "")
			same(t, "shown", w.shows(), c.shows)
			same(t, "effect", w.a.Transfers()[0].TookEffect, c.effect)
			if active := w.get("/v1/me/player").at(t, "device", "is_active"); c.effect && active != true {
				t.Error("the device is not active")
			}
		})
	}
}

func TestRefusedTransfer(t *testing.T) {
	cases := map[string]struct {
		body    string
		status  int
		message string
		ids     string // in the log
	}{
		"two":            {`{"device_ids":["k","b"]}`, 400, "Can only set 1 device at a time", "k,b"},
		"none":           {`{"device_ids":[]}`, 400, "Required field device_ids missing", ""},
		"missing":        {`{"play":true}`, 400, "Required field device_ids missing", ""},
		"no JSON":        {`device_ids=k`, 400, "Malformed json", ""},
		"play as a text": {`{"device_ids":["k"],"play":"true"}`, 400, "Malformed json", "k"},
		"unknown":        {moveTo("nonsense"), 404, "Device not found", "nonsense"},
		"empty":          {moveTo(""), 404, "Device not found", ""},
		"restricted":     {moveTo("r"), 403, "Player command failed: Restricted device", "r"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			w.a.AddDevice(Device{ID: "k", Name: "Kitchen"})
			w.a.AddDevice(Device{ID: "r", Name: "Bath", Restricted: true})
			w.a.AddDevice(Device{Name: "Sonos", NullID: true})
			w.a.Play(Device{ID: "b", Name: "Bob's Laptop"}, soWhat)
			w.send("PUT", "/v1/me/player", c.body).want(t, c.status, c.message)
			got := w.a.Transfers()
			if len(got) != 1 || got[0].DeviceID != c.ids || got[0].Status != c.status || got[0].TookEffect {
				t.Errorf("transfers %+v", got)
			}
			same(t, "shown", w.shows(), "Bob's Laptop So What 0 true")
		})
	}
	w := newWorld(t, SpotifyOptions{})
	w.a.AddDevice(Device{ID: "k", Name: "Kitchen"})
	w.a.Play(laptop, Item{Kind: Ad})
	w.send("PUT", "/v1/me/player", moveTo("k")).want(t, 403, "Player command failed: Restriction violated")
	w.token = ""
	w.send("PUT", "/v1/me/player", moveTo("k"))
	same(t, "strangers are not logged", len(w.a.Transfers()), 1)
}

func TestDelayedTransfer(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.AddDevice(Device{ID: "k", Name: "Kitchen"})
	w.a.AddDevice(Device{ID: "b", Name: "Bath"})
	w.a.Play(laptop, soWhat)
	w.s.Fault(Fault{Path: "transfer", Kind: KindDelay, Lag: 2 * time.Second})
	w.send("PUT", "/v1/me/player", moveTo("k")).want(t, 200, "")
	w.clock.pass(1999 * time.Millisecond)
	same(t, "not yet", w.get("/v1/me/player").at(t, "device", "name"), "Bob's Laptop")
	w.clock.pass(time.Millisecond)
	same(t, "now", w.get("/v1/me/player").at(t, "device", "name"), "Kitchen")
	w.send("PUT", "/v1/me/player", moveTo("b")).want(t, 200, "")
	w.a.RemoveDevice("b") // before its time
	w.clock.pass(time.Minute)
	same(t, "gone meanwhile", w.get("/v1/me/player").at(t, "device", "name"), "Kitchen")
	same(t, "effect", w.a.Transfers()[1].TookEffect, false)
}

// Whoever is stubborn is so at his own device: once the music is elsewhere a pause holds.
func TestTransferTakesThePlayerFromTheStubborn(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.AddDevice(Device{ID: "k", Name: "Kitchen"})
	w.a.Set(Playback{Playing: true, Device: laptop, Item: soWhat, Stubborn: new(2 * time.Second)})
	w.put(pausePath).want(t, 200, "")
	w.clock.pass(time.Second)
	w.send("PUT", "/v1/me/player", moveTo("k")).want(t, 200, "")
	w.clock.pass(time.Minute)
	same(t, "shown", w.shows(), "Kitchen So What 0 false")
	w.a.Resume()
	w.put(pausePath).want(t, 200, "")
	w.clock.pass(time.Minute)
	same(t, "is_playing", w.get("/v1/me/player").at(t, "is_playing"), false)
	news, _ := w.s.Happenings(0)
	same(t, "happening", news[2].String(), `Kitchen is made to take over "So What" by Miles Davis`)
	same(t, "by", news[2].By, Command)
}
