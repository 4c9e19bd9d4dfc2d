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
	Now      func() time.Time
	Limit    bool              // more than one message a second to a channel, or 50 edits and 100 whispers a minute: 429 with Retry-After
	Token    string            // the only valid token of the bot; "" = any but one of an app (xapp-)
	AppToken string            // the only valid token of the app, for the socket; "" = any that begins with xapp-
	Channels []string          // the names ("#music") or ids of those that exist; none = every one
	People   map[string]string // user ids and names of those in every channel; none = everybody
	Socket   SocketOptions
}

// Slack is the part of Slack that gatefold uses. As an http.Handler it is the Web API: POST /api/chat.postMessage,
// chat.update, chat.postEphemeral, auth.test and apps.connections.open, as a form or as JSON, with the token in the form
// or the Authorization header (apps.connections.open: only there); and GET /link/, the socket. Listen serves it on a
// port of this machine, which the socket needs.
//
// It is as strict as Slack about blocks, lengths, tokens and channels. Where it is not known what Slack says, it refuses:
// a reply to a message that is not there, or to a reply, is thread_not_found.
type Slack struct {
	o SlackOptions

	mu         sync.Mutex // guards all below
	last       time.Time
	posted     map[string]time.Time // by id of the channel
	edited     window
	whispered  window
	names      map[string]string // of channels, by id
	stamp      int64             // of the last message or press, in µs since 1970
	faults     faults
	stories    []*follower
	messages   record[Message]
	notes      record[*note]
	ephemerals record[Ephemeral]
	requests   record[Request]
	calls      record[SlackCall]
	happened   record[Happening]
	revoked    map[string]bool
	socketry
}

// Message is one message that Slack accepted, as it was posted.
type Message struct {
	Time      time.Time
	Channel   string // as it was asked for
	Text      string // as it was sent: escaped
	Blocks    string // the JSON that was sent, or ""
	TS        string // unique, even within one second
	Thread    string // the TS of the message that it replies to, or ""
	Broadcast bool   // a reply that the channel shows too
}

// SlackCall is one call of a method that reached Slack, whatever came of it.
type SlackCall struct {
	Time      time.Time
	Method    string            // "chat.update"
	Arguments map[string]string // as sent, but for the token; of JSON, strings without their quotation marks
	Error     string            // Slack's own code, or "" if it was carried out or a fault answered in Slack's place
}

var _ http.Handler = (*Slack)(nil)

// NewSlack returns a Slack in which nothing was said yet. It panics without a clock.
func NewSlack(o SlackOptions) *Slack {
	if o.Now == nil {
		panic("sim: SlackOptions.Now is required")
	}
	s := &Slack{o: o, posted: map[string]time.Time{}, names: map[string]string{}, revoked: map[string]bool{}, socketry: newSocketry()}
	s.o.Socket = o.Socket.complete()
	if o.Limit {
		s.edited, s.whispered = window{length: time.Minute, limit: 50}, window{length: time.Minute, limit: 100}
	}
	for _, name := range o.Channels {
		s.names[channelID(name)] = strings.TrimPrefix(name, "#")
	}
	return s
}

// Messages is everything that was posted, oldest first, as it was posted. Shown says what became of it.
func (s *Slack) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	return s.messages.since(0)
}

// Requests is the log of requests, oldest first.
func (s *Slack) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests.since(0)
}

// Calls is the log of what was asked of the Web API, oldest first.
func (s *Slack) Calls() []SlackCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.since(0)
}

// Happenings is what happened since the first n happenings: what people press, what the app says, and faults. The second
// result is the n to ask with next. Device is the user id of who pressed, "gatefold" for the app.
func (s *Slack) Happenings(n int) ([]Happening, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	return s.happened.since(n), s.happened.count
}

// Revoke makes a token invalid from now on: token_revoked. The sockets that were opened with it are told link_disabled
// and closed.
func (s *Slack) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	s.revoked[token] = true
	for c := range s.sockets {
		if c.token == token {
			s.disconnect(c, "link_disabled")
		}
	}
}

// Restore makes a revoked token valid again.
func (s *Slack) Restore(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.revoked, token)
}

// Fault adds scripted misbehaviour. It panics on a kind that Slack does not have, and on an impossible status.
func (s *Slack) Fault(f Fault) {
	f.mustBe(slackKinds())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	s.faults.add(f)
	s.strike()
}

// ClearFaults ends all scripted misbehaviour. A socket that fell silent stays so.
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
				s.act(l, at)
			}
		}
	}
	s.faults.forget(s.last)
	s.strike()
	return s.last
}

// act makes a line of a story come true, if it is Slack's.
func (s *Slack) act(l Line, at time.Time) {
	switch {
	case l.press != nil:
		if err := s.press(l.press.user, "", l.press.label, at); err != nil {
			s.happen(at, Person, l.press.user, fmt.Sprintf("cannot press %q: %v", l.press.label, err))
		}
	case l.fault != nil && l.Who == slackActor:
		s.faults.add(l.fault.from(at))
		s.happen(at, Service, "", "Slack "+l.Text)
	}
}

