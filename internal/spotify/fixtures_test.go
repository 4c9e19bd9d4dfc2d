package spotify

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fixture is one line of shared/fixtures/MANIFEST.tsv with its body.
type fixture struct {
	file, endpoint string
	status         int
	body           []byte
}

// fixtures reads the recorded answers beside the repository. They are never copied into it,
// so a checkout without them runs only the cases written here.
func fixtures(t *testing.T) []fixture {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
	dir = filepath.Join(dir, "..", "shared", "fixtures")
	manifest, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no recorded answers in ../shared/fixtures; the other tests have our own")
	} else if err != nil {
		t.Fatal(err)
	}
	var out []fixture
	for _, line := range strings.Split(strings.TrimSpace(string(manifest)), "\n")[1:] {
		col := strings.Split(line, "\t")
		status, err := strconv.Atoi(col[1])
		if err != nil {
			t.Fatal(line)
		}
		body, err := os.ReadFile(filepath.Join(dir, col[0]))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fixture{col[0], col[2], status, body})
	}
	return out
}

// withDevice makes an answer of /me/player out of one of /me/player/currently-playing, which
// differs by having no device.
func withDevice(t *testing.T, body []byte) []byte {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte("{"+aDevice+"}"), &m); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every recorded answer of the player decodes, and says what a plain reading of it says.
func TestRecordedPlayers(t *testing.T) {
	n := 0
	for _, f := range fixtures(t) {
		if f.status != 200 || !strings.HasPrefix(f.endpoint, "GET /me/player") ||
			strings.Contains(f.endpoint, "devices") || strings.Contains(f.endpoint, "queue") || strings.Contains(f.endpoint, "recently") {
			continue
		}
		n++
		t.Run(f.file, func(t *testing.T) {
			body := f.body
			if strings.Contains(f.endpoint, "currently-playing") {
				if p, err := DecodePlayer(body); p.Playing || p.Device != nil {
					t.Errorf("without a device: %+v, %v", p, err)
				}
				body = withDevice(t, body)
			}
			p, err := DecodePlayer(body)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, p, body)
		})
	}
	if n < 15 {
		t.Errorf("only %d recorded players found", n)
	}
}

// compare reads the body a second time, without our types.
func compare(t *testing.T, p Player, body []byte) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	device, _ := m["device"].(map[string]any)
	item, _ := m["item"].(map[string]any)
	playing, _ := m["is_playing"].(bool)
	kind, _ := m["currently_playing_type"].(string)
	if item == nil && m["timestamp"] == 0.0 && kind == "unknown" {
		playing = false
	}
	if p.Playing != playing {
		t.Error("playing", p.Playing)
	}
	active, _ := device["is_active"].(bool)
	if (p.Device != nil) != (active || playing) {
		t.Fatalf("device %+v, recorded %v", p.Device, device)
	}
	if p.Device != nil {
		id, _ := device["id"].(string)
		typ, _ := device["type"].(string)
		supports, said := device["supports_volume"].(bool)
		if p.Device.ID != id || p.Device.Name != device["name"] || p.Device.Type != strings.ToLower(typ) ||
			p.Device.Restricted != device["is_restricted"] || p.Device.SupportsVolume != (supports || !said) {
			t.Errorf("%+v, recorded %v", p.Device, device)
		}
		if v, said := device["volume_percent"].(float64); said && p.Device.Volume != int(v) || !said && p.Device.Volume != -1 {
			t.Error("volume", p.Device.Volume)
		}
	}
	if ms, _ := m["progress_ms"].(float64); p.Progress != time.Duration(ms)*time.Millisecond {
		t.Error("progress", p.Progress)
	}
	if ms, _ := m["timestamp"].(float64); ms == 0 && !p.Changed.IsZero() || ms > 0 && p.Changed.UnixMilli() != int64(ms) {
		t.Error("changed", p.Changed)
	}
	switch {
	case kind == "ad":
		if p.Item == nil || p.Item.Kind != "ad" {
			t.Errorf("item %+v", p.Item)
		}
	case item == nil:
		if p.Item != nil {
			t.Errorf("item %+v", p.Item)
		}
	default:
		want := kind
		if item["is_local"] == true {
			want = "local"
		} else if want == "" {
			want = "track"
		}
		ms, _ := item["duration_ms"].(float64)
		if p.Item == nil || p.Item.Name != item["name"] || p.Item.URI != item["uri"] || p.Item.Kind != want || p.Item.Duration != time.Duration(ms)*time.Millisecond {
			t.Errorf("item %+v", p.Item)
		}
		if artists, said := item["artists"].([]any); said && len(p.Item.Artists) != len(artists) {
			t.Error("artists", p.Item.Artists)
		}
	}
}

