package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPostSendsOneForm(t *testing.T) {
	f := newFake(t)
	p, _ := newPoster(t, f)
	parts := []Part{{Text: "*Bob's <Laptop>* & "}, {Text: "who?", URL: "https://example.org/?a=1&b=2"}}
	got, err := p.Post(t.Context(), "#music", Card{Parts: parts})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Receipt{Channel: "C0MUSIC", TS: "1700000000.000001"}); got != want {
		t.Errorf("receipt %+v, want %+v", got, want)
	}
	want := url.Values{
		"token":        {testToken},
		"channel":      {"#music"},
		"text":         {"*Bob's &lt;Laptop&gt;* &amp; <https://example.org/?a=1&amp;b=2|who?>"},
		"parse":        {"none"},
		"link_names":   {"false"},
		"unfurl_links": {"false"},
		"unfurl_media": {"false"},
	}
	if diff := cmp.Diff(want, f.lastForm(t)); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	if f.paths[0] != "/api/chat.postMessage" {
		t.Errorf("path %q", f.paths[0])
	}
}

func TestPostFailures(t *testing.T) {
	huge := `{"ok":true,"ts":"1","pad":"` + strings.Repeat("x", maxAnswer) + `"}`
	tests := []struct {
		name   string
		answer http.HandlerFunc
		code   string
		class  Class
		says   string
	}{
		{"no such channel", refuse("channel_not_found"), "channel_not_found", Permanent, "/invite the bot"},
		{"not in channel", refuse("not_in_channel"), "not_in_channel", Permanent, "/invite"},
		{"archived", refuse("is_archived"), "is_archived", Permanent, "archived"},
		{"too long", refuse("msg_too_long"), "msg_too_long", Permanent, ""},
		{"no text", refuse("no_text"), "no_text", Permanent, ""},
		{"restricted", refuse("restricted_action"), "restricted_action", Permanent, ""},
		{"restricted, a newer kind", refuse("restricted_action_read_only_channel"), "restricted_action_read_only_channel", Permanent, ""},
		{"bad token", refuse("invalid_auth"), "invalid_auth", Credential, "gatefold secret set"},
		{"inactive", refuse("account_inactive"), "account_inactive", Credential, "gatefold secret set"},
		{"revoked", refuse("token_revoked"), "token_revoked", Credential, "gatefold secret set"},
		{"expired", refuse("token_expired"), "token_expired", Credential, "gatefold secret set"},
		{"scope", reply(200, `{"ok":false,"error":"missing_scope","needed":"chat:write:bot","provided":"x"}`),
			"missing_scope", Credential, "chat:write:bot"},
		{"internal", refuse("internal_error"), "internal_error", Temporary, ""},
		{"a code nobody knows", refuse("planets_misaligned"), "planets_misaligned", Temporary, ""},
		{"a code that is no code", reply(200, `{"ok":false,"error":"line\nbreak `+testToken+`"}`), "unknown_error", Temporary, ""},
		{"ok false without a code", reply(200, `{"ok":false}`), "unknown_error", Temporary, ""},
		{"500", reply(500, `{"ok":true,"ts":"1"}`), "http_500", Temporary, ""},
		{"503 html", reply(503, `<html>`), "http_503", Temporary, ""},
		{"404", reply(404, `nothing here`), "http_404", Temporary, "slack.api_url"},
		{"html", reply(200, `<!doctype html><p>`+testToken), "malformed", Temporary, ""},
		{"empty", reply(200, ``), "malformed", Temporary, ""},
		{"empty object", reply(200, `{}`), "malformed", Temporary, ""},
		{"null", reply(200, `null`), "malformed", Temporary, ""},
		{"list", reply(200, `[]`), "malformed", Temporary, ""},
		{"ok is text", reply(200, `{"ok":"true"}`), "malformed", Temporary, ""},
		{"truncated", reply(200, `{"ok":true,"ts":"1`), "malformed", Temporary, ""},
		{"huge", reply(200, huge), "too_large", Temporary, ""},
		{"reset", reset, "network", Temporary, ""},
		{"cut off", reply(200, `{"ok":`, "Content-Length", "500"), "network", Temporary, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.answer)
			p, _ := newPoster(t, f)
			_, err := p.Post(t.Context(), "#music", card("hello"))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %#v, want *Error", err)
			}
			if e.Code != tt.code || e.Class != tt.class {
				t.Errorf("code %q class %d, want %q %d: %v", e.Code, e.Class, tt.code, tt.class, err)
			}
			if e.Permanent() != (tt.class == Permanent) || e.Credential() != (tt.class == Credential) {
				t.Errorf("methods disagree with class %d", tt.class)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
			if all := fmt.Sprintf("%v %+v %#v %#v", err, err, err, errors.Unwrap(err)); strings.Contains(all, testToken) {
				t.Errorf("the token shows: %s", all)
			}
			if f.posts() != 1 {
				t.Errorf("%d requests, want 1", f.posts())
			}
		})
	}
}

