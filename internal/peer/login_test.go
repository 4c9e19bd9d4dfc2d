//go:build peer

package peer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatefold/internal/spotify"
)

var scopes = []string{spotify.ScopeReadPlayback, spotify.ScopeModifyPlayback}

// try is one login, with all its secrets, so that none of them is found in an error.
type try struct {
	*spotify.Login
	s *server
	o spotify.LoginOptions
}

// begin begins a login of the app. change may be nil.
func (s *server) begin(app string, change func(*spotify.LoginOptions)) *try {
	s.Helper()
	o := spotify.LoginOptions{
		AccountsURL: s.address, ClientID: app, RedirectURL: "http://127.0.0.1:43210/callback", Scopes: scopes, Now: time.Now,
		Rand: randomness('s', 'v'),
	}
	if app == confidentialApp {
		o.ClientSecret = appSecret
	}
	if change != nil {
		change(&o)
	}
	l, err := spotify.NewLogin(o)
	if err != nil {
		s.Fatal(err)
	}
	return &try{l, s, o}
}

// randomness makes two logins alike in their state, and in their verifier, or not.
func randomness(state, verifier byte) io.Reader {
	return bytes.NewReader(slices.Concat(bytes.Repeat([]byte{state}, 32), bytes.Repeat([]byte{verifier}, 32)))
}

// agree is what the owner does in a browser.
func (l *try) agree() url.Values {
	l.s.Helper()
	at, status := l.s.browse(l.URL())
	if at == nil {
		l.s.Fatalf("the browser is not sent back: %d", status)
	}
	if !strings.HasPrefix(at.String(), l.o.RedirectURL+"?") {
		l.s.Fatalf("the browser is sent to %s", at)
	}
	pasted, err := spotify.ParseRedirect(" '" + at.String() + "'\n")
	if err != nil {
		l.s.Fatal(err)
	}
	return pasted
}

func (s *server) login(app string) spotify.Granted {
	s.Helper()
	l := s.begin(app, func(o *spotify.LoginOptions) { o.Rand = nil })
	got, err := l.Finish(s.Context(), l.agree())
	if err != nil {
		s.Fatal(err)
	}
	return got
}

// refused wants an error of ours of this kind and reason, which tells a person what to do and nobody a secret.
func (s *server) refused(err error, kind, reason, hint string, secrets ...string) {
	s.Helper()
	e := (*spotify.Error)(nil)
	if !errors.As(err, &e) || e.Kind != kind || e.Reason != reason || !strings.Contains(e.Hint(), hint) || e.Hint() == "" {
		s.Errorf("%s %s with the hint %q is wanted, this is %+v", kind, reason, hint, err)
		return
	}
	s.quiet(err, secrets...)
}

func (s *server) quiet(err error, secrets ...string) {
	s.Helper()
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		text := fmt.Sprintf("%v %+v %#v", inner, inner, inner)
		for _, secret := range append(secrets, appSecret) {
			if secret == "" || strings.Contains(text, secret) {
				s.Errorf("the error tells the secret %q: %s", secret, text)
			}
		}
	}
}

// From the browser to a credential and an access token, with an app of each sort.
func TestLogin(t *testing.T) {
	for _, app := range []string{publicApp, confidentialApp} {
		t.Run(app, func(t *testing.T) {
			s := serve(t)
			got := s.login(app)
			if !s.active(got.RefreshToken()) || !slices.Equal(got.Scopes, slices.Sorted(slices.Values(scopes))) || got.ClientID != app {
				t.Errorf("client %s, scopes %v", got.ClientID, got.Scopes)
			}
			if left := time.Until(got.Expiry); left < 8*time.Minute || left > 10*time.Minute {
				t.Errorf("the access token is good for %v, not 10m", left)
			}
			requests := new(counter)
			a := s.account(app, spotify.NewMemoryVault(got.Credential), requests)
			a.o.Granted = got
			if token, err := a.tokens().Access(t.Context()); err != nil || !s.active(token) || requests.count() != 0 {
				t.Errorf("%d requests, %v", requests.count(), err)
			}
		})
	}
}

