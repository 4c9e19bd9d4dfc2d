package spotify

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a client with its gate before a server: api answers the API, tokens count up.
type world struct {
	*Client
	clock     *clock
	gate      *Gate
	vault     *MemoryVault
	scope     string // of the token answers; "": they say nothing
	url       string
	calls     atomic.Int32 // of the API
	refreshes atomic.Int32
}

func newWorld(t *testing.T, limits Limits, api http.HandlerFunc) *world {
	t.Helper()
	w := &world{clock: &clock{now: start}, vault: NewMemoryVault(NewCredential("refresh-0"))}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/token", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(rw, `{"access_token":"access-%d","expires_in":3600,"scope":%q}`, w.refreshes.Add(1), w.scope)
	})
	mux.HandleFunc("/v1/", func(rw http.ResponseWriter, r *http.Request) {
		w.calls.Add(1)
		api(rw, r)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	hc := &http.Client{Transport: transport}
	w.url = s.URL
	w.gate = NewGate(limits, GateState{}, start, nil)
	w.Client = NewClient(ClientOptions{
		BaseURL: s.URL + "/v1/", HTTP: hc, Gate: w.gate.Lane("home"), Now: w.clock.Now, Timeout: 5 * time.Second,
		Tokens: NewTokens(TokenOptions{AccountsURL: s.URL, ClientID: "id", Vault: w.vault, HTTP: hc, Now: w.clock.Now}),
	})
	return w
}

func say(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// hangUp sends raw bytes instead of an answer and closes the connection, with a reset if hard.
func hangUp(raw string, hard bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(c, raw)
		if hard {
			c.(*net.TCPConn).SetLinger(0)
		}
		c.Close()
	}
}

func TestPlayerRequest(t *testing.T) {
	w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
		if got := r.Method + " " + r.URL.String(); got != "GET /v1/me/player?additional_types=track%2Cepisode" {
			t.Error(got)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer access-1" {
			t.Error(got)
		}
		io.WriteString(rw, aBody)
	})
	p, err := w.Player(t.Context(), Look)
	if err != nil || !p.Playing || p.Device.Name != "Kitchen" || p.Item.Name != "Blue Train" {
		t.Fatalf("%+v, %v", p, err)
	}
	if short, day := w.gate.Remaining(start); short != 7 || day != 5999 {
		t.Error("remaining", short, day)
	}
}

