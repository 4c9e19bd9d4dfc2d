package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// maxGarbage is how many frames that say nothing a connection may carry before it is given up.
	maxGarbage = 20
	// maxEnvelope bounds an envelope's id, in bytes: it is sent back. Slack's have 36.
	maxEnvelope = 256
)

var (
	errRenew   = errors.New("slack: Slack wants a new connection")
	errNoHello = errors.New("slack: connected, but Slack did not say hello")
	errSilent  = errors.New("slack: nothing was heard on the connection for too long")
	errGarbage = errors.New("slack: what comes over the connection is not what Slack sends")
)

// frame is what comes over the socket. Source: docs.slack.dev, "Using Socket Mode".
type frame struct {
	Type        string          `json:"type"`            // hello, disconnect, interactive, and what others subscribe to
	Connections int             `json:"num_connections"` // of a hello: on this app token, this one included
	Reason      string          `json:"reason"`          // of a disconnect
	EnvelopeID  string          `json:"envelope_id"`     // to be acknowledged
	Payload     json.RawMessage `json:"payload"`
}

// readFrame is false if data says nothing. A field of another type than it should have is empty.
func readFrame(data []byte) (frame, bool) {
	var f frame
	err := json.Unmarshal(data, &f)
	var odd *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &odd) {
		return frame{}, false
	}
	return f, f.Type != "" || f.EnvelopeID != ""
}

// session is one connection.
type session struct {
	socket  *Socket
	conn    *websocket.Conn
	over    chan struct{} // closed when it ended
	cause   error         // why; to be read once over is closed
	reason  sync.Once
	closing sync.Once
	quiet   *time.Timer // ends a connection that says nothing
	recount *time.Timer // renews one that is not alone: only a hello says how many there are
	writing sync.Mutex  // of acknowledgements: only one may be written at a time
	acks    sync.WaitGroup
	hello   bool
	since   time.Time // of the hello
	garbage int
}

// connection makes one connection and serves it until it ends. It returns how long that was from the hello on, and why
// it ended; never nil.
func (s *Socket) connection(ctx context.Context) (time.Duration, error) {
	token, bot := s.options.AppToken(), ""
	if s.options.BotToken != nil {
		bot = s.options.BotToken()
	}
	if err := checkAppToken(token, bot); err != nil {
		return 0, err
	}
	u, err := s.open(ctx, token)
	if err != nil {
		return 0, err
	}
	conn, err := s.dial(ctx, u)
	if err != nil {
		return 0, scrub(err, token)
	}
	c := &session{socket: s, conn: conn, over: make(chan struct{})}
	err = c.serve(ctx)
	if !c.hello {
		return 0, err
	}
	now := s.options.Now()
	s.ended = append(s.ended, now)
	return now.Sub(c.since), err
}

// serve reads frames until the connection ends, and returns why it did.
func (c *session) serve(ctx context.Context) error {
	t := c.socket.times
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer c.acks.Wait()

	c.quiet = time.AfterFunc(t.hello, func() { c.end(errSilent) })
	defer c.quiet.Stop()
	c.recount = time.AfterFunc(t.recount, func() { c.leave(errRenew) })
	c.recount.Stop()
	defer c.recount.Stop()
	stop := context.AfterFunc(ctx, func() { c.leave(ctx.Err()) })
	defer stop()
	helpers.Go(func() { c.ping(t.ping) })
	c.conn.SetPongHandler(func(string) error { c.heard(); return nil })
	c.conn.SetPingHandler(func(data string) error {
		c.heard()
		c.control(websocket.PongMessage, []byte(data))
		return nil
	})
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			c.end(fmt.Errorf("slack: the connection ended: %w", err))
			break
		}
		c.heard()
		if err := c.take(ctx, data); err != nil {
			c.acks.Wait() // at most as long as an acknowledgement waits for Press
			c.leave(err)
			break
		}
	}
	<-c.over
	if errors.Is(c.cause, errSilent) && !c.hello {
		return errNoHello
	}
	return c.cause
}

