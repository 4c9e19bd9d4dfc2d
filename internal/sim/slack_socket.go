package sim

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// SocketOptions are the socket's own times. They pass on the real clock, as the wire does; the zero value of each means
// what Slack does, or near it.
type SocketOptions struct {
	PingEvery time.Duration // 5 s; a connection that answers none of four is closed
	AckWithin time.Duration // 3 s; after that a press is delivered again
	Retries   int           // 3; so often it is delivered again
	Grace     time.Duration // 10 s between a disconnect that warns and the end
}

func (o SocketOptions) complete() SocketOptions {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&o.PingEvery, 5 * time.Second}, {&o.AckWithin, 3 * time.Second}, {&o.Grace, 10 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.usual
		}
	}
	if o.Retries <= 0 {
		o.Retries = 3
	}
	return o
}

const (
	linkPath   = "/link/"
	maxSockets = 10       // that one app may have open at once
	maxFrame   = 20 << 10 // of an acknowledgement with its payload, in bytes
	maxWaiting = 256      // frames that wait for a connection that does not read
	maxTickets = 100      // that wait to be used; older ones are forgotten
)

// socketry is the part of a Slack that concerns its sockets. It is guarded by the Slack's mutex.
type socketry struct {
	tickets    []ticket         // that were not used yet, oldest first
	opened     int              // tickets and envelopes so far
	sockets    map[*socket]bool // that said hello
	turn       int
	others     int
	presses    record[*press]
	complaints record[string]
	listening  string // host and port, "" = nowhere of our own
	closed     bool
	running    sync.WaitGroup
	changed    chan struct{} // closed at the next change
}

func newSocketry() socketry {
	return socketry{sockets: map[*socket]bool{}, changed: make(chan struct{})}
}

// ticket opens one socket.
type ticket struct {
	id, token string
}

// socket is one connection.
type socket struct {
	number   int
	token    string
	conn     *websocket.Conn
	out      chan []byte
	done     chan struct{} // closed when the connection has ended
	once     sync.Once
	leaving  bool            // was asked to go; gets no presses if there are others
	silent   bool            // nothing comes any more
	suffered map[*Fault]bool // faults that it had its part of
}

// end closes the connection. What waits to be sent is lost.
func (c *socket) end() {
	c.once.Do(func() {
		close(c.done)
		_ = c.conn.Close()
	})
}

// Await waits until holds reports true. It is asked at first and after everything that happens in this Slack: a request,
// a press, an acknowledgement, a connection that opens or ends. A clock that passes is no happening. The error is ctx's.
func (s *Slack) Await(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if holds() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// broadcast wakes those who wait.
func (s *Slack) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Listen serves this Slack on a free port of 127.0.0.1: url is its Web API's ("http://127.0.0.1:1234/api/"), and
// apps.connections.open names a socket there, also to those who ask in memory. stop ends it, and every connection.
func (s *Slack) Listen() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("serve the simulated slack: %w", err)
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.mu.Lock()
	s.listening = l.Addr().String()
	s.mu.Unlock()
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(l) }) // it always says that it was closed
	return "http://" + l.Addr().String() + "/api/", func() {
		_ = srv.Close()
		served.Wait()
		s.Close()
	}, nil
}

// Close ends every connection and waits until nothing of it runs any more. From then on no socket opens.
func (s *Slack) Close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.sockets {
		c.end()
	}
	for _, p := range s.presses.entries {
		for _, d := range p.deliveries {
			d.timer.Stop()
		}
	}
	s.mu.Unlock()
	s.running.Wait()
}

// Connections is how many sockets are open, those that fell silent among them.
func (s *Slack) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// PretendOthers makes every later hello count n connections more than there are, as if other programs used the token.
func (s *Slack) PretendOthers(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.others = n
}

// Complaints are what came over sockets and is not right: frames that are no acknowledgement, or one of an envelope that
// was not sent, or a second one.
func (s *Slack) Complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.complaints.since(0)
}

// openConnection is apps.connections.open.
func (s *Slack) openConnection(c slackCall) (answer, slackRefusal) {
	host := s.listening
	if host == "" {
		host = c.host
	}
	if host == "" || s.closed {
		return answer{}, refuse("internal_error") // there are no sockets in memory: Listen
	}
	t := ticket{s.made("ticket"), c.token}
	s.tickets = append(s.tickets[max(len(s.tickets)-maxTickets, 0):], t)
	return jsonAnswer(http.StatusOK, object{"ok": true, "url": "ws://" + host + linkPath + "?ticket=" + t.id + "&app_id=" + slackApp}), slackRefusal{}
}

// made is an id that was never given before, in the looks of a UUID.
func (s *Slack) made(what string) string {
	s.opened++
	sum := sha256.Sum256(fmt.Append(nil, what, s.opened))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// serveSocket is GET /link/: it turns a ticket into a connection, and reads what comes over it until it ends.
func (s *Slack) serveSocket(w http.ResponseWriter, r *http.Request) {
	token, a, now := s.handshake(r)
	if token == "" {
		a.write(w, r, now)
		return
	}
	defer s.running.Done()
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // clients call themselves slack.com
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it was answered
	}
	c := &socket{token: token, conn: conn, out: make(chan []byte, maxWaiting), done: make(chan struct{}), suffered: map[*Fault]bool{}}
	var writer sync.WaitGroup
	writer.Go(func() { s.write(c) })
	if s.hello(c) {
		s.read(c)
	}
	s.forget(c)
	writer.Wait()
}

