package spotify

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// TokenOptions are what Tokens needs. Required: ClientID, Vault, Now.
type TokenOptions struct {
	AccountsURL  string        // default https://accounts.spotify.com
	ClientID     string        // used where the credential names none
	ClientSecret func() string // of ClientID; nil: the app authorized with PKCE
	Vault        Vault         // where the account's credential is
	Granted      Granted       // of a login just now: its access token serves first; zero: none
	HTTP         *http.Client  // only its Transport is used; default http.DefaultTransport
	Now          func() time.Time
	Timeout      time.Duration // for one refresh; default 10 s

	// Refreshed hears of every attempt, may be nil. It runs outside all locks, one attempt
	// at a time, and must not call back.
	Refreshed func(Refresh)
}

func (TokenOptions) String() string             { return redacted }
func (TokenOptions) LogValue() slog.Value       { return slog.StringValue(redacted) }
func (TokenOptions) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// Refresh is one attempt to get an access token: a request, or what prevented one. While a
// refusal stands, Access that only hears of it again is no attempt.
type Refresh struct {
	Outcome      string    // "ok", "rotated" (a new refresh token came with it and is saved), "failed"
	Expiry       time.Time // of the access token; zero when failed
	AuthorizedAt time.Time // of the credential; zero: not known
	Err          error     // why it failed; with "ok": why the scopes that it told of could not be saved
}

// Tokens keeps an account's access token fresh, out of the credential in a Vault.
//
// One refresh at a time: over goroutines, because all wait for the same one, and over
// processes, because the vault is locked from reading the credential to saving what replaces
// it. A caller that gives up does not end it, because with rotation its answer may hold the
// only refresh token that still works. A new refresh token is saved before anything that came
// with it is used; while it cannot be saved nothing is handed out, and Access tries to save it
// again, after 5 s, doubling to 60 s. It is saved, too, when the access token beside it cannot
// be used.
//
// The scopes that a refresh tells of are taken where the credential knows none, and only there:
// a login grants them, and a refresh changes nothing in them.
//
// Access tokens are not stored. Nothing is lost without them, since a start fetches one, and
// they would cost an SD card a write an hour and be one more secret at rest.
//
// A refresh token that is refused (revoked, or six months old) is remembered and tried again
// after five minutes at the earliest; it is kept, because Spotify has had outages that
// refused good ones. Meanwhile the vault is read again every 2 s at most, when somebody asks:
// another refresh token there is used at once. So it is with an account that is not linked.
type Tokens struct {
	endpoint     tokenEndpoint
	clientID     string
	clientSecret func() string
	vault        Vault
	now          func() time.Time
	refreshed    func(Refresh)

	mu      sync.Mutex
	cred    Credential // as last read or written; without a refresh token: none known
	access  secret
	renewAt time.Time // from then on the access token is too old to hand out
	flight  *flight   // the refresh under way, or nil
	hold    hold
	unsaved *fresh    // came with a refresh token that could not be saved yet, or nil
	saveAt  time.Time // when to try that again
	tries   int       // how often it was tried
	looked  time.Time // when the vault was last read
	forgets int       // how often Forget was called
}

// flight is one refresh; access and err are set before done is closed.
type flight struct {
	done   chan struct{}
	access secret
	err    error
}

// between two looks into the vault for another credential.
const peekEvery = 2 * time.Second

func NewTokens(o TokenOptions) *Tokens {
	t := &Tokens{
		endpoint:     newTokenEndpoint(o.AccountsURL, o.HTTP, o.Timeout, o.Now),
		clientID:     o.ClientID,
		clientSecret: o.ClientSecret,
		vault:        o.Vault,
		now:          o.Now,
		refreshed:    o.Refreshed,
		cred:         o.Granted.Credential,
		access:       o.Granted.access,
		renewAt:      o.Granted.renewAt,
	}
	if t.clientSecret == nil {
		t.clientSecret = func() string { return "" }
	}
	return t
}

func (*Tokens) String() string             { return redacted }
func (*Tokens) LogValue() slog.Value       { return slog.StringValue(redacted) }
func (*Tokens) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// Access gives an access token that is good for another minute, fetching one if need be.
// Errors are *Error: Unauthorized (the account is not linked, or the refresh token or the
// client is refused), RateLimited, Quota, or Unreachable (the token endpoint, or the vault).
func (t *Tokens) Access(ctx context.Context) (string, error) { return t.get(ctx, "") }

// Renew gives an access token other than stale, which got a 401. If somebody has renewed it
// meanwhile it gives that one without a request.
func (t *Tokens) Renew(ctx context.Context, stale string) (string, error) { return t.get(ctx, stale) }

// Granted tells the scopes of the credential as far as it was read. known is false while it
// was not, and when nobody said what was granted.
func (t *Tokens) Granted() (scopes []string, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.cred.Scopes), t.cred.Scopes != nil
}

// Credential is the credential as it was last read or saved; false: none was.
func (t *Tokens) Credential() (Credential, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cred, t.cred.RefreshToken() != ""
}

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
	f := t.flight
	if f == nil {
		if err := t.heldBack(now); err != nil {
			t.mu.Unlock()
			return "", err
		}
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

// Forget drops what is known of the credential: the next Access reads the vault, and fetches
// an access token with what is there. For a login or a logout that another process has made.
// A wait that the token endpoint asked for stands, and so does a refresh token that could not
// be saved yet: it may be the only one that works.
func (t *Tokens) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgets++
	t.forget()
}

// forget needs the lock.
func (t *Tokens) forget() {
	if t.unsaved != nil {
		return
	}
	if t.hold.peek {
		t.hold = hold{}
	}
	t.cred, t.access, t.looked = Credential{}, nil, time.Time{}
}
