package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	slackgo "github.com/slack-go/slack"
)

const appTokenHint = "set the secret SLACK_APP_TOKEN (gatefold secret set) to an app-level token (xapp-...) with the scope connections:write"

// maxFrame bounds a frame, in bytes. A press repeats the message it was made in, which has at most five buttons.
const maxFrame = 1 << 20

// minTicket is how long a value in an address is that may be the secret in it.
const minTicket = 8

var errAddress = errors.New("slack sent an address for the socket that is none")

// ownDialer returns a copy of d that keeps maxFrame a promise: with compression a frame's limit is that of its
// compressed bytes.
func ownDialer(d *websocket.Dialer) websocket.Dialer {
	own := websocket.Dialer{Proxy: http.ProxyFromEnvironment}
	if d != nil {
		own = *d
	}
	own.EnableCompression = false
	own.Jar = nil
	return own
}

// checkAppToken tells a token that cannot be an app's before it is sent anywhere.
func checkAppToken(app, bot string) error {
	problem := ""
	switch {
	case app == "":
		return &Error{Code: "not_authed", Class: Credential, Hint: appTokenHint}
	case strings.HasPrefix(app, "xapp-"):
		return nil
	case strings.HasPrefix(bot, "xapp-"):
		problem = "the secrets SLACK_APP_TOKEN and SLACK_BOT_TOKEN are swapped: the app's begins with xapp-, the bot's with xoxb-"
	case strings.HasPrefix(app, "xoxb-"):
		problem = "the secret SLACK_APP_TOKEN holds a bot token (xoxb-...): that one is SLACK_BOT_TOKEN; " + appTokenHint
	default:
		problem = "the secret SLACK_APP_TOKEN does not begin with xapp-: " + appTokenHint
	}
	return &Error{Code: "not_allowed_token_type", Class: Credential, Hint: problem}
}

// open asks Slack for the address of a connection. Its query is a secret: whoever has it may connect.
func (s *Socket) open(ctx context.Context, token string) (*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, s.times.open)
	defer cancel()
	x := &exchange{client: s.client}
	api := slackgo.New("", slackgo.OptionAppLevelToken(token), slackgo.OptionAPIURL(s.apiURL), slackgo.OptionHTTPClient(x))
	_, _, err := api.StartSocketModeContext(ctx)
	a, err := judge(ctx, x, scrub(err, token), s.options.Now(), limitedFor)
	if err != nil {
		return nil, socketHint(err)
	}
	u, err := url.Parse(a.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return nil, errAddress // the parser's own error repeats the address
	case u.Scheme == "wss", u.Scheme == "ws" && strings.HasPrefix(s.apiURL, "http://"):
		return u, nil
	}
	return nil, fmt.Errorf("%w: it must begin with wss://", errAddress)
}

func limitedFor(now time.Time, length time.Duration) *WaitError {
	return &WaitError{Until: now.Add(length), Limited: true}
}

// socketHint says what to do about the app token, where the error's own hint is about the bot's.
func socketHint(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code == "missing_scope":
		e.Hint = "the app-level token lacks the scope connections:write: " + appTokenHint
	case e.Class == Credential:
		e.Hint = appTokenHint
	case e.Code == "unknown_method", e.Code == "http_404":
		e.Hint = "see slack.api_url: nothing there knows apps.connections.open"
	}
	return err
}

// dial makes the connection. Its error holds nothing of the address beyond the host.
func (s *Socket) dial(ctx context.Context, u *url.URL) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.times.open)
	defer cancel()
	conn, resp, err := s.dialer.DialContext(ctx, u.String(), nil)
	if err == nil {
		conn.SetReadLimit(maxFrame)
		return conn, nil
	}
	err = scrub(scrub(err, u.RequestURI()), u.RawQuery)
	for _, values := range u.Query() {
		for _, v := range values {
			if len(v) >= minTicket {
				err = scrub(err, v)
			}
		}
	}
	if resp != nil {
		return nil, fmt.Errorf("slack: connecting to %s: status %d: %w", u.Host, resp.StatusCode, err)
	}
	return nil, fmt.Errorf("slack: connecting to %s: %w", u.Host, err)
}
