package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// brisk are times of the socket that tests can wait for.
var brisk = SocketOptions{PingEvery: 20 * time.Millisecond, AckWithin: 100 * time.Millisecond, Grace: 50 * time.Millisecond}

// patient are times of the socket that never pass in a test.
var patient = SocketOptions{PingEvery: time.Hour, AckWithin: time.Hour, Grace: time.Hour}

// onAPort is a Slack with a socket, and a message with buttons in it.
func onAPort(t *testing.T, o SlackOptions) *slackWorld {
	w := &slackWorld{t: t, clock: newManual()}
	o.Now = w.clock.now
	w.s = NewSlack(o)
	url, stop, err := w.s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	w.api = slack.New("xoxb-1", slack.OptionAPIURL(url), slack.OptionAppLevelToken("xapp-1"))
	w.choices()
	return w
}

// wire is one end of a socket.
type wireEnd struct {
	t    *testing.T
	conn *websocket.Conn
}

func (w *slackWorld) connectionURL() string {
	w.t.Helper()
	_, url, err := w.api.StartSocketModeContext(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return url
}

// dial opens a socket and does not wait for its hello.
func (w *slackWorld) dial() *wireEnd {
	w.t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(w.t.Context(), w.connectionURL(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	return &wireEnd{w.t, conn}
}

// connect opens a socket and reads its hello.
func (w *slackWorld) connect() *wireEnd {
	w.t.Helper()
	e := w.dial()
	e.want("hello")
	return e
}

// frame is what comes over a socket.
type frame struct {
	Type           string
	Reason         string
	NumConnections int    `json:"num_connections"`
	EnvelopeID     string `json:"envelope_id"`
	RetryAttempt   int    `json:"retry_attempt"`
	RetryReason    string `json:"retry_reason"`
	Payload        json.RawMessage
	err            error
}

func (e *wireEnd) next() (f frame) {
	_ = e.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, raw, err := e.conn.ReadMessage()
	if err != nil {
		return frame{err: err}
	}
	f.err = json.Unmarshal(raw, &f)
	return f
}

func (e *wireEnd) want(kind string) frame {
	e.t.Helper()
	f := e.next()
	if f.err != nil || f.Type != kind {
		e.t.Fatalf("%+v, want a frame of the type %s", f, kind)
	}
	return f
}

func (e *wireEnd) say(text string) {
	e.t.Helper()
	if err := e.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *wireEnd) ack(f frame) { e.t.Helper(); e.say(`{"envelope_id":"` + f.EnvelopeID + `"}`) }

// await waits until something is so, and fails the test if it does not come to be.
func (w *slackWorld) await(what string, holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	if err := w.s.Await(ctx, holds); err != nil {
		w.t.Fatalf("never came to be: %s", what)
	}
}

func (w *slackWorld) press(label string) {
	w.t.Helper()
	if err := w.s.Press("U0ANN", "", label); err != nil {
		w.t.Fatal(err)
	}
}

func TestPressArrives(t *testing.T) {
	w := onAPort(t, SlackOptions{People: map[string]string{"U0ANN": "Ann"}, Socket: patient})
	e := w.connect()
	w.press("Allow for an hour")
	f := e.want("interactive")
	var got slack.InteractionCallback
	if err := json.Unmarshal(f.Payload, &got); err != nil {
		t.Fatal(err)
	}
	m := w.s.Shown()[0]
	action := got.ActionCallback.BlockActions[0]
	for what, pair := range map[string][2]string{
		"type": {string(got.Type), "block_actions"}, "user": {got.User.ID, "U0ANN"}, "name": {got.User.Name, "ann"}, "team": {got.User.TeamID, slackTeam},
		"channel": {got.Channel.ID, m.Channel}, "channel's name": {got.Channel.Name, "music"}, "container": {got.Container.MessageTs, m.TS},
		"container's channel": {got.Container.ChannelID, m.Channel}, "message": {got.Message.Timestamp, m.TS}, "text": {got.Message.Text, "Bob plays"},
		"blocks": {fmt.Sprint(len(got.Message.Blocks.BlockSet)), "3"}, "action": {action.ActionID, "act-hour"}, "block": {action.BlockID, m.Buttons[0].BlockID},
		"value": {action.Value, "hour"}, "label": {action.Text.Text, "Allow for an hour"}, "retry": {f.RetryReason, ""},
	} {
		same(t, what, pair[0], pair[1])
	}
	if got.TriggerID == "" || got.ResponseURL == "" || action.ActionTs == "" || f.EnvelopeID == "" {
		t.Errorf("%+v", got)
	}
	e.ack(f)
	w.await("the acknowledgement", func() bool { return w.s.Presses()[0].Acknowledged() })
	d := w.s.Presses()[0].Deliveries
	if len(d) != 1 || d[0].Acks != 1 || d[0].After <= 0 || d[0].Envelope != f.EnvelopeID {
		t.Errorf("%+v", d)
	}
	same(t, "complaints", len(w.s.Complaints()), 0)
	happened, _ := w.s.Happenings(0)
	if last := happened[len(happened)-1].String(); last != `U0ANN presses "Allow for an hour"` {
		t.Errorf("%s", last)
	}
}

func TestPressOfWhatIsNotThere(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	if err := w.s.Press("U0ANN", "", "Keep blocking"); !errors.Is(err, ErrNotConnected) {
		t.Errorf("nobody is connected: %v", err)
	}
	w.connect()
	_, old := w.choices()
	for name, c := range map[string]struct{ user, ts, label, want string }{
		"label":    {"U0ANN", "", "Launch", `no message shows a button "Launch", but "Allow for an hour", "Keep blocking"`},
		"message":  {"U0ANN", "1.000001", "Keep blocking", `the message 1.000001 does not show a button "Keep blocking", or any other`},
		"nobody":   {"ann", "", "Keep blocking", `"ann" is nobody: a user id such as U0ANN is needed`},
		"good one": {"U0ANN", old, "Keep blocking", "<nil>"},
	} {
		if err := w.s.Press(c.user, c.ts, c.label); !strings.HasPrefix(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	same(t, "presses", len(w.s.Presses()), 1)
	same(t, "pressed", w.s.Presses()[0].TS, old)
}

// A press of one that knows the old picture: the buttons went in the meantime.
func TestButtonsThatWentCannotBePressed(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	w.connect()
	m := w.s.Shown()[0]
	if _, _, _, err := w.api.UpdateMessageContext(t.Context(), m.Channel, m.TS, slack.MsgOptionText("decided", false)); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Press("U0ANN", "", "Keep blocking"); err == nil || err.Error() != `no message shows a button "Keep blocking", or any other` {
		t.Error(err)
	}
}

// Each press goes to exactly one of the connections, and all of them get some.
func TestPressGoesToOneConnection(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	one, two := w.connect(), w.dial()
	same(t, "connections", two.want("hello").NumConnections, 2)
	got := make(chan string, 8)
	for _, e := range []*wireEnd{one, two} {
		go func() {
			for f := e.next(); f.err == nil; f = e.next() {
				_ = e.conn.WriteJSON(map[string]string{"envelope_id": f.EnvelopeID})
				got <- fmt.Sprintf("%p", e)
			}
		}()
	}
	counts := map[string]int{}
	for range 4 {
		w.press("Keep blocking")
		counts[<-got]++
	}
	w.await("all acknowledged", func() bool {
		return !slices.ContainsFunc(w.s.Presses(), func(p Pressed) bool { return !p.Acknowledged() || len(p.Deliveries) != 1 })
	})
	if len(counts) != 2 {
		t.Errorf("%v", counts)
	}
}

func TestRedelivery(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: SocketOptions{PingEvery: time.Hour, AckWithin: 50 * time.Millisecond, Retries: 2}})
	e := w.connect()
	w.press("Keep blocking")
	first, second := e.want("interactive"), e.want("interactive")
	same(t, "attempt", second.RetryAttempt, 1)
	same(t, "reason", second.RetryReason, "timeout")
	same(t, "the press", string(second.Payload), string(first.Payload))
	if first.EnvelopeID == second.EnvelopeID {
		t.Error("one envelope twice")
	}
	third := e.want("interactive")
	e.ack(third)
	w.await("the acknowledgement", func() bool { return w.s.Presses()[0].Acknowledged() })
	same(t, "deliveries", len(w.s.Presses()[0].Deliveries), 3)

	if err := w.s.Redeliver(); err != nil {
		t.Fatal(err)
	}
	fourth := e.want("interactive")
	same(t, "again although it was acknowledged", fourth.RetryAttempt, 3)
	same(t, "the press again", string(fourth.Payload), string(first.Payload))
	e.ack(fourth)
	w.await("the acknowledgement again", func() bool { return w.s.Presses()[0].Deliveries[3].Acks == 1 })
	if err := inMemory(t, SlackOptions{}).s.Redeliver(); err == nil {
		t.Error("nobody pressed anything, and yet it came again")
	}
}

// A connection that dies takes its press with it, and another one gets it.
func TestRedeliveryToAnotherConnection(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: SocketOptions{PingEvery: time.Hour, AckWithin: 50 * time.Millisecond}})
	w.connect()
	w.s.Fault(Fault{Kind: KindSilent, Times: 1})
	w.press("Keep blocking")
	e := w.connect()
	f := e.want("interactive")
	same(t, "attempt", f.RetryAttempt >= 1, true)
	e.ack(f)
	w.await("the acknowledgement", func() bool { return w.s.Presses()[0].Acknowledged() })
}

func TestPressThatIsLost(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: SocketOptions{PingEvery: time.Hour, AckWithin: 50 * time.Millisecond}})
	e := w.connect()
	w.press("Keep blocking")
	e.want("interactive")
	e.conn.Close()
	w.await("the loss is told", func() bool {
		all, _ := w.s.Happenings(0)
		return slices.ContainsFunc(all, func(h Happening) bool { return h.By == Service && strings.HasPrefix(h.Text, "Slack lost a press") })
	})
}

