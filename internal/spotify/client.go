package spotify

import (
	"net/http"
	"strings"
	"time"
)

// ClientOptions are what a Client needs. Required: Tokens, Gate, Now.
type ClientOptions struct {
	BaseURL string       // default https://api.spotify.com/v1
	HTTP    *http.Client // only its Transport is used; default http.DefaultTransport
	Tokens  *Tokens      // of one account
	Gate    *Lane        // the account's way through the developer account's gate
	Now     func() time.Time
	Timeout time.Duration // for one request with its answer; default 10 s

	// Malformed gets a sample of every answer that could not be understood, for a person to
	// look at: its structure, with every name, id and address masked, 4 KiB at most. It runs
	// in the goroutine of the call. nil: nobody collects them.
	Malformed func(op string, sample []byte)
}

// Client makes the calls of one account.
//
// Every method gives a *WaitError when the gate refuses (nothing was sent), a *ScopeError when
// the login does not allow the call (likewise), or an *Error. After a 401 the token is renewed
// and the request repeated once; nothing else is repeated. Of a command any 2xx is success.
type Client struct {
	base      string
	transport http.RoundTripper
	tokens    *Tokens
	gate      *Lane
	now       func() time.Time
	timeout   time.Duration
	malformed func(op string, sample []byte)

	playlist halfPlaylist
}

func NewClient(o ClientOptions) *Client {
	c := &Client{
		base:      strings.TrimRight(o.BaseURL, "/"),
		transport: transportOf(o.HTTP),
		tokens:    o.Tokens,
		gate:      o.Gate,
		now:       o.Now,
		timeout:   o.Timeout,
		malformed: o.Malformed,
	}
	if c.base == "" {
		c.base = "https://api.spotify.com/v1"
	}
	if c.timeout <= 0 {
		c.timeout = 10 * time.Second
	}
	return c
}

func transportOf(c *http.Client) http.RoundTripper {
	if c == nil || c.Transport == nil {
		return http.DefaultTransport
	}
	return c.Transport
}
