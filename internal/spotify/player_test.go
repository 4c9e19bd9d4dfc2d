package spotify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const aDevice = `"device":{"id":"d1","is_active":true,"is_private_session":true,"is_restricted":false,"name":"Kitchen","type":"Speaker","volume_percent":40,"supports_volume":false}`

// aBody is a complete answer, the size of a real one.
var aBody = `{` + aDevice + `,"timestamp":1700000000123,"context":{"type":"collection","uri":"spotify:user:x:collection"},
	"progress_ms":61000,"currently_playing_type":"track","is_playing":true,"shuffle_state":true,"smart_shuffle":false,
	"actions":{"disallows":{"resuming":true}},
	"item":{"type":"track","name":"Blue Train","uri":"spotify:track:1","explicit":true,"duration_ms":643000,"is_local":false,
	"artists":[{"name":"John Coltrane","id":"a"},null,{"name":"Lee Morgan"}],"album":{"name":"Blue Train","images":[{"url":"u","height":640}]},
	"available_markets":["` + strings.Repeat(`AA","`, 900) + `ZZ"]}}`

func TestDecodePlayer(t *testing.T) {
	kitchen := &Device{ID: "d1", Name: "Kitchen", Type: "speaker", Active: true, Private: true, Volume: 40}
	played := func(change func(*Player)) Player {
		p := Player{Device: kitchen, Playing: true}
		if change != nil {
			change(&p)
		}
		return p
	}
	for _, c := range []struct {
		name, body string
		want       Player
	}{
		{"everything", aBody, played(func(p *Player) {
			p.Context, p.Progress = "spotify:user:x:collection", 61*time.Second
			p.Changed = time.UnixMilli(1700000000123).UTC()
			p.Item = &Item{Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane", "Lee Morgan"},
				Album: "Blue Train", URI: "spotify:track:1", Explicit: true, Duration: 643 * time.Second}
		})},
		{"hardly anything", `{` + aDevice + `,"is_playing":true}`, played(nil)},
		{"all null", `{` + aDevice + `,"is_playing":true,"timestamp":null,"context":null,"progress_ms":null,"item":null,"currently_playing_type":null,"actions":null}`, played(nil)},
		{"all of the wrong type", `{` + aDevice + `,"is_playing":true,"timestamp":"now","context":[],"progress_ms":{},"item":"x","currently_playing_type":7,"actions":true}`,
			played(func(p *Player) { p.Item = &Item{Kind: "unknown"} })},
		{"a timestamp of the wrong type is not 0", `{` + aDevice + `,"is_playing":true,"timestamp":"0","item":null}`, played(nil)},
		{"nobody", `{"device":null,"is_playing":false}`, Player{}},
		{"device absent, paused", `{"is_playing":false,"item":null}`, Player{}},
		{"device neither active nor playing", `{"device":{"id":"x","is_active":false},"is_playing":false}`, Player{}},
		{"device inactive but playing", `{"device":{"id":"x","is_active":false},"is_playing":true}`,
			Player{Device: &Device{ID: "x", Volume: -1, SupportsVolume: true}, Playing: true}},
		{"id null, restricted: still the active device", `{"device":{"id":null,"is_active":true,"is_restricted":true,"type":"STB","volume_percent":null},"is_playing":true,"timestamp":5000}`,
			Player{Device: &Device{Active: true, Restricted: true, Type: "stb", Volume: -1, SupportsVolume: true}, Playing: true, Changed: time.UnixMilli(5000).UTC()}},
		{"ad", `{` + aDevice + `,"is_playing":true,"item":null,"currently_playing_type":"ad"}`, played(func(p *Player) { p.Item = &Item{Kind: "ad"} })},
		{"idle", `{` + aDevice + `,"is_playing":false,"item":null,"timestamp":0,"progress_ms":0,"currently_playing_type":"unknown"}`,
			played(func(p *Player) { p.Playing = false })},
		{"idle that claims to play", `{` + aDevice + `,"is_playing":true,"item":null,"timestamp":0,"progress_ms":0,"currently_playing_type":"unknown","actions":{"disallows":{"pausing":true}}}`,
			played(func(p *Player) { p.Playing = false })},
		{"idle that claims to play on nothing", `{"is_playing":true,"item":null,"timestamp":0}`, Player{}},
		{"unknown type, but it has a timestamp: it plays", `{` + aDevice + `,"is_playing":true,"item":null,"timestamp":1000,"currently_playing_type":"unknown"}`,
			played(func(p *Player) { p.Changed = time.UnixMilli(1000).UTC() })},
		{"progress without anything else: it plays", `{` + aDevice + `,"is_playing":true,"item":null,"timestamp":0,"progress_ms":9}`,
			played(func(p *Player) { p.Progress = 9 * time.Millisecond })},
		{"local file", `{` + aDevice + `,"is_playing":true,"currently_playing_type":"track","item":{"id":null,"is_local":true,"type":"track","name":"x","uri":"spotify:local:a:b:c:1","album":{"name":""},"artists":[{"name":"me"}]}}`,
			played(func(p *Player) {
				p.Item = &Item{Kind: "local", Name: "x", Artists: []string{"me"}, URI: "spotify:local:a:b:c:1"}
			})},
		{"episode", `{` + aDevice + `,"is_playing":true,"currently_playing_type":"episode","item":{"type":"episode","name":"#1","show":{"name":"S","publisher":"P"},"duration_ms":1500.7}}`,
			played(func(p *Player) {
				p.Item = &Item{Kind: "episode", Name: "#1", Album: "S", Artists: []string{"P"}, Duration: 1500700 * time.Microsecond}
			})},
		{"episode without its item", `{` + aDevice + `,"is_playing":true,"currently_playing_type":"episode","item":null}`, played(nil)},
		{"chapter", `{` + aDevice + `,"is_playing":true,"item":{"type":"chapter","name":"1","audiobook":{"name":"B","authors":[{"name":"A"}]}}}`,
			played(func(p *Player) { p.Item = &Item{Kind: "episode", Name: "1", Album: "B", Artists: []string{"A"}} })},
		{"kind from the uri", `{` + aDevice + `,"is_playing":true,"item":{"uri":"spotify:track:7"}}`,
			played(func(p *Player) { p.Item = &Item{Kind: "track", URI: "spotify:track:7"} })},
		{"kind unknown", `{` + aDevice + `,"is_playing":true,"item":{}}`, played(func(p *Player) { p.Item = &Item{Kind: "unknown"} })},
		{"absurd numbers", `{` + strings.Replace(aDevice, "40", "1e99", 1) + `,"is_playing":true,"progress_ms":1e300,"timestamp":1e200,"item":{"duration_ms":-1e308}}`,
			played(func(p *Player) {
				p.Device = &Device{ID: "d1", Name: "Kitchen", Type: "speaker", Active: true, Private: true, Volume: 100}
				p.Progress, p.Item = 10*365*24*time.Hour, &Item{Kind: "unknown"}
			})},
		{"numbers beyond a float", `{` + strings.Replace(aDevice, "40", "1e999", 1) + `,"is_playing":true,"progress_ms":9e999}`,
			played(func(p *Player) {
				p.Device = &Device{ID: "d1", Name: "Kitchen", Type: "speaker", Active: true, Private: true, Volume: -1}
			})},
		{"a pause would be refused", `{` + aDevice + `,"is_playing":true,"actions":{"disallows":{"pausing":true}}}`, played(func(p *Player) { p.CannotPause = true })},
		{"a pause that nobody needs", `{` + aDevice + `,"is_playing":false,"actions":{"disallows":{"pausing":true}}}`, played(func(p *Player) { p.Playing = false })},
		{"a device and nothing more", `{` + aDevice + `}`, played(func(p *Player) { p.Playing = false })},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DecodePlayer([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestDecodePlayerMalformed(t *testing.T) {
	for name, body := range map[string]string{
		"empty":                      "",
		"blank":                      " \n",
		"null":                       "null",
		"an array":                   "[" + aBody + "]",
		"a string":                   `"playing"`,
		"text":                       "upstream connect error",
		"html":                       "<html>",
		"cut":                        aBody[:len(aBody)/2],
		"two":                        aBody + aBody,
		"nothing about a player":     "{}",
		"an error with status 200":   `{"error":{"status":500,"message":"x"}}`,
		"playing without device":     `{"is_playing":true,"item":{"name":"x"},"timestamp":1}`,
		"playing, device null":       `{"is_playing":true,"device":null}`,
		"an ad on nothing":           `{"is_playing":true,"item":null,"timestamp":1,"currently_playing_type":"ad"}`,
		"is_playing is text":         `{` + aDevice + `,"is_playing":"true"}`,
		"is_playing is a number":     `{` + aDevice + `,"is_playing":1}`,
		"device is a list":           `{"device":[],"is_playing":false}`,
		"device is text":             `{"device":"Kitchen","is_playing":true}`,
		"deeper than anybody nests ": strings.Repeat(`{"device":`, 20000),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := DecodePlayer([]byte(body))
			e := (*Error)(nil)
			if !errors.As(err, &e) || e.Kind != Malformed {
				t.Fatalf("got %+v, %v", p, err)
			}
			if d := cmp.Diff(Player{}, p); d != "" {
				t.Errorf("a player beside the error: %s", d)
			}
		})
	}
}

func TestDecodePlayerBoundsText(t *testing.T) {
	long := strings.Repeat("ü", 600)
	p, err := DecodePlayer([]byte(`{"device":{"id":"x","name":"` + long + `","is_active":true},"is_playing":true,"item":{"name":"` + "a\xff\\ud800" + `"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Device.Name != long[:1024] {
		t.Errorf("name has %d runes", utf8.RuneCountInString(p.Device.Name))
	}
	if !utf8.ValidString(p.Item.Name) {
		t.Errorf("not UTF-8: %q", p.Item.Name)
	}
}

func FuzzDecodePlayer(f *testing.F) {
	f.Add([]byte(strings.Replace(aBody, strings.Repeat(`AA","`, 900), "", 1)))
	f.Add([]byte(`{"device":{"id":null,"volume_percent":1e999},"is_playing":true,"timestamp":-1,"progress_ms":1.5e18}`))
	f.Add([]byte(`{"is_playing":true,"item":null,"timestamp":0,"currently_playing_type":"unknown"}`))
	f.Add([]byte(`{"device":{"id":null,"is_active":true,"is_restricted":true,"name":"Office","type":"STB"},"is_playing":true,"item":{"show":{"publisher":"P"},"audiobook":{"authors":[{"name":"A"}]}}}`))
	f.Add([]byte(`{"is_playing":true,"item":null,"timestamp":1,"currently_playing_type":"ad","actions":{"disallows":{"pausing":true}}}`))
	f.Add([]byte(`{"device":[{}],"item":{"artists":[1,null,{"name":["x"]}],"album":7}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := DecodePlayer(body)
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != Malformed || !oneLine(err.Error()) {
				t.Fatalf("error %q", err)
			}
			return
		}
		if p.Playing && p.Device == nil {
			t.Fatal("playing without a device")
		}
		if p.Progress < 0 || p.Progress+30*time.Second < p.Progress {
			t.Fatalf("progress %v", p.Progress)
		}
		if d := p.Device; d != nil && (d.Volume < -1 || d.Volume > 100 || !d.Active && !p.Playing) {
			t.Fatalf("device %+v", d)
		}
		texts := []string{p.Context}
		if p.Device != nil {
			texts = append(texts, p.Device.ID, p.Device.Name, p.Device.Type)
		}
		if p.Item != nil {
			texts = append(append(texts, p.Item.Name, p.Item.Album, p.Item.URI), p.Item.Artists...)
		}
		for _, s := range texts {
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > 512 {
				t.Fatalf("text %q", s)
			}
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatal(err)
		}
	})
}

func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) && len(s) < 2000
}

func BenchmarkDecodePlayer(b *testing.B) {
	body := []byte(aBody)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodePlayer(body); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleDecodePlayer() {
	p, _ := DecodePlayer([]byte(`{"device": {"name": "Bob's Laptop", "type": "Computer", "is_active": true}, "is_playing": true}`))
	fmt.Println(p.Playing, p.Device.Name, p.Device.Type, p.Item == nil)
	// Output: true Bob's Laptop computer true
}
