// Package slack turns what a rule wrote into one message in a Slack channel (chat.postMessage, through slack-go).
//
//	Part, Render      what a rule wrote -> Slack's mrkdwn, with nothing in it that pings or links by itself
//	Options, New      address, token, clock -> Poster
//	Poster.Post       parts -> Receipt, or one of:
//	  *WaitError        not now: at most one post a second per channel, and Slack's own Retry-After
//	  *Error            not at all (Permanent), not with this token (Credential), or not this time
//
// Promises:
//   - Post never waits for a limit. It returns *WaitError without a request, and the caller (the outbox) tries again
//     at RetryAt. It blocks for one request, at most Options.Timeout.
//   - A Retry-After holds for every channel: Slack limits the workspace as well as the channel.
//   - Posting is at least once. When the answer to a written request does not arrive (time-out, reset connection),
//     nobody knows whether Slack took it; the error is temporary, so the caller tries again, and a message may appear
//     twice. An alert that appears twice is better than one that never does.
//   - An answer with ok=true is a success whatever else it holds: nothing odd in it leads to a second message.
//   - The token is in the body of the request and nowhere else: not in an error, a log line or a printed Poster.
//   - Redirects are not followed (a 307 would carry the token along), answers are read up to 1 MiB, and memory is
//     bounded: no queue, no cache, and a table of the channels of the last second.
//   - A Poster may be used by several goroutines.
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
