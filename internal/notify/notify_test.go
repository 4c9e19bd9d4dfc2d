package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestNtfy(t *testing.T) {
	f, c := newFake(t), newClock()
	receipt, err := f.ntfy(t, c).Send(context.Background(), message())
	if err != nil || receipt.Status != 200 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	r := f.requests()[0]
	if r.method != "POST" || r.path != topic || string(r.body) != "Bob's Laptop plays Blue Train (https://open.spotify.com/track/1)" {
		t.Errorf("%s %s %q", r.method, r.path, r.body)
	}
	for name, want := range map[string]string{
		"Title": "gatefold: home", "Authorization": "Bearer " + hush, "Content-Type": "text/plain; charset=utf-8", "User-Agent": "gatefold",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if id := r.header.Get("X-Sequence-ID"); len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		t.Errorf("sequence id %q", id)
	}
}

func TestNtfyWithoutToken(t *testing.T) {
	f, c := newFake(t), newClock()
	target, err := NewNtfy(Options{URL: text(f.url + topic), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	long := Message{ID: "1", Parts: []Part{{Text: strings.Repeat("é", 3000)}}}
	if _, err := target.Send(context.Background(), long); err != nil {
		t.Fatal(err)
	}
	r := f.requests()[0]
	if r.header.Get("Authorization") != "" || r.header.Get("Title") != "gatefold" {
		t.Errorf("headers %v", r.header)
	}
	if n := len(r.body); n > 4096 || n < 4090 || !utf8.Valid(r.body) || !strings.HasSuffix(string(r.body), "é…") {
		t.Errorf("%d bytes, ends in %q", n, r.body[n-8:])
	}
}

func TestWebhook(t *testing.T) {
	f, c := newFake(t), newClock()
	f.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	target := f.webhook(t, c)
	if _, err := target.Send(context.Background(), message()); err == nil {
		t.Fatal("a 503 is no error")
	}
	c.now = c.now.Add(time.Minute)
	f.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	if receipt, err := target.Send(context.Background(), message()); err != nil || receipt.Status != 204 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	all := f.requests()
	for i, r := range all {
		var p map[string]any
		if err := json.Unmarshal(r.body, &p); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"version": 1.0, "id": "1f/2", "account": "home", "target": "ops", "time": "2026-03-02T21:03:59.5Z",
			"text":  "Bob's Laptop plays Blue Train (https://open.spotify.com/track/1)",
			"links": []any{map[string]any{"text": "Blue Train", "url": "https://open.spotify.com/track/1"}},
		}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("try %d: %v", i, p)
		}
		if r.method != "POST" || r.path != topic+"?q=hidden-query" || r.header.Get("Gatefold-Id") != "1f/2" || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("try %d: %s %s %v", i, r.method, r.path, r.header)
		}
		at := newClock().now.Add(time.Duration(i) * time.Minute)
		if got := r.header.Get("Gatefold-Signature"); got != sign(hush, at, r.body) {
			t.Errorf("try %d is signed %s", i, got)
		}
	}
	if len(all) != 2 || string(all[0].body) != string(all[1].body) || all[0].header.Get("Gatefold-Signature") == all[1].header.Get("Gatefold-Signature") {
		t.Error("two tries: the body must be the same, and the time stamp another")
	}
}

// The signature was made with another tool: printf '1772485440.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
func TestSign(t *testing.T) {
	want := "t=1772485440,v1=4ceb08506cd27c20815208ed447bcbc9410db7b0103957bde7f14e19d04949cb"
	if got := sign("0123456789abcdef", time.Unix(1772485440, 999), []byte("{}")); got != want {
		t.Errorf("got %s", got)
	}
}