// Everything that can be wrong between the browser and the exchange. The owner agrees each time.
func TestWrongExchanges(t *testing.T) {
	s := serve(t)
	const relogin, compare = "log in again", "client secret"
	for _, c := range []struct {
		name, app            string
		wrong                func(*spotify.LoginOptions) // about the login that finishes, which is not the one that began
		kind, reason, advice string
	}{
		{"verifier", publicApp, func(o *spotify.LoginOptions) { o.Rand = randomness('s', 'w') }, spotify.Unauthorized, "invalid_grant", relogin},
		{"redirect", publicApp, func(o *spotify.LoginOptions) { o.RedirectURL = "http://127.0.0.1:43211/callback" }, spotify.Unauthorized, "invalid_grant", relogin},
		{"verifier with a secret", confidentialApp, func(o *spotify.LoginOptions) { o.Rand = randomness('s', 'w') }, spotify.Unauthorized, "invalid_grant", relogin},
		{"secret", confidentialApp, func(o *spotify.LoginOptions) { o.ClientSecret = "another-secret" }, spotify.Unauthorized, "invalid_client", compare},
		{"no secret", confidentialApp, func(o *spotify.LoginOptions) { o.ClientSecret = "" }, spotify.Unauthorized, "invalid_client", compare},
		{"another app", publicApp, func(o *spotify.LoginOptions) { o.ClientID, o.ClientSecret = confidentialApp, appSecret }, spotify.Unauthorized, "invalid_grant", relogin},
		{"no such app", publicApp, func(o *spotify.LoginOptions) { o.ClientID = "nobody" }, spotify.Unauthorized, "invalid_client", compare},
	} {
		answer := s.begin(c.app, nil).agree()
		_, err := s.begin(c.app, c.wrong).Finish(t.Context(), answer)
		t.Log(c.name+":", err)
		s.refused(err, c.kind, c.reason, c.advice, answer.Get("code"), "another-secret", verifierOf('v'), verifierOf('w'))
	}
}

// verifierOf is the code_verifier that randomness leads to.
func verifierOf(b byte) string {
	return strings.TrimRight(base64url(bytes.Repeat([]byte{b}, 32)), "=")
}

// A code serves once. The second use is a theft to the server, which takes back what the first one brought.
func TestReusedCode(t *testing.T) {
	s := serve(t)
	first, second := s.begin(publicApp, nil), s.begin(publicApp, nil)
	answer := first.agree()
	got, err := first.Finish(t.Context(), answer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Finish(t.Context(), answer); !errors.Is(err, spotify.ErrUsed) {
		t.Error(err)
	}
	if !s.active(got.RefreshToken()) {
		t.Error("a page that was loaded again has cost the login")
	}
	_, err = second.Finish(t.Context(), answer)
	s.refused(err, spotify.Unauthorized, "invalid_grant", "log in again", answer.Get("code"), got.RefreshToken())
	if s.active(got.RefreshToken()) {
		t.Error("the server does not mind")
	}
}

// The answer to another login changes nothing, and this one can still be finished.
func TestAnotherState(t *testing.T) {
	s := serve(t)
	l := s.begin(publicApp, nil)
	forged := s.begin(publicApp, func(o *spotify.LoginOptions) { o.Rand = randomness('x', 'v') }).agree()
	if _, err := l.Finish(t.Context(), forged); !errors.Is(err, spotify.ErrState) {
		t.Error(err)
	} else {
		s.quiet(err, forged.Get("code"), forged.Get("state"))
	}
	if _, err := l.Finish(t.Context(), l.agree()); err != nil {
		t.Error(err)
	}
}

// The owner says no.
func TestRefusedByTheOwner(t *testing.T) {
	s := serve(t)
	s.owner("refuse")
	l := s.begin(publicApp, nil)
	answer := l.agree()
	if answer.Get("code") != "" {
		t.Fatal("there is a code")
	}
	_, err := l.Finish(t.Context(), answer)
	s.refused(err, spotify.Forbidden, "access_denied", "agree", answer.Get("state"))
}

// What the server does not even ask the owner about, it tells whoever sits at the browser; the login waits on.
func TestNotAsked(t *testing.T) {
	s := serve(t)
	for name, change := range map[string]func(*spotify.LoginOptions){
		"an address that is not registered": func(o *spotify.LoginOptions) { o.RedirectURL = "http://127.0.0.1:43210/elsewhere" },
		"no such app":                       func(o *spotify.LoginOptions) { o.ClientID = "nobody" },
	} {
		if at, status := s.browse(s.begin(publicApp, change).URL()); at != nil || status != 400 {
			t.Errorf("%s: sent to %v, %d", name, at, status)
		}
	}
	// PKCE is not for show: without the challenge there is no code.
	u, err := url.Parse(s.begin(publicApp, nil).URL())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("code_challenge")
	q.Del("code_challenge_method")
	u.RawQuery = q.Encode()
	if at, _ := s.browse(u.String()); at == nil || at.Query().Get("error") != "invalid_request" || at.Query().Has("code") {
		t.Errorf("without PKCE: %v", at)
	}
}