func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// slack-go reads the message back; what it cannot read there must not look like a failed post, which would be repeated.
func TestPostTakenIsTaken(t *testing.T) {
	for _, body := range []string{
		`{"ok":true}`,
		`{"ok":true,"ts":17,"channel":{"id":"C1"}}`,
		`{"ok":true,"ts":"1","channel":"C1","errors":[{"what":"ever"}],"message":"not an object"}`,
		`{"ok":true,"error":"","warning":5,"response_metadata":[]}`,
	} {
		f := newFake(t, reply(200, body))
		p, _ := newPoster(t, f)
		if _, err := p.Post(t.Context(), "#music", card("x")); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestPostNothingToSend(t *testing.T) {
	tests := []struct {
		channel string
		parts   []Part
		code    string
	}{
		{"#music", nil, "no_text"},
		{"#music", say(" \n\u202e\x00"), "no_text"},
		{"", say("x"), "no_channel"},
		{strings.Repeat("c", 1000), say("x"), "no_channel"},
	}
	for _, tt := range tests {
		f := newFake(t)
		p, _ := newPoster(t, f)
		_, err := p.Post(t.Context(), tt.channel, Card{Parts: tt.parts})
		var e *Error
		if !errors.As(err, &e) || e.Code != tt.code || !e.Permanent() || f.posts() != 0 {
			t.Errorf("%.20q %q: %v after %d requests, want %s without one", tt.channel, tt.parts, err, f.posts(), tt.code)
		}
	}
}

func TestPostTimeOut(t *testing.T) {
	release := make(chan struct{})
	hang := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}
	slowBody := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"ok":`))
		_ = http.NewResponseController(w).Flush()
		hang(w, r)
	}
	for name, answer := range map[string]http.HandlerFunc{"no answer": hang, "half an answer": slowBody} {
		f := newFake(t, answer)
		p, err := New(Options{APIURL: f.URL, Token: func() string { return testToken }, Now: newClock().Now, Timeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Post(t.Context(), "#music", card("x"))
		var e *Error
		if !errors.As(err, &e) || e.Code != "timeout" || e.Class != Temporary || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want a temporary time-out", name, err)
		}
	}
	close(release)
}

func TestPostCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFake(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	p, _ := newPoster(t, f)
	_, err := p.Post(ctx, "#music", card("x"))
	var e *Error
	if !errors.As(err, &e) || e.Code != "canceled" || !errors.Is(err, context.Canceled) {
		t.Errorf("during: %v", err)
	}
	if _, err = p.Post(ctx, "#other", card("x")); !errors.Is(err, context.Canceled) || f.posts() != 1 {
		t.Errorf("before: %v, %d requests", err, f.posts())
	}
}

func TestPostFollowsNoRedirect(t *testing.T) {
	var reached bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		f := newFake(t, reply(status, "", "Location", elsewhere.URL+"/chat.postMessage"))
		p, _ := newPoster(t, f)
		_, err := p.Post(t.Context(), "#music", card("x"))
		var e *Error
		if !errors.As(err, &e) || e.Code != "redirect" || reached {
			t.Errorf("%d: %v, reached the other host: %v", status, err, reached)
		}
	}
}

// A transport may put the request into its error; nobody may read the token there.
func TestPostScrubsTheToken(t *testing.T) {
	p, err := New(Options{Token: func() string { return testToken }, Now: newClock().Now,
		HTTP: &http.Client{Transport: tellTale{}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Post(t.Context(), "#music", card("x"))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if all := fmt.Sprintf("%v %+v %#v %#v", err, err, err, e.Err); strings.Contains(all, testToken) || !strings.Contains(all, redacted) {
		t.Errorf("error says %s", all)
	}
}

type tellTale struct{}

func (tellTale) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("cannot send %v", r.PostForm)
}

func TestTokenIsNotPrinted(t *testing.T) {
	o := Options{Token: func() string { return testToken }, Now: newClock().Now}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	hidden := struct{ o Options }{o}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{o.Token, o, hidden, p, *p} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, testToken) || strings.Contains(s, fmt.Sprintf("%x", testToken)) {
				t.Errorf("%s of %T: %s", verb, v, s)
			}
		}
	}
	if s := fmt.Sprintf("%v|%s|%#v|%v", o.Token, o.Token, o.Token, o.Token.LogValue()); s != strings.Repeat(redacted+"|", 3)+redacted {
		t.Errorf("token prints as %s", s)
	}
	if b, err := json.Marshal(o.Token); err != nil || string(b) != `"`+redacted+`"` {
		t.Errorf("json: %s, %v", b, err)
	}
}

func TestPostAsksForTheTokenEachTime(t *testing.T) {
	f := newFake(t)
	tokens := []string{"xoxb-old", "xoxb-new", ""}
	c := newClock()
	p, err := New(Options{APIURL: f.URL, Now: c.Now, Token: func() string {
		var next string
		next, tokens = tokens[0], tokens[1:]
		return next
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"xoxb-old", "xoxb-new"} {
		if _, err := p.Post(t.Context(), "#music", card("x")); err != nil {
			t.Fatal(err)
		}
		if got := f.lastForm(t).Get("token"); got != want {
			t.Errorf("token %q, want %q", got, want)
		}
		c.Advance(time.Second)
	}
	_, err = p.Post(t.Context(), "#music", card("x"))
	var e *Error
	if !errors.As(err, &e) || !e.Credential() || f.posts() != 2 {
		t.Errorf("without a token: %v, %d requests", err, f.posts())
	}
}

func TestNewRefuses(t *testing.T) {
	token, now := Token(func() string { return testToken }), newClock().Now
	tests := map[string]Options{
		"no token": {Now: now},
		"no clock": {Token: token},
		"negative": {Token: token, Now: now, Timeout: -1},
		"scheme":   {Token: token, Now: now, APIURL: "ftp://slack.com/"},
		"no host":  {Token: token, Now: now, APIURL: "https:///api"},
		"user":     {Token: token, Now: now, APIURL: "https://me:" + testToken + "@slack.com/"},
		"query":    {Token: token, Now: now, APIURL: "https://slack.com/api?x=" + testToken},
		"not one":  {Token: token, Now: now, APIURL: "https://slack.com/%zz" + testToken},
	}
	for name, o := range tests {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), testToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for raw, want := range map[string]string{
		"":                         DefaultAPIURL,
		"https://slack.com/api":    "https://slack.com/api/",
		"https://slack.com/api/":   "https://slack.com/api/",
		"http://127.0.0.1:99/x///": "http://127.0.0.1:99/x/",
		"http://[::1]:99":          "http://[::1]:99/",
	} {
		if got, err := baseURL(raw); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", raw, got, err, want)
		}
	}
}
