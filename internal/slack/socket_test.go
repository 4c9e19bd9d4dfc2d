package slack

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

func TestPressArrivesAndIsAcknowledged(t *testing.T) {
	f := newFakeSocket(t)
	r := f.run(t, nil)
	c := within(t, "a connection", f.conns)
	if got, want := r.connected(), (SocketState{Connected: true, Since: r.clock.Now()}); got != want {
		t.Errorf("state %+v, want %+v", got, want)
	}
	c.send(envelope("e1", "allow", "1700000001.5"))
	got := within(t, "the press", r.presses)
	want := Press{User: "U0ANN", UserName: "ann", Team: "T0HOME", Channel: "C0MUSIC", MessageTS: "1700000000.000001", Value: "allow", Label: "Allow"}
	if len(got.ID) != 32 {
		t.Errorf("id %q", got.ID)
	}
	want.ID = got.ID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("press (-want +got):\n%s", diff)
	}
	if got.Receipt() != receipt {
		t.Errorf("receipt %+v", got.Receipt())
	}
	if id := within(t, "the acknowledgement", c.acks); id != "e1" {
		t.Errorf("acknowledged %q", id)
	}
	if f.tokens[0] != testAppToken {
		t.Errorf("token %q", f.tokens[0])
	}
	r.stop()
	if s := r.state("stopped", func(s SocketState) bool { return !s.Connected }); s.Err != "stopped" || s.Dead {
		t.Errorf("state %+v", s)
	}
	within(t, "goodbye", c.gone)
	if c.close != websocket.CloseNormalClosure {
		t.Errorf("close code %d", c.close)
	}
}

// Whoever subscribed the app to more than buttons gets it acknowledged, or Slack would deliver it again and again.
func TestOtherEnvelopesAreAcknowledgedAndIgnored(t *testing.T) {
	f := newFakeSocket(t)
	r := f.run(t, nil)
	c := within(t, "a connection", f.conns)
	others := []string{
		`{"type":"events_api","envelope_id":"o0","payload":{"event":{}}}`,
		`{"type":"slash_commands","envelope_id":"o1","payload":{}}`,
		`{"type":"interactive","envelope_id":"o2","payload":{"type":"view_submission","user":{"id":"U0ANN"}}}`,
		`{"type":"interactive","envelope_id":"o3","payload":"not an object"}`,
		`{"type":"interactive","envelope_id":"o4"}`,
		`{"type":"something_new","envelope_id":"o5","payload":[]}`,
		`{"type":7,"envelope_id":"o6"}`,
		strings.Replace(envelope("o7", "v", "1.5"), `"U0ANN"`, `"<!channel>"`, 1),
		strings.Replace(envelope("o8", "v", "1.5"), `"type":"button"`, `"type":"static_select"`, 1),
		strings.ReplaceAll(envelope("o9", "v", "1.5"), `"C0MUSIC"`, `"#music"`),
	}
	for i, frame := range others {
		c.send(frame)
		if id := within(t, "an acknowledgement", c.acks); id != fmt.Sprintf("o%d", i) {
			t.Errorf("acknowledged %q for %s", id, frame)
		}
	}
	c.send(envelope("mine", "v", "1.5"))
	within(t, "the press after them", r.presses)
	if id := within(t, "its acknowledgement", c.acks); id != "mine" || len(r.presses) != 0 {
		t.Errorf("acknowledged %q, %d further presses", id, len(r.presses))
	}
}

func TestPressDeliveredAgainIsOne(t *testing.T) {
	f := newFakeSocket(t)
	r := f.run(t, nil)
	c := within(t, "a connection", f.conns)
	for _, id := range []string{"e1", "e2", "e3"} {
		c.send(envelope(id, "allow", "1700000001.5"))
		if got := within(t, "an acknowledgement", c.acks); got != id {
			t.Errorf("acknowledged %q, want %q", got, id)
		}
	}
	c.send(envelope("e4", "allow", "1700000002.5"))
	first, second := within(t, "the first press", r.presses), within(t, "a press of a second later", r.presses)
	if first.ID == second.ID || len(r.presses) != 0 {
		t.Errorf("ids %s and %s, %d further presses", first.ID, second.ID, len(r.presses))
	}
	within(t, "an acknowledgement", c.acks)
	r.clock.Advance(seenFor)
	c.send(envelope("e5", "allow", "1700000001.5"))
	if again := within(t, "the press after it was forgotten", r.presses); again.ID != first.ID {
		t.Errorf("id %s, want %s", again.ID, first.ID)
	}
}

