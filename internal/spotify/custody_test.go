package spotify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// chest is a vault that writes down what is done with it and can be made to fail.
type chest struct {
	*MemoryVault
	mu                  sync.Mutex
	log                 []string
	load, saving, locks error
	before              func() // the next Lock, once
}

func newChest(c Credential) *chest { return &chest{MemoryVault: NewMemoryVault(c)} }

func (v *chest) note(what string, failing *error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.log = append(v.log, what)
	return *failing
}

func (v *chest) Load(ctx context.Context) (Credential, error) {
	if err := v.note("load", &v.load); err != nil {
		return Credential{}, err
	}
	return v.MemoryVault.Load(ctx)
}

func (v *chest) Save(ctx context.Context, c Credential) error {
	if err := v.note("save "+c.RefreshToken(), &v.saving); err != nil {
		return err
	}
	return v.MemoryVault.Save(ctx, c)
}

func (v *chest) Lock(ctx context.Context) (func(), error) {
	if f := v.before; f != nil {
		v.before = nil
		f()
	}
	if err := v.note("lock", &v.locks); err != nil {
		return nil, err
	}
	unlock, err := v.MemoryVault.Lock(ctx)
	return func() { v.note("unlock", new(error)); unlock() }, err
}

func (v *chest) fail(which *error, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	*which = err
}

func (v *chest) count(what string) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, l := range v.log {
		if l == what {
			n++
		}
	}
	return n
}

