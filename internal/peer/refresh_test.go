//go:build peer

package peer

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"gatefold/internal/spotify"
)

func base64url(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

// account is one account's tokens on their way to be made.
type account struct {
	o        spotify.TokenOptions
	clock    *clock
	mu       sync.Mutex
	outcomes []string
}

func (s *server) account(app string, v spotify.Vault, requests *counter) *account {
	a := &account{clock: new(clock)}
	a.o = spotify.TokenOptions{
		AccountsURL: s.address, ClientID: app, Vault: v, HTTP: &http.Client{Transport: requests}, Now: a.clock.Now,
		Refreshed: func(r spotify.Refresh) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.outcomes = append(a.outcomes, r.Outcome)
		},
	}
	if app == confidentialApp {
		a.o.ClientSecret = func() string { return appSecret }
	}
	return a
}

func (a *account) tokens() *spotify.Tokens { return spotify.NewTokens(a.o) }

func (a *account) had() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.outcomes)
}

// access wants a token that the server says is good.
func (s *server) access(t *spotify.Tokens) string {
	s.Helper()
	token, err := t.Access(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	if !s.active(token) {
		s.Error("an access token that is not good was handed out")
	}
	return token
}

// vault counts what is saved, and can be told to fail.
type vault struct {
	spotify.MemoryVault
	mu     sync.Mutex
	saves  int
	broken bool
}

func newVault(t *testing.T, c spotify.Credential) *vault {
	t.Helper()
	v := new(vault)
	if err := v.MemoryVault.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vault) Save(ctx context.Context, c spotify.Credential) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.broken {
		return errors.New("the disk is full")
	}
	v.saves++
	return v.MemoryVault.Save(ctx, c)
}

func (v *vault) state(t *testing.T) (refresh string, saves int) {
	t.Helper()
	c, err := v.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return c.RefreshToken(), v.saves
}

func (v *vault) breakDown(yes bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.broken = yes
}

func TestRefreshWithoutRotation(t *testing.T) {
	for _, app := range []string{publicApp, confidentialApp} {
		t.Run(app, func(t *testing.T) {
			s := serve(t)
			got, requests := s.login(app), new(counter)
			v := newVault(t, got.Credential)
			a := s.account(app, v, requests)
			tokens := a.tokens()
			first := s.access(tokens)
			if again := s.access(tokens); again != first || requests.count() != 1 {
				t.Errorf("%d requests", requests.count())
			}
			a.clock.forward(9*time.Minute + 10*time.Second) // less than a minute is left
			second := s.access(tokens)
			if renewed, err := tokens.Renew(t.Context(), second); err != nil || renewed == second || second == first {
				t.Error("the same one again", err)
			}
			refresh, saves := v.state(t)
			if refresh != got.RefreshToken() || saves != 0 || requests.count() != 3 || !slices.Equal(a.had(), []string{"ok", "ok", "ok"}) {
				t.Errorf("%d saves, %d requests, %v", saves, requests.count(), a.had())
			}
		})
	}
}

// The new refresh token is in the vault before anybody has the access token that came with it; while it cannot be saved
// nobody has it, and no other request is made.
func TestRotation(t *testing.T) {
	for _, app := range []string{publicApp, confidentialApp} {
		t.Run(app, func(t *testing.T) {
			s := serve(t, "--rotate")
			got, requests := s.login(app), new(counter)
			v := newVault(t, got.Credential)
			a := s.account(app, v, requests)
			tokens := a.tokens()
			for i := range 3 {
				before, _ := v.state(t)
				s.access(tokens)
				after, saves := v.state(t)
				if after == before || saves != i+1 || !s.active(after) || s.active(before) {
					t.Errorf("turn %d: %d saves", i, saves)
				}
				a.clock.forward(10 * time.Minute)
			}
			v.breakDown(true)
			old, _ := v.state(t)
			for range 3 {
				_, err := tokens.Access(t.Context())
				s.refused(err, spotify.Unreachable, spotify.NotSaved, "writable", old)
			}
			v.breakDown(false)
			a.clock.forward(5 * time.Second)
			s.access(tokens)
			if now, _ := v.state(t); now == old || !s.active(now) || requests.count() != 4 {
				t.Errorf("%d requests", requests.count())
			}
			a.clock.forward(10 * time.Minute)
			s.access(tokens) // the saved one works
			if c, _ := tokens.Credential(); !slices.Equal(a.had()[4:], []string{"rotated", "rotated"}) || !c.AuthorizedAt.Equal(got.AuthorizedAt) {
				t.Errorf("%v, authorized %v", a.had(), c.AuthorizedAt)
			}
		})
	}
}

