package spotify

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ClientOptions are what a Client needs. Required: Tokens, Gate, Now.
type ClientOptions struct {
	BaseURL string       // default https://api.spotify.com/v1
	HTTP    *http.Client // only its Transport is used; default http.DefaultTransport
	Tokens  *Tokens      // of one account
	Gate    *Gate        // of the developer account, shared with other clients
	Now     func() time.Time
	Timeout time.Duration // for one request with its answer; default 10 s
}

// Client makes the calls of one account.
//
// Every method gives a *WaitError when the gate refuses (nothing was sent), or an *Error.
// After a 401 the token is renewed and the request repeated once; nothing else is repeated.
type Client struct {
	base      string
	transport http.RoundTripper
	tokens    *Tokens
	gate      *Gate
	now       func() time.Time
	timeout   time.Duration
}

func NewClient(o ClientOptions) *Client {
	c := &Client{
		base:      strings.TrimRight(o.BaseURL, "/"),
		transport: transportOf(o.HTTP),
		tokens:    o.Tokens,
		gate:      o.Gate,
		now:       o.Now,
		timeout:   o.Timeout,
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

// Player looks at the player: GET /me/player. Without additional_types an episode would
// come without its item. class is Verify or Look.
func (c *Client) Player(ctx context.Context, class Class) (Player, error) {
	a, err := c.call(ctx, request{
		class: class, method: http.MethodGet, path: "/me/player",
		query: url.Values{"additional_types": {"track,episode"}},
	})
	if err != nil {
		return Player{}, err
	}
	p := Player{}
	if a.status != http.StatusNoContent {
		if err := a.want200(); err != nil {
			return Player{}, err
		}
		if p, err = DecodePlayer(a.body); err != nil {
			return Player{}, err
		}
	}
	p.Seen = a.began
	return p, nil
}

// Pause pauses one device: PUT /me/player/pause?device_id=. It always names the device,
// because the active one may have changed since the look. Any 2xx is success: what is in
// the body is opaque since 2024. PauseOutcome says what an error means.
//
// by is when the look behind the pause becomes too old: a request that would go out later,
// because a token or a connection took its time, is not made (ErrLate). Zero: never.
// sent is when the request went out; zero when none did.
func (c *Client) Pause(ctx context.Context, deviceID string, by time.Time) (sent time.Time, err error) {
	if deviceID == "" {
		return time.Time{}, ErrNoDevice
	}
	a, err := c.call(ctx, request{
		class: Pause, method: http.MethodPut, path: "/me/player/pause",
		query: url.Values{"device_id": {deviceID}}, opaque: true, by: by,
	})
	return a.sent, err
}

// User is whose account it is. AccountID is the stable one (since May 2026), "" when absent.
type User struct {
	ID, DisplayName, AccountID string
}

// Me asks whose account it is: GET /me.
func (c *Client) Me(ctx context.Context) (User, error) {
	a, err := c.call(ctx, request{class: Other, method: http.MethodGet, path: "/me"})
	if err != nil {
		return User{}, err
	}
	if err := a.want200(); err != nil {
		return User{}, err
	}
	var w struct {
		ID          string `json:"id"`
		DisplayName string `json:"display_name"`
		AccountID   string `json:"account_id"`
	}
	err = decodeObject(a.body, &w)
	if err != nil || w.ID == "" && w.AccountID == "" {
		return User{}, &Error{Op: a.op, Kind: Malformed, Status: a.status, Message: "the user cannot be read", Err: err}
	}
	return User{ID: cut(w.ID), DisplayName: cut(w.DisplayName), AccountID: cut(w.AccountID)}, nil
}