func TestAnswers(t *testing.T) {
	const temporary, permanent, credential, wait = "temporary", "permanent", "credential", "wait"
	for _, x := range []struct {
		status        int
		retryAfter    string
		ntfy, webhook string // what kind of error it is
		until         time.Duration
	}{
		{200, "", "", "", 0}, {299, "5", "", "", 0},
		{301, "", temporary, temporary, 0}, {307, "", temporary, temporary, 0},
		{400, "", permanent, permanent, 0}, {401, "", credential, credential, 0}, {403, "", credential, credential, 0},
		{404, "", permanent, temporary, 0}, {408, "", temporary, temporary, 0}, {409, "", permanent, temporary, 0},
		{410, "", permanent, permanent, 0}, {413, "", permanent, permanent, 0}, {422, "", permanent, permanent, 0},
		{429, "", wait, wait, 30 * time.Second}, {429, "7", wait, wait, 7 * time.Second}, {429, "0", wait, wait, time.Second},
		{429, "999999999", wait, wait, time.Hour}, {429, "soon", wait, wait, 30 * time.Second}, {429, "-5", wait, wait, time.Second},
		{429, "Mon, 02 Mar 2026 21:06:00 GMT", wait, wait, 2 * time.Minute}, {429, "Mon, 02 Mar 2020 21:06:00 GMT", wait, wait, time.Second},
		{500, "", temporary, temporary, 0}, {500, "7", temporary, temporary, 0},
		{503, "", temporary, temporary, 0}, {503, "7", wait, wait, 7 * time.Second}, {507, "9", wait, wait, 9 * time.Second},
	} {
		for _, kind := range []string{"ntfy", "webhook"} {
			f, c := newFake(t), newClock()
			f.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", f.url+"/elsewhere")
				if x.retryAfter != "" {
					w.Header().Set("Retry-After", x.retryAfter)
				}
				w.WriteHeader(x.status)
			}
			target, want := f.ntfy(t, c), x.ntfy
			if kind == "webhook" {
				target, want = f.webhook(t, c), x.webhook
			}
			_, err := target.Send(context.Background(), message())
			if got := classOf(err); got != want {
				t.Errorf("%s, status %d %s: %q (%v), want %q", kind, x.status, x.retryAfter, got, err, want)
			}
			if n := len(f.requests()); n != 1 {
				t.Errorf("%s, status %d: %d requests", kind, x.status, n)
			}
			said(t, err)
			if later := (*WaitError)(nil); errors.As(err, &later) && !later.RetryAt().Equal(c.now.Add(x.until)) {
				t.Errorf("%s, status %d %s: until %s", kind, x.status, x.retryAfter, later.Until)
			}
		}
	}
}

func classOf(err error) string {
	var wait *WaitError
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &wait):
		return "wait"
	case errors.As(err, &e) && e.Permanent():
		return "permanent"
	case errors.As(err, &e) && e.Credential():
		return "credential"
	case errors.As(err, &e):
		return "temporary"
	}
	return "odd"
}

// said checks that an error names the host and nothing that is nobody's business.
func said(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	text := fmt.Sprintf("%s %+v %#v", err, err, err)
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		text += fmt.Sprintf(" %s %+v %#v", inner, inner, inner)
	}
	if strings.Contains(text, "hidden") || strings.Contains(text, "Laptop") {
		t.Errorf("said too much: %s", text)
	}
}

// Nothing is sent before a target's Retry-After has ended, by whichever account.
func TestHold(t *testing.T) {
	f, c := newFake(t), newClock()
	f.answer = func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "60"); w.WriteHeader(429) }
	target := f.ntfy(t, c)
	_, _ = target.Send(context.Background(), message())
	f.answer = nil
	c.now = c.now.Add(59 * time.Second)
	_, err := target.Send(context.Background(), Message{ID: "another", Account: "office"})
	if wait := (*WaitError)(nil); !errors.As(err, &wait) || !wait.Until.Equal(c.now.Add(time.Second)) || len(f.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(f.requests()))
	}
	c.now = c.now.Add(-48 * time.Hour) // a clock that was set back waits no longer than was asked
	_, err = target.Send(context.Background(), message())
	if wait := (*WaitError)(nil); !errors.As(err, &wait) || !wait.Until.Equal(c.now.Add(time.Minute)) {
		t.Errorf("a clock that was set back: %v", err)
	}
	c.now = c.now.Add(49 * time.Hour)
	if _, err := target.Send(context.Background(), message()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := newFake(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		f, c := newFake(t), newClock()
		f.answer = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.url, status) }
		_, err := f.ntfy(t, c).Send(context.Background(), message())
		if classOf(err) != "temporary" || len(other.requests()) != 0 {
			t.Errorf("%d: %v, %d requests elsewhere", status, err, len(other.requests()))
		}
	}
}

