package spotify

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// TokenOptions are what Tokens needs. Required: ClientID, RefreshToken, Now.
type TokenOptions struct {
	AccountsURL  string // default https://accounts.spotify.com
	ClientID     string
	ClientSecret string // "" for an app that authorized with PKCE
	RefreshToken string
	HTTP         *http.Client // only its Transport is used; default http.DefaultTransport
	Now          func() time.Time
	Timeout      time.Duration // for one refresh; default 10 s

	// Refreshed hears of every attempt, may be nil. Rotated saves a refresh token that
	// replaces ours, before it is used; nil: there is nowhere to save it, and Refreshed is
	// told so. Both run outside all locks, one attempt at a time, and must not call back.
	Refreshed func(Refresh)
	Rotated   func(refreshToken string) error
}

func (TokenOptions) String() string             { return redacted }
func (TokenOptions) LogValue() slog.Value       { return slog.StringValue(redacted) }
func (TokenOptions) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// Refresh is one attempt to get an access token.
type Refresh struct {
	Outcome string    // "ok", "rotated" (a new refresh token came with it), "failed"
	Expiry  time.Time // of the access token; zero when failed
	Unsaved bool      // rotated, and the new refresh token is only in memory: a restart would lose the account
	Err     error     // why it failed, or why a rotated token could not be saved
}

// Tokens keeps an account's access token fresh.
//
// One refresh at a time, whoever asks; a caller that gives up does not end it, because with
// rotation its answer may hold the only refresh token that still works. A refresh token that
// is refused (revoked, or six months old) is remembered and tried again after five minutes
// at the earliest; it is kept, because Spotify has had outages that refused good ones.
type Tokens struct {
	url          string
	clientID     string
	clientSecret secret
	transport    http.RoundTripper
	now          func() time.Time
	timeout      time.Duration
	refreshed    func(Refresh)
	rotated      func(string) error

	mu        sync.Mutex
	refresh   secret
	access    secret
	renewAt   time.Time // from then on the access token is too old to hand out
	flight    *flight   // the refresh under way, or nil
	refused   error     // what a request before holdUntil would only hear again
	holdUntil time.Time
}

// flight is one refresh; access and err are set before done is closed.
type flight struct {
	done   chan struct{}
	access secret
	err    error
}

func NewTokens(o TokenOptions) *Tokens {
	t := &Tokens{
		url:          strings.TrimRight(o.AccountsURL, "/"),
		clientID:     o.ClientID,
		clientSecret: hide(o.ClientSecret),
		transport:    transportOf(o.HTTP),
		now:          o.Now,
		timeout:      o.Timeout,
		refreshed:    o.Refreshed,
		rotated:      o.Rotated,
		refresh:      hide(o.RefreshToken),
	}
	if t.url == "" {
		t.url = "https://accounts.spotify.com"
	}
	if t.timeout <= 0 {
		t.timeout = 10 * time.Second
	}
	return t
}

func (*Tokens) String() string             { return redacted }
func (*Tokens) LogValue() slog.Value       { return slog.StringValue(redacted) }
func (*Tokens) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// Access gives an access token that is good for another minute, fetching one if need be.
// Errors are *Error: Unauthorized (the refresh token or the client is refused), RateLimited,
// or Unreachable.
func (t *Tokens) Access(ctx context.Context) (string, error) { return t.get(ctx, "") }

// Renew gives an access token other than stale, which got a 401. If somebody has renewed it
// meanwhile it gives that one without a request.
func (t *Tokens) Renew(ctx context.Context, stale string) (string, error) { return t.get(ctx, stale) }

func (t *Tokens) get(ctx context.Context, stale string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &Error{Op: opToken, Kind: Unreachable, Err: err}
	}
	t.mu.Lock()
	now := t.now()
	if access := t.access.reveal(); access != "" && access != stale && now.Before(t.renewAt) {
		t.mu.Unlock()
		return access, nil
	}
	if t.refused != nil && now.Before(t.holdUntil) {
		defer t.mu.Unlock()
		return "", t.refused
	}
	f := t.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		t.flight = f
		go t.fly(context.WithoutCancel(ctx), f)
	}
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.access.reveal(), f.err
	case <-ctx.Done():
		return "", &Error{Op: opToken, Kind: Unreachable, Err: ctx.Err()}
	}
}
