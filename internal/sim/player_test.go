package sim

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlayerIsClosedAtFirstAndAfterStop(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		for range 2 {
			r := w.get("/v1/me/player")
			if r.status != 204 || r.body != "" || r.err != nil {
				w.t.Fatalf("%+v, want 204 and nothing", r)
			}
			w.a.Play(kitchen, soWhat)
			w.get("/v1/me/player").want(w.t, 200, "")
			w.a.Stop()
		}
		if list := w.get("/v1/me/player/devices").at(w.t, "devices").([]any); len(list) != 0 {
			w.t.Errorf("a closed player is still listed: %v", list)
		}
	})
}

func TestPlayerShowsWhatPlays(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		began := w.clock.now()
		w.a.Play(kitchen, soWhat)
		w.clock.pass(70 * time.Second)
		r := w.get("/v1/me/player?additional_types=track,episode")
		same(w.t, "is_playing", r.at(w.t, "is_playing"), true)
		same(w.t, "progress", r.at(w.t, "progress_ms"), 70000.0)
		same(w.t, "timestamp", r.at(w.t, "timestamp"), float64(began.UnixMilli()))
		same(w.t, "device", r.at(w.t, "device", "name"), "Kitchen")
		same(w.t, "device type", r.at(w.t, "device", "type"), "Speaker")
		same(w.t, "device id", r.at(w.t, "device", "id"), deviceID("speaker", "Kitchen"))
		same(w.t, "item", r.at(w.t, "item", "name"), "So What")
		same(w.t, "album", r.at(w.t, "item", "album", "name"), "Kind of Blue")
		same(w.t, "duration", r.at(w.t, "item", "duration_ms"), 562000.0)
		same(w.t, "context", r.at(w.t, "context", "type"), "album")
		same(w.t, "disallows", r.at(w.t, "actions", "disallows", "resuming"), true)
		same(w.t, "date", r.header.Get("Date"), "Sat, 21 Nov 2026 12:01:10 GMT")
	})
}

func TestPausedPlayerStandsStill(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(kitchen, soWhat)
	w.clock.pass(10 * time.Second)
	paused := w.clock.now()
	w.a.PausePlayback()
	w.clock.pass(time.Hour)
	r := w.get("/v1/me/player")
	same(t, "is_playing", r.at(t, "is_playing"), false)
	same(t, "progress", r.at(t, "progress_ms"), 10000.0)
	same(t, "timestamp", r.at(t, "timestamp"), float64(paused.UnixMilli()))
	same(t, "disallows", r.at(t, "actions", "disallows", "pausing"), true)
	w.a.Resume()
	w.clock.pass(time.Second)
	same(t, "progress", w.get("/v1/me/player").at(t, "progress_ms"), 11000.0)
}

func TestTracksFollowOneAnother(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Set(Playback{Playing: true, Device: kitchen, Item: Item{Name: "Home-made", Duration: time.Minute}, Progress: 50 * time.Second})
	w.clock.pass(10*time.Second + 9*time.Minute + 22*time.Second + 5*time.Second) // its rest, all of So What, and 5 s
	r := w.get("/v1/me/player")
	same(t, "item", r.at(t, "item", "name"), "Blue Train")
	same(t, "progress", r.at(t, "progress_ms"), 5000.0)
	same(t, "timestamp", r.at(t, "timestamp"), float64(w.clock.now().Add(-5*time.Second).UnixMilli()))
	w.clock.pass(30 * 24 * time.Hour)
	same(t, "after a month", w.get("/v1/me/player").at(t, "is_playing"), true)
}

func TestEndsThatDifferFromTheUsual(t *testing.T) {
	minute := Item{Name: "Home-made", Duration: time.Minute}
	cases := map[string]struct {
		p        Playback
		playing  bool
		progress float64
	}{
		"single stops":             {Playback{Playing: true, Device: kitchen, Item: minute, Single: true}, false, 0},
		"frozen stays":             {Playback{Playing: true, Device: kitchen, Item: minute, Frozen: true, Progress: time.Second}, true, 1000},
		"ghost goes on":            {Playback{Playing: true, Device: kitchen, Item: minute, Ghost: true}, true, 7200_000},
		"set past the end, too":    {Playback{Playing: true, Device: kitchen, Item: minute, Progress: time.Hour}, true, 3600_000 + 7200_000},
		"nothing loaded is not it": {Playback{Playing: true, Device: kitchen, Item: Item{Kind: Unknown}}, true, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			w.a.Set(c.p)
			w.clock.pass(2 * time.Hour)
			r := w.get("/v1/me/player")
			same(t, "is_playing", r.at(t, "is_playing"), c.playing)
			same(t, "progress", r.at(t, "progress_ms"), c.progress)
			if c.p.Item.Kind == "" {
				same(t, "item", r.at(t, "item", "name"), "Home-made")
			}
		})
	}
}