// A press that is still being kept when its connection breaks is delivered again over the next one. It is not handled
// twice, and acknowledged there.
func TestPressOutlivesItsConnection(t *testing.T) {
	f := newFakeSocket(t)
	release, entered := make(chan struct{}), make(chan struct{}, 10)
	r := f.run(t, func(o *SocketOptions, times *socketTimes) {
		o.Press = func(ctx context.Context, p Press) {
			entered <- struct{}{}
			select {
			case <-release:
			case <-ctx.Done():
				t.Error("a broken connection interrupted Press")
			}
		}
		times.ack = time.Hour
	})
	c := within(t, "a connection", f.conns)
	r.connected()
	c.send(envelope("e1", "allow", "1700000001.5"))
	within(t, "the press", entered)
	_ = c.ws.Close()
	lost := r.state("lost", func(s SocketState) bool { return !s.Connected })
	if !strings.Contains(lost.Err, "the connection ended") || lost.Dead {
		t.Errorf("state %+v", lost)
	}
	next := within(t, "the next connection", f.conns)
	r.connected()
	next.send(envelope("e2", "allow", "1700000001.5"))
	next.send(`{"type":"events_api","envelope_id":"later"}`)
	if id := within(t, "an acknowledgement", next.acks); id != "later" {
		t.Errorf("%q was acknowledged before it was kept", id)
	}
	close(release)
	if id := within(t, "the acknowledgement", next.acks); id != "e2" {
		t.Errorf("acknowledged %q", id)
	}
	if len(entered) != 0 {
		t.Error("handled twice")
	}
}

func TestAcknowledgedInTimeWhilePressGoesOn(t *testing.T) {
	if d := defaultSocketTimes.ack; d > 2*time.Second {
		t.Errorf("an acknowledgement waits %s for Press; Slack wants it within 3 s", d)
	}
	f := newFakeSocket(t)
	release, returned := make(chan struct{}), make(chan struct{})
	f.run(t, func(o *SocketOptions, times *socketTimes) {
		o.Press = func(context.Context, Press) { <-release; close(returned) }
		times.ack = 20 * time.Millisecond
	})
	c := within(t, "a connection", f.conns)
	c.send(envelope("e1", "allow", "1700000001.5"))
	if id := within(t, "the acknowledgement", c.acks); id != "e1" {
		t.Errorf("acknowledged %q", id)
	}
	select {
	case <-returned:
		t.Error("acknowledged only when Press returned")
	default:
	}
	close(release)
	within(t, "Press to return", returned)
}

// What the end of the program interrupted is not said to have arrived: Slack delivers it to the next one.
func TestStopDoesNotAcknowledge(t *testing.T) {
	f := newFakeSocket(t)
	entered := make(chan struct{})
	r := f.run(t, func(o *SocketOptions, _ *socketTimes) {
		o.Press = func(ctx context.Context, _ Press) { close(entered); <-ctx.Done() }
	})
	c := within(t, "a connection", f.conns)
	c.send(envelope("e1", "allow", "1700000001.5"))
	within(t, "the press", entered)
	r.stop()
	within(t, "the end of the connection", c.gone)
	if len(c.acks) != 0 {
		t.Error("acknowledged")
	}
}

func TestPressesOfAMessageComeOneAfterAnother(t *testing.T) {
	f := newFakeSocket(t)
	var order []string
	var busy atomic.Int32
	other, done := make(chan struct{}), make(chan struct{}, 10)
	r := f.run(t, func(o *SocketOptions, _ *socketTimes) {
		o.Press = func(_ context.Context, p Press) {
			if p.Channel == "C0OTHER" {
				close(other)
				return
			}
			if busy.Add(1) != 1 {
				t.Error("two presses of one message side by side")
			}
			if p.Value == "1" {
				<-other // another message's press is not held up
			}
			order = append(order, p.Value) // -race: one goroutine at a time
			busy.Add(-1)
			done <- struct{}{}
		}
	})
	c := within(t, "a connection", f.conns)
	for i := range 5 {
		c.send(envelope(fmt.Sprint("e", i), fmt.Sprint(i+1), fmt.Sprintf("170000000%d.5", i)))
	}
	c.send(strings.ReplaceAll(envelope("o", "x", "1700000009.5"), "C0MUSIC", "C0OTHER"))
	for range 5 {
		within(t, "a press", done)
	}
	r.stop()
	if got := strings.Join(order, ""); got != "12345" {
		t.Errorf("order %s", got)
	}
}

