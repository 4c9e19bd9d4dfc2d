package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gatefold/internal/sim"
)

// answer is a body of GET /me/player and what has to be seen in it.
type answer struct {
	name, body string
	status     int
	allowed    bool   // its device is on the list
	blind      string // it cannot be understood
}

// ours are answers written from what the API is known to do. The only device on
// the list is Kitchen.
var ours = []answer{
	{name: "a device on the list", status: 200, allowed: true, body: `{"device":{"id":"k","is_active":true,"is_restricted":false,"name":"Kitchen","type":"Speaker","volume_percent":40},"is_playing":true,"progress_ms":1,"timestamp":1,"item":{"name":"So What","uri":"spotify:track:x","duration_ms":1000,"type":"track"},"currently_playing_type":"track"}`},
	{name: "nobody", status: 204},
	{name: "a name that contains one of the list", status: 200, body: `{"device":{"id":"k","is_active":true,"name":"Kitchen 2","type":"Speaker"},"is_playing":true}`},
	{name: "a name that one of the list contains", status: 200, body: `{"device":{"id":"k","is_active":true,"name":"Kit","type":"Speaker"},"is_playing":true}`},
	{name: "an empty name", status: 200, body: `{"device":{"id":"k","is_active":true,"name":"","type":"Speaker"},"is_playing":true}`},
	{name: "the device called nothing", status: 200, body: `{"device":{"id":"k","is_active":true,"name":"nothing","type":"Speaker"},"is_playing":true}`},
	{name: "null id, restricted, still the active one", status: 200, body: `{"device":{"id":null,"is_active":true,"is_restricted":true,"name":"Sonos","type":"Speaker","volume_percent":null},"is_playing":true,"context":null,"item":null}`},
	{name: "an ad", status: 200, body: `{"device":{"id":"b","is_active":true,"name":"Bob","type":"Computer"},"is_playing":true,"item":null,"currently_playing_type":"ad","timestamp":5}`},
	{name: "an empty idle shape that claims to play", status: 200, body: `{"device":{"id":"b","is_active":true,"name":"Bob","type":"Computer"},"is_playing":true,"item":null,"currently_playing_type":"unknown","timestamp":0,"progress_ms":0}`},
	{name: "playing without a device", status: 200, blind: "malformed", body: `{"is_playing":true,"timestamp":7,"progress_ms":5,"item":{"name":"x","uri":"spotify:track:x","duration_ms":9}}`},
	{name: "not JSON", status: 200, blind: "malformed", body: `<html>hello</html>`},
	{name: "truncated", status: 200, blind: "malformed", body: `{"device":{"id":"k","is_active":true,"name":"Kitchen","ty`},
	{name: "empty 200", status: 200, blind: "malformed"},
	{name: "null", status: 200, blind: "malformed", body: `null`},
	{name: "more than a megabyte", status: 200, blind: "malformed", body: `{"device":{"id":"k","is_active":true,"name":"Kitchen","type":"Speaker"},"is_playing":true,"x":"` + strings.Repeat("x", 1<<20) + `"}`},
	{name: "plain-text 403", status: 403, blind: "forbidden", body: `Check settings on developer.spotify.com/dashboard, the user may not be registered.`},
	{name: "502", status: 502, blind: "unreachable", body: `{"error":{"status":502,"message":"Bad gateway."}}`},
	{name: "envoy", status: 503, blind: "unreachable", body: `upstream connect error or disconnect/reset before headers`},
}

// recorded are the answers of the real API, when the folder is there.
func recorded(t *testing.T) []answer {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "fixtures")
	manifest, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if os.IsNotExist(err) {
		t.Log("shared/fixtures is not here: only our own cases run")
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []answer
	for _, row := range strings.Split(string(manifest), "\n") {
		cols := strings.Split(row, "\t")
		if len(cols) < 3 || cols[1] != "200" || !strings.HasPrefix(cols[2], "GET /me/player") || strings.Contains(cols[2], "devices") ||
			strings.Contains(cols[2], "recently") || strings.Contains(cols[2], "queue") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, cols[0]))
		if err != nil {
			t.Fatal(err)
		}
		a := answer{name: cols[0], status: 200, body: string(body)}
		var shape struct {
			Device    *struct{ Name string }
			IsPlaying *bool `json:"is_playing"`
		}
		if err := json.Unmarshal(body, &shape); err != nil {
			t.Fatalf("%s: %v", a.name, err)
		}
		if shape.Device == nil && shape.IsPlaying != nil && *shape.IsPlaying {
			a.blind = "malformed" // of currently-playing, or a fragment: playing implies a device
		}
		out = append(out, a)
	}
	if len(out) < 10 {
		t.Fatalf("only %d recorded answers of the player were found", len(out))
	}
	return out
}