// Two processes that share no lock: the second one uses the old refresh token, and to the server both are thieves. None of
// the two retries in a loop or throws its credential away, and a new login is found at once.
func TestReusedRefreshToken(t *testing.T) {
	s := serve(t, "--rotate")
	got, requests := s.login(publicApp), new(counter)
	good := newVault(t, got.Credential)
	a := s.account(publicApp, good, requests)
	tokens := a.tokens()
	s.access(tokens)
	rotated, _ := good.state(t)

	stale := newVault(t, got.Credential)
	thief := s.account(publicApp, stale, new(counter))
	_, err := thief.tokens().Access(t.Context())
	s.refused(err, spotify.Unauthorized, "invalid_grant", "log in again", got.RefreshToken(), rotated)
	if kept, saves := stale.state(t); kept != got.RefreshToken() || saves != 0 {
		t.Error("the credential is gone")
	}
	if s.active(rotated) {
		t.Error("the server does not mind")
	}
	a.clock.forward(10 * time.Minute)
	s.ended(a, tokens, good, requests)
}

// ended checks how tokens behave whose refresh token is dead, and that they come back to life.
func (s *server) ended(a *account, tokens *spotify.Tokens, v *vault, requests *counter) {
	s.Helper()
	dead, _ := v.state(s.T)
	before := requests.count()
	for range 20 {
		_, err := tokens.Access(s.Context())
		s.refused(err, spotify.Unauthorized, "invalid_grant", "log in again", dead)
		a.clock.forward(3 * time.Second) // long enough for a look into the vault
	}
	if n := requests.count() - before; n != 1 {
		s.Errorf("a dead token was tried %d times in a minute", n)
	}
	a.clock.forward(5 * time.Minute)
	_, err := tokens.Access(s.Context())
	if s.refused(err, spotify.Unauthorized, "invalid_grant", "log in again", dead); requests.count()-before != 2 {
		s.Errorf("%d requests after another five minutes", requests.count()-before)
	}
	if kept, _ := v.state(s.T); kept != dead {
		s.Error("the credential is gone")
	}
	if err := v.Save(s.Context(), s.login(a.o.ClientID).Credential); err != nil {
		s.Fatal(err)
	}
	a.clock.forward(2 * time.Second)
	s.access(tokens)
}

// The owner withdraws the app's access, as on the page of his account.
func TestWithdrawnByTheOwner(t *testing.T) {
	for name, flags := range map[string][]string{"same-token": nil, "rotation": {"--rotate"}} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, flags...)
			got, requests := s.login(publicApp), new(counter)
			v := newVault(t, got.Credential)
			a := s.account(publicApp, v, requests)
			tokens := a.tokens()
			token := s.access(tokens)
			s.owner("withdraw")
			if s.active(token) {
				t.Error("the access token is good still")
			}
			_, err := tokens.Renew(t.Context(), token) // as after a 401
			s.refused(err, spotify.Unauthorized, "invalid_grant", "log in again", token, got.RefreshToken())
			a.clock.forward(11 * time.Minute)
			s.ended(a, tokens, v, requests)
		})
	}
}

// The same by RFC 7009, which is how an app takes back its own.
func TestRevokedByTheApp(t *testing.T) {
	s := serve(t)
	got, requests := s.login(publicApp), new(counter)
	v := newVault(t, got.Credential)
	a := s.account(publicApp, v, requests)
	s.post("/api/revoke", url.Values{"token": {got.RefreshToken()}, "client_id": {publicApp}, "token_type_hint": {"refresh_token"}})
	s.ended(a, a.tokens(), v, requests)
}

// An app's secret that is wrong, or not there, is no matter of the credential.
func TestRefreshWithAWrongSecret(t *testing.T) {
	s := serve(t)
	got := s.login(confidentialApp)
	for _, secret := range []string{"another-secret", ""} {
		a := s.account(confidentialApp, newVault(t, got.Credential), new(counter))
		a.o.ClientSecret = func() string { return secret }
		_, err := a.tokens().Access(t.Context())
		s.refused(err, spotify.Unauthorized, "invalid_client", "client secret", got.RefreshToken(), "another-secret")
	}
	if !s.active(got.RefreshToken()) {
		t.Error("the refresh token has suffered")
	}
}

// Access tokens live for four seconds here. At no time is one handed out that is over, however often one is asked for.
func TestExpiry(t *testing.T) {
	s := serve(t, "--rotate", "--access-ttl", "4")
	requests := new(counter)
	tokens := s.account(publicApp, newVault(t, s.login(publicApp).Credential), requests).tokens()
	seen := map[string]bool{}
	for end := time.Now().Add(time.Minute); len(seen) < 3; {
		asked := time.Now()
		token, err := tokens.Access(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen[token] = true
		if !s.active(token) && time.Since(asked) < 2*time.Second { // on a machine that stands still it may end meanwhile
			t.Error("an access token that is over was handed out")
		}
		if asked.After(end) {
			t.Fatalf("%d tokens in a minute", len(seen))
		}
	}
	if n := requests.count(); n != len(seen) {
		t.Errorf("%d requests for %d tokens", n, len(seen))
	}
}