func TestPlayerAnswers(t *testing.T) {
	big := `{` + aDevice + `,"is_playing":true,"x":"` + strings.Repeat("x", mostBody) + `"}`
	for _, c := range []struct {
		name   string
		api    http.HandlerFunc
		kind   string // "": nobody plays, no error
		status int
		says   string
	}{
		{"204", say(204, ""), "", 0, ""},
		{"200 empty", say(200, ""), Malformed, 200, "empty body"},
		{"200 null", say(200, "null"), Malformed, 200, "not a JSON object"},
		{"200 opaque", say(200, "oPClBVDzidwlAlSqmFF"), Malformed, 200, "oPClBVDzidwlAlSqmFF"},
		{"200 html", say(200, "<html>Login"), Malformed, 200, "not a JSON object"},
		{"200 huge", say(200, big), Malformed, 200, "larger than 1048576"},
		{"200 cut", hangUp("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"is_pla", false), Malformed, 200, "unexpected EOF"},
		{"200 cut in chunks", hangUp("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"is_pla", false), Malformed, 200, "unexpected EOF"},
		{"200 cut gzip", say(200, "\x1f\x8b\x08\x00\x00\x00\x00\x00", "Content-Encoding", "gzip"), Malformed, 200, "EOF"},
		{"200 no gzip", say(200, "{not gzip at all}", "Content-Encoding", "gzip"), Malformed, 200, "gzip"},
		{"201", say(201, aBody), Malformed, 201, "neither 200 nor 204"},
		{"202", say(202, ""), Malformed, 202, "neither 200 nor 204"},
		{"302", say(302, "", "Location", "https://evil.example/?t=secret"), Unreachable, 302, "this one leads to evil.example"},
		{"308 without address", say(308, ""), Unreachable, 308, "redirects are not followed"},
		{"400", say(400, `{"error":{"status":400,"message":"Only valid bearer authentication supported"}}`), Unauthorized, 400, "Only valid bearer"},
		{"403 json", say(403, `{"error":{"status":403,"message":"Insufficient client scope"}}`), Forbidden, 403, "Insufficient client scope"},
		{"403 text", say(403, "the user may not be registered.", "Content-Type", "application/json"), Forbidden, 403, "may not be registered"},
		{"404", say(404, `{"error":{"status":404,"message":"Not found."}}`), Malformed, 404, "Not found."},
		{"408", say(408, ""), Unreachable, 408, "Request Timeout"},
		{"429 text", say(429, "Too many requests", "Retry-After", "2"), RateLimited, 429, "retry after 2s"},
		{"429 long", say(429, "Too many requests", "Retry-After", "3601"), Quota, 429, "1h0m1s"},
		{"429 quota", say(429, `{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}`), Quota, 429, "QUOTA_EXCEEDED"},
		{"500", say(500, `{"error":{"status":500,"message":"Server error."}}`), Unreachable, 500, "Server error."},
		{"503 text", say(503, "upstream connect error"), Unreachable, 503, "upstream connect error"},
		{"504 endless", say(504, big), Unreachable, 504, "x"},
		{"closed", hangUp("", false), Unreachable, 0, "EOF"},
		{"reset", hangUp("", true), Unreachable, 0, "connection reset"},
		{"reset within", hangUp("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"is_pla", true), Unreachable, 200, "connection reset"},
		{"not HTTP", hangUp("SSH-2.0-OpenSSH\r\n\r\n", false), Unreachable, 0, "malformed HTTP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, c.api)
			p, err := w.Player(t.Context(), Look)
			if p.Playing || p.Device != nil {
				t.Errorf("a player: %+v", p)
			}
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e := (*Error)(nil)
			if !errors.As(err, &e) {
				t.Fatalf("%T %v", err, err)
			}
			if e.Kind != c.kind || e.Status != c.status || e.Op != opPlayer || !strings.Contains(e.Error(), c.says) {
				t.Errorf("%s %d: %v\nwant %s %d: %s", e.Kind, e.Status, e, c.kind, c.status, c.says)
			}
			if s := e.Error(); !oneLine(s) || strings.Contains(s, "access-1") || strings.Contains(s, "secret") || strings.Contains(s, w.url) {
				t.Errorf("says too much: %q", s)
			}
			// net/http itself repeats a GET whose reused connection was closed: counted as well.
			short, _ := w.gate.Remaining(start)
			counted := w.gate.Lane("home").Afford(start).Per30s - short
			if got := int(w.calls.Load()); got > 2 || got != counted {
				t.Errorf("%d calls, %d counted", got, counted)
			}
		})
	}
}

func TestPlayerGzip(t *testing.T) {
	w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(rw)
		io.WriteString(z, aBody)
		z.Close()
	})
	if p, err := w.Player(t.Context(), Look); err != nil || !p.Playing {
		t.Fatal(p, err)
	}
}

func TestGzipBombIsBounded(t *testing.T) {
	w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(rw)
		defer z.Close()
		for range 4 {
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	if _, err := w.Player(t.Context(), Look); !errors.Is(err, errTooLarge) {
		t.Fatal(err)
	}
}

func TestSlowAnswerTimesOut(t *testing.T) {
	for name, prelude := range map[string]string{"before the status": "", "within the body": "{"} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
				if prelude != "" {
					io.WriteString(rw, prelude)
					rw.(http.Flusher).Flush()
				}
				<-r.Context().Done()
				close(gone)
			})
			w.timeout = 50 * time.Millisecond
			_, err := w.Player(t.Context(), Look)
			e := (*Error)(nil)
			if !errors.As(err, &e) || e.Kind != Unreachable || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			<-gone
		})
	}
}

