// Package slack turns what a rule wrote into messages in Slack, and presses of the buttons below them into calls.
//
//	Part, Render      what a rule wrote -> Slack's mrkdwn, with nothing in it that pings or links by itself
//	Card, Button      what a message shows: parts, small lines below them, buttons below those
//	Options, New      address, bot token, clock -> Poster
//	Poster.Post       card -> Receipt (chat.postMessage)
//	Poster.Reply      the same, into the thread of a message
//	Poster.Update     makes a message into another card; its buttons go if that has none (chat.update)
//	Poster.Whisper    parts that one user sees (chat.postEphemeral)
//	Poster.Test       whose token it is (auth.test)
//	SocketOptions, NewSocket, Socket.Run
//	                  Socket Mode -> calls of Press and State
//
// Each call of a Poster ends in one of
//
//	*WaitError        not now: our pace below Slack's limits, or Slack's own Retry-After
//	*Error            not at all (Permanent), not with this token (Credential), or not this time
//
// Promises of a Poster:
//   - It never waits for a limit. It returns *WaitError without a request, and the caller (the outbox) tries again
//     at RetryAt. It blocks for one request, at most Options.Timeout.
//   - Posts and replies are a second apart in each channel, updates 1.2 s and whispers 0.6 s apart in the workspace,
//     and these three do not wait for each other. A Retry-After holds for all: Slack limits the workspace as well.
//   - Where Slack says no (a refused connection, a 429, a 5xx, ok=false), nothing was posted, and a second try posts
//     once. Where the answer to a written request does not arrive (time-out, reset connection), nobody knows; the error
//     is temporary, so the caller tries again, and a message may appear twice. A proxy of Slack's that gave up waiting
//     (502, 504) may be wrong about its no in the same way. An alert that appears twice is better than one that never
//     does. Nothing documented makes the second try detectable: chat.postMessage has no idempotency key (client_msg_id
//     shows only in the names of two of its errors), and finding a posted message by its metadata needs scopes to read
//     the channel, which we do not ask for. An update is idempotent.
//   - An answer with ok=true is a success whatever else it holds: nothing odd in it leads to a second message.
//   - A token is in the request and nowhere else: not in an error, a log line or a printed Poster.
//   - Redirects are not followed (a 307 would carry the token along), answers are read up to 1 MiB, and memory is
//     bounded: no queue, and tables of the channels of the last second and of 1,024 names.
//   - A Poster may be used by several goroutines.
//
// Promises of a Socket:
//   - Each press is handled once, however often Slack delivers it within ten minutes, those of one message one after
//     another. Slack is told that it arrived when Press returns, or after 2 s, and not if the program's end came first.
//   - Reading never waits for Press: at most 100 presses are on their way, and further ones are dropped and counted.
//   - It reconnects for as long as it runs, at most about once a minute while that fails; with a token that does not
//     work, and where Socket Mode is switched off, every three minutes. Why it is not connected is told, and what to do.
//   - A connection that says nothing for 45 s, pings of ours unanswered, is given up.
//   - What comes over the connection is bounded (frames of 1 MiB), checked, and never trusted: ids have the form of ids,
//     names are one short line. A press says who pressed; whether they may is the caller's business.
//   - The address of the connection is a secret too, and is in no error.
package slack

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultAPIURL is where Slack's Web API is.
const DefaultAPIURL = "https://slack.com/api/"

const defaultTimeout = 10 * time.Second

// Options says how to reach Slack. Token and Now are required.
type Options struct {
	APIURL  string           // base of the Web API, with or without its last slash; "" = DefaultAPIURL
	Token   Token            // the bot token (xoxb-...), asked for at every post
	HTTP    *http.Client     // nil = a client of its own; a given one is copied, and its CheckRedirect replaced
	Now     func() time.Time // the clock that pacing and Retry-After go by
	Timeout time.Duration    // for one post, body included; 0 = 10 s
}

// Poster posts messages with one bot token.
type Poster struct {
	apiURL  string
	token   Token
	client  *http.Client
	now     func() time.Time
	timeout time.Duration
	pace    *pace
}

// Receipt names a message that was posted. Channel is Slack's id (C0123...) even when the message was sent to a name.
type Receipt struct {
	Channel string
	TS      string // "1503435956.000247": unique in its channel
}

func (r Receipt) valid() bool { return validChannel(r.Channel) && validTS(r.TS) }

// New checks o and returns a Poster. It makes no request.
func New(o Options) (*Poster, error) {
	switch {
	case o.Token == nil:
		return nil, errors.New("slack: no token given (gatefold secret set SLACK_BOT_TOKEN)")
	case o.Now == nil:
		return nil, errors.New("slack: no clock given")
	case o.Timeout < 0:
		return nil, fmt.Errorf("slack: timeout %s is negative", o.Timeout)
	}
	base, err := baseURL(o.APIURL)
	if err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return &Poster{
		apiURL:  base,
		token:   o.Token,
		client:  ownClient(o.HTTP),
		now:     o.Now,
		timeout: o.Timeout,
		pace:    newPace(),
	}, nil
}

// baseURL returns raw with exactly one slash at its end: slack-go appends the method's name to it as it is.
func baseURL(raw string) (string, error) {
	if raw == "" {
		return DefaultAPIURL, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The parser's own error repeats the address, which may hold a password.
		return "", errors.New("slack: the API address is not a URL")
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return "", errors.New("slack: the API address must begin with https:// and name a host")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", errors.New("slack: the API address must have no user, query or fragment")
	}
	return strings.TrimRight(u.String(), "/") + "/", nil
}

// ownClient returns a copy of c that follows no redirect. Time-outs are the request's context's business.
func ownClient(c *http.Client) *http.Client {
	own := &http.Client{}
	if c != nil {
		*own = *c
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return own
}