func (s *Slack) happen(t time.Time, by, who, text string) {
	s.happened.add(Happening{Time: t, Device: who, By: by, Text: text})
	s.broadcast()
}

// ServeHTTP answers one request.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == linkPath {
		s.serveSocket(w, r)
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	c := newSlackCall(r, raw)
	if _, memory := w.(*exchange); !memory {
		c.host = r.Host
	}
	a, now := s.answer(r, c)
	a.write(w, r, now)
}

func (s *Slack) answer(r *http.Request, c slackCall) (answer, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.broadcast()
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
	a, served := answer{}, false
	a = f.slack(now, func() answer { served = true; return s.serve(c, now) })
	if !served {
		s.calls.add(SlackCall{Time: now, Method: c.method, Arguments: c.arguments})
	}
	return a
}

// serve is the honest answer.
func (s *Slack) serve(c slackCall, now time.Time) answer {
	a, no := s.carryOut(c, now)
	s.calls.add(SlackCall{Time: now, Method: c.method, Arguments: c.arguments, Error: no.code})
	switch {
	case no.wait > 0:
		return slackLimited().with("Retry-After", wholeSeconds(no.wait))
	case no.code != "":
		return no.answer()
	}
	return a
}

func (s *Slack) carryOut(c slackCall, now time.Time) (answer, slackRefusal) {
	if no := s.admit(c); no.code != "" {
		return answer{}, no
	}
	switch c.method {
	case "auth.test":
		return jsonAnswer(http.StatusOK, object{"ok": true, "url": "https://household.slack.com/", "team": "Household",
			"user": "gatefold", "team_id": slackTeam, "user_id": slackBotUser, "bot_id": slackBot}), slackRefusal{}
	case "apps.connections.open":
		return s.openConnection(c)
	case "chat.update":
		return s.update(c, now)
	case "chat.postEphemeral":
		return s.whisper(c, now)
	}
	return s.post(c, now)
}

// The workspace and the app in it.
const (
	slackTeam    = "T0HOUSEHLD"
	slackBotUser = "U0GATEFOLD"
	slackBot     = "B0GATEFOLD"
	slackApp     = "A0GATEFOLD"
)

// admit refuses methods that do not exist and tokens that do not open them.
func (s *Slack) admit(c slackCall) slackRefusal {
	valid, app := s.o.Token, strings.HasPrefix(c.token, "xapp-")
	if c.path() == pathConnect {
		valid = s.o.AppToken
	}
	switch {
	case c.path() == "":
		return refuse("unknown_method")
	case c.token == "":
		return refuse("not_authed")
	case app != (c.path() == pathConnect):
		return refuse("not_allowed_token_type")
	case s.revoked[c.token]:
		return refuse("token_revoked")
	case valid != "" && c.token != valid:
		return refuse("invalid_auth")
	}
	return slackRefusal{}
}

// exists reports whether there is such a channel.
func (s *Slack) exists(channel string) bool {
	return channel != "" && (len(s.o.Channels) == 0 || s.names[channelID(channel)] != "")
}

// post is chat.postMessage.
func (s *Slack) post(c slackCall, now time.Time) (answer, slackRefusal) {
	id := channelID(c.arguments["channel"])
	last, spoken := s.posted[id]
	if no := s.readable(c); no.code != "" {
		return answer{}, no
	}
	if no := s.threadable(c, id); no.code != "" {
		return answer{}, no
	}
	if s.o.Limit && spoken && now.Sub(last) < time.Second {
		return answer{}, slackRefusal{code: "ratelimited", wait: time.Second}
	}
	s.posted[id] = now
	if name, ok := strings.CutPrefix(c.arguments["channel"], "#"); ok {
		s.names[id] = name
	}
	m := Message{Time: now, Channel: c.arguments["channel"], Text: c.arguments["text"], Blocks: c.arguments["blocks"], TS: s.nextTS(now),
		Thread: c.arguments["thread_ts"], Broadcast: c.flag("reply_broadcast")}
	s.messages.add(m)
	n := &note{posted: m, channel: id, text: m.Text}
	n.blocks, _ = parseBlocks(m.Blocks)
	n.blocks.name(m.TS)
	s.notes.add(n)
	s.saysSo(now, n)
	return jsonAnswer(http.StatusOK, object{"ok": true, "channel": id, "ts": m.TS, "message": n.object()}), slackRefusal{}
}

// saysSo logs a message for people to read.
func (s *Slack) saysSo(now time.Time, n *note) {
	verb := "posts"
	if n.posted.Thread != "" {
		verb = "replies"
	}
	s.happen(now, App, appName, fmt.Sprintf("%s in #%s: %s", verb, s.nameOf(n.channel), strings.Join(n.lines(), " / ")))
}

// readable refuses what cannot be shown, and where there is nowhere to show it.
func (s *Slack) readable(c slackCall) slackRefusal {
	blocks, problem := parseBlocks(c.arguments["blocks"])
	switch {
	case !s.exists(c.arguments["channel"]):
		return refuse("channel_not_found")
	case problem != "":
		return slackRefusal{code: "invalid_blocks", messages: []string{problem}}
	case c.arguments["text"] == "" && len(blocks) == 0:
		return refuse("no_text")
	case utf8.RuneCountInString(c.arguments["text"]) > 40000:
		return refuse("msg_too_long")
	}
	return slackRefusal{}
}

