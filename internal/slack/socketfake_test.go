package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const (
	testAppToken = "xapp-1-A0-secret"
	testTicket   = "ticket-that-nobody-may-see"
)

// fakeSocket is Slack's Socket Mode. Each apps.connections.open is answered by the next of answers, and by a good one
// after the last; each connection gets the next of hellos, and "hello of one connection" after the last.
type fakeSocket struct {
	*httptest.Server
	t       *testing.T
	mu      sync.Mutex
	answers []http.HandlerFunc
	hellos  []string
	opens   []time.Time
	tokens  []string
	conns   chan *fakeConn // those that said hello, in order
}

// fakeConn is Slack's side of one connection.
type fakeConn struct {
	t     *testing.T
	ws    *websocket.Conn
	mu    sync.Mutex
	acks  chan string   // envelope ids
	gone  chan struct{} // closed when the client is gone
	pings chan struct{}
	pongs chan string // what the pongs say
	close int         // code of the close frame that came; to be read once gone is closed
}

func newFakeSocket(t *testing.T) *fakeSocket {
	f := &fakeSocket{t: t, conns: make(chan *fakeConn, 1000)}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.CloseClientConnections)
	t.Cleanup(f.Close)
	return f
}

func hello(connections int) string {
	return fmt.Sprintf(`{"type":"hello","num_connections":%d,"connection_info":{"app_id":"A0"},"debug_info":{"host":"x"}}`, connections)
}

func (f *fakeSocket) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/apps.connections.open":
		f.mu.Lock()
		f.opens = append(f.opens, time.Now())
		f.tokens = append(f.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		answer := f.address("ws" + strings.TrimPrefix(f.URL, "http") + "/link?ticket=" + testTicket + "&app_id=A0")
		if len(f.answers) > 0 {
			answer, f.answers = f.answers[0], f.answers[1:]
		}
		f.mu.Unlock()
		answer(w, r)
	case "/link":
		f.link(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (f *fakeSocket) address(url string) http.HandlerFunc {
	return reply(http.StatusOK, `{"ok":true,"url":"`+url+`"}`)
}

func (f *fakeSocket) link(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("ticket") != testTicket {
		http.Error(w, "no ticket", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	f.mu.Lock()
	greeting := hello(1)
	if len(f.hellos) > 0 {
		greeting, f.hellos = f.hellos[0], f.hellos[1:]
	}
	f.mu.Unlock()
	c := &fakeConn{t: f.t, ws: ws, acks: make(chan string, 1000), gone: make(chan struct{}), pings: make(chan struct{}, 1000), pongs: make(chan string, 10)}
	c.send(greeting)
	go c.read()
	f.conns <- c
}

func (c *fakeConn) read() {
	defer close(c.gone)
	defer c.ws.Close()
	answer := c.ws.PingHandler()
	c.ws.SetPingHandler(func(data string) error {
		select {
		case c.pings <- struct{}{}:
		default:
		}
		return answer(data)
	})
	c.ws.SetPongHandler(func(data string) error { c.pongs <- data; return nil })
	for {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			if e, ok := err.(*websocket.CloseError); ok {
				c.close = e.Code
			}
			return
		}
		var ack struct {
			Envelope string `json:"envelope_id"`
		}
		if err := json.Unmarshal(data, &ack); err != nil || ack.Envelope == "" {
			c.t.Errorf("slack got %q", data)
		}
		c.acks <- ack.Envelope
	}
}

// send writes one text frame. That the client is gone is no error.
func (c *fakeConn) send(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.ws.WriteMessage(websocket.TextMessage, []byte(text))
}

func (f *fakeSocket) opened() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.opens...)
}

const patience = 10 * time.Second

// within takes from ch, and fails the test if nothing comes.
func within[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// running is a Socket at work, and what it told.
type running struct {
	*Socket
	t       *testing.T
	clock   *clock
	presses chan Press
	states  chan SocketState
	stop    func() // ends Run and waits for it
}

// quick are waits for tests: long enough for a slow machine where they bound a wait for something to happen.
func quick() socketTimes {
	t := defaultSocketTimes
	t.first, t.longest, t.dead = 5*time.Millisecond, 40*time.Millisecond, 20*time.Millisecond
	return t
}

// run starts a Socket on f. change may alter its options and times before that.
func (f *fakeSocket) run(t *testing.T, change func(*SocketOptions, *socketTimes)) *running {
	t.Helper()
	r := &running{t: t, clock: newClock(), presses: make(chan Press, 1000), states: make(chan SocketState, 1000)}
	o := SocketOptions{
		APIURL:   f.URL + "/api",
		AppToken: func() string { return testAppToken },
		HTTP:     f.Client(),
		Now:      r.clock.Now,
		Press:    func(_ context.Context, p Press) { r.presses <- p },
		State: func(s SocketState) {
			if strings.Contains(s.Err, testTicket) || strings.Contains(s.Err, "secret-") || strings.Contains(s.Err, testAppToken) {
				t.Errorf("a secret shows: %q", s.Err)
			}
			r.states <- s
		},
	}
	times := quick()
	if change != nil {
		change(&o, &times)
	}
	s, err := NewSocket(o)
	if err != nil {
		t.Fatal(err)
	}
	s.times = times
	r.Socket = s
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := within(t, "Run to end", done); err != context.Canceled {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// state waits for one that is as wanted.
func (r *running) state(what string, wanted func(SocketState) bool) SocketState {
	r.t.Helper()
	timeout := time.After(patience)
	var seen []SocketState
	for {
		select {
		case s := <-r.states:
			if wanted(s) {
				return s
			}
			seen = append(seen, s)
		case <-timeout:
			r.t.Fatalf("waited in vain for the state %s; there were %+v", what, seen)
		}
	}
}

func (r *running) connected() SocketState {
	r.t.Helper()
	return r.state("connected", func(s SocketState) bool { return s.Connected })
}

// envelope is an interactive envelope around a press of value, made at actionTS.
func envelope(id, value, actionTS string) string {
	return fmt.Sprintf(`{"type":"interactive","envelope_id":%q,"accepts_response_payload":false,"payload":%s}`, id, pressPayload(value, actionTS))
}

func pressPayload(value, actionTS string) string {
	return fmt.Sprintf(`{"type":"block_actions","team":{"id":"T0HOME","domain":"home"},
		"user":{"id":"U0ANN","username":"ann","name":"ann","team_id":"T0HOME"},"api_app_id":"A0","token":"secret-verification",
		"container":{"type":"message","message_ts":"1700000000.000001","channel_id":"C0MUSIC","is_ephemeral":false},
		"trigger_id":"1.2.%[2]s","channel":{"id":"C0MUSIC","name":"music"},"message":{"type":"message","ts":"1700000000.000001","text":"x","blocks":[]},
		"state":{"values":{}},"response_url":"https://hooks.slack.com/actions/secret-url",
		"actions":[{"action_id":"gatefold_X_0","block_id":"gatefold_X","text":{"type":"plain_text","text":"Allow","emoji":true},
		"value":%[1]q,"style":"primary","type":"button","action_ts":%[2]q}]}`, value, actionTS)
}
