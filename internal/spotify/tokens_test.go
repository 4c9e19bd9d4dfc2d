package spotify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// endpoint is a token endpoint in memory: it answers each form with a status and a body.
type endpoint struct {
	mu     sync.Mutex
	answer func(n int, form url.Values) (status int, body string)
	forms  []url.Values
	wait   chan struct{} // answers come when it is closed; nil: at once
	header http.Header
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(raw))
	if err != nil || r.Method != "POST" || r.URL.Path != "/api/token" {
		return nil, fmt.Errorf("unexpected %s %s %q", r.Method, r.URL, raw)
	}
	e.mu.Lock()
	e.forms = append(e.forms, form)
	n := len(e.forms)
	e.mu.Unlock()
	if e.wait != nil {
		select {
		case <-e.wait:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	status, body := e.answer(n, form)
	h := http.Header{"Content-Type": {"text/plain"}}
	for k, v := range e.header {
		h[k] = v
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.forms)
}

func good(n int, _ url.Values) (int, string) {
	return 200, fmt.Sprintf(`{"access_token":"access-%d","token_type":"Bearer","expires_in":3600}`, n)
}

// tokensOn gives Tokens before an endpoint, and the attempts that it reports.
func tokensOn(e *endpoint, c *clock, change func(*TokenOptions)) (*Tokens, func() []Refresh) {
	var mu sync.Mutex
	var heard []Refresh
	o := TokenOptions{
		AccountsURL: "https://accounts.example/", ClientID: "client", ClientSecret: func() string { return "s3cret-value" },
		Vault: NewMemoryVault(NewCredential("refresh-0")),
		HTTP:  &http.Client{Transport: e}, Now: c.Now,
		Refreshed: func(r Refresh) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, r)
		},
	}
	if change != nil {
		change(&o)
	}
	return NewTokens(o), func() []Refresh {
		mu.Lock()
		defer mu.Unlock()
		return heard
	}
}

func TestAccessIsCachedUntilAMinuteBeforeItsEnd(t *testing.T) {
	e, c := &endpoint{answer: good}, &clock{now: start}
	tokens, heard := tokensOn(e, c, nil)
	for _, step := range []struct {
		move time.Duration
		want string
	}{{0, "access-1"}, {time.Hour - 61*time.Second, "access-1"}, {time.Second, "access-2"}, {time.Minute, "access-2"}} {
		c.move(step.move)
		if got, err := tokens.Access(t.Context()); got != step.want || err != nil {
			t.Fatal(got, err, "want", step.want)
		}
	}
	want := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"refresh-0"}, "client_id": {"client"}, "client_secret": {"s3cret-value"}}
	for _, form := range e.forms {
		if d := cmp.Diff(want, form); d != "" {
			t.Error(d)
		}
	}
	if d := cmp.Diff([]Refresh{{Outcome: "ok", Expiry: start.Add(time.Hour)}, {Outcome: "ok", Expiry: start.Add(2*time.Hour - time.Minute)}}, heard()); d != "" {
		t.Error(d)
	}
}

func TestLifetime(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`{"access_token":"a"}`:                       59 * time.Minute,
		`{"access_token":"a","expires_in":0}`:        59 * time.Minute,
		`{"access_token":"a","expires_in":null}`:     59 * time.Minute,
		`{"access_token":"a","expires_in":"600"}`:    9 * time.Minute,
		`{"access_token":"a","expires_in":10}`:       5 * time.Second,
		`{"access_token":"a","expires_in":99999999}`: 99999999*time.Second - time.Minute,
	} {
		e, c := &endpoint{answer: func(int, url.Values) (int, string) { return 200, body }}, &clock{now: start}
		tokens, _ := tokensOn(e, c, nil)
		for _, step := range []struct {
			move  time.Duration
			count int
		}{{0, 1}, {want - 1, 1}, {1, 2}} {
			c.move(step.move)
			if _, err := tokens.Access(t.Context()); err != nil {
				t.Fatal(body, err)
			}
			if got := e.count(); got != step.count {
				t.Errorf("%s: %d requests at %v, want %d", body, got, c.Now().Sub(start), step.count)
			}
		}
	}
}

func TestSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: good, wait: make(chan struct{})}
		tokens, _ := tokensOn(e, &clock{now: start}, nil)
		ctx, giveUp := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { _, err := tokens.Access(ctx); left <- err }() // the first caller, whose request it is
		synctest.Wait()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if got, err := tokens.Access(t.Context()); got != "access-1" || err != nil {
					t.Error(got, err)
				}
			})
		}
		synctest.Wait()
		giveUp()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error("the caller that gave up:", err)
		}
		close(e.wait)
		wg.Wait()
		if got := e.count(); got != 1 {
			t.Error("requests", got)
		}
	})
}