// put is what another process does: a login, or a logout with the zero Credential.
func (v *chest) put(t *testing.T, c Credential) {
	t.Helper()
	if err := v.MemoryVault.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// rotating answers every refresh with the next refresh token, and refuses all but the newest.
func rotating() *endpoint {
	newest := "refresh-0"
	return &endpoint{answer: func(n int, form url.Values) (int, string) {
		if form.Get("refresh_token") != newest {
			return 400, `{"error":"invalid_grant","error_description":"Refresh token revoked"}`
		}
		newest = fmt.Sprintf("refresh-%d", n)
		return 200, fmt.Sprintf(`{"access_token":"access-%d","refresh_token":"%s","expires_in":3600}`, n, newest)
	}}
}

func revoked(int, url.Values) (int, string) {
	return 400, `{"error":"invalid_grant","error_description":"Refresh token revoked"}`
}

func wantAccess(t *testing.T, tokens *Tokens, want string) {
	t.Helper()
	if got, err := tokens.Access(t.Context()); got != want || err != nil {
		t.Fatalf("%q, %v; want %q", got, err, want)
	}
}

func wantError(t *testing.T, tokens *Tokens, kind, reason string) *Error {
	t.Helper()
	got, err := tokens.Access(t.Context())
	e := (*Error)(nil)
	if got != "" || !errors.As(err, &e) || e.Kind != kind || e.Reason != reason {
		t.Fatalf("%q, %v; want %s %s", got, err, kind, reason)
	}
	return e
}

// A refresh token that changes is durable before anything that came with it is handed out,
// and the vault is locked from reading the old one to saving the new one.
func TestRotatedTokenIsSavedFirst(t *testing.T) {
	authorized := start.AddDate(0, -1, 0)
	first := Credential{refresh: hide("refresh-0"), AuthorizedAt: authorized, User: User{ID: "u"}, Seed: SeedOf("refresh-0")}
	v, e, c := newChest(first), rotating(), &clock{now: start}
	inner := e.answer
	e.answer = func(n int, form url.Values) (int, string) {
		v.note("ask "+form.Get("refresh_token"), new(error))
		return inner(n, form)
	}
	tokens, heard := tokensOn(e, c, func(o *TokenOptions) {
		o.Vault = v
		report := o.Refreshed
		o.Refreshed = func(r Refresh) { v.note("hear "+r.Outcome, new(error)); report(r) }
	})
	for n := 1; n <= 2; n++ {
		wantAccess(t, tokens, fmt.Sprintf("access-%d", n))
		c.move(time.Hour)
	}
	want := "lock load ask refresh-0 save refresh-1 unlock hear rotated lock load ask refresh-1 save refresh-2 unlock hear rotated"
	if got := strings.Join(v.log, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for i, r := range heard() {
		if r.Err != nil || !r.AuthorizedAt.Equal(authorized) || !r.Expiry.Equal(start.Add(time.Duration(i+1)*time.Hour)) {
			t.Errorf("%+v", r)
		}
	}
	kept, err := v.MemoryVault.Load(t.Context())
	if err != nil || kept.RefreshToken() != "refresh-2" || kept.User.ID != "u" || kept.Seed != first.Seed || !kept.AuthorizedAt.Equal(authorized) {
		t.Errorf("kept %s %+v, %v", kept.RefreshToken(), kept.User, err)
	}
}

func TestCarriedOver(t *testing.T) {
	for _, body := range []string{
		`{"access_token":"a"}`,
		`{"access_token":"a","refresh_token":""}`,
		`{"access_token":"a","refresh_token":null}`,
		`{"access_token":"a","refresh_token":"refresh-0"}`,
	} {
		v := newChest(NewCredential("refresh-0"))
		e := &endpoint{answer: func(int, url.Values) (int, string) { return 200, body }}
		tokens, heard := tokensOn(e, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
		wantAccess(t, tokens, "a")
		if r := heard(); len(r) != 1 || r[0].Outcome != "ok" || v.count("save refresh-0") != 0 {
			t.Errorf("%s: %+v, %v", body, r, v.log)
		}
	}
}

// Until the new token is saved nothing is handed out, nothing is refreshed with the old one,
// which is dead, and the save is tried again after 5 s, doubling to 60 s.
func TestTokenThatCannotBeSaved(t *testing.T) {
	full := errors.New("disk full, while writing refresh-1")
	v, e, c := newChest(NewCredential("refresh-0")), rotating(), &clock{now: start}
	v.saving = full
	tokens, heard := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	got := wantError(t, tokens, Unreachable, NotSaved)
	if s := fmt.Sprintf("%v %+v %#v %v", got, got, got, got.Err); !strings.Contains(s, "cannot be saved: disk full, while writing gf…redacted") || strings.Contains(s, "refresh-1") {
		t.Errorf("says %s", s)
	}
	for i, wait := range []int{5, 10, 20, 40, 60, 60} {
		c.move(time.Duration(wait)*time.Second - 1)
		if again := wantError(t, tokens, Unreachable, NotSaved); v.count("save refresh-1") != i+1 {
			t.Fatalf("after %d s: %v, %d saves", wait, again, v.count("save refresh-1"))
		}
		if _, err := tokens.Renew(t.Context(), "x"); err == nil || v.count("save refresh-1") != i+1 {
			t.Fatal("Renew:", err)
		}
		c.move(1)
		wantError(t, tokens, Unreachable, NotSaved)
	}
	c.move(time.Minute)
	v.fail(&v.saving, nil)
	wantAccess(t, tokens, "access-1")
	wantAccess(t, tokens, "access-1")
	if e.count() != 1 {
		t.Errorf("%d token requests", e.count())
	}
	h := heard()
	if last := h[len(h)-1]; len(h) != 8 || last.Outcome != "rotated" || last.Err != nil || h[6].Outcome != "failed" || h[6].Err == nil {
		t.Errorf("%d attempts: %+v", len(h), h)
	}
	c.move(time.Hour)
	wantAccess(t, tokens, "access-2")
	if got := e.forms[1].Get("refresh_token"); got != "refresh-1" {
		t.Error("the next refresh used", got)
	}
}

func TestWhileATokenCannotBeSaved(t *testing.T) {
	full := errors.New("disk full")
	for _, c := range []struct {
		name   string
		change func(*testing.T, *chest, *clock)
		then   func(*testing.T, *Tokens, *endpoint)
	}{
		{"the access token gets old", func(t *testing.T, v *chest, c *clock) { c.move(time.Hour) }, func(t *testing.T, tokens *Tokens, e *endpoint) {
			wantAccess(t, tokens, "access-2")
			if got := e.forms[1].Get("refresh_token"); got != "refresh-1" {
				t.Error("refreshed with", got)
			}
		}},
		{"the save had worked after all", func(t *testing.T, v *chest, _ *clock) { v.put(t, NewCredential("refresh-1")) }, func(t *testing.T, tokens *Tokens, e *endpoint) {
			wantAccess(t, tokens, "access-1")
		}},
		{"somebody logs in", func(t *testing.T, v *chest, _ *clock) { v.put(t, NewCredential("other")) }, func(t *testing.T, tokens *Tokens, e *endpoint) {
			wantError(t, tokens, Unauthorized, "invalid_grant") // the endpoint knows refresh-1 only
			if got := e.forms[1].Get("refresh_token"); got != "other" {
				t.Error("refreshed with", got)
			}
		}},
		{"somebody logs out", func(t *testing.T, v *chest, _ *clock) { v.put(t, Credential{}) }, func(t *testing.T, tokens *Tokens, e *endpoint) {
			wantError(t, tokens, Unauthorized, NotLinked)
		}},
		{"the vault cannot be read", func(_ *testing.T, v *chest, _ *clock) { v.fail(&v.load, full) }, func(t *testing.T, tokens *Tokens, e *endpoint) {
			wantError(t, tokens, Unreachable, "")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, e, cl := newChest(NewCredential("refresh-0")), rotating(), &clock{now: start}
			v.saving = full
			tokens, _ := tokensOn(e, cl, func(o *TokenOptions) { o.Vault = v })
			wantError(t, tokens, Unreachable, NotSaved)
			c.change(t, v, cl)
			v.fail(&v.saving, nil)
			cl.move(5 * time.Second)
			c.then(t, tokens, e)
		})
	}
}

// Two processes with one rotating refresh token: whoever comes second uses the new one.
func TestTwoProcessesRotateInTurn(t *testing.T) {
	v, e := NewMemoryVault(NewCredential("refresh-0")), rotating()
	var mu sync.Mutex
	inner := e.answer
	e.answer = func(n int, f url.Values) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		return inner(n, f)
	}
	var wg sync.WaitGroup
	for range 8 {
		tokens, _ := tokensOn(e, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
		wg.Go(func() {
			if _, err := tokens.Access(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if kept, err := v.Load(t.Context()); err != nil || kept.RefreshToken() != "refresh-8" {
		t.Error(kept.RefreshToken(), err)
	}
}

// While a refresh token is refused the vault is read every 2 s at most, and another one there
// is used at once.
func TestLoginWhileRefused(t *testing.T) {
	v, c := newChest(NewCredential("refresh-0")), &clock{now: start}
	e := &endpoint{answer: func(n int, form url.Values) (int, string) {
		if form.Get("refresh_token") == "refresh-0" {
			return revoked(n, form)
		}
		return good(n, form)
	}}
	tokens, heard := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	for range 21 { // 10 s
		wantError(t, tokens, Unauthorized, "invalid_grant")
		c.move(500 * time.Millisecond)
	}
	if loads := v.count("load"); loads != 6 || e.count() != 1 || len(heard()) != 1 {
		t.Errorf("%d looks into the vault, %d requests, %d attempts", loads, e.count(), len(heard()))
	}
	for _, failing := range []*error{&v.load, &v.locks} { // the refusal is still the news
		v.fail(failing, errors.New("i/o error"))
		c.move(peekEvery)
		wantError(t, tokens, Unauthorized, "invalid_grant")
		v.fail(failing, nil)
	}
	if len(heard()) != 1 {
		t.Errorf("%d attempts", len(heard()))
	}
	v.put(t, NewCredential("new"))
	c.move(peekEvery)
	wantAccess(t, tokens, "access-2")
	if kept, _ := tokens.Credential(); kept.RefreshToken() != "new" {
		t.Error("uses", kept.RefreshToken())
	}
}

func TestRefusedTokenStaysInTheVault(t *testing.T) {
	v := newChest(NewCredential("refresh-0"))
	tokens, _ := tokensOn(&endpoint{answer: revoked}, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
	wantError(t, tokens, Unauthorized, "invalid_grant")
	if kept, err := v.MemoryVault.Load(t.Context()); kept.RefreshToken() != "refresh-0" || err != nil {
		t.Error(kept.RefreshToken(), err)
	}
}

func TestNotLinked(t *testing.T) {
	v, e, c := newChest(Credential{}), &endpoint{answer: good}, &clock{now: start}
	tokens, heard := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	for range 5 {
		if got := wantError(t, tokens, Unauthorized, NotLinked); got.Message != "not linked" || got.Hint() == "" {
			t.Fatalf("%#v", got)
		}
		c.move(time.Second)
	}
	if loads := v.count("load"); loads != 3 || e.count() != 0 || len(heard()) != 1 {
		t.Errorf("%d looks into the vault, %d requests, %d attempts", loads, e.count(), len(heard()))
	}
	v.put(t, NewCredential("refresh-0"))
	c.move(time.Second)
	wantAccess(t, tokens, "access-1")
	v.put(t, Credential{}) // the access token serves its time
	wantAccess(t, tokens, "access-1")
	c.move(time.Hour)
	wantError(t, tokens, Unauthorized, NotLinked)
	if _, known := tokens.Credential(); known {
		t.Error("a credential after the logout")
	}
}

func TestLogoutWhileRefused(t *testing.T) {
	v, c := newChest(NewCredential("refresh-0")), &clock{now: start}
	tokens, _ := tokensOn(&endpoint{answer: revoked}, c, func(o *TokenOptions) { o.Vault = v })
	wantError(t, tokens, Unauthorized, "invalid_grant")
	v.put(t, Credential{})
	c.move(peekEvery)
	wantError(t, tokens, Unauthorized, NotLinked)
}

// A login does not make the endpoint's own wait shorter.
func TestWaitOfTheEndpointOutlivesALogin(t *testing.T) {
	v, c := newChest(NewCredential("refresh-0")), &clock{now: start}
	e := &endpoint{answer: func(int, url.Values) (int, string) { return 429, "" }, header: http.Header{"Retry-After": {"30"}}}
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	wantError(t, tokens, RateLimited, "")
	v.put(t, NewCredential("new"))
	c.move(30*time.Second - 1)
	if wantError(t, tokens, RateLimited, ""); e.count() != 1 {
		t.Error("requests", e.count())
	}
	c.move(1)
	if wantError(t, tokens, RateLimited, ""); e.count() != 2 {
		t.Error("requests", e.count())
	}
}

func TestVaultThatFails(t *testing.T) {
	broken := errors.New("i/o error")
	for name, c := range map[string]struct {
		which func(*chest) *error
		says  string
	}{
		"load": {func(v *chest) *error { return &v.load }, "credential: unreachable: the credential cannot be read: i/o error"},
		"lock": {func(v *chest) *error { return &v.locks }, "credential: unreachable: the credential cannot be locked: i/o error"},
	} {
		t.Run(name, func(t *testing.T) {
			v, e, cl := newChest(NewCredential("refresh-0")), &endpoint{answer: good}, &clock{now: start}
			v.fail(c.which(v), broken)
			tokens, heard := tokensOn(e, cl, func(o *TokenOptions) { o.Vault = v })
			if err := wantError(t, tokens, Unreachable, ""); err.Error() != c.says || !errors.Is(err, broken) {
				t.Error(err)
			}
			if h := heard(); len(h) != 1 || h[0].Outcome != "failed" || e.count() != 0 {
				t.Errorf("%+v, %d requests", h, e.count())
			}
			v.fail(c.which(v), nil)
			wantAccess(t, tokens, "access-1")
			v.fail(c.which(v), broken) // not asked for while the access token lives
			wantAccess(t, tokens, "access-1")
		})
	}
}

// A vault that another process holds is waited for, not for ever.
func TestVaultThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewMemoryVault(NewCredential("refresh-0"))
		unlock, err := v.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tokens, _ := tokensOn(&endpoint{answer: good}, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
		began := time.Now()
		if err := wantError(t, tokens, Unreachable, ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != patience {
			t.Error(err, time.Since(began))
		}
		done := make(chan struct{})
		go func() { wantAccess(t, tokens, "access-1"); close(done) }()
		synctest.Wait()
		unlock()
		unlock() // twice is once
		<-done
	})
}

// The secret belongs to the configured client, and a refresh token to the client that it was
// granted to.
func TestClientOfTheCredential(t *testing.T) {
	for _, c := range []struct{ stored, id, secret string }{
		{"", "client", "s3cret-value"},
		{"client", "client", "s3cret-value"},
		{"another", "another", ""},
	} {
		cred := NewCredential("refresh-0")
		cred.ClientID = c.stored
		e := &endpoint{answer: good}
		tokens, _ := tokensOn(e, &clock{now: start}, func(o *TokenOptions) { o.Vault = NewMemoryVault(cred) })
		wantAccess(t, tokens, "access-1")
		if f := e.forms[0]; f.Get("client_id") != c.id || f.Get("client_secret") != c.secret {
			t.Errorf("%q: %v", c.stored, f)
		}
	}
}

func TestScopesOfTheAnswer(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		had, want    []string
		saves        int
	}{
		{"omitted", ``, []string{"b", "a"}, []string{"b", "a"}, 0},
		{"empty", `,"scope":""`, []string{"a"}, []string{"a"}, 0},
		{"of another type", `,"scope":["x"]`, []string{"a"}, []string{"a"}, 0},
		{"the same", `,"scope":"a b"`, []string{"b", "a"}, []string{"a", "b"}, 0},
		{"fewer", `,"scope":"a"`, []string{"a", "b"}, []string{"a", "b"}, 0},
		{"others", `,"scope":"x"`, []string{"a", "b"}, []string{"a", "b"}, 0},
		{"more", `,"scope":"a b"`, []string{"a"}, []string{"a"}, 0},
		{"not known before", `,"scope":"b a  a"`, nil, []string{"a", "b"}, 1},
		{"not known, of another type", `,"scope":["x"]`, nil, nil, 0},
		{"none granted", `,"scope":"a"`, []string{}, []string{}, 0},
		{"not known at all", ``, nil, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			cred := NewCredential("refresh-0")
			cred.Scopes = c.had
			v := newChest(cred)
			e := &endpoint{answer: func(int, url.Values) (int, string) { return 200, `{"access_token":"a"` + c.answer + `}` }}
			tokens, heard := tokensOn(e, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
			if _, known := tokens.Granted(); known {
				t.Error("known before anything was read")
			}
			wantAccess(t, tokens, "a")
			if n := v.count("save refresh-0"); n != c.saves {
				t.Errorf("%d saves", n)
			}
			kept, err := v.MemoryVault.Load(t.Context())
			if err != nil || !sameScopes(kept.Scopes, c.want) {
				t.Error("kept", kept.Scopes, err)
			}
			if got, known := tokens.Granted(); !sameScopes(got, c.want) || known != (c.want != nil) {
				t.Error("granted", got, known)
			}
			if h := heard(); len(h) != 1 || h[0].Outcome != "ok" || h[0].Err != nil {
				t.Errorf("%+v", h)
			}
		})
	}
	t.Run("not saved", func(t *testing.T) { // nothing is lost: the next refresh says it again
		v, full := newChest(NewCredential("refresh-0")), errors.New("disk full")
		v.saving = full
		e := &endpoint{answer: func(int, url.Values) (int, string) { return 200, `{"access_token":"a","scope":"a"}` }}
		tokens, heard := tokensOn(e, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
		wantAccess(t, tokens, "a")
		if h := heard(); h[0].Outcome != "ok" || !errors.Is(h[0].Err, full) {
			t.Errorf("%+v", h)
		}
		if got, _ := tokens.Granted(); !slices.Equal(got, []string{"a"}) {
			t.Error(got)
		}
	})
}

// A login brings an access token: whose account it is can be asked without a refresh.
func TestTokensStartFromAGrant(t *testing.T) {
	g := Granted{Credential: NewCredential("refresh-0"), access: hide("access-0"), Expiry: start.Add(time.Hour), renewAt: start.Add(59 * time.Minute)}
	g.Scopes = []string{"a"}
	e, c := &endpoint{answer: good}, &clock{now: start}
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault, o.Granted = NewMemoryVault(g.Credential), g })
	wantAccess(t, tokens, "access-0")
	if scopes, known := tokens.Granted(); !known || !slices.Equal(scopes, g.Scopes) || e.count() != 0 {
		t.Error(scopes, known, e.count())
	}
	c.move(59 * time.Minute)
	wantAccess(t, tokens, "access-1")
}

// Forget makes a login count at once, though the old access token is still good.
func TestForget(t *testing.T) {
	v, e, c := newChest(NewCredential("refresh-0")), &endpoint{answer: good}, &clock{now: start}
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	wantAccess(t, tokens, "access-1")
	v.put(t, NewCredential("new"))
	wantAccess(t, tokens, "access-1")
	tokens.Forget()
	if _, known := tokens.Credential(); known {
		t.Error("the old credential is still known")
	}
	wantAccess(t, tokens, "access-2")
	if got := e.forms[1].Get("refresh_token"); got != "new" {
		t.Error("refreshed with", got)
	}
	v.put(t, Credential{})
	tokens.Forget()
	wantError(t, tokens, Unauthorized, NotLinked)
	v.put(t, NewCredential("newer"))
	tokens.Forget() // no wait for the next look into the vault
	wantAccess(t, tokens, "access-3")
}

// A refresh under way may have read the old credential: what it brings serves who waits for
// it, and nobody after.
func TestForgetDuringARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newChest(NewCredential("refresh-0"))
		e := &endpoint{answer: good, wait: make(chan struct{})}
		tokens, _ := tokensOn(e, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
		done := make(chan struct{})
		go func() { wantAccess(t, tokens, "access-1"); close(done) }()
		synctest.Wait()
		v.put(t, NewCredential("new"))
		tokens.Forget()
		close(e.wait)
		<-done
		wantAccess(t, tokens, "access-2")
		if got := e.forms[1].Get("refresh_token"); got != "new" {
			t.Error("refreshed with", got)
		}
	})
}

func TestForgetKeepsWhatMustBeKept(t *testing.T) {
	v, e, c := newChest(NewCredential("refresh-0")), rotating(), &clock{now: start}
	v.saving = errors.New("disk full")
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	wantError(t, tokens, Unreachable, NotSaved)
	tokens.Forget()
	if kept, known := tokens.Credential(); !known || kept.RefreshToken() != "refresh-1" {
		t.Error("the only good refresh token is forgotten")
	}
	v.fail(&v.saving, nil)
	c.move(5 * time.Second)
	wantAccess(t, tokens, "access-1")

	busy := &endpoint{answer: func(int, url.Values) (int, string) { return 429, "" }, header: http.Header{"Retry-After": {"30"}}}
	tokens, _ = tokensOn(busy, c, func(o *TokenOptions) { o.Vault = v })
	wantError(t, tokens, RateLimited, "")
	tokens.Forget()
	if wantError(t, tokens, RateLimited, ""); busy.count() != 1 {
		t.Error(busy.count(), "requests")
	}
}

// An access token that got a 401 is not handed out again because the one after it could not
// be saved.
func TestNothingOldWhileATokenCannotBeSaved(t *testing.T) {
	v, c := newChest(NewCredential("refresh-0")), &clock{now: start}
	tokens, _ := tokensOn(rotating(), c, func(o *TokenOptions) { o.Vault = v })
	wantAccess(t, tokens, "access-1")
	v.fail(&v.saving, errors.New("disk full"))
	if got, err := tokens.Renew(t.Context(), "access-1"); err == nil {
		t.Error(got)
	}
	wantError(t, tokens, Unreachable, NotSaved)
	v.fail(&v.saving, nil)
	c.move(5 * time.Second)
	wantAccess(t, tokens, "access-2")
}

// Between the question whether the vault may hold more scopes and the look into it, a refresh
// may get a token that cannot be saved. The look finds the dead one, and must not believe it.
func TestLookForScopesDuringARefresh(t *testing.T) {
	cred := NewCredential("refresh-0")
	cred.Scopes = []string{}
	v, c := newChest(cred), &clock{now: start}
	tokens, _ := tokensOn(rotating(), c, func(o *TokenOptions) { o.Vault = v })
	v.fail(&v.saving, errors.New("disk full"))
	v.before = func() { wantError(t, tokens, Unreachable, NotSaved) }
	if err := tokens.permit(t.Context(), "PUT /x", []string{"a"}); err == nil {
		t.Error("permitted")
	}
	v.fail(&v.saving, nil)
	c.move(5 * time.Second)
	wantAccess(t, tokens, "access-1")
}