// Every recorded answer with its status goes through the client as if it came to a look and
// to a pause.
func TestRecordedAnswers(t *testing.T) {
	outcomes := map[string]string{
		"transcribed/403-premium-required.json":     "premium",
		"transcribed/403-restricted-device.json":    "restricted",
		"transcribed/403-restriction-violated.json": "already",
	}
	n := 0
	for _, f := range fixtures(t) {
		if strings.Contains(f.endpoint, "accounts") || f.status < 300 && f.endpoint != "PUT /me/player/pause" && f.status != 204 {
			continue
		}
		n++
		t.Run(f.file, func(t *testing.T) {
			w := newWorld(t, Limits{Per30s: 100}, say(f.status, string(f.body), "Content-Type", "application/json"))
			_, err := w.Player(t.Context(), Look)
			if f.status == 204 {
				if err != nil {
					t.Error(err)
				}
			} else {
				e := (*Error)(nil)
				if !errors.As(err, &e) || e.Status != f.status || !oneLine(e.Error()) {
					t.Fatalf("look: %v", err)
				}
				want := map[int]string{200: Malformed, 400: Malformed, 401: Unauthorized, 403: Forbidden, 404: Malformed, 411: Malformed,
					429: RateLimited, 500: Unreachable, 502: Unreachable, 503: Unreachable}[f.status]
				if strings.Contains(f.file, "quota") {
					want = Quota
				}
				if e.Kind != want {
					t.Errorf("kind %s, want %s: %v", e.Kind, want, e)
				}
			}
			w.gate.block.forget(w.gate)
			want := outcomes[f.file]
			switch {
			case f.status < 300:
				want = "paused"
			case f.status == 404:
				want = "gone"
			case want == "":
				want = "failed"
			}
			if got := PauseOutcome(w.pause(t.Context(), "x")); got != want {
				t.Errorf("pause: %s, want %s", got, want)
			}
		})
	}
	if n < 25 {
		t.Errorf("only %d recorded answers found", n)
	}
}

func TestRecordedUsers(t *testing.T) {
	n := 0
	for _, f := range fixtures(t) {
		if f.endpoint != "GET /me" {
			continue
		}
		n++
		w := newWorld(t, Limits{}, say(f.status, string(f.body)))
		if u, err := w.Me(t.Context()); err != nil || u.ID == "" {
			t.Errorf("%s: %+v, %v", f.file, u, err)
		}
	}
	if n == 0 {
		t.Error("no recorded user found")
	}
}

func TestRecordedTokenAnswers(t *testing.T) {
	n := 0
	for _, f := range fixtures(t) {
		if !strings.Contains(f.endpoint, "accounts /api/token") {
			continue
		}
		n++
		t.Run(f.file, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(say(f.status, string(f.body), "Content-Type", "text/html")))
			defer s.Close()
			var heard Refresh
			tokens := NewTokens(TokenOptions{AccountsURL: s.URL, ClientID: "c", RefreshToken: "ours", Now: (&clock{now: start}).Now,
				Refreshed: func(r Refresh) { heard = r }})
			got, err := tokens.Access(t.Context())
			var said struct {
				Access  string `json:"access_token"`
				Refresh string `json:"refresh_token"`
				Code    string `json:"error"`
			}
			if json.Unmarshal(f.body, &said) != nil || said.Code != "" {
				e := (*Error)(nil)
				want := Unreachable
				if said.Code != "" {
					want = Unauthorized
				}
				if !errors.As(err, &e) || e.Kind != want || heard.Outcome != "failed" {
					t.Errorf("%v, heard %+v", err, heard)
				}
				return
			}
			outcome := "ok"
			if said.Refresh != "" {
				outcome = "rotated"
			}
			if err != nil || got != said.Access || heard.Outcome != outcome || !heard.Expiry.Equal(start.Add(time.Hour)) {
				t.Errorf("%q, %v, heard %+v", got, err, heard)
			}
		})
	}
	if n < 6 {
		t.Errorf("only %d recorded token answers found", n)
	}
}