func TestComplaints(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	e := w.connect()
	w.press("Keep blocking")
	f := e.want("interactive")
	e.say("hello?")
	e.say(`{"envelope_id":"none of yours"}`)
	e.say(`{"envelope_id":"` + f.EnvelopeID + `","payload":{"text":"` + strings.Repeat("x", maxFrame) + `"}}`)
	e.ack(f)
	e.ack(f)
	w.await("four complaints", func() bool { return len(w.s.Complaints()) == 4 })
	for i, want := range []string{`this is no acknowledgement: "hello?"`, "no envelope was sent", "20 KiB at most", "acknowledged again"} {
		if got := w.s.Complaints()[i]; !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestHelloCounts(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	same(t, "alone", w.dial().want("hello").NumConnections, 1)
	w.s.PretendOthers(2)
	e := w.dial()
	same(t, "with one of ours and two pretended", e.want("hello").NumConnections, 4)
	same(t, "open", w.s.Connections(), 2)
	e.conn.Close()
	w.await("it is counted out", func() bool { return w.s.Connections() == 1 })
}

func TestElevenConnectionsAreTooMany(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	for range 10 {
		w.connect()
	}
	e := w.dial()
	same(t, "reason", e.want("disconnect").Reason, "too_many_websockets")
	if f := e.next(); !websocket.IsCloseError(f.err, websocket.CloseNormalClosure) {
		t.Errorf("%+v", f)
	}
	same(t, "open", w.s.Connections(), 10)
}

func TestTicketsWorkOnce(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	url := w.connectionURL()
	for name, c := range map[string]struct {
		url    string
		status int
	}{"unknown": {strings.Replace(url, "ticket=", "ticket=x", 1), 403}, "good": {url, 101}} {
		conn, resp, _ := websocket.DefaultDialer.Dial(c.url, nil)
		same(t, name, resp.StatusCode, c.status)
		if conn != nil {
			defer conn.Close()
		}
	}
	if _, resp, _ := websocket.DefaultDialer.Dial(url, nil); resp.StatusCode != 403 {
		t.Errorf("a second time: %d", resp.StatusCode)
	}
	resp, err := http.Get(strings.Replace(w.connectionURL(), "ws://", "http://", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	same(t, "without a handshake", resp.StatusCode, 400)
}

func TestTokensOfTheSocket(t *testing.T) {
	w := onAPort(t, SlackOptions{Token: "xoxb-1", AppToken: "xapp-1", Socket: patient})
	ask := func(method, token string) string {
		url := w.connectionURL()
		req, _ := http.NewRequest("POST", "http://"+strings.Split(url, "/")[2]+"/api/"+method, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var said struct{ Error string }
		_ = json.NewDecoder(resp.Body).Decode(&said)
		return said.Error
	}
	for _, c := range []struct{ method, token, want string }{
		{"apps.connections.open", "xapp-1", ""}, {"apps.connections.open", "xapp-2", "invalid_auth"}, {"apps.connections.open", "xoxb-1", "not_allowed_token_type"},
		{"apps.connections.open", "", "not_authed"}, {"auth.test", "xapp-1", "not_allowed_token_type"}, {"auth.test", "xoxb-1", ""},
	} {
		same(t, c.method+" with "+c.token, ask(c.method, c.token), c.want)
	}
	e := w.connect()
	w.s.Revoke("xapp-1")
	same(t, "reason", e.want("disconnect").Reason, "link_disabled")
	if _, _, err := w.api.StartSocketModeContext(t.Context()); err == nil || err.Error() != "token_revoked" {
		t.Error(err)
	}
	w.s.Revoke("xoxb-1")
	if _, err := w.post("#music", "x"); err == nil || err.Error() != "token_revoked" {
		t.Error(err)
	}
	w.s.Restore("xoxb-1")
	if _, err := w.post("#music", "x"); err != nil {
		t.Error(err)
	}
}

// The app's token belongs into the header.
func TestAppTokenInTheFormIsNone(t *testing.T) {
	w := inMemory(t, SlackOptions{})
	client := &http.Client{Transport: Transport(map[string]http.Handler{"slack.com": w.s})}
	resp, err := client.PostForm("https://slack.com/api/apps.connections.open", map[string][]string{"token": {"xapp-1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct{ Error string }
	_ = json.NewDecoder(resp.Body).Decode(&said)
	same(t, "error", said.Error, "not_authed")
}

func TestThereAreNoSocketsInMemory(t *testing.T) {
	w := inMemory(t, SlackOptions{})
	api := slack.New("xoxb-1", slack.OptionAppLevelToken("xapp-1"), slack.OptionAPIURL("https://slack.com/api/"),
		slack.OptionHTTPClient(&http.Client{Transport: Transport(map[string]http.Handler{"slack.com": w.s})}))
	if _, _, err := api.StartSocketModeContext(t.Context()); err == nil || err.Error() != "internal_error" {
		t.Error(err)
	}
	_, stop, err := w.s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if _, url, err := api.StartSocketModeContext(t.Context()); err != nil || !strings.HasPrefix(url, "ws://127.0.0.1:") {
		t.Errorf("%s %v", url, err)
	}
}

func TestFaultsOfOpenSockets(t *testing.T) {
	gone := func(t *testing.T, w *slackWorld, e *wireEnd) {
		if f := e.next(); f.err == nil || websocket.IsCloseError(f.err, websocket.CloseNormalClosure) {
			t.Errorf("%+v", f)
		}
		w.await("nothing is open", func() bool { return w.s.Connections() == 0 })
	}
	cases := map[string]struct {
		fault Fault
		check func(*testing.T, *slackWorld, *wireEnd)
	}{
		"drop": {Fault{Kind: KindDrop}, gone},
		"garbled": {Fault{Kind: KindGarbled}, func(t *testing.T, w *slackWorld, e *wireEnd) {
			if f := e.next(); f.err == nil || f.Type != "" {
				t.Errorf("%+v", f)
			}
			same(t, "open", w.s.Connections(), 1)
		}},
		"any frame": {Fault{Kind: KindGarbled, Body: `{"type":"events_api"}`}, func(t *testing.T, _ *slackWorld, e *wireEnd) { e.want("events_api") }},
		"refresh": {Fault{Kind: KindDisconnect}, func(t *testing.T, w *slackWorld, e *wireEnd) {
			same(t, "reason", e.want("disconnect").Reason, "refresh_requested")
			if f := e.next(); !websocket.IsCloseError(f.err, websocket.CloseNormalClosure) {
				t.Errorf("%+v", f)
			}
		}},
		"warning": {Fault{Kind: KindDisconnect, Body: "warning"}, func(t *testing.T, w *slackWorld, e *wireEnd) {
			same(t, "reason", e.want("disconnect").Reason, "warning")
			next := w.connect() // meanwhile, and the presses go there
			for range 2 {
				w.press("Keep blocking")
				next.ack(next.want("interactive"))
			}
			if f := e.next(); !websocket.IsCloseError(f.err, websocket.CloseNormalClosure) {
				t.Errorf("%+v", f)
			}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := onAPort(t, SlackOptions{Socket: SocketOptions{PingEvery: time.Hour, AckWithin: time.Hour, Grace: 100 * time.Millisecond}})
			e := w.connect()
			c.fault.Times = 1
			w.s.Fault(c.fault)
			c.check(t, w, e)
			w.connect() // once is once
			w.press("Keep blocking")
		})
	}
}

// A fault of sockets that lasts befalls those that open meanwhile, after their hello, and each only once.
func TestFaultsOfSocketsLast(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	w.s.Fault(Fault{Kind: KindGarbled, Body: `{"type":"noise"}`, Until: w.clock.now().Add(time.Minute)})
	var ends []*wireEnd
	for range 2 {
		e := w.connect()
		e.want("noise")
		ends = append(ends, e)
		w.s.Messages() // time goes on
	}
	w.clock.pass(time.Minute)
	ends = append(ends, w.connect())
	w.s.Fault(Fault{Kind: KindGarbled, Body: `{"type":"last"}`, Times: 3})
	for _, e := range ends {
		e.want("last")
	}
}

// Silence is not the end: nothing comes any more, and the connection stays.
func TestSilence(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: brisk})
	e := w.connect()
	pings := make(chan string, 100)
	e.conn.SetPingHandler(func(string) error {
		select {
		case pings <- "":
		default:
		}
		return e.conn.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second))
	})
	closed := make(chan error, 1)
	go func() { closed <- e.next().err }()
	<-pings
	<-pings // they come again and again
	w.s.Fault(Fault{Kind: KindSilent, Times: 1})
	quiet := time.NewTimer(10 * brisk.PingEvery) // longer than it takes to find a dead one
	defer quiet.Stop()
	select {
	case err := <-closed:
		t.Errorf("it ended: %v", err)
	case <-quiet.C:
	}
	if n := len(pings); n > 1 { // one may have been on its way
		t.Errorf("%d pings in the silence", n)
	}
	same(t, "open", w.s.Connections(), 1)
}

// Whoever answers no pings is not there.
func TestDeadClientIsNoticed(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: brisk})
	e := w.connect()
	e.conn.SetPingHandler(func(string) error { return nil })
	if f := e.next(); f.err == nil {
		t.Errorf("%+v", f)
	}
	w.await("it is counted out", func() bool { return w.s.Connections() == 0 })
}

func TestFaultsOfConnecting(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	w.s.Fault(Fault{Path: "connect", Kind: KindRate, RetryAfter: new("7"), Times: 1})
	var limited *slack.RateLimitedError
	if _, _, err := w.api.StartSocketModeContext(t.Context()); !errors.As(err, &limited) || limited.RetryAfter != 7*time.Second {
		t.Errorf("%v", err)
	}
	w.s.Fault(Fault{Path: "connect", Kind: KindError, Body: "invalid_auth", Times: 1})
	if _, _, err := w.api.StartSocketModeContext(t.Context()); err == nil || err.Error() != "invalid_auth" {
		t.Errorf("%v", err)
	}
	url := w.connectionURL()
	w.s.Fault(Fault{Path: "socket", Kind: KindStatus, Status: 503, Times: 1})
	if _, resp, err := websocket.DefaultDialer.Dial(url, nil); err == nil || resp.StatusCode != 503 {
		t.Errorf("%v", err)
	}
	w.s.Fault(Fault{Path: "socket", Kind: KindReset, Times: 1})
	if _, resp, err := websocket.DefaultDialer.Dial(url, nil); err == nil || resp != nil {
		t.Errorf("%v", err)
	}
	conn, _, err := websocket.DefaultDialer.Dial(url, nil) // the ticket was not used up
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// Every part of Slack suffers the faults that name it, and no others.
func TestFaultsOfEveryPartOfSlack(t *testing.T) {
	asks := map[string]string{"post": "/api/chat.postMessage", "update": "/api/chat.update", "ephemeral": "/api/chat.postEphemeral", "auth": "/api/auth.test",
		"connect": "/api/apps.connections.open", "socket": linkPath}
	same(t, "parts", len(asks), len(slackPaths()))
	for hit := range asks {
		w := inMemory(t, SlackOptions{})
		client := &http.Client{Transport: Transport(map[string]http.Handler{"slack.com": w.s})}
		w.s.Fault(Fault{Path: hit, Kind: KindStatus, Status: 418})
		for part, path := range asks {
			resp, err := client.Get("https://slack.com" + path)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.StatusCode; (got == 418) != (part == hit) {
				t.Errorf("a fault at %s: %s is answered %d", hit, part, got)
			}
		}
	}
}

func TestStoryPresses(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: patient})
	w.s.Follow(mustParse(t, `
at 10s slack U0ANN presses "Keep blocking"
at 20s slack U0BEN presses "Allow for an hour"
at 30s slack U0BEN presses "Launch"
at 40s slack fails drop on socket once
`), w.clock.now())
	last := func() string {
		all, _ := w.s.Happenings(0)
		return all[len(all)-1].String()
	}
	w.clock.pass(10 * time.Second)
	same(t, "nobody is there", last(), `U0ANN cannot press "Keep blocking": this app is not connected to Slack right now`)
	e := w.connect()
	w.clock.pass(10 * time.Second)
	same(t, "pressed", last(), `U0BEN presses "Allow for an hour"`)
	e.want("interactive")
	w.clock.pass(10 * time.Second)
	same(t, "no such button", last(), `U0BEN cannot press "Launch": no message shows a button "Launch", but "Allow for an hour", "Keep blocking"`)
	w.clock.pass(10 * time.Second)
	same(t, "a fault", last(), "Slack fails drop on socket once")
	if f := e.next(); f.err == nil {
		t.Errorf("%+v", f)
	}
}

// The client that gatefold's library brings gets along with it.
func TestSocketModeOfTheLibrary(t *testing.T) {
	w := onAPort(t, SlackOptions{Socket: brisk})
	opened := func() (n int) {
		for _, r := range w.s.Requests() {
			if r.Path == linkPath {
				n++
			}
		}
		return n
	}
	client := socketmode.New(w.api)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- client.RunContext(ctx) }()
	pressed := make(chan string, 100)
	go func() {
		for e := range client.Events {
			if e.Type == socketmode.EventTypeInteractive {
				_ = client.Ack(*e.Request)
				pressed <- e.Data.(slack.InteractionCallback).ActionCallback.BlockActions[0].Value
			}
		}
	}()
	for i := range 2 { // and again after Slack asked it to connect anew
		w.await("it is connected", func() bool { return w.s.Connections() == 1 && opened() == i+1 })
		w.press("Keep blocking")
		same(t, "value", <-pressed, "no")
		w.await("it is acknowledged", func() bool { return w.s.Presses()[i].Acknowledged() })
		w.s.Fault(Fault{Kind: KindDisconnect, Times: 1})
	}
	cancel()
	<-ran
	same(t, "complaints", fmt.Sprint(w.s.Complaints()), "[]")
}

func TestListenEnds(t *testing.T) {
	w := inMemory(t, SlackOptions{Socket: patient})
	url, stop, err := w.s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	w.api = slack.New("xoxb-1", slack.OptionAPIURL(url), slack.OptionAppLevelToken("xapp-1"))
	e := w.connect()
	w.choices()
	w.press("Keep blocking")
	e.want("interactive")
	stop() // although nobody has acknowledged it
	if f := e.next(); f.err == nil {
		t.Errorf("%+v", f)
	}
	if _, _, err := w.api.StartSocketModeContext(t.Context()); err == nil {
		t.Error("it listens")
	}
	if err := w.s.Press("U0ANN", "", "Keep blocking"); !errors.Is(err, ErrNotConnected) {
		t.Error(err)
	}
}