// However many presses wait, the connection is read, so pings are answered.
func TestTooManyPressesAreDroppedAndSaid(t *testing.T) {
	f := newFakeSocket(t)
	release := make(chan struct{})
	defer close(release)
	r := f.run(t, func(o *SocketOptions, times *socketTimes) {
		o.Press = func(context.Context, Press) { <-release }
		times.ack = time.Hour
	})
	c := within(t, "a connection", f.conns)
	for i := range maxWaiting + 3 {
		c.send(envelope(fmt.Sprint("e", i), "v", fmt.Sprintf("17%08d.5", i)))
	}
	s := r.state("with drops", func(s SocketState) bool { return s.Dropped == 3 })
	if !s.Connected {
		t.Errorf("state %+v", s)
	}
	c.send(`{"type":"events_api","envelope_id":"later"}`)
	if id := within(t, "an acknowledgement", c.acks); id != "later" {
		t.Errorf("%q, which was dropped or is not kept, was acknowledged", id)
	}
}

func TestSecondInstanceIsSaid(t *testing.T) {
	f := newFakeSocket(t)
	f.hellos = []string{hello(2), hello(2), hello(1)}
	r := f.run(t, func(_ *SocketOptions, times *socketTimes) { times.recount, times.steady = 20*time.Millisecond, 0 })
	if s := r.connected(); s.Others != 1 {
		t.Errorf("state %+v, want one other", s)
	}
	// It is asked again. Of the two that Slack counts then, one may be ours that just ended.
	if s := r.state("alone", func(s SocketState) bool { return s.Others == 0 }); !s.Connected {
		t.Errorf("state %+v: the renewal showed as an outage", s)
	}
	if n := len(f.opened()); n < 3 {
		t.Errorf("%d connections", n)
	}
}

// Slack may count a connection that just ended.
func TestOwnOldConnectionIsNoOther(t *testing.T) {
	s := &Socket{options: SocketOptions{Now: newClock().Now}, times: defaultSocketTimes}
	now := s.options.Now()
	s.ended = []time.Time{now.Add(-time.Hour), now.Add(-time.Second)}
	for connections, want := range map[int]int{0: 0, 1: 0, 2: 0, 3: 1, 11: 9, -5: 0} {
		if got := s.others(connections); got != want {
			t.Errorf("%d connections: %d others, want %d", connections, got, want)
		}
	}
	s.state.Others = 1
	if got := s.others(2); got != 1 {
		t.Errorf("%d others; one was known, and may still be there", got)
	}
	if got := s.others(1); got != 0 {
		t.Errorf("%d others of one connection", got)
	}
}

func TestDisconnects(t *testing.T) {
	tests := []struct {
		reason string
		says   string // "" = nothing is said, the connection is renewed
	}{
		{"warning", ""},
		{"refresh_requested", ""},
		{"link_disabled", "Socket Mode is off"},
		{"too_many_websockets", "an app of its own"},
		{"moon_phase", "disconnected_moon_phase"},
		{`x\u001b[31m`, "disconnected_unknown_error"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			f := newFakeSocket(t)
			r := f.run(t, nil)
			c := within(t, "a connection", f.conns)
			since := r.connected().Since
			r.clock.Advance(time.Hour)
			c.send(`{"type":"disconnect","reason":"` + tt.reason + `","debug_info":{}}`)
			next := within(t, "the next connection", f.conns)
			if tt.says != "" {
				if s := r.state("lost", func(s SocketState) bool { return !s.Connected }); !strings.Contains(s.Err, tt.says) || s.Dead || s.Since.Equal(since) {
					t.Errorf("state %+v does not say %q", s, tt.says)
				}
			}
			next.send(envelope("e1", "v", "1.5"))
			within(t, "a press over the new connection", r.presses)
			within(t, "the old connection to end", c.gone)
			if tt.says == "" && len(r.states) != 0 {
				t.Errorf("the renewal was said: %+v", <-r.states)
			}
		})
	}
}

