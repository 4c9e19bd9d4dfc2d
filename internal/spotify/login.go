package spotify

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// LoginOptions are what a Login needs. Required: ClientID, RedirectURL, Scopes, Now.
type LoginOptions struct {
	AccountsURL  string // default https://accounts.spotify.com
	ClientID     string
	ClientSecret string // "" for an app that goes by PKCE alone
	RedirectURL  string // as registered; a loopback address may have any port
	Scopes       []string
	HTTP         *http.Client // only its Transport is used; default http.DefaultTransport
	Now          func() time.Time
	Rand         io.Reader     // default crypto/rand
	Timeout      time.Duration // for the exchange; default 10 s
}

func (LoginOptions) String() string             { return redacted }
func (LoginOptions) LogValue() slog.Value       { return slog.StringValue(redacted) }
func (LoginOptions) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// Login is one try of an account's owner to grant access: the code flow of RFC 6749, section
// 4.1, with PKCE (RFC 7636, S256). It serves once, and is safe for concurrent use.
type Login struct {
	endpoint tokenEndpoint
	conf     *oauth2.Config
	secret   secret
	state    secret
	verifier secret

	mu   sync.Mutex
	used bool
}

func (*Login) String() string             { return redacted }
func (*Login) LogValue() slog.Value       { return slog.StringValue(redacted) }
func (*Login) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// Granted is what a login brought: a credential to store, and an access token that Tokens can
// start with (TokenOptions.Granted), so that GET /me needs no refresh.
type Granted struct {
	Credential
	Expiry  time.Time // of the access token
	access  secret
	renewAt time.Time
}

const (
	opAuthorize  = "GET /authorize"
	hintRedirect = "register http://127.0.0.1/callback, without a port, in the dashboard of developer.spotify.com: any port may then be used"
)

var (
	// ErrState is what Finish gives for an answer to another login, or to nobody's. The login
	// goes on: whoever can reach the redirect address could otherwise end it.
	ErrState = errors.New("that is not the answer to this login: its state is another one; open the address once more, and finish in that page")
	// ErrUsed is what Finish gives once an answer to this login came.
	ErrUsed = errors.New("this login has had its answer: begin a new one")
)

// NewLogin begins a login. The error is about the options, or about Rand.
func NewLogin(o LoginOptions) (*Login, error) {
	if o.ClientID == "" {
		return nil, errors.New("login: there is no client id")
	}
	if err := checkRedirect(o.RedirectURL); err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	for _, s := range o.Scopes {
		if !isScope(s) {
			return nil, errors.New("login: what is asked for is no scope")
		}
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	random := make([]byte, 64)
	if _, err := io.ReadFull(o.Rand, random); err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	l := &Login{
		endpoint: newTokenEndpoint(o.AccountsURL, o.HTTP, o.Timeout, o.Now),
		secret:   hide(o.ClientSecret),
		state:    hide(base64.RawURLEncoding.EncodeToString(random[:32])),
		verifier: hide(base64.RawURLEncoding.EncodeToString(random[32:])), // 43 characters: RFC 7636, section 4.1
	}
	l.conf = l.endpoint.config(o.ClientID, "")
	l.conf.RedirectURL, l.conf.Scopes = o.RedirectURL, slices.Clone(o.Scopes)
	return l, nil
}

// checkRedirect says beforehand what Spotify would show to the owner as "INVALID_CLIENT".
func checkRedirect(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Fragment != "" || u.User != nil:
		return errors.New("the redirect address is not one")
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return errors.New("the redirect address is neither https nor http")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.IsLoopback() {
		return errors.New("over http Spotify redirects to 127.0.0.1 or [::1] only, not to localhost or another name")
	}
	return nil
}

// URL is what the owner opens in a browser. It asks every time, so that another account can
// be chosen.
func (l *Login) URL() string {
	return l.conf.AuthCodeURL(l.state.reveal(),
		oauth2.S256ChallengeOption(l.verifier.reveal()), oauth2.SetAuthURLParam("show_dialog", "true"))
}

// Finish takes the query that Spotify redirected the browser with, and exchanges the code in
// it. Errors are ErrState, ErrUsed, or an *Error: with Op "GET /authorize" Spotify or the owner
// did not agree, with "POST /api/token" the exchange failed.
func (l *Login) Finish(ctx context.Context, redirected url.Values) (Granted, error) {
	state := redirected["state"]
	if len(state) != 1 || subtle.ConstantTimeCompare([]byte(state[0]), []byte(l.state.reveal())) != 1 {
		return Granted{}, ErrState
	}
	l.mu.Lock()
	used := l.used
	l.used = true
	l.mu.Unlock()
	if used {
		return Granted{}, ErrUsed
	}
	if redirected.Has("error") {
		return Granted{}, disagreed(redirected.Get("error"))
	}
	if len(redirected["code"]) != 1 || redirected.Get("code") == "" {
		return Granted{}, &Error{Op: opAuthorize, Kind: Malformed, Message: "the answer has no code in it"}
	}
	return l.exchange(ctx, redirected.Get("code"))
}

// disagreed reads the codes of RFC 6749, section 4.1.2.1.
func disagreed(said string) *Error {
	e := &Error{Op: opAuthorize, Kind: Malformed, Reason: code(said)}
	switch e.Reason {
	case "access_denied":
		e.Kind, e.Message = Forbidden, "the owner did not agree"
	case "server_error", "temporarily_unavailable":
		e.Kind, e.Message = Unreachable, "Spotify has a problem of its own ("+e.Reason+")"
	case "":
		e.Message = "Spotify refused without a reason"
	default:
		e.Message = "Spotify refused (" + e.Reason + ")"
	}
	return e
}

func (l *Login) exchange(ctx context.Context, code string) (Granted, error) {
	start := l.endpoint.now()
	conf := *l.conf
	conf.ClientSecret = l.secret.reveal()
	tok, err := l.endpoint.ask(ctx, func(ctx context.Context) (*oauth2.Token, error) {
		return conf.Exchange(ctx, code, oauth2.VerifierOption(l.verifier.reveal()))
	}, code, l.verifier.reveal(), conf.ClientSecret)
	if e := (*Error)(nil); errors.As(err, &e) {
		if e.Reason == "invalid_grant" && e.Kind == Unauthorized {
			e.Message += " (a code serves once, and for ten minutes)"
			if strings.Contains(strings.ToLower(e.Message), "redirect") {
				e.Reason = "redirect_uri_mismatch"
			}
		}
		return Granted{}, e
	}
	if tok.RefreshToken == "" {
		return Granted{}, &Error{Op: opToken, Kind: Malformed, Status: http.StatusOK, Message: "there is no refresh token in the answer"}
	}
	c := NewCredential(tok.RefreshToken)
	c.ClientID, c.AuthorizedAt = conf.ClientID, start.UTC()
	if c.Scopes = readScopes(tok.Extra("scope")); c.Scopes == nil { // RFC 6749, section 5.1: as asked
		c.Scopes = append([]string{}, conf.Scopes...)
	}
	life := lifetime(tok)
	return Granted{
		Credential: c, access: hide(tok.AccessToken), Expiry: start.Add(life), renewAt: start.Add(life - lead(life)),
	}, nil
}