func TestCancelled(t *testing.T) {
	w := newWorld(t, Limits{}, say(204, ""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Player(ctx, Look)
	if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != Unreachable || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if w.calls.Load() != 0 || w.refreshes.Load() != 0 {
		t.Error("a request was made")
	}
}

func TestNobodyThere(t *testing.T) {
	w := newWorld(t, Limits{}, say(204, ""))
	if _, err := w.Player(t.Context(), Look); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"http://127.0.0.1:1", "://", "http://\x00"} {
		w.base = base
		_, err := w.Player(t.Context(), Look)
		if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != Unreachable || strings.Contains(e.Error(), "additional_types") {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestUnauthorized(t *testing.T) {
	const expired = `{"error":{"status":401,"message":"The access token expired"}}`
	t.Run("once", func(t *testing.T) {
		w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer access-1" {
				say(401, expired)(rw, r)
				return
			}
			io.WriteString(rw, aBody)
		})
		if p, err := w.Player(t.Context(), Look); err != nil || !p.Playing {
			t.Fatal(p, err)
		}
		if c, r := w.calls.Load(), w.refreshes.Load(); c != 2 || r != 2 {
			t.Error("calls", c, "refreshes", r)
		}
		if short, _ := w.gate.Remaining(start); short != 6 {
			t.Error("the retry was not counted:", short)
		}
	})
	t.Run("for good", func(t *testing.T) {
		w := newWorld(t, Limits{}, say(401, expired))
		_, err := w.Player(t.Context(), Look)
		if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != Unauthorized || e.Message != "The access token expired" {
			t.Fatal(err)
		}
		if c, r := w.calls.Load(), w.refreshes.Load(); c != 2 || r != 2 {
			t.Error("calls", c, "refreshes", r)
		}
	})
	t.Run("no budget for the retry", func(t *testing.T) {
		w := newWorld(t, Limits{Per30s: 1}, say(401, expired))
		_, err := w.Player(t.Context(), Look)
		if e := (*WaitError)(nil); !errors.As(err, &e) {
			t.Fatal(err)
		}
		if c := w.calls.Load(); c != 1 {
			t.Error("calls", c)
		}
	})
}

func TestTokenInTheAnswerIsTakenOut(t *testing.T) {
	for _, status := range []int{200, 400, 500} {
		w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
			say(status, "you sent "+r.Header.Get("Authorization"))(rw, r)
		})
		_, err := w.Player(t.Context(), Look)
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "access-1") {
			t.Errorf("%d: %#v", status, err)
		}
	}
}

func TestPause(t *testing.T) {
	for _, c := range []struct {
		name string
		api  http.HandlerFunc
		want string
	}{
		{"204", say(204, ""), "paused"},
		{"200 opaque", say(200, "oPClBVDzidwlAlSqmFF-zKNO62E"), "paused"},
		{"202", say(202, "{"), "paused"},
		{"200 huge", say(200, strings.Repeat("x", 1<<21)), "paused"},
		{"200 cut", hangUp("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nx", false), "paused"},
		{"restriction", say(403, `{"error":{"status":403,"message":"Player command failed: Restriction violated","reason":"UNKNOWN"}}`), "already"},
		{"gone", say(404, `{"error":{"status":404,"message":"Device not found"}}`), "gone"},
		{"411", say(411, ""), "failed"},
		{"500", say(500, ""), "failed"},
		{"302", say(302, "", "Location", "/elsewhere"), "failed"},
		{"reset", hangUp("", true), "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPut || r.URL.Path != "/v1/me/player/pause" || r.URL.Query().Get("device_id") != "a b&c" {
					t.Error(r.Method, r.URL)
				}
				if r.ContentLength != 0 || r.Header.Get("Content-Length") != "0" {
					t.Error("Content-Length:", r.ContentLength, r.Header)
				}
				c.api(rw, r)
			})
			err := w.pause(t.Context(), "a b&c")
			if got := PauseOutcome(err); got != c.want {
				t.Errorf("%s (%v), want %s", got, err, c.want)
			}
			if got := w.calls.Load(); got != 1 {
				t.Error("calls", got)
			}
		})
	}
	t.Run("no device", func(t *testing.T) {
		w := newWorld(t, Limits{}, say(204, ""))
		if err := w.pause(t.Context(), ""); !errors.Is(err, ErrNoDevice) {
			t.Fatal(err)
		}
		if w.calls.Load() != 0 || w.refreshes.Load() != 0 {
			t.Error("a request was made")
		}
	})
}

