package notify

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// got is one request as a target saw it.
type got struct {
	method, path string
	header       http.Header
	body         []byte
}

// fake is a target that answers what it is told to.
type fake struct {
	mu     sync.Mutex
	answer http.HandlerFunc // nil: 200
	all    []got
	url    string
}

func newFake(t testing.TB) *fake {
	f := &fake{}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	f.url = srv.URL
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.all = append(f.all, got{r.Method, r.URL.RequestURI(), r.Header.Clone(), body})
	answer := f.answer
	f.mu.Unlock()
	if answer != nil {
		answer(w, r)
	}
}

func (f *fake) requests() []got {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]got(nil), f.all...)
}

// clock is set by a test.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func text(s string) Secret { return func() string { return s } }

const (
	hush  = "tk_hidden_token_0123456789"
	topic = "/hidden-topic"
)

func (f *fake) ntfy(t testing.TB, c *clock) *Target {
	t.Helper()
	target, err := NewNtfy(Options{Name: "phone", URL: text(f.url + topic), Secret: text(hush), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func (f *fake) webhook(t testing.TB, c *clock) *Target {
	t.Helper()
	target, err := NewWebhook(Options{Name: "ops", URL: text(f.url + topic + "?q=hidden-query"), Secret: text(hush), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func message() Message {
	return Message{
		ID: "1f/2", Account: "home", Time: time.Date(2026, 3, 2, 21, 3, 59, 500e6, time.UTC),
		Parts: []Part{{Text: "*Bob's Laptop* plays "}, {Text: "Blue Train", URL: "https://open.spotify.com/track/1"}},
	}
}