// Every answer is understood or is blindness, and none is taken for authorized
// unless its device is on the list: weaknesses 1, 2, 3 and 6 of the original,
// with the whole daemon as a process. Each answer has an account of its own.
func TestAnswersOfThePlayer(t *testing.T) {
	answers := append(ours, recorded(t)...)
	h := newHouse(t)
	board := newSwitchboard()
	h.api = board
	accounts := ""
	var secrets []string
	for i := range answers {
		accounts += fmt.Sprintf("  - {name: a%d, enforce: true}\n", i)
		secrets = append(secrets, fmt.Sprintf("GATEFOLD_SECRET_SPOTIFY_A%d_REFRESH_TOKEN=a%d", i, i))
		board.show(accountName(i), answers[0]) // from an authorized device: staying green would show
	}
	config := h.config("true")
	h.write("gatefold.yaml", config[:strings.Index(config, "accounts:")]+"accounts:\n"+accounts)
	h.secrets = secrets
	p := h.run()
	p.until("the listed device is allowed everywhere", func() bool {
		for _, a := range p.status().Accounts {
			if a.Verdict != "allow" {
				return false
			}
		}
		return true
	})
	for i, a := range answers {
		board.show(accountName(i), a)
	}
	p.until("every answer was seen twice", func() bool {
		for i := range answers {
			if board.served(accountName(i)) < 2 {
				return false
			}
		}
		return true
	})
	for i, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			p.until("it is understood or blindness", func() bool { return p.status().Accounts[i].Blind == a.blind })
			got := p.status().Accounts[i]
			if (got.Verdict == "allow") != a.allowed {
				t.Errorf("verdict %s (%+v)", got.Verdict, got)
			}
			if a.blind != "" && got.Verdict != "unknown" {
				t.Errorf("blind and yet the verdict is %s", got.Verdict)
			}
		})
	}
	p.stop()
	// Weakness 3: no error but a 401 is taken for an expired token.
	if n := board.tokens(); n != len(answers) {
		t.Errorf("%d token requests by %d accounts", n, len(answers))
	}
}

func accountName(i int) string { return fmt.Sprintf("a%d", i) }

// switchboard is a Spotify that gives each account its own answer. Its access
// tokens are the refresh tokens.
type switchboard struct {
	mu      sync.Mutex
	answers map[string]answer
	looks   map[string]int // since the answer was set
	refresh int
}

func newSwitchboard() *switchboard {
	return &switchboard{answers: map[string]answer{}, looks: map[string]int{}}
}

func (s *switchboard) show(account string, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[account], s.looks[account] = a, 0
}

func (s *switchboard) served(account string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks[account]
}

func (s *switchboard) tokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refresh
}

func (s *switchboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/api/token" {
		s.refresh++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, r.FormValue("refresh_token"))
		return
	}
	account := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if r.Method != http.MethodGet {
		return // a pause: 200 and nothing
	}
	a := s.answers[account]
	s.looks[account]++
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// Connections that are reset are blindness too, and nothing is lost by them.
func TestResetConnections(t *testing.T) {
	h := newHouse(t)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the listed device is allowed", func() bool { return p.account().Verdict == "allow" })
	h.spotify.Fault(sim.Fault{Path: "player", Kind: sim.KindReset})
	p.until("blindness", func() bool { return p.account().Blind == "unreachable" })
	h.spotify.ClearFaults()
	p.until("sight is regained", func() bool { s := p.account(); return s.Blind == "" && s.Verdict == "allow" })
	p.stop()
}
