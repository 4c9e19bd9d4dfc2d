package spotify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// digits is randomness that everybody knows.
type digits struct{}

func (digits) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i)
	}
	return len(p), nil
}

func newLogin(t *testing.T, e *endpoint, change func(*LoginOptions)) *Login {
	t.Helper()
	o := LoginOptions{
		AccountsURL: "https://accounts.example/", ClientID: "client", RedirectURL: "http://127.0.0.1:8899/callback",
		Scopes: []string{ScopeReadPlayback, ScopeModifyPlayback},
		HTTP:   &http.Client{Transport: e}, Now: (&clock{now: start}).Now, Rand: digits{},
	}
	if change != nil {
		change(&o)
	}
	l, err := NewLogin(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func stateOf(t *testing.T, l *Login) string {
	t.Helper()
	u, err := url.Parse(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("state")
}

func TestLogin(t *testing.T) {
	e := &endpoint{answer: func(int, url.Values) (int, string) {
		return 200, `{"access_token":"access-0","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh-0","scope":"b a"}`
	}}
	l := newLogin(t, e, nil)
	u, err := url.Parse(l.URL())
	if err != nil || u.Scheme+"://"+u.Host+u.Path != "https://accounts.example/authorize" {
		t.Fatal(l.URL(), err)
	}
	verifier := base64.RawURLEncoding.EncodeToString([]byte("\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\x3e\x3f"))
	sum := sha256.Sum256([]byte(verifier))
	want := url.Values{
		"response_type": {"code"}, "client_id": {"client"}, "redirect_uri": {"http://127.0.0.1:8899/callback"},
		"scope": {ScopeReadPlayback + " " + ScopeModifyPlayback}, "show_dialog": {"true"}, "state": u.Query()["state"],
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	if d := cmp.Diff(want, u.Query()); d != "" || len(stateOf(t, l)) != 43 {
		t.Error(d)
	}
	g, err := l.Finish(t.Context(), url.Values{"code": {"the-code"}, "state": {stateOf(t, l)}})
	if err != nil {
		t.Fatal(err)
	}
	want = url.Values{"grant_type": {"authorization_code"}, "code": {"the-code"}, "client_id": {"client"},
		"redirect_uri": {"http://127.0.0.1:8899/callback"}, "code_verifier": {verifier}}
	if d := cmp.Diff(want, e.forms[0]); d != "" {
		t.Error(d)
	}
	c := NewCredential("refresh-0")
	c.ClientID, c.Scopes, c.AuthorizedAt = "client", []string{"a", "b"}, start
	if d := same(c, g.Credential); d != "" || g.access.reveal() != "access-0" || !g.Expiry.Equal(start.Add(time.Hour)) || !g.renewAt.Equal(start.Add(59*time.Minute)) {
		t.Error(d, g.Expiry, g.renewAt)
	}
	if _, err := l.Finish(t.Context(), url.Values{"code": {"the-code"}, "state": {stateOf(t, l)}}); !errors.Is(err, ErrUsed) || e.count() != 1 {
		t.Error("a second time:", err, e.count())
	}
	if s := fmt.Sprintf("%v %+v %#v %v %+v", l, l, l, g, g); strings.Contains(s, verifier) || strings.Contains(s, "refresh-0") {
		t.Error(s)
	}
}

func TestLoginSecret(t *testing.T) {
	e := &endpoint{answer: func(int, url.Values) (int, string) { return 200, `{"access_token":"a","refresh_token":"r"}` }}
	l := newLogin(t, e, func(o *LoginOptions) { o.ClientSecret, o.Rand = "s3cret-value", nil })
	if strings.Contains(l.URL(), "s3cret") {
		t.Error(l.URL())
	}
	g, err := l.Finish(t.Context(), url.Values{"code": {"c"}, "state": {stateOf(t, l)}})
	if err != nil || e.forms[0].Get("client_secret") != "s3cret-value" || e.forms[0].Get("code_verifier") == "" {
		t.Error(err, e.forms)
	}
	if d := cmp.Diff([]string{ScopeReadPlayback, ScopeModifyPlayback}, g.Scopes); d != "" { // nothing said: as asked
		t.Error(d)
	}
}

func TestLoginRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*LoginOptions)
		want   string
	}{
		{"no client", func(o *LoginOptions) { o.ClientID = "" }, "there is no client id"},
		{"no redirect", func(o *LoginOptions) { o.RedirectURL = "" }, "the redirect address is not one"},
		{"localhost", func(o *LoginOptions) { o.RedirectURL = "http://localhost/callback" }, "not to localhost"},
		{"a plain name", func(o *LoginOptions) { o.RedirectURL = "http://gatefold.example/callback" }, "127.0.0.1 or [::1] only"},
		{"another scheme", func(o *LoginOptions) { o.RedirectURL = "app://callback" }, "neither https nor http"},
		{"a fragment", func(o *LoginOptions) { o.RedirectURL = "https://a.example/#x" }, "the redirect address is not one"},
		{"a scope", func(o *LoginOptions) { o.Scopes = []string{"a b"} }, "no scope"},
		{"no randomness", func(o *LoginOptions) { o.Rand = strings.NewReader("short") }, "unexpected EOF"},
	} {
		o := LoginOptions{ClientID: "c", RedirectURL: "https://a.example/", Now: (&clock{now: start}).Now}
		c.change(&o)
		if l, err := NewLogin(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.name, l, err)
		}
	}
	for _, ok := range []string{"http://127.0.0.1/callback", "http://[::1]:1/", "https://a.example/x?y=1"} {
		if err := checkRedirect(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}

// What does not carry the state neither ends the login nor reaches the token endpoint.
func TestLoginState(t *testing.T) {
	e := &endpoint{answer: func(int, url.Values) (int, string) { return 200, `{"access_token":"a","refresh_token":"r"}` }}
	l := newLogin(t, e, nil)
	state := stateOf(t, l)
	for _, v := range []url.Values{
		nil,
		{"code": {"c"}},
		{"code": {"c"}, "state": {""}},
		{"code": {"c"}, "state": {state + "x"}},
		{"code": {"c"}, "state": {state[:42]}},
		{"code": {"c"}, "state": {state, state}},
		{"error": {"access_denied"}, "state": {"x"}},
	} {
		if _, err := l.Finish(t.Context(), v); !errors.Is(err, ErrState) || e.count() != 0 {
			t.Errorf("%v: %v, %d requests", v, err, e.count())
		}
	}
	var ok atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := l.Finish(t.Context(), url.Values{"code": {"c"}, "state": {state}}); err == nil {
				ok.Add(1)
			} else if !errors.Is(err, ErrUsed) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ok.Load() != 1 || e.count() != 1 {
		t.Errorf("%d logins, %d requests", ok.Load(), e.count())
	}
}

func TestLoginErrors(t *testing.T) {
	for _, c := range []struct {
		name       string
		redirected url.Values
		status     int
		body       string
		want       Error
		says       string
	}{
		{"denied", url.Values{"error": {"access_denied"}}, 0, "", Error{Op: opAuthorize, Kind: Forbidden, Reason: "access_denied"}, "did not agree"},
		{"server", url.Values{"error": {"server_error"}}, 0, "", Error{Op: opAuthorize, Kind: Unreachable, Reason: "server_error"}, "a problem of its own"},
		{"scope", url.Values{"error": {"invalid_scope"}}, 0, "", Error{Op: opAuthorize, Kind: Malformed, Reason: "invalid_scope"}, "refused (invalid_scope)"},
		{"strange", url.Values{"error": {"\x1b[31m<script>"}}, 0, "", Error{Op: opAuthorize, Kind: Malformed}, "without a reason"},
		{"empty", url.Values{"error": {""}}, 0, "", Error{Op: opAuthorize, Kind: Malformed}, "without a reason"},
		{"no code", url.Values{}, 0, "", Error{Op: opAuthorize, Kind: Malformed}, "no code"},
		{"two codes", url.Values{"code": {"a", "b"}}, 0, "", Error{Op: opAuthorize, Kind: Malformed}, "no code"},
		{"used code", url.Values{"code": {"the-code"}}, 400, `{"error":"invalid_grant","error_description":"Invalid authorization code"}`,
			Error{Op: opToken, Kind: Unauthorized, Status: 400, Reason: "invalid_grant"}, "serves once"},
		{"redirect", url.Values{"code": {"the-code"}}, 400, `{"error":"invalid_grant","error_description":"Invalid redirect URI"}`,
			Error{Op: opToken, Kind: Unauthorized, Status: 400, Reason: "redirect_uri_mismatch"}, "Invalid redirect URI"},
		{"client", url.Values{"code": {"the-code"}}, 400, `{"error":"invalid_client","error_description":"Invalid client secret"}`,
			Error{Op: opToken, Kind: Unauthorized, Status: 400, Reason: "invalid_client"}, "Invalid client secret"},
		{"503", url.Values{"code": {"the-code"}}, 503, `<html>{"error":"invalid_grant"}`, Error{Op: opToken, Kind: Unreachable, Status: 503}, "HTML"},
		{"no refresh token", url.Values{"code": {"the-code"}}, 200, `{"access_token":"a"}`, Error{Op: opToken, Kind: Malformed, Status: 200}, "no refresh token"},
		{"no access token", url.Values{"code": {"the-code"}}, 200, `{"refresh_token":"a"}`, Error{Op: opToken, Kind: Unreachable}, "access_token"},
		{"echo", url.Values{"code": {"the-code"}}, 400, `{"error":"invalid_request","error_description":"the-code s3cret-value ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"}`,
			Error{Op: opToken, Kind: Unauthorized, Status: 400, Reason: "invalid_request"}, "gf…redacted gf…redacted gf…redacted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLogin(t, &endpoint{answer: func(int, url.Values) (int, string) { return c.status, c.body }},
				func(o *LoginOptions) { o.ClientSecret = "s3cret-value" })
			c.redirected.Set("state", stateOf(t, l))
			_, err := l.Finish(t.Context(), c.redirected)
			e := (*Error)(nil)
			if !errors.As(err, &e) || e.Op != c.want.Op || e.Kind != c.want.Kind || e.Status != c.want.Status || e.Reason != c.want.Reason || !strings.Contains(e.Error(), c.says) {
				t.Fatalf("%#v\n%v", err, err)
			}
			if s := fmt.Sprintf("%+v %#v", e, e); strings.Contains(s, "the-code") || strings.Contains(s, "s3cret") || !oneLine(e.Error()) {
				t.Error(s)
			}
			if _, err := l.Finish(t.Context(), c.redirected); !errors.Is(err, ErrUsed) {
				t.Error("a second time:", err)
			}
		})
	}
}

