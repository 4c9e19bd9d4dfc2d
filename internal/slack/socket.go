package slack

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// SocketOptions says how to reach Slack's Socket Mode. AppToken, Now and Press are required.
type SocketOptions struct {
	APIURL   string            // as in Options. With http:// Slack may answer with a ws:// address, otherwise only with wss://
	AppToken Token             // the app-level token (xapp-...) with the scope connections:write, asked for at every connection
	BotToken Token             // nil, or the bot token: only to tell that the two were swapped
	HTTP     *http.Client      // as in Options, for apps.connections.open
	Dialer   *websocket.Dialer // nil = one that goes by the proxy of the environment; a given one is copied, its compression and cookies are not used
	Now      func() time.Time  // the clock of SocketState.Since, of Retry-After and of what counts as delivered again

	// Press is called once for each press of a button, one after another for the same message and side by side for
	// different ones. Its context ends with Run's, and after 30 s. When it returns, Slack is told that the press
	// arrived, or after 2 s while it goes on; so what must not be forgotten is kept first. When its context ended with
	// Run's, Slack is not told, and delivers the press again to whoever connects next, or shows a failure.
	Press func(context.Context, Press)

	// State is called when the state changes, by Run's goroutine: it must not wait for anything. nil = nobody asks.
	State func(SocketState)
}

// SocketState is how the connection stands.
type SocketState struct {
	Connected bool      // Slack has said hello. A connection that Slack wants anew is not reported lost, unless that fails
	Since     time.Time // when Connected became what it is
	Others    int       // further connections on this app token. Slack gives each press to only one of them
	Dropped   int       // presses that were not taken, because too many waited; since the start
	Err       string    // why not connected, and what to do; without any secret. "" while connected
	Dead      bool      // the token will not work until the operator mends it; it is tried again every three minutes
}

// Socket receives presses of buttons.
type Socket struct {
	apiURL  string
	options SocketOptions
	client  *http.Client
	dialer  websocket.Dialer
	times   socketTimes
	presses *presses
	running atomic.Bool

	// Of Run's goroutine.
	state SocketState
	told  bool
	ended []time.Time // when connections of our own ended lately: Slack may still count them
}

// socketTimes are the lengths of a connection's waits. Tests shorten them.
type socketTimes struct {
	open    time.Duration // for apps.connections.open, and again for the handshake
	hello   time.Duration // from the handshake to the hello
	ping    time.Duration // between pings of ours
	silence time.Duration // without a frame, after which the connection is dead: Slack pings, and answers our pings
	steady  time.Duration // a connection that lasted as long was a good one
	first   time.Duration // the first wait after a failure; each further one is twice as long
	longest time.Duration // up to this
	dead    time.Duration // the wait when only the operator can help
	recount time.Duration // how long others are believed to be connected before Slack is asked again
	forget  time.Duration // how long Slack may count a connection that ended
	ack     time.Duration // how long an acknowledgement waits for Press; Slack wants it within 3 s
	press   time.Duration // how long Press may take
}

var defaultSocketTimes = socketTimes{
	open:    10 * time.Second,
	hello:   10 * time.Second,
	ping:    15 * time.Second,
	silence: 45 * time.Second,
	steady:  10 * time.Second,
	first:   time.Second,
	longest: time.Minute,
	dead:    3 * time.Minute,
	recount: 10 * time.Minute,
	forget:  2 * time.Minute,
	ack:     2 * time.Second,
	press:   30 * time.Second,
}

// NewSocket checks o and returns a Socket. It makes no request.
func NewSocket(o SocketOptions) (*Socket, error) {
	switch {
	case o.AppToken == nil:
		return nil, errors.New("slack: no app token given (gatefold secret set SLACK_APP_TOKEN)")
	case o.Now == nil:
		return nil, errors.New("slack: no clock given")
	case o.Press == nil:
		return nil, errors.New("slack: nobody to tell of presses")
	}
	base, err := baseURL(o.APIURL)
	if err != nil {
		return nil, err
	}
	if o.State == nil {
		o.State = func(SocketState) {}
	}
	return &Socket{
		apiURL:  base,
		options: o,
		client:  ownClient(o.HTTP),
		dialer:  ownDialer(o.Dialer),
		times:   defaultSocketTimes,
		presses: newPresses(o.Press, o.Now),
	}, nil
}

// Run connects, receives presses and connects again, until ctx ends; it returns ctx's error. It may be called again
// after that, and not before. It returns when every call of Press has.
func (s *Socket) Run(ctx context.Context) error {
	if !s.running.CompareAndSwap(false, true) {
		return errors.New("slack: this socket runs already")
	}
	defer s.running.Store(false)
	s.presses.start(ctx, s.times.press)
	defer s.presses.wait()
	for failures := 0; ; {
		lasted, err := s.connection(ctx)
		if ctx.Err() != nil {
			s.lost("stopped", false)
			return ctx.Err()
		}
		if lasted >= s.times.steady {
			failures = 0
		}
		wait := s.verdict(err, failures)
		failures++
		if err := sleep(ctx, wait); err != nil {
			s.lost("stopped", false)
			return err
		}
	}
}

// verdict tells the state that err left and returns how long to wait before the next try, the failures before it
// being so many.
func (s *Socket) verdict(err error, failures int) time.Duration {
	var api *Error
	var limit *WaitError
	switch {
	case errors.Is(err, errRenew) && failures == 0:
		return 0
	case errors.As(err, &limit):
		s.lost("slack limits how often one may connect", false)
		return max(limit.Until.Sub(s.options.Now()), s.times.first)
	case errors.As(err, &api) && api.Class == Credential:
		s.lost(err.Error(), true)
		return s.times.dead
	case errors.As(err, &api) && api.Class == Permanent:
		s.lost(err.Error(), false)
		return s.times.dead
	}
	s.lost(err.Error(), false)
	return backoff(s.times, failures)
}

// backoff doubles with every failure, and is somewhere in the upper half of that: daemons that lost Slack together do
// not come back together.
func backoff(t socketTimes, failures int) time.Duration {
	wait := t.longest
	if failures < 32 {
		wait = min(t.first<<failures, t.longest)
	}
	return wait/2 + rand.N(wait/2+1)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}

// maxStateErr bounds SocketState.Err, in characters.
const maxStateErr = 400

func (s *Socket) lost(why string, dead bool) {
	s.tell(SocketState{Err: oneLine(why, maxStateErr), Dead: dead})
}

// tell hands on the state if it changed.
func (s *Socket) tell(state SocketState) {
	state.Dropped = s.presses.drops()
	state.Since = s.state.Since
	if !s.told || state.Connected != s.state.Connected {
		state.Since = s.options.Now()
	}
	if s.told && state == s.state {
		return
	}
	s.state, s.told = state, true
	s.options.State(state)
}

// others is how many further connections there are, by the number that a hello gave. Slack may still count those of
// our own that ended lately; when it cannot be told, what was known before stands.
func (s *Socket) others(connections int) int {
	now := s.options.Now()
	recent := s.ended[:0]
	for _, at := range s.ended {
		if age := now.Sub(at); age >= 0 && age < s.times.forget {
			recent = append(recent, at)
		}
	}
	s.ended = recent
	further := max(connections-1, 0)
	if further > len(recent) {
		return further - len(recent)
	}
	return min(s.state.Others, further)
}
