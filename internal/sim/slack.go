package sim

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// SlackOptions describe the simulated workspace. Now is required.
type SlackOptions struct {
	Now   func() time.Time
	Limit bool   // more than one message a second to a channel: 429 with Retry-After 1
	Token string // the only valid one; "" = any
}

// Slack is the part of Slack's Web API that gatefold uses: POST /api/chat.postMessage and
// /api/auth.test, as a form or as JSON, with the token in the form or the Authorization header.
type Slack struct {
	o SlackOptions

	mu       sync.Mutex // guards all below
	last     time.Time
	posted   map[string]time.Time // by channel
	stamp    int64                // of the last message, in µs since 1970
	faults   faults
	stories  []*follower
	messages record[Message]
	requests record[Request]
}

// Message is one message that Slack accepted.
type Message struct {
	Time    time.Time
	Channel string // as it was asked for
	Text    string // as it was sent: escaped
	Blocks  string // the JSON that was sent, or ""
	TS      string // unique, even within one second
}

var _ http.Handler = (*Slack)(nil)

// NewSlack returns a Slack that has every channel. It panics without a clock.
func NewSlack(o SlackOptions) *Slack {
	if o.Now == nil {
		panic("sim: SlackOptions.Now is required")
	}
	return &Slack{o: o, posted: map[string]time.Time{}}
}

// Messages is everything that was posted, oldest first.
func (s *Slack) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messages.since(0)
}

// Requests is the log of requests, oldest first.
func (s *Slack) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests.since(0)
}

// Fault adds scripted misbehaviour. It panics on a kind that Slack does not have, and on an impossible status.
func (s *Slack) Fault(f Fault) {
	f.mustBe(slackKinds())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	s.faults.add(f)
}

// ClearFaults ends all scripted misbehaviour.
func (s *Slack) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	s.faults = nil
}

// live is the present moment, with the stories played up to it.
func (s *Slack) live() time.Time {
	if now := s.o.Now(); now.After(s.last) {
		s.last = now
	}
	for _, f := range s.stories {
		for at, ok := f.next(); ok && !at.After(s.last); at, ok = f.next() {
			for _, l := range f.advance() {
				if l.fault != nil && l.Who == slackActor {
					s.faults.add(l.fault.from(at))
				}
			}
		}
	}
	s.faults.forget(s.last)
	return s.last
}

// ServeHTTP answers one request.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	a, now := s.answer(r, newSlackCall(r, raw))
	a.write(w, r, now)
}

func (s *Slack) answer(r *http.Request, c slackCall) (answer, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.live()
	a := s.treat(c, now)
	s.requests.add(Request{Time: now, Method: r.Method, Path: r.URL.Path, Status: a.seen()})
	return a, now
}

func (s *Slack) treat(c slackCall, now time.Time) answer {
	f, faulty := s.faults.pick(c.path(), "", now)
	if !faulty {
		return s.serve(c, now)
	}
	return f.slack(now, func() answer { return s.serve(c, now) })
}

func (s *Slack) serve(c slackCall, now time.Time) answer {
	switch {
	case c.path() == "":
		return slackError("unknown_method")
	case c.token == "":
		return slackError("not_authed")
	case s.o.Token != "" && c.token != s.o.Token:
		return slackError("invalid_auth")
	case c.method == "auth.test":
		return jsonAnswer(http.StatusOK, object{"ok": true, "url": "https://household.slack.com/", "team": "Household",
			"user": "gatefold", "team_id": "T0HOUSEHLD", "user_id": "U0GATEFOLD", "bot_id": "B0GATEFOLD"})
	}
	return s.post(c, now)
}

// post is chat.postMessage.
func (s *Slack) post(c slackCall, now time.Time) answer {
	last, spoken := s.posted[c.channel]
	switch {
	case c.channel == "":
		return slackError("channel_not_found")
	case c.text == "" && c.blocks == "":
		return slackError("no_text")
	case utf8.RuneCountInString(c.text) > 40000:
		return slackError("msg_too_long")
	case s.o.Limit && spoken && now.Sub(last) < time.Second:
		return slackLimited().with("Retry-After", "1")
	}
	s.posted[c.channel] = now
	s.stamp = max(now.UnixMicro(), s.stamp+1)
	m := Message{Time: now, Channel: c.channel, Text: c.text, Blocks: c.blocks, TS: fmt.Sprintf("%d.%06d", s.stamp/1e6, s.stamp%1e6)}
	s.messages.add(m)
	return jsonAnswer(http.StatusOK, object{"ok": true, "channel": channelID(c.channel), "ts": m.TS,
		"message": object{"type": "message", "bot_id": "B0GATEFOLD", "text": c.text, "ts": m.TS}})
}

// slack is the faulty answer of Slack; honest asks the service proper.
func (f Fault) slack(now time.Time, honest func() answer) answer {
	switch f.Kind {
	case KindRate:
		return f.retry(f.worded(slackLimited()), now)
	case KindRatelimited:
		return f.retry(slackError("ratelimited"), now)
	case KindChannelNotFound:
		return slackError("channel_not_found")
	case KindError:
		return f.retry(slackError(f.Body), now)
	}
	return f.common(now, honest)
}

// slackError: Slack says 200 and then no.
func slackError(code string) answer {
	return jsonAnswer(http.StatusOK, object{"ok": false, "error": code})
}

func slackLimited() answer {
	return jsonAnswer(http.StatusTooManyRequests, object{"ok": false, "error": "ratelimited"})
}

// channelID is what chat.update would need: a name has an id of its own, an id is its own.
func channelID(channel string) string {
	if !strings.HasPrefix(channel, "#") {
		return channel
	}
	sum := sha256.Sum256([]byte(channel))
	return fmt.Sprintf("C%X", sum[:5])
}