// What is sent is sent, whatever the answer says beside its status.
func TestLongAnswer(t *testing.T) {
	f, c := newFake(t), newClock()
	f.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat("x", 10<<20))) }
	if _, err := f.webhook(t, c).Send(context.Background(), message()); err != nil {
		t.Error(err)
	}
	f.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("cut off"))
	}
	if _, err := f.webhook(t, c).Send(context.Background(), message()); err != nil {
		t.Error(err)
	}
}

func TestNoAnswer(t *testing.T) {
	c := newClock()
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = quiet()
	tlsServer.StartTLS()
	defer tlsServer.Close()
	plain := newFake(t)
	silent := newFake(t)
	release := make(chan struct{})
	silent.answer = func(_ http.ResponseWriter, r *http.Request) { <-release }
	defer close(release)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	resets := newFake(t)
	resets.answer = func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}
	junk := newFake(t)
	junk.answer = func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte("hidden\x1b[2Jjunk\r\n\r\n"))
			_ = conn.Close()
		}
	}
	for want, address := range map[string]string{
		"tls": tlsServer.URL, "tls (": "https" + strings.TrimPrefix(plain.url, "http"), "timeout": silent.url, "refused": gone.URL,
		"reset": resets.url, "network": junk.url, "no_such_host": "https://nobody.invalid",
	} {
		patience := time.Minute // machines are slow at times
		if want == "timeout" {
			patience = 100 * time.Millisecond
		}
		target, err := NewWebhook(Options{Name: "ops", URL: text(address + topic), Secret: text(hush), Now: c.Now, Timeout: patience})
		if err != nil {
			t.Fatal(err)
		}
		_, err = target.Send(context.Background(), message())
		if classOf(err) != "temporary" || !strings.Contains(err.Error(), ": "+want) {
			t.Errorf("want %s: %s (%v)", want, classOf(err), err)
		}
		said(t, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := plain.ntfy(t, c).Send(ctx, message()); !errors.Is(err, context.Canceled) || classOf(err) != "temporary" {
		t.Errorf("canceled: %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	c := newClock()
	for address, want := range map[string]string{
		"": "no address", "hidden": "is no URL", "http://example.com/hidden": "must begin with https", "https://u:hidden@example.com/x": "user and password",
		"https://example.com/x#hidden": "no # in it", "https://example.com": "lacks the topic", "https:///hidden": "is no URL",
		"https://example.com/hid den": "is no URL", "ftp://127.0.0.1/hidden": "must begin with https", "http://localhost.example.com/hidden": "must begin with https",
	} {
		_, err := NewNtfy(Options{URL: text(address), Now: c.Now})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		said(t, err)
	}
	for _, address := range []string{"https://ntfy.sh/x", "http://127.0.0.1:80/x", "http://[::1]/x", "http://localhost/x"} {
		if target, err := NewNtfy(Options{URL: text(address), Now: c.Now}); err != nil || strings.Contains(target.Host(), "/") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, key := range []Secret{nil, text(""), text("short")} {
		if _, err := NewWebhook(Options{URL: text("https://h/x"), Secret: key, Now: c.Now}); err == nil || !strings.Contains(err.Error(), "the key that signs is missing or shorter than 16") {
			t.Errorf("a bad key: %v", err)
		}
	}
	if _, err := NewNtfy(Options{URL: text("https://h/x")}); err == nil {
		t.Error("no clock is needed")
	}
}

// A key that goes while gatefold runs does not make it send unsigned.
func TestNeverUnsigned(t *testing.T) {
	f, c := newFake(t), newClock()
	key := hush
	target, err := NewWebhook(Options{URL: text(f.url), Secret: func() string { return key }, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	key = ""
	if _, err := target.Send(context.Background(), message()); classOf(err) != "credential" || len(f.requests()) != 0 {
		t.Errorf("%v, %d requests", err, len(f.requests()))
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	f, c := newFake(t), newClock()
	for _, target := range []*Target{f.ntfy(t, c), f.webhook(t, c)} {
		text := fmt.Sprintf("%v %+v %#v %s %+v %#v", target, target, target, target, target.form, target.form)
		if strings.Contains(text, "hidden") {
			t.Error(text)
		}
	}
}