// threadable refuses a reply that has no thread to go to.
func (s *Slack) threadable(c slackCall, channel string) slackRefusal {
	thread := c.arguments["thread_ts"]
	if thread == "" {
		return slackRefusal{}
	}
	if n := s.find(channel, thread); n == nil || n.posted.Thread != "" {
		return refuse("thread_not_found")
	}
	return slackRefusal{}
}

// update is chat.update. Without blocks the text alone is shown, and the buttons are gone.
func (s *Slack) update(c slackCall, now time.Time) (answer, slackRefusal) {
	channel := c.arguments["channel"]
	if channel == "" || channel != channelID(channel) || !s.exists(channel) || !s.knows(channel) {
		return answer{}, refuse("channel_not_found") // also for a name: only an id will do
	}
	n := s.find(channel, c.arguments["ts"])
	switch no := s.readable(c); {
	case n == nil:
		return answer{}, refuse("message_not_found")
	case no.code != "":
		return answer{}, no
	}
	if wait := s.edited.wait(now); wait > 0 {
		return answer{}, slackRefusal{code: "ratelimited", wait: wait}
	}
	s.edited.take(now)
	if _, given := c.arguments["text"]; given {
		n.text = c.arguments["text"]
	}
	n.edits++
	n.editedAt = now
	n.blocks, _ = parseBlocks(c.arguments["blocks"])
	n.blocks.name(fmt.Sprint(n.posted.TS, "/", n.edits))
	s.happen(now, App, appName, fmt.Sprintf("edits in #%s: %s", s.nameOf(channel), strings.Join(n.lines(), " / ")))
	return jsonAnswer(http.StatusOK, object{"ok": true, "channel": channel, "ts": n.posted.TS, "text": n.text, "message": n.object()}), slackRefusal{}
}

// whisper is chat.postEphemeral.
func (s *Slack) whisper(c slackCall, now time.Time) (answer, slackRefusal) {
	user := c.arguments["user"]
	no := s.readable(c)
	switch {
	case no.code != "":
		return answer{}, no
	case !isUser(user), len(s.o.People) > 0 && s.o.People[user] == "":
		return answer{}, refuse("user_not_in_channel")
	}
	if wait := s.whispered.wait(now); wait > 0 {
		return answer{}, slackRefusal{code: "ratelimited", wait: wait}
	}
	s.whispered.take(now)
	e := Ephemeral{Time: now, Channel: c.arguments["channel"], User: user, Text: c.arguments["text"], Blocks: c.arguments["blocks"],
		Thread: c.arguments["thread_ts"]}
	s.ephemerals.add(e)
	s.happen(now, App, appName, fmt.Sprintf("tells %s alone: %s", user, strings.Join(e.Lines(), " / ")))
	return jsonAnswer(http.StatusOK, object{"ok": true, "message_ts": s.nextTS(now)}), slackRefusal{}
}

// nextTS is a time stamp that was never given before.
func (s *Slack) nextTS(now time.Time) string {
	s.stamp = max(now.UnixMicro(), s.stamp+1)
	return fmt.Sprintf("%d.%06d", s.stamp/1e6, s.stamp%1e6)
}

// slackRefusal is why Slack says no; without a code it does not.
type slackRefusal struct {
	code     string
	wait     time.Duration // until it would be taken: 429
	messages []string      // what is wrong with the blocks
}

func refuse(code string) slackRefusal { return slackRefusal{code: code} }

func (r slackRefusal) answer() answer {
	said := object{"ok": false, "error": r.code}
	if len(r.messages) > 0 {
		said["response_metadata"] = object{"messages": r.messages}
	}
	return jsonAnswer(http.StatusOK, said)
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
func slackError(code string) answer { return refuse(code).answer() }

func slackLimited() answer {
	return jsonAnswer(http.StatusTooManyRequests, object{"ok": false, "error": "ratelimited"})
}

// channelID is what chat.update needs: a name has an id of its own, an id is its own.
func channelID(channel string) string {
	if !strings.HasPrefix(channel, "#") {
		return channel
	}
	sum := sha256.Sum256([]byte(channel))
	return fmt.Sprintf("C%X", sum[:5])
}

// knows reports whether a channel's id was ever heard of: it was named in the options, or something was posted there.
func (s *Slack) knows(id string) bool {
	_, posted := s.posted[id]
	return posted || s.names[id] != ""
}

// nameOf is a channel's name without the #, or its id where no name is known.
func (s *Slack) nameOf(id string) string {
	if name := s.names[id]; name != "" {
		return name
	}
	return id
}

// isUser reports whether this is the id of a user, as U0ANN.
func isUser(id string) bool {
	return len(id) > 1 && len(id) <= 64 && (id[0] == 'U' || id[0] == 'W') &&
		strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// personName is what a user is called.
func (s *Slack) personName(user string) string {
	if name := s.o.People[user]; name != "" {
		return name
	}
	return strings.ToLower(user)
}