func TestShapes(t *testing.T) {
	cases := map[string]struct {
		fields map[string]string
		query  string
		want   map[string]string // path -> JSON
	}{
		"episode asked for": {map[string]string{"item.kind": "episode", "item.name": "Pilot", "item.artists": "The Show"}, "?additional_types=track,episode",
			map[string]string{"item.type": `"episode"`, "item.show.name": `"The Show"`, "currently_playing_type": `"episode"`, "context.type": `"show"`}},
		"episode not asked for": {map[string]string{"item.kind": "episode"}, "", map[string]string{"item": `null`, "currently_playing_type": `"episode"`, "is_playing": `true`}},
		"ad": {map[string]string{"item.kind": "ad"}, "", map[string]string{"item": `null`, "currently_playing_type": `"ad"`, "is_playing": `true`,
			"actions.disallows.transferring_playback": `true`, "actions.disallows.resuming": `true`}},
		"local file": {map[string]string{"item.kind": "local", "item.name": "Demo", "item.artists": "Bob"}, "",
			map[string]string{"item.id": `null`, "item.is_local": `true`, "item.uri": `"spotify:local:Bob:Demo:Demo:0"`, "context": `null`}},
		"idle": {map[string]string{"item.kind": "unknown", "playing": "false"}, "", map[string]string{"item": `null`, "timestamp": `0`, "progress_ms": `0`,
			"currently_playing_type": `"unknown"`, "is_playing": `false`, "context": `null`, "actions.disallows.skipping_next": `true`}},
		"idle and yet playing": {map[string]string{"item.kind": "unknown"}, "", map[string]string{"item": `null`, "timestamp": `0`, "is_playing": `true`}},
		"playing nothing":      {map[string]string{"item.kind": "none"}, "", map[string]string{"item": `null`, "is_playing": `true`, "timestamp": `1795262400000`}},
		"ghost":                {map[string]string{"item.duration": "3m", "progress": "5h"}, "", map[string]string{"progress_ms": `18000000`, "item.duration_ms": `180000`, "is_playing": `true`}},
		"sonos":                {map[string]string{"device.id": "none", "device.restricted": "true"}, "", map[string]string{"device.id": `null`, "device.is_restricted": `true`, "device.is_active": `true`}},
		"no volume":            {map[string]string{"device.volume": "none", "device.supports_volume": "false"}, "", map[string]string{"device.volume_percent": `null`, "device.supports_volume": `false`}},
		"volume":               {map[string]string{"device.volume": "0"}, "", map[string]string{"device.volume_percent": `0`, "device.supports_volume": `true`}},
		"private, not active":  {map[string]string{"device.private": "true", "active": "false"}, "", map[string]string{"device.is_private_session": `true`, "device.is_active": `false`, "is_playing": `true`}},
		"no context":           {map[string]string{"context": "none"}, "", map[string]string{"context": `null`}},
		"own songs":            {map[string]string{"context": "spotify:user:1:collection"}, "", map[string]string{"context.type": `"collection"`, "context.uri": `"spotify:user:1:collection"`}},
		"explicit":             {map[string]string{"item.explicit": "true", "item.uri": "spotify:track:x"}, "", map[string]string{"item.explicit": `true`, "item.uri": `"spotify:track:x"`, "item.id": `"x"`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, SpotifyOptions{})
			if c.fields["device.name"] == "" {
				c.fields["device.name"] = "Kitchen"
			}
			p, err := ParsePlayback(c.fields)
			if err != nil {
				t.Fatal(err)
			}
			w.a.Set(p)
			r := w.get("/v1/me/player" + c.query)
			for path, want := range c.want {
				got, _ := json.Marshal(r.at(t, strings.Split(path, ".")...))
				if string(got) != want {
					t.Errorf("%s = %s, want %s", path, got, want)
				}
			}
		})
	}
}

func TestAbsentContextAndDevice(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Set(Playback{Playing: true, Context: AbsentContext})
	body := w.get("/v1/me/player").at(t).(map[string]any)
	if _, there := body["context"]; there {
		t.Error("the key context is there")
	}
	if d, there := body["device"]; !there || d != nil {
		t.Errorf("device = %v, want null", d)
	}
}

func TestDeviceList(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(Device{ID: "one", Name: "Web Player (Chrome)"}, soWhat)
	w.a.AddDevice(Device{ID: "guest", Name: "Web Player (Chrome)"})
	w.a.Play(Device{ID: "two", Name: "Web Player (Chrome)"}, soWhat)
	w.a.ChangeDeviceID("three")
	var ids []string
	for _, d := range w.get("/v1/me/player/devices").at(t, "devices").([]any) {
		d := d.(map[string]any)
		id := d["id"].(string)
		if d["is_active"].(bool) {
			id += "*"
		}
		ids = append(ids, id)
	}
	if want := []string{"one", "guest", "three*"}; !slices.Equal(ids, want) {
		t.Errorf("devices %v, want %v", ids, want)
	}
	w.put("/v1/me/player/pause?device_id=two").want(t, 404, "Device not found")
	w.put("/v1/me/player/pause?device_id=three").want(t, 200, "")
}