// heard puts off the end of a silent connection. Before the hello nothing does.
func (c *session) heard() {
	if c.hello {
		c.quiet.Reset(c.socket.times.silence)
	}
}

// because notes why the connection ends. The first reason stands: to a goodbye Slack answers with one of its own.
func (c *session) because(cause error) { c.reason.Do(func() { c.cause = cause }) }

// end closes the connection.
func (c *session) end(cause error) {
	c.because(cause)
	c.closing.Do(func() {
		_ = c.conn.Close() // what it says does not matter any more
		close(c.over)
	})
}

// leave says goodbye first. It waits neither for an answer, which Slack follows with nothing, nor for a peer that reads
// no more.
func (c *session) leave(cause error) {
	c.because(cause)
	impatient := time.AfterFunc(time.Second, func() { c.end(cause) })
	defer impatient.Stop()
	c.control(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
	c.end(cause)
}

// control writes a ping, a pong or a close. Whether that worked shows when reading.
func (c *session) control(kind int, data []byte) {
	_ = c.conn.WriteControl(kind, data, time.Time{})
}

// ping makes the peer say something, so that a connection of which only one half is left is noticed.
func (c *session) ping(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-c.over:
			return
		case <-ticker.C:
			c.control(websocket.PingMessage, nil)
		}
	}
}

// take handles one frame. An error means that the connection is to be left.
func (c *session) take(ctx context.Context, data []byte) error {
	f, ok := readFrame(data)
	if !ok {
		if c.garbage++; c.garbage >= maxGarbage {
			return errGarbage
		}
		return nil
	}
	switch f.Type {
	case "hello":
		c.helloed(f)
		return nil
	case "disconnect":
		return disconnected(f.Reason)
	}
	if f.EnvelopeID == "" || len(f.EnvelopeID) > maxEnvelope {
		return nil
	}
	var press Press
	if f.Type == "interactive" {
		press, ok = readPress(f.Payload)
	}
	if f.Type != "interactive" || !ok {
		c.acknowledge(f.EnvelopeID)
		return nil
	}
	if job := c.socket.presses.take(press); job != nil {
		c.acks.Go(func() { c.acknowledgeWhen(ctx, job, f.EnvelopeID) })
		return nil
	}
	c.socket.tell(c.socket.state) // one more was dropped
	return nil
}

// helloed notes that the connection stands.
func (c *session) helloed(f frame) {
	if !c.hello {
		c.hello, c.since = true, c.socket.options.Now()
	}
	c.heard()
	others := c.socket.others(f.Connections)
	c.socket.tell(SocketState{Connected: true, Others: others})
	if others > 0 {
		c.recount.Reset(c.socket.times.recount)
	} else {
		c.recount.Stop()
	}
}

// disconnected is what a disconnect means. Slack renews connections every few hours.
func disconnected(reason string) error {
	switch reason {
	case "warning", "refresh_requested":
		return errRenew
	case "link_disabled":
		return &Error{Code: "link_disabled", Class: Permanent, Hint: "Socket Mode is off in the app's settings: switch it on at https://api.slack.com/apps"}
	case "too_many_websockets":
		return &Error{Code: "too_many_websockets", Hint: "too many are connected with this app token: each gatefold needs an app of its own"}
	}
	return &Error{Code: "disconnected_" + plainCode(reason)}
}

// acknowledgeWhen acknowledges once the press is kept, and after a while even if that still goes on. What the end of
// the program interrupted is not acknowledged.
func (c *session) acknowledgeWhen(ctx context.Context, job *job, envelope string) {
	timer := time.NewTimer(c.socket.times.ack)
	defer timer.Stop()
	select {
	case <-job.done:
	case <-timer.C:
	case <-c.over:
		return
	}
	if ctx.Err() == nil {
		c.acknowledge(envelope)
	}
}

// acknowledge tells Slack that an envelope arrived. When it does not get there, Slack delivers again.
func (c *session) acknowledge(envelope string) {
	data, err := json.Marshal(map[string]string{"envelope_id": envelope})
	if err != nil {
		return
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.conn.WriteMessage(websocket.TextMessage, data)
}
