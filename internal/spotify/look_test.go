package spotify

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestDevices(t *testing.T) {
	kitchen := Device{ID: "d1", Name: "Kitchen", Type: "speaker", Active: true, Private: true, Volume: 40}
	for _, c := range []struct {
		name, body string
		want       []Device
	}{
		{"none", `{"devices":[]}`, []Device{}},
		{"one", `{"devices":[{` + strings.TrimPrefix(aDevice, `"device":{`) + `]}`, []Device{kitchen}},
		{"what is not known", `{"devices":[{"id":null,"name":"Office","type":"STB","is_restricted":true,"volume_percent":null}],"more":1}`,
			[]Device{{Name: "Office", Type: "stb", Restricted: true, Volume: -1, SupportsVolume: true}}},
		{"of the wrong type", `{"devices":[null,7,"x",[],{"id":7,"name":["x"],"is_active":"yes"},{"id":"d"}]}`,
			[]Device{{Volume: -1, SupportsVolume: true}, {ID: "d", Volume: -1, SupportsVolume: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
				if got := r.Method + " " + r.URL.String(); got != "GET /v1/me/player/devices" {
					t.Error(got)
				}
				say(200, c.body)(rw, r)
			})
			got, err := w.Devices(t.Context())
			if d := cmp.Diff(c.want, got); err != nil || d != "" {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

func TestRecentlyPlayed(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 8, 7, 654e6, time.UTC)
	for _, c := range []struct {
		name, body string
		want       []Play
	}{
		{"none", `{"items":[]}`, []Play{}},
		{"one", `{"items":[{"track":{"type":"track","name":"Blue Train","uri":"spotify:track:1","duration_ms":1000,"artists":[{"name":"John Coltrane"}],"album":{"name":"Blue Train"}},` +
			`"played_at":"2026-11-20T09:08:07.654Z","context":{"uri":"spotify:album:2"}}],"next":null}`,
			[]Play{{Item: Item{Kind: "track", Name: "Blue Train", URI: "spotify:track:1", Duration: time.Second, Artists: []string{"John Coltrane"}, Album: "Blue Train"},
				PlayedAt: at, Context: "spotify:album:2"}}},
		{"what is not known", `{"items":[{"track":{"uri":"spotify:track:1"},"context":null}]}`, []Play{{Item: Item{Kind: "track", URI: "spotify:track:1"}}}},
		{"of the wrong type", `{"items":[null,7,{},{"track":null},{"track":{},"played_at":7,"context":[]},{"track":{},"played_at":"yesterday"}]}`,
			[]Play{{Item: Item{Kind: "unknown"}}, {Item: Item{Kind: "unknown"}}}},
		{"beyond all times", `{"items":[{"track":{},"played_at":"9999-12-31T23:00:00-23:59"},{"track":{},"played_at":"0001-01-01T00:00:00Z"}]}`,
			[]Play{{Item: Item{Kind: "unknown"}}, {Item: Item{Kind: "unknown"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, say(200, c.body))
			got, err := w.RecentlyPlayed(t.Context(), 20)
			if d := cmp.Diff(c.want, got); err != nil || d != "" {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
	for asked, sent := range map[int]string{-1: "1", 0: "1", 20: "20", 50: "50", 51: "50"} {
		w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
			if got := r.URL.String(); got != "/v1/me/player/recently-played?limit="+sent {
				t.Error(got)
			}
			say(200, `{"items":[]}`)(rw, r)
		})
		if _, err := w.RecentlyPlayed(t.Context(), asked); err != nil {
			t.Error(err)
		}
	}
}

// Not seeing is an error, never an empty list.
func TestListsThatAreNone(t *testing.T) {
	for _, body := range []string{
		"", "null", "[]", "{}", `{"devices":null,"items":null}`, `{"devices":{},"items":{}}`, `{"devices":"x","items":7}`,
		`{"devices":[`, "<html>", `{"error":{"status":500}}`, `{"devices":` + strings.Repeat("[", 100_000),
	} {
		w := newWorld(t, Limits{}, say(200, body))
		devices, err := w.Devices(t.Context())
		if e := (*Error)(nil); devices != nil || !errors.As(err, &e) || e.Kind != Malformed || e.Op != opDevices {
			t.Errorf("%.40q: %v, %v", body, devices, err)
		}
		plays, err := w.RecentlyPlayed(t.Context(), 1)
		if e := (*Error)(nil); plays != nil || !errors.As(err, &e) || e.Kind != Malformed || e.Op != opPlays {
			t.Errorf("%.40q: %v, %v", body, plays, err)
		}
	}
	w := newWorld(t, Limits{}, say(204, ""))
	if _, err := w.Devices(t.Context()); err == nil {
		t.Error("204 is no list of devices")
	}
}

func TestListsAreBounded(t *testing.T) {
	long := strings.Repeat("ü", 600)
	devices, err := decodeDevices([]byte(`{"devices":[` + strings.Repeat(`{"name":"`+long+`"},`, 500) + `{}]}`))
	if err != nil || len(devices) != mostDevices || devices[0].Name != long[:1024] {
		t.Error(len(devices), err)
	}
	plays, err := decodePlays([]byte(`{"items":[` + strings.Repeat(`{"track":{"name":"`+long+`"},"context":{"uri":"`+long+`"}},`, 60) + `{}]}`))
	if err != nil || len(plays) != mostPlays || plays[0].Item.Name != long[:1024] || plays[0].Context != long[:1024] {
		t.Error(len(plays), err)
	}
	p, err := DecodePlayer([]byte(`{` + aDevice + `,"is_playing":true,"item":{"artists":[` + strings.Repeat(`null,7,{"name":""},{"name":"`+long+`"},`, 100) + `{}]}}`))
	if err != nil || len(p.Item.Artists) != 64 || p.Item.Artists[63] != long[:1024] {
		t.Error(len(p.Item.Artists), err)
	}
}

// A body of 100,000 nested lists is refused before anything recurses into it.
func TestDepth(t *testing.T) {
	nested := func(n int, open, close string) string {
		return `{` + aDevice + `,"x":` + strings.Repeat(open, n) + "1" + strings.Repeat(close, n) + `,"is_playing":true}`
	}
	for _, c := range []struct {
		body string
		deep bool
	}{
		{nested(deepest-1, "[", "]"), false},
		{nested(deepest, "[", "]"), true},
		{nested(deepest, `{"a":`, "}"), true},
		{nested(100_000, "[", "]"), true},
		{`{` + strings.Replace(aDevice, "Kitchen", strings.Repeat(`[{\"`, 100), 1) + `,"is_playing":true}`, false},
		{`{` + aDevice + `,"is_playing":true,"x":[` + strings.Repeat(`[],{},`, 1000) + `[]]}`, false},
	} {
		_, err := DecodePlayer([]byte(c.body))
		if errors.Is(err, errTooDeep) != c.deep || err != nil && !c.deep {
			t.Errorf("%.80s: %v", c.body, err)
		}
	}
	if message, reason := decodeError([]byte(`{"error":` + strings.Repeat("[", 100_000))); reason != "" || !oneLine(message) {
		t.Errorf("%q %q", message, reason)
	}
}

func FuzzDecodeDevices(f *testing.F) {
	f.Add([]byte(`{"devices":[{` + strings.TrimPrefix(aDevice, `"device":{`) + `,{"id":null,"volume_percent":1e999,"type":7}]}`))
	f.Add([]byte(`{"devices":[[],null,{"name":"\ud800"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeDevices(body)
		checkDecoded(t, got == nil, err)
		if len(got) > mostDevices {
			t.Fatal(len(got))
		}
		for _, d := range got {
			checkTexts(t, d.ID, d.Name, d.Type)
			if d.Volume < -1 || d.Volume > 100 {
				t.Fatalf("%+v", d)
			}
		}
	})
}

func FuzzDecodePlays(f *testing.F) {
	f.Add([]byte(`{"items":[{"track":{"uri":"spotify:track:1","artists":[{"name":"x"},7]},"played_at":"2026-11-20T09:08:07.654Z","context":{"uri":"spotify:album:2"}}]}`))
	f.Add([]byte(`{"items":[{"track":{"duration_ms":1e300},"played_at":"9999-12-31T23:59:59-23:59"},null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodePlays(body)
		checkDecoded(t, got == nil, err)
		if len(got) > mostPlays {
			t.Fatal(len(got))
		}
		for _, p := range got {
			checkTexts(t, append([]string{p.Context, p.Item.Name, p.Item.Album, p.Item.URI}, p.Item.Artists...)...)
			if p.Item.Duration < 0 || len(p.Item.Artists) > 65 {
				t.Fatalf("%+v", p)
			}
		}
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
	})
}

func checkDecoded(t *testing.T, nothing bool, err error) {
	t.Helper()
	if e := (*Error)(nil); nothing != (err != nil) || err != nil && (!errors.As(err, &e) || e.Kind != Malformed || !oneLine(err.Error())) {
		t.Fatalf("nothing: %v, error %q", nothing, fmt.Sprint(err))
	}
}

func checkTexts(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > 512 {
			t.Fatalf("text %q", s)
		}
	}
}