// An acknowledgement that is due goes out before the connection is left.
func TestDisconnectWaitsForAcknowledgements(t *testing.T) {
	f := newFakeSocket(t)
	entered, release := make(chan struct{}), make(chan struct{})
	f.run(t, func(o *SocketOptions, times *socketTimes) {
		o.Press = func(context.Context, Press) { close(entered); <-release }
		times.ack = time.Hour
	})
	c := within(t, "a connection", f.conns)
	c.send(envelope("e1", "v", "1.5"))
	within(t, "the press", entered)
	c.send(`{"type":"disconnect","reason":"warning"}`)
	select {
	case <-c.gone:
		t.Error("left before the acknowledgement")
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if id := within(t, "the acknowledgement", c.acks); id != "e1" {
		t.Errorf("acknowledged %q", id)
	}
	within(t, "the next connection", f.conns)
}

func TestOpenRefusedIsSaidAndHeals(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		dead   bool
		says   string
	}{
		{"invalid", refuse("invalid_auth"), true, "connections:write"},
		{"revoked", refuse("token_revoked"), true, "SLACK_APP_TOKEN"},
		{"scope", refuse("missing_scope"), true, "lacks the scope connections:write"},
		{"type", refuse("not_allowed_token_type"), true, "xapp-"},
		{"team", refuse("team_disabled"), true, "team_disabled"},
		{"429", reply(429, "", "Retry-After", "1"), false, "limits"},
		{"500", reply(500, ""), false, "http_500"},
		{"404", reply(404, ""), false, "slack.api_url"},
		{"unknown", refuse("unknown_method"), false, "slack.api_url"},
		{"garbage", reply(200, "<html>"+testTicket), false, "malformed"},
		{"no address", reply(200, `{"ok":true}`), false, "address"},
		{"odd address", reply(200, `{"ok":true,"url":"gopher://x/`+testTicket+`"}`), false, "wss://"},
		{"broken address", reply(200, `{"ok":true,"url":"ws://x/%zz`+testTicket+`"}`), false, "address"},
		{"with a password", reply(200, `{"ok":true,"url":"wss://me:`+testTicket+`@x/"}`), false, "address"},
		{"nobody there", reply(200, `{"ok":true,"url":"ws://127.0.0.1:1/link?ticket=`+testTicket+`"}`), false, "127.0.0.1:1"},
		{"reset", reset, false, "network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeSocket(t)
			f.answers = []http.HandlerFunc{tt.answer, tt.answer}
			r := f.run(t, func(o *SocketOptions, _ *socketTimes) {
				if tt.name == "429" {
					o.Now = time.Now // Retry-After is waited out
				}
			})
			s := within(t, "a state", r.states)
			if s.Connected || s.Dead != tt.dead || !strings.Contains(s.Err, tt.says) {
				t.Errorf("state %+v: want dead %v and %q", s, tt.dead, tt.says)
			}
			r.connected()
			opens := f.opened()
			if len(opens) != 3 {
				t.Fatalf("%d connections were asked for", len(opens))
			}
			if d := opens[1].Sub(opens[0]); tt.name == "429" && d < 900*time.Millisecond {
				t.Errorf("asked again after %s, not after the second that Slack wanted", d)
			}
		})
	}
}

func TestTicketNotTaken(t *testing.T) {
	f := newFakeSocket(t)
	f.answers = []http.HandlerFunc{f.address("ws" + strings.TrimPrefix(f.URL, "http") + "/link?ticket=wrong-" + testTicket)}
	r := f.run(t, nil)
	if s := within(t, "a state", r.states); !strings.Contains(s.Err, "status 403") {
		t.Errorf("state %+v", s)
	}
	r.connected()
}