func TestRenew(t *testing.T) {
	e, c := &endpoint{answer: good}, &clock{now: start}
	tokens, _ := tokensOn(e, c, nil)
	var wg sync.WaitGroup
	first, _ := tokens.Access(t.Context())
	for range 10 {
		wg.Go(func() {
			if got, err := tokens.Renew(t.Context(), first); got != "access-2" || err != nil {
				t.Error(got, err)
			}
		})
	}
	wg.Wait()
	if got := e.count(); got != 2 {
		t.Error("requests", got)
	}
}

func TestTokenErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   string
		says   string
		held   time.Duration // for how long the endpoint is left alone
	}{
		{"revoked", 400, `{"error":"invalid_grant","error_description":"Refresh token revoked"}`, Unauthorized, "six months old", 5 * time.Minute},
		{"bad client", 400, `{"error":"invalid_client","error_description":"Invalid client secret"}`, Unauthorized, "Invalid client secret", 5 * time.Minute},
		{"error with 200", 200, `{"error":"invalid_grant"}`, Unauthorized, "invalid_grant", 5 * time.Minute},
		{"server_error", 400, `{"error":"server_error"}`, Unreachable, "server_error", 0},
		{"500 with a code", 500, `{"error":"invalid_grant"}`, Unreachable, "500", 0},
		{"503 html", 503, "<html>sorry", Unreachable, "an HTML page", 0},
		{"503 text", 503, "upstream connect error", Unreachable, "upstream connect error", 0},
		{"200 html", 200, "<html>Login", Unreachable, "json", 0},
		{"200 empty", 200, "", Unreachable, "json", 0},
		{"200 without token", 200, `{}`, Unreachable, "access_token", 0},
		{"200 huge", 200, `{"access_token":"` + strings.Repeat("x", 70000) + `"}`, Unreachable, "too large", 0},
		{"a token that is none", 200, `{"access_token":"a\r\nX-Evil: 1"}`, Unreachable, "not one that can be sent", 0},
		{"302", 302, "", Unreachable, "302", 0},
		{"307", 307, "", Unreachable, "307", 0},
		{"403 text", 403, "blocked", Unreachable, "blocked", 0},
		{"429", 429, "Too many requests", RateLimited, "Too many requests", 7 * time.Second},
		{"429 for a day", 429, `{"error":{"status":429,"reason":"QUOTA_EXCEEDED"}}`, Quota, "QUOTA_EXCEEDED", 7 * time.Second},
		{"401 refusal", 401, `{"error":"invalid_client"}`, Unauthorized, "401 invalid_client", 5 * time.Minute},
		{"503 html with a code", 503, "<html>{\"error\":\"invalid_grant\"}", Unreachable, "an HTML page", 0},
		{"503 with a code", 503, `{"error":"invalid_grant","error_description":"Refresh token revoked"}`, Unreachable, "503", 0},
		{"200 nested", 200, `{"access_token":"a","x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, Unreachable, "nests too deep", 0},
		{"400 nested", 400, strings.Repeat("[", 20000), Unreachable, "400", 0},
		{"a refresh token that is none", 200, `{"access_token":"a","refresh_token":"a b"}`, Unreachable, "not one that can be kept", 0},
		{"echoes escaped", 400, `{"error":"invalid_request","error_description":"bad refresh\u002d0"}`, Unauthorized, "bad gf…redacted", 5 * time.Minute},
		{"echoes", 400, `{"error":"invalid_request","error_description":"bad refresh-0 for s3cret-value"}`, Unauthorized, "bad gf…redacted for gf…redacted", 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &endpoint{answer: func(int, url.Values) (int, string) { return c.status, c.body },
				header: http.Header{"Location": {"https://evil.example/"}, "Retry-After": {"7"}}}
			cl := &clock{now: start}
			tokens, heard := tokensOn(e, cl, nil)
			_, err := tokens.Access(t.Context())
			got := (*Error)(nil)
			if !errors.As(err, &got) || got.Kind != c.kind || got.Op != opToken || !strings.Contains(got.Error(), c.says) {
				t.Fatalf("%v", err)
			}
			if s := fmt.Sprintf("%v %+v %#v %+v", err, err, err, errors.Unwrap(err)); strings.Contains(s, "refresh-0") || strings.Contains(s, "s3cret") || !oneLine(got.Error()) {
				t.Errorf("says too much: %s", s)
			}
			if r := heard(); len(r) != 1 || r[0].Outcome != "failed" || r[0].Err == nil {
				t.Errorf("%+v", r)
			}
			if c.held > 0 {
				cl.move(c.held - 1)
				if _, err := tokens.Renew(t.Context(), "x"); !errors.Is(err, got) || e.count() != 1 {
					t.Errorf("not left alone: %v, %d requests", err, e.count())
				}
				cl.move(1)
			}
			tokens.Access(t.Context())
			if e.count() != 2 {
				t.Errorf("%d requests", e.count())
			}
		})
	}
}

func TestRefusedThenAccepted(t *testing.T) {
	e, cl := &endpoint{}, &clock{now: start}
	e.answer = func(n int, f url.Values) (int, string) {
		if n == 1 {
			return 400, `{"error":"invalid_grant"}`
		}
		return good(n, f)
	}
	tokens, _ := tokensOn(e, cl, nil)
	if _, err := tokens.Access(t.Context()); err == nil {
		t.Fatal("no error")
	}
	cl.move(5 * time.Minute)
	if got, err := tokens.Access(t.Context()); got != "access-2" || err != nil {
		t.Fatal(got, err)
	}
	if got := e.forms[1].Get("refresh_token"); got != "refresh-0" {
		t.Error("the refused token was not kept:", got)
	}
}

func TestTokenEndpointHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: good, wait: make(chan struct{})}
		tokens, _ := tokensOn(e, &clock{now: start}, nil)
		began := time.Now()
		_, err := tokens.Access(t.Context())
		got := (*Error)(nil)
		if !errors.As(err, &got) || got.Kind != Unreachable || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Error("took", took)
		}
	})
}

// A redirect must not take the refresh token to another host.
func TestTokenRedirectIsNotFollowed(t *testing.T) {
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer evil.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(say(status, "", "Location", evil.URL))
		tokens := NewTokens(TokenOptions{AccountsURL: s.URL, ClientID: "c", Vault: NewMemoryVault(NewCredential("r")), Now: (&clock{now: start}).Now})
		_, err := tokens.Access(t.Context())
		if got := (*Error)(nil); !errors.As(err, &got) || got.Kind != Unreachable || got.Status != status {
			t.Error(err)
		}
		s.Close()
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	e, c := &endpoint{answer: good}, &clock{now: start}
	tokens, _ := tokensOn(e, c, nil)
	if _, err := tokens.Access(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := hide("s3cret-value")
	granted := Granted{Credential: NewCredential("refresh-0"), access: hide("access-1")}
	options := TokenOptions{ClientSecret: s.reveal, Vault: NewMemoryVault(granted.Credential), Granted: granted}
	login := LoginOptions{ClientSecret: "s3cret-value"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "tokens", tokens, "options", options, "login", login, "granted", granted, "credential", granted.Credential)
	encoded, err := json.Marshal(map[string]any{"s": s, "c": granted.Credential, "g": granted})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(encoded)
	for _, v := range []any{s, tokens, &options, options, struct{ s secret }{s}, []secret{s}, login, &login, granted, &granted,
		granted.Credential, &granted.Credential, struct{ c Credential }{granted.Credential}, []Credential{granted.Credential}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			shown += fmt.Sprintf(verb, v) + "\n"
		}
	}
	for _, bad := range []string{"s3cret", "refresh-0", "access-1", fmt.Sprintf("%x", "s3cret"), fmt.Sprintf("%x", "refresh-0")} {
		if strings.Contains(shown, bad) {
			t.Errorf("%q in\n%s", bad, shown)
		}
	}
	if s.String() != "gf…redacted" || s.GoString() != "gf…redacted" || s.reveal() != "s3cret-value" {
		t.Error(s)
	}
}

// FuzzTokenAnswer feeds anything to the token source: an error or a usable token, no panic.
func FuzzTokenAnswer(f *testing.F) {
	f.Add(200, `{"access_token":"a","expires_in":3600}`)
	f.Add(400, `{"error":"invalid_grant","error_description":"Refresh token revoked"}`)
	f.Add(503, "<html>")
	f.Add(200, `{"access_token":1,"expires_in":1e99}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		e := &endpoint{answer: func(int, url.Values) (int, string) { return status, body }}
		tokens, heard := tokensOn(e, &clock{now: start}, nil)
		got, err := tokens.Access(t.Context())
		if (err == nil) != usable(got) || len(heard()) != 1 {
			t.Fatalf("%q, %v, %+v", got, err, heard())
		}
		if err != nil && (!oneLine(err.Error()) || strings.Contains(err.Error(), "s3cret-value")) {
			t.Fatalf("%q", err)
		}
	})
}
