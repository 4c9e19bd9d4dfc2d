package sim

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParsePlayback(t *testing.T) {
	got, err := ParsePlayback(map[string]string{
		"playing": "false", "device.name": "Bob's Laptop", "device.type": "smartPHONE", "device.id": "x", "device.restricted": "true",
		"device.private": "yes", "device.volume": "30", "device.supports_volume": "false", "item.name": "Tune", "item.kind": "track",
		"item.artists": "A, B", "item.album": "Album", "item.uri": "spotify:track:1", "item.explicit": "true", "item.duration": "3m20s",
		"progress": "1m", "context": "absent", "active": "no", "obeys": "true", "stubborn": "2s", "single": "true", "frozen": "true", "ghost": "true",
	})
	want := Playback{
		Device: Device{ID: "x", Name: "Bob's Laptop", Type: "Smartphone", Restricted: true, Private: true, Volume: new(30), NoControl: true},
		Item: Item{Kind: Track, Name: "Tune", Artists: []string{"A", "B"}, Album: "Album", URI: "spotify:track:1", Explicit: true,
			Duration: 200 * time.Second},
		Progress: time.Minute, Context: AbsentContext, Inactive: true, Obeys: new(true), Stubborn: new(2 * time.Second),
		Single: true, Frozen: true, Ghost: true,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
}

func TestParsePlaybackDefaults(t *testing.T) {
	p, err := ParsePlayback(map[string]string{"device.name": "Kitchen"})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := ParsePlayback(map[string]string{"device.name": "Kitchen", "device.type": "COMPUTER"})
	if !p.Playing || p.Inactive || p.Device.Type != "Computer" || len(p.Device.ID) != 40 || p.Device.ID != again.Device.ID {
		t.Errorf("device %+v", p)
	}
	if p.Item.Kind != Track || p.Item.Duration != 4*time.Minute || p.Item.Name == "" || p.Obeys != nil || p.Stubborn != nil {
		t.Errorf("item %+v", p)
	}
	known, _ := ParsePlayback(map[string]string{"device.name": "Kitchen", "item.name": "So What"})
	same(t, "duration of a known tune", known.Item.Duration, 4*time.Minute)
	same(t, "artist of a known tune", known.Item.Artists[0], "Miles Davis")
	none, _ := ParsePlayback(map[string]string{"item.name": "x"})
	if none.Playing || !none.Device.none() {
		t.Errorf("without a device: %+v", none)
	}
	vague, _ := ParsePlayback(map[string]string{"device.volume": "none"})
	if vague.Device.none() || !vague.Playing {
		t.Errorf("a device without a name: %+v", vague)
	}
}

func TestParsePlaybackErrors(t *testing.T) {
	cases := map[string]struct{ key, value, want string }{
		"unknown":      {"device.nam", "x", `unknown field "device.nam" (did you mean "device.name"?); the fields are playing, device.name,`},
		"far off":      {"quux", "x", `unknown field "quux"; the fields are playing,`},
		"bool":         {"playing", "maybe", `playing="maybe": want true or false`},
		"duration":     {"progress", "7", `progress="7": want a duration such as 7s`},
		"negative":     {"progress", "-7s", `from 0s to 1000h`},
		"too long":     {"stubborn", "99999h", `from 0s to 1000h`},
		"no item":      {"item.duration", "0s", `at least 1s`},
		"kind":         {"item.kind", "episod", `item.kind="episod": want one of track, episode, ad, local, unknown, none (did you mean "episode"?)`},
		"volume":       {"device.volume", "101", `want a number from 0 to 100, or none`},
		"empty id":     {"device.id", "", `write none for null`},
		"not UTF-8":    {"item.name", "\xff", `not valid UTF-8`},
		"restless key": {"", "x", `unknown field ""`},
	}
	for name, c := range cases {
		if _, err := ParsePlayback(map[string]string{c.key: c.value}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// Whatever is parsed can be shown, is shown the same twice, and never stops the clock.
func FuzzParsePlayback(f *testing.F) {
	for _, seed := range []string{
		"device.name=Kitchen\nitem.kind=episode", "playing=true", "device.id=none\ndevice.restricted=true",
		"item.kind=local\nitem.artists=,,", "progress=5h\nitem.duration=1s", "context=::\ndevice.type=\x01", "context=absent", "stubborn=2s\nobeys=no",
		"device.nmae=x", "item.duration=1s\ndevice.name=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		fields := map[string]string{}
		for line := range strings.SplitSeq(in, "\n") {
			key, value, _ := strings.Cut(line, "=")
			fields[key] = value
		}
		p, err := ParsePlayback(fields)
		if err != nil {
			if !utf8.ValidString(err.Error()) {
				t.Errorf("error is not text: %q", err)
			}
			return
		}
		w := newWorld(t, SpotifyOptions{})
		w.a.Set(p)
		for range 3 {
			r, again := w.get("/v1/me/player?additional_types=track,episode"), w.get("/v1/me/player?additional_types=track,episode")
			if r.status != 200 || !json.Valid([]byte(r.body)) || r.body != again.body {
				t.Fatalf("%d %q and then %q", r.status, r.body, again.body)
			}
			w.put(pausePath)
			w.clock.pass(20 * time.Minute)
		}
	})
}