// Phones at rest, guests of a Jam without a flag, speakers without an id; or nothing at all.
func TestDeviceListOfAParty(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	same(t, "nobody there", w.get("/v1/me/player/devices").body, `{"devices":[]}`)
	w.a.Play(Device{Name: "Sonos", Type: "speaker", NullID: true, Restricted: true}, soWhat)
	w.a.AddDevice(Device{Name: "Sonos", Type: "AVR", NullID: true, NullVolume: true})
	w.a.AddDevice(Device{Name: "A guest's phone", Type: "smartphone", NoControl: true})
	list := w.get("/v1/me/player/devices").at(t, "devices").([]any)
	want := []map[string]any{
		{"id": nil, "is_active": true, "is_private_session": false, "is_restricted": true, "name": "Sonos", "type": "Speaker",
			"volume_percent": 50.0, "supports_volume": true},
		{"id": nil, "is_active": false, "is_private_session": false, "is_restricted": false, "name": "Sonos", "type": "AVR",
			"volume_percent": nil, "supports_volume": true},
		{"id": deviceID("smartphone", "A guest's phone"), "is_active": false, "is_private_session": false, "is_restricted": false,
			"name": "A guest's phone", "type": "Smartphone", "volume_percent": 50.0, "supports_volume": false},
	}
	if len(list) != len(want) {
		t.Fatalf("%d devices: %v", len(list), list)
	}
	for i, d := range list {
		if !maps.Equal(d.(map[string]any), want[i]) {
			t.Errorf("%v, want %v", d, want[i])
		}
	}
}

func TestMe(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	same(t, "derived account id", w.get("/v1/me").at(t, "account_id"), spotifyID("account", "home"))
	w.s.AddAccount("other", AccountOptions{UserID: "1112264649", DisplayName: "Joost", AccountID: "acc0unt"})
	w.token = w.s.Account("other").AccessToken()
	r := w.get("/v1/me")
	same(t, "id", r.at(t, "id"), "1112264649")
	same(t, "name", r.at(t, "display_name"), "Joost")
	same(t, "account id", r.at(t, "account_id"), "acc0unt")
	// Apps in development mode get no more than this since March 2026.
	keys := []string{"account_id", "display_name", "external_urls", "href", "id", "images", "type", "uri"}
	if got := slices.Sorted(maps.Keys(r.at(t).(map[string]any))); !slices.Equal(got, keys) {
		t.Errorf("keys %v, want %v", got, keys)
	}
	if w.s.Account("nobody") != nil {
		t.Error("an account that was never added")
	}
}

// The keys of an answer are those of the real one: written down here, and read from the recorded bodies where they are.
func TestKeysOfTheRealAnswer(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(kitchen, soWhat)
	ours := w.get("/v1/me/player").at(t).(map[string]any)
	top := []string{"actions", "context", "currently_playing_type", "device", "is_playing", "item", "progress_ms", "repeat_state",
		"shuffle_state", "smart_shuffle", "timestamp"}
	if got := slices.Sorted(maps.Keys(ours)); !slices.Equal(got, top) {
		t.Errorf("keys %v, want %v", got, top)
	}
	w.a.Play(kitchen, Item{Kind: Episode, Name: "Pilot"})
	episode := w.get("/v1/me/player?additional_types=episode").at(t).(map[string]any)
	for file, answer := range map[string]map[string]any{"playback_1.json": ours, "playback_episode_1.json": episode} {
		raw, err := os.ReadFile(filepath.Join("../../../shared/fixtures/joostlek-python-spotify", file))
		if err != nil {
			t.Logf("without %s: %v", file, err)
			continue
		}
		var real map[string]any
		if err := json.Unmarshal(raw, &real); err != nil {
			t.Fatal(err)
		}
		missing(t, file, real, answer)
	}
}

// missing complains about every key of the real object that ours lacks.
func missing(t *testing.T, path string, real, ours map[string]any) {
	for key, value := range real {
		mine, there := ours[key]
		if !there {
			t.Errorf("%s.%s is missing", path, key)
			continue
		}
		r, ok := value.(map[string]any)
		m, both := mine.(map[string]any)
		if ok && both {
			missing(t, path+"."+key, r, m)
		}
	}
}

func TestClockThatStepsBack(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.Play(kitchen, soWhat)
	w.clock.pass(time.Minute)
	same(t, "progress", w.get("/v1/me/player").at(t, "progress_ms"), 60000.0)
	w.clock.pass(-time.Hour)
	same(t, "progress", w.get("/v1/me/player").at(t, "progress_ms"), 60000.0)
}

func TestPlaybackOfAccount(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	if _, open := w.a.Playback(); open {
		t.Error("open before anybody played")
	}
	w.a.Play(kitchen, soWhat)
	w.clock.pass(3 * time.Second)
	p, open := w.a.Playback()
	if !open || p.Progress != 3*time.Second || p.Device.ID == "" || p.Item.Album != "Kind of Blue" {
		t.Errorf("%+v %v", p, open)
	}
}