func TestLoginTimesOut(t *testing.T) {
	e := &endpoint{answer: good, wait: make(chan struct{})}
	l := newLogin(t, e, func(o *LoginOptions) { o.Timeout = 20 * time.Millisecond })
	_, err := l.Finish(t.Context(), url.Values{"code": {"c"}, "state": {stateOf(t, l)}})
	if got := (*Error)(nil); !errors.As(err, &got) || got.Kind != Unreachable || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestParseRedirect(t *testing.T) {
	both := url.Values{"code": {"AQ-c_1"}, "state": {"s-1"}}
	for _, c := range []struct {
		name, pasted string
		want         url.Values
		says         string
	}{
		{"address", "http://127.0.0.1:8899/callback?code=AQ-c_1&state=s-1", both, ""},
		{"blanks and quotes", " \t'http://127.0.0.1/callback?code=AQ-c_1&state=s-1'\r\n", both, ""},
		{"typographic quotes", "“http://127.0.0.1/callback?code=AQ-c_1&state=s-1”", both, ""},
		{"brackets", "<http://127.0.0.1/callback?code=AQ-c_1&state=s-1>", both, ""},
		{"broken line", "http://127.0.0.1/callback?code=AQ-\n  c_1&state=s-1", both, ""},
		{"without scheme", "127.0.0.1:8899/callback?code=AQ-c_1&state=s-1", both, ""},
		{"fragment", "https://a.example/?code=AQ-c_1&state=s-1#_=_", both, ""},
		{"the query alone", "code=AQ-c_1&state=s-1", both, ""},
		{"with its question mark", "?state=s-1&code=AQ-c_1", both, ""},
		{"more in it", "http://127.0.0.1/?code=AQ-c_1&state=s-1&x=1&iss=y", both, ""},
		{"refused", "http://127.0.0.1/?error=access_denied&state=s-1", url.Values{"error": {"access_denied"}, "state": {"s-1"}}, ""},
		{"escaped", "http://127.0.0.1/?code=AQ%2Dc_1&state=s-1", both, ""},

		{"nothing", " \n", nil, "nothing was pasted"},
		{"still there", "https://accounts.spotify.com/authorize?client_id=x&response_type=code&state=s3cret", nil, "still Spotify's own page"},
		{"logging in", "https://accounts.spotify.com/en/login?continue=https%3A%2F%2Faccounts.spotify.com%2Fauthorize%3Fcode%3Ds3cret", nil, "still Spotify's own page"},
		{"another page", "https://www.example.com/?q=s3cret", nil, "another page"},
		{"the code alone", "AQ" + strings.Repeat("s3cret", 20), nil, "only the code, without the state"},
		{"the code alone, named", "code=s3cret", nil, "the state is missing"},
		{"a code without state", "http://127.0.0.1/?code=s3cret", nil, "the state is missing"},
		{"the state alone", "http://127.0.0.1/?state=s3cret", nil, "another page"},
		{"a word", "s3cret", nil, "no address"},
		{"two", "http://127.0.0.1/?code=s3cret&state=s&code=s3cret2", nil, "more than one"},
		{"damaged", "http://127.0.0.1/?code=%zz&state=s3cret", nil, "damaged"},
		{"huge", strings.Repeat("s3cret", 4000), nil, "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseRedirect(c.pasted)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(err, d)
			}
			if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

func FuzzParseRedirect(f *testing.F) {
	f.Add("http://127.0.0.1:8899/callback?code=a&state=b")
	f.Add("'code=a&state=b#_=_' ")
	f.Add("https://accounts.spotify.com/authorize?state=b")
	f.Add("http://[::1/?%zz;code=a;state=b")
	f.Fuzz(func(t *testing.T, pasted string) {
		got, err := ParseRedirect(pasted)
		if err != nil {
			if got != nil || !oneLine(err.Error()) || len(err.Error()) > 200 {
				t.Fatalf("%v %q", got, err)
			}
			return
		}
		if len(got["state"]) != 1 || got.Get("state") == "" || got.Get("code") == "" && got.Get("error") == "" {
			t.Fatal(got)
		}
	})
}
