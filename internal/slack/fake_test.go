package slack

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const testToken = "xoxb-1-secret"

// fakeSlack answers chat.postMessage. Each post is answered by the next of answers, and by a good one after the last.
type fakeSlack struct {
	*httptest.Server
	mu      sync.Mutex
	answers []http.HandlerFunc
	forms   []url.Values
	paths   []string
}

func newFake(t *testing.T, answers ...http.HandlerFunc) *fakeSlack {
	t.Helper()
	f := &fakeSlack{answers: answers}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeSlack) serve(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	f.forms = append(f.forms, r.PostForm)
	f.paths = append(f.paths, r.URL.Path)
	n := len(f.forms)
	answer := good(n)
	if len(f.answers) > 0 {
		answer, f.answers = f.answers[0], f.answers[1:]
	}
	f.mu.Unlock()
	answer(w, r)
}

// posts is how many requests came.
func (f *fakeSlack) posts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.forms)
}

// lastForm is the newest request's body.
func (f *fakeSlack) lastForm(t *testing.T) url.Values {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.forms) == 0 {
		t.Fatal("no request came")
	}
	return f.forms[len(f.forms)-1]
}

func good(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reply(http.StatusOK, fmt.Sprintf(`{"ok":true,"channel":"%s","ts":"1700000000.%06d","message":{"type":"message","text":"x"}}`,
			channelID(r.PostFormValue("channel")), n))(w, r)
	}
}

// channelID is the id of the channel with that name, C0MUSIC for #music; an id is its own.
func channelID(channel string) string {
	if name, ok := strings.CutPrefix(channel, "#"); ok {
		return "C0" + strings.ToUpper(name)
	}
	return channel
}

// reply answers with a status, a body and headers given as name, value, name, value.
func reply(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func refuse(code string) http.HandlerFunc {
	return reply(http.StatusOK, `{"ok":false,"error":"`+code+`"}`)
}

// clock is a Now that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// newPoster returns a Poster that posts to f by the returned clock.
func newPoster(t *testing.T, f *fakeSlack) (*Poster, *clock) {
	t.Helper()
	c := newClock()
	p, err := New(Options{APIURL: f.URL + "/api", Token: func() string { return testToken }, HTTP: f.Client(), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

func say(text string) []Part { return []Part{{Text: text}} }

func card(text string) Card { return Card{Parts: say(text)} }
