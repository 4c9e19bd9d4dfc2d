package sim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// manual is a clock that moves when it is told to.
type manual struct {
	mu sync.Mutex
	t  time.Time
}

func newManual() *manual {
	return &manual{t: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
}

func (m *manual) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.t
}

func (m *manual) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = m.t.Add(d)
}

// world is a Spotify with one account and somebody who asks it things.
type world struct {
	t      *testing.T
	clock  *manual
	s      *Spotify
	a      *Account
	client *http.Client
	base   string
	token  string
}

// newWorld is asked through the Transport.
func newWorld(t *testing.T, o SpotifyOptions) *world {
	t.Helper()
	w := &world{t: t, clock: newManual(), base: "https://api.spotify.com"}
	o.Now = w.clock.now
	if o.TokenLifetime == 0 {
		o.TokenLifetime = 10_000 * time.Hour // most tests are not about tokens
	}
	w.s = NewSpotify(o)
	w.a = w.s.AddAccount("home", AccountOptions{Obeys: true})
	w.token = w.a.AccessToken()
	w.client = &http.Client{Transport: Transport(map[string]http.Handler{"api.spotify.com": w.s, "accounts.spotify.com": w.s})}
	return w
}

// overHTTP makes the same world answer on a real socket.
func (w *world) overHTTP() *world {
	srv := httptest.NewServer(w.s)
	w.t.Cleanup(srv.Close)
	w.base, w.client = srv.URL, srv.Client()
	return w
}

// bothWays runs a test through the Transport and over real HTTP.
func bothWays(t *testing.T, o SpotifyOptions, test func(*world)) {
	t.Run("memory", func(t *testing.T) { test(newWorld(t, o)) })
	t.Run("http", func(t *testing.T) { test(newWorld(t, o).overHTTP()) })
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func (w *world) ask(ctx context.Context, method, path string) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, w.base+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	return do(w.client, req)
}

func do(c *http.Client, req *http.Request) reply {
	resp, err := c.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(body), err}
}

func (w *world) get(path string) reply { w.t.Helper(); return w.ask(w.t.Context(), "GET", path) }
func (w *world) put(path string) reply { w.t.Helper(); return w.ask(w.t.Context(), "PUT", path) }

// send asks with a JSON body.
func (w *world) send(method, path, body string) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("Content-Type", "application/json")
	return do(w.client, req)
}

// post asks the token endpoint. An empty value is left out; "basic" is put into the Authorization header.
func (w *world) post(form map[string]string) reply {
	w.t.Helper()
	values := url.Values{}
	for key, value := range form {
		if value != "" && key != "basic" {
			values.Set(key, value)
		}
	}
	req, _ := http.NewRequestWithContext(w.t.Context(), "POST", w.base+"/api/token", strings.NewReader(values.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id, secret, ok := strings.Cut(form["basic"], ":"); ok {
		req.SetBasicAuth(id, secret)
	}
	return do(w.client, req)
}

func (w *world) refresh(token string) reply {
	w.t.Helper()
	return w.post(map[string]string{"grant_type": "refresh_token", "refresh_token": token, "client_id": "app"})
}

// json decodes the body and walks down: r.json(t)["device"] or r.at(t, "device", "id").
func (r reply) at(t *testing.T, path ...string) any {
	t.Helper()
	if r.err != nil {
		t.Fatalf("no answer: %v", r.err)
	}
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("answer %d is not JSON: %v: %.100q", r.status, err, r.body)
	}
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("no %q in %v", path, v)
		}
		v = m[key]
	}
	return v
}

// want checks a status and the error message of the Web API.
func (r reply) want(t *testing.T, status int, message string) {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Fatalf("answer %d %q, %v; want %d", r.status, r.body, r.err, status)
	}
	if message != "" && r.at(t, "error", "message") != message {
		t.Errorf("message %v, want %q", r.at(t, "error", "message"), message)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

var (
	kitchen = Device{Name: "Kitchen", Type: "speaker"}
	laptop  = Device{Name: "Bob's Laptop", Type: "computer"}
	soWhat  = Item{Name: "So What"}
)