// handshake decides about a connection. Without a token the answer says why there is none.
func (s *Slack) handshake(r *http.Request) (token string, a answer, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.broadcast()
	now = s.live()
	i := slices.IndexFunc(s.tickets, func(t ticket) bool { return t.id == r.URL.Query().Get("ticket") })
	f, faulty := s.faults.pick(pathSocket, "", now)
	switch {
	case faulty:
		a = f.slack(now, func() answer { return answer{} }) // no kind that asks for the honest answer comes here
	case s.closed:
		a = answer{wire: reset}
	case i < 0:
		a = textAnswer(http.StatusForbidden, "this ticket was used, or never given")
	case !websocket.IsWebSocketUpgrade(r):
		a = textAnswer(http.StatusBadRequest, "this is a WebSocket")
	default:
		token = s.tickets[i].token
		s.tickets = slices.Delete(s.tickets, i, i+1)
		s.running.Add(1)
		a.status = http.StatusSwitchingProtocols
	}
	s.requests.add(Request{Time: now, Method: r.Method, Path: linkPath, Status: a.seen()})
	return token, a, now
}

// hello counts the connection in, or sends one too many away.
func (s *Slack) hello(c *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.broadcast()
	s.live()
	if s.closed {
		return false
	}
	if len(s.sockets) >= maxSockets {
		s.disconnect(c, "too_many_websockets")
		return true // until the other side has read it
	}
	s.opened++
	c.number = s.opened
	s.sockets[c] = true
	s.send(c, object{"type": "hello", "num_connections": len(s.sockets) + s.others, "connection_info": object{"app_id": slackApp},
		"debug_info": object{"host": "applink-1", "started": s.last.UTC().Format("2006-01-02 15:04:05.000"), "build_number": 115, "approximate_connection_time": 18060}})
	s.strike()
	return true
}

// forget ends a connection and counts it out.
func (s *Slack) forget(c *socket) {
	c.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, c)
	s.broadcast()
}

// write sends what waits, and pings, until the connection ends.
func (s *Slack) write(c *socket) {
	ping := time.NewTicker(s.o.Socket.PingEvery)
	defer ping.Stop()
	defer c.end()
	for {
		var err error
		select {
		case <-c.done:
			return
		case frame := <-c.out:
			if frame == nil { // the polite end
				farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
				_ = c.conn.WriteControl(websocket.CloseMessage, farewell, time.Now().Add(time.Second))
				return
			}
			err = c.conn.WriteMessage(websocket.TextMessage, frame)
		case <-ping.C:
			if !s.isSilent(c) {
				err = c.conn.WriteControl(websocket.PingMessage, []byte("Ping from applink-1"), time.Now().Add(s.o.Socket.PingEvery))
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *Slack) isSilent(c *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.silent
}

// read takes acknowledgements until the connection ends, or the other side answers no pings any more.
func (s *Slack) read(c *socket) {
	alive := func() { s.expect(c) }
	alive()
	c.conn.SetReadLimit(1 << 20)
	c.conn.SetPongHandler(func(string) error { alive(); return nil })
	c.conn.SetPingHandler(func(data string) error {
		alive()
		if s.isSilent(c) {
			return nil
		}
		err := c.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
	for {
		_, frame, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		alive()
		s.acknowledge(c, frame)
	}
}

// expect gives the other side time to be heard again. A silent connection is never noticed to be dead.
func (s *Slack) expect(c *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.silent {
		_ = c.conn.SetReadDeadline(time.Now().Add(4 * s.o.Socket.PingEvery))
	}
}

// send queues a frame. A connection that is silent loses it; one that reads nothing is ended.
func (s *Slack) send(c *socket, v object) {
	frame, err := json.Marshal(v)
	if err != nil {
		panic("sim: a frame of our own cannot be encoded: " + err.Error())
	}
	s.sendFrame(c, frame)
}

// sendFrame queues a frame as it is; nil is the polite end of the connection.
func (s *Slack) sendFrame(c *socket, frame []byte) {
	if c.silent {
		return
	}
	select {
	case c.out <- frame:
	default:
		c.end()
	}
}

// disconnect asks a connection to open anew elsewhere. A warning leaves it some time, everything else none.
func (s *Slack) disconnect(c *socket, reason string) {
	s.send(c, object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-1"}})
	if c.leaving = true; s.closed {
		return
	}
	if reason != "warning" {
		s.sendFrame(c, nil)
		return
	}
	s.running.Go(func() {
		grace := time.NewTimer(s.o.Socket.Grace)
		defer grace.Stop()
		select {
		case <-c.done:
		case <-grace.C:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sendFrame(c, nil)
		}
	})
}

// strike lets the connections that are open suffer the faults of the moment, each once.
func (s *Slack) strike() {
	for _, f := range append(faults(nil), s.faults...) {
		if !slices.Contains(socketKinds(), f.Kind) || !f.fits(pathSocket, "", s.last) {
			continue
		}
		for _, c := range s.inOrder() {
			if !c.suffered[f] && s.faults.take(f) {
				c.suffered[f] = true
				s.suffer(c, *f)
			}
		}
	}
}

func (s *Slack) suffer(c *socket, f Fault) {
	switch f.Kind {
	case KindDrop:
		delete(s.sockets, c)
		if tcp, ok := c.conn.NetConn().(interface{ SetLinger(int) error }); ok {
			_ = tcp.SetLinger(0)
		}
		c.end()
	case KindSilent:
		c.silent = true
		_ = c.conn.SetReadDeadline(time.Time{})
	case KindGarbled:
		frame := f.Body
		if frame == "" {
			frame = `{"type":"interactive","envelope_id":`
		}
		s.sendFrame(c, []byte(frame))
	case KindDisconnect:
		reason := f.Body
		if reason == "" {
			reason = "refresh_requested"
		}
		s.disconnect(c, reason)
	}
	s.broadcast()
}