// What is between us and Slack may put the address into its error.
func TestAddressIsInNoError(t *testing.T) {
	s, err := NewSocket(SocketOptions{AppToken: func() string { return testAppToken }, Now: newClock().Now, Press: func(context.Context, Press) {},
		Dialer: &websocket.Dialer{Proxy: func(r *http.Request) (*url.URL, error) {
			return nil, fmt.Errorf("no way to %s: %q", r.URL, r.URL.Query()["ticket"])
		}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, ticket := range []string{testTicket, "t1ck"} {
		_, err := s.dial(t.Context(), &url.URL{Scheme: "wss", Host: "wss.example", Path: "/link/", RawQuery: "app_id=A0&ticket=" + ticket})
		if err == nil || strings.Contains(err.Error(), "ticket="+ticket) || strings.Contains(err.Error(), testTicket) || !strings.Contains(err.Error(), "wss.example") {
			t.Errorf("%v", err)
		}
	}
}

// A plain connection is taken only where the API is plain too.
func TestNoPlainSocketForAnEncryptedAPI(t *testing.T) {
	s, err := NewSocket(SocketOptions{AppToken: func() string { return testAppToken }, Now: newClock().Now, Press: func(context.Context, Press) {},
		HTTP: &http.Client{Transport: answering(`{"ok":true,"url":"ws://wss.slack.com/link?ticket=` + testTicket + `"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := s.open(t.Context(), testAppToken); err == nil || strings.Contains(err.Error(), testTicket) {
		t.Errorf("%v, %v", u, err)
	}
}

type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	reply(http.StatusOK, string(a))(w, r)
	return w.Result(), nil
}

// The operator may mend a token while the daemon runs.
func TestTokensAreToldApartAndAskedForAnew(t *testing.T) {
	var mu sync.Mutex
	app, bot := "xoxb-secret-1", "xapp-secret-2"
	f := newFakeSocket(t)
	set := func(a, b string) { mu.Lock(); defer mu.Unlock(); app, bot = a, b }
	r := f.run(t, func(o *SocketOptions, _ *socketTimes) {
		o.AppToken = func() string { mu.Lock(); defer mu.Unlock(); return app }
		o.BotToken = func() string { mu.Lock(); defer mu.Unlock(); return bot }
	})
	dead := func(says string) func(SocketState) bool {
		return func(s SocketState) bool { return s.Dead && !s.Connected && strings.Contains(s.Err, says) }
	}
	r.state("swapped", dead("are swapped"))
	set("xoxb-secret-1", "xoxb-secret-1")
	r.state("a bot's", dead("SLACK_APP_TOKEN holds a bot token"))
	set("secret-3", "")
	r.state("neither", dead("does not begin with xapp-"))
	set("", "")
	r.state("none", dead("not_authed"))
	if len(f.opened()) != 0 {
		t.Error("a token of the wrong kind was sent")
	}
	set(testAppToken, "")
	r.connected()
}

func TestNoHotLoop(t *testing.T) {
	longest := 30 * time.Millisecond
	for name, greeting := range map[string]string{
		"disconnects at once": `{"type":"disconnect","reason":"refresh_requested"}`,
		"link disabled":       `{"type":"disconnect","reason":"link_disabled"}`,
		"says rubbish":        "rubbish",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeSocket(t)
			for range 200 {
				f.hellos = append(f.hellos, greeting)
			}
			r := f.run(t, func(_ *SocketOptions, times *socketTimes) {
				times.first, times.longest, times.dead, times.hello = 10*time.Millisecond, longest, longest, 5*time.Millisecond
			})
			start := time.Now()
			for range 10 {
				within(t, "a connection", f.conns)
			}
			took := time.Since(start)
			r.stop()
			// Nine waits: two may be short, the others are at least half the longest.
			if least := 7 * longest / 2; took < least {
				t.Errorf("ten connections in %s, want at least %s", took, least)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 31: time.Minute, 1 << 30: time.Minute} {
		for range 100 {
			if got := backoff(defaultSocketTimes, failures); got < want/2 || got > want {
				t.Fatalf("%d failures: %s, want %s to %s", failures, got, want/2, want)
			}
		}
	}
}

func TestNoHelloIsSaid(t *testing.T) {
	f := newFakeSocket(t)
	f.hellos = []string{`{"type":"nothing"}`}
	r := f.run(t, func(_ *SocketOptions, times *socketTimes) { times.hello = 20 * time.Millisecond })
	c := within(t, "a connection", f.conns)
	if s := within(t, "a state", r.states); s.Connected || !strings.Contains(s.Err, "did not say hello") {
		t.Errorf("state %+v", s)
	}
	within(t, "the connection to end", c.gone)
	f.mu.Lock()
	f.hellos = nil
	f.mu.Unlock()
}

// A connection of which only our half is left gives no error, and no frame either.
func TestHalfOpenConnectionIsNoticed(t *testing.T) {
	f := newFakeSocket(t)
	stuck := make(chan struct{})
	up := websocket.Upgrader{}
	mute := func(w http.ResponseWriter, r *http.Request) {
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		_ = ws.WriteMessage(websocket.TextMessage, []byte(hello(1)))
		<-stuck // reads nothing, so answers no ping
		_ = ws.Close()
	}
	silent := httptest.NewServer(http.HandlerFunc(mute))
	defer silent.Close()
	defer close(stuck)
	f.answers = []http.HandlerFunc{f.address("ws" + strings.TrimPrefix(silent.URL, "http") + "/")}
	r := f.run(t, func(_ *SocketOptions, times *socketTimes) {
		times.ping, times.silence = 10*time.Millisecond, 100*time.Millisecond
	})
	r.connected()
	if s := r.state("lost", func(s SocketState) bool { return !s.Connected }); !strings.Contains(s.Err, "nothing was heard") {
		t.Errorf("state %+v", s)
	}
	r.connected()
}

// A quiet connection that answers pings is a good one, and so is one on which only Slack pings.
func TestQuietConnectionLives(t *testing.T) {
	f := newFakeSocket(t)
	r := f.run(t, func(_ *SocketOptions, times *socketTimes) {
		times.ping, times.silence = 20*time.Millisecond, 20*time.Second
	})
	c := within(t, "a connection", f.conns)
	r.connected()
	for range 20 {
		within(t, "a ping", c.pings)
	}
	if err := c.ws.WriteControl(websocket.PingMessage, []byte("are you there"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := within(t, "the answer to a ping", c.pongs); got != "are you there" {
		t.Errorf("pong %q", got)
	}
	if len(r.states) != 0 {
		t.Errorf("state %+v", <-r.states)
	}
}

func TestGarbageIsBorneUpToAPoint(t *testing.T) {
	f := newFakeSocket(t)
	r := f.run(t, nil)
	c := within(t, "a connection", f.conns)
	r.connected()
	for _, frame := range []string{"", "garbage", "{", "[]", "null", `"x"`, `{"type":`, "\xff\xfe", `{}`, `{"payload":{}}`} {
		c.send(frame)
	}
	_ = c.ws.WriteMessage(websocket.BinaryMessage, []byte{0, 1, 2})
	c.send(envelope("e1", "v", "1.5"))
	within(t, "the press among garbage", r.presses)
	for range maxGarbage {
		c.send("garbage")
	}
	if s := r.state("lost", func(s SocketState) bool { return !s.Connected }); !strings.Contains(s.Err, "not what Slack sends") {
		t.Errorf("state %+v", s)
	}
	r.connected()
}

func TestOversizedFrameEndsTheConnection(t *testing.T) {
	f := newFakeSocket(t)
	r := f.run(t, nil)
	c := within(t, "a connection", f.conns)
	r.connected()
	c.send(envelope("e1", strings.Repeat("x", maxFrame), "1.5"))
	if s := r.state("lost", func(s SocketState) bool { return !s.Connected }); !strings.Contains(s.Err, "limit") {
		t.Errorf("state %+v", s)
	}
	next := within(t, "the next connection", f.conns)
	next.send(envelope("e2", "v", "1.5"))
	within(t, "a press", r.presses)
}

func TestNewSocketRefuses(t *testing.T) {
	token, now, press := Token(func() string { return testAppToken }), newClock().Now, func(context.Context, Press) {}
	for name, o := range map[string]SocketOptions{
		"no token": {Now: now, Press: press},
		"no clock": {AppToken: token, Press: press},
		"no press": {AppToken: token, Now: now},
		"address":  {AppToken: token, Now: now, Press: press, APIURL: "https://me:" + testAppToken + "@slack.com/"},
	} {
		if _, err := NewSocket(o); err == nil || strings.Contains(err.Error(), testAppToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := SocketOptions{AppToken: token, Now: now, Press: press}
	s, err := NewSocket(o)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %v", o, o, o, s); strings.Contains(all, testAppToken) {
		t.Errorf("the token shows: %s", all)
	}
}

// A dialer of the caller's is used, without what would make a frame larger than its limit.
func TestOwnDialer(t *testing.T) {
	f := newFakeSocket(t)
	var dialed atomic.Int32
	given := &websocket.Dialer{EnableCompression: true, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialed.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	r := f.run(t, func(o *SocketOptions, _ *socketTimes) { o.Dialer = given })
	r.connected()
	if dialed.Load() != 1 || r.dialer.EnableCompression || !given.EnableCompression {
		t.Errorf("dialed %d times, compression %v, that of the given one %v", dialed.Load(), r.dialer.EnableCompression, given.EnableCompression)
	}
}

func TestRunTwiceIsRefused(t *testing.T) {
	f := newFakeSocket(t)
	r := f.run(t, nil)
	r.connected()
	if err := r.Run(t.Context()); err == nil || err == context.Canceled {
		t.Errorf("a second Run beside the first: %v", err)
	}
}