// A pause succeeded when its status came; an answer that never ends must not hold the loop.
func TestPauseDoesNotWaitForTheTail(t *testing.T) {
	w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(200)
		rw.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	w.timeout = time.Minute
	began := time.Now()
	if err := w.pause(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Error("took", took)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var conns sync.Map
	n := 0
	w := newWorld(t, Limits{Per30s: 1000}, func(rw http.ResponseWriter, r *http.Request) {
		conns.Store(r.RemoteAddr, true)
		n++
		say([]int{200, 403, 204, 500, 404}[n%5], strings.Repeat("x", 9000*(n%2)))(rw, r)
	})
	for i := range 20 {
		if i%2 == 0 {
			w.Player(t.Context(), Look)
		} else {
			w.pause(t.Context(), "x")
		}
	}
	count := 0
	conns.Range(func(_, _ any) bool { count++; return true })
	if n != 20 || count != 1 {
		t.Errorf("%d calls over %d connections", n, count)
	}
}

func TestRefusedWithoutARequest(t *testing.T) {
	w := newWorld(t, Limits{}, say(429, "Too many requests", "Retry-After", "40"))
	if _, err := w.Player(t.Context(), Look); err == nil {
		t.Fatal("no error")
	}
	for _, call := range []func() error{
		func() error { return w.pause(t.Context(), "x") },
		func() error { _, err := w.Player(t.Context(), Verify); return err },
		func() error { _, err := w.Me(t.Context()); return err },
	} {
		e := (*WaitError)(nil)
		if err := call(); !errors.As(err, &e) || !e.Until.Equal(start.Add(40*time.Second)) || e.Kind != RateLimited {
			t.Error(err)
		}
	}
	if got := w.calls.Load(); got != 1 {
		t.Error("calls", got)
	}
	w.clock.move(40 * time.Second)
	w.pause(t.Context(), "x")
	if got := w.calls.Load(); got != 2 {
		t.Error("calls after the wait", got)
	}
}

// net/http repeats a GET by itself when a kept-alive connection turns out to be closed.
func TestRepetitionByTheTransportIsCounted(t *testing.T) {
	var seen atomic.Int32
	w := newWorld(t, Limits{}, func(rw http.ResponseWriter, r *http.Request) {
		if seen.Add(1) == 2 {
			hangUp("", false)(rw, r)
			return
		}
		io.WriteString(rw, aBody)
	})
	for range 2 {
		if _, err := w.Player(t.Context(), Look); err != nil {
			t.Fatal(err)
		}
	}
	short, _ := w.gate.Remaining(start)
	if got := w.calls.Load(); got != 3 || short != 5 {
		t.Errorf("%d calls, %d left", got, short)
	}
}

func TestMe(t *testing.T) {
	w := newWorld(t, Limits{}, say(200, `{"id":"u1","display_name":null,"account_id":"acc","product":7}`))
	if u, err := w.Me(t.Context()); err != nil || u != (User{ID: "u1", AccountID: "acc"}) {
		t.Fatal(u, err)
	}
	for _, body := range []string{"", "[]", "{}", `{"id":`, `{"id":5}`} {
		w := newWorld(t, Limits{}, say(200, body))
		_, err := w.Me(t.Context())
		if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != Malformed || e.Op != "GET /me" {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// A token that takes its time to come must not let a pause out on an old look.
func TestPauseIsNotSentLate(t *testing.T) {
	w := newWorld(t, Limits{}, say(204, ""))
	now := w.now()
	if err := w.pauseBy(t.Context(), "x", now.Add(-time.Millisecond)); !errors.Is(err, ErrLate) {
		t.Errorf("after its time: %v", err)
	}
	if n := w.calls.Load(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
	if err := w.pauseBy(t.Context(), "x", now.Add(time.Hour)); err != nil {
		t.Errorf("in time: %v", err)
	}
}

func (w *world) pause(ctx context.Context, id string) error { return w.pauseBy(ctx, id, time.Time{}) }

func (w *world) pauseBy(ctx context.Context, id string, by time.Time) error {
	_, err := w.Pause(ctx, id, by)
	return err
}

// A connection that takes its time must not carry a pause on an old look either.
func TestPauseIsNotSentOnALateConnection(t *testing.T) {
	w := newWorld(t, Limits{}, say(204, ""))
	if _, err := w.tokens.Access(t.Context()); err != nil {
		t.Fatal(err)
	}
	dialed := make(chan struct{})
	w.transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		close(dialed)
		<-ctx.Done() // longer than the look is good for
		return nil, ctx.Err()
	}}
	done := make(chan error, 1)
	go func() { done <- w.pauseBy(t.Context(), "x", w.now().Add(50*time.Millisecond)) }()
	<-dialed
	w.clock.move(time.Second)
	if err := <-done; !errors.Is(err, ErrLate) {
		t.Errorf("got %v", err)
	}
	if n := w.calls.Load(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}
