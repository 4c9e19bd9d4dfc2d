package spotify

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestDecodeError(t *testing.T) {
	for _, c := range []struct{ body, message, reason string }{
		{`{"error":{"status":403,"message":"Player command failed: Restriction violated","reason":"UNKNOWN"}}`, "Player command failed: Restriction violated", "UNKNOWN"},
		{`{"error":{"status":404,"message":"Device not found"}}`, "Device not found", ""},
		{`{"error":{"type":"x.y","description":"old shape"}}`, "old shape", "x.y"},
		{`{"error":"invalid_grant","error_description":"Refresh token revoked"}`, "Refresh token revoked", "invalid_grant"},
		{`{"error":"invalid_client"}`, "", "invalid_client"},
		{`{"error":{"message":7,"reason":["x"],"status":"403"}}`, `{"error":{"message":7,"reason":["x"],"status":"403"}}`, ""},
		{`{"error":null}`, `{"error":null}`, ""},
		{`{"error":{"reason":"NO_ACTIVE_DEVICE"}}`, `{"error":{"reason":"NO_ACTIVE_DEVICE"}}`, "NO_ACTIVE_DEVICE"},
		{`{"error":{"message":"x","reason":"a\nb"}}`, "x", ""},
		{`{"error":`, `{"error":`, ""},
		{"Too many requests\r\n", "Too many requests", ""},
		{"\n <!DOCTYPE html><html>", "an HTML page", ""},
		{"", "", ""},
		{"a\x1b[31m\x00b\n\n\tc\u202ed", "a [31m b c d", ""},
	} {
		message, reason := decodeError([]byte(c.body))
		if message != c.message || reason != c.reason {
			t.Errorf("%s:\n got %q, %q\nwant %q, %q", c.body, message, reason, c.message, c.reason)
		}
	}
	if m, _ := decodeError([]byte(strings.Repeat("é ", 5000))); utf8.RuneCountInString(m) > 201 || !strings.HasSuffix(m, "…") {
		t.Errorf("%d runes: %s", utf8.RuneCountInString(m), m)
	}
}

func FuzzDecodeError(f *testing.F) {
	f.Add([]byte(`{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}`))
	f.Add([]byte(`{"error":"invalid_grant","error_description":"\u0000\u2028"}`))
	f.Add([]byte("<html>\xff"))
	f.Add([]byte(`{"error":{"type":"a.b","description":"x"}}`))
	f.Add([]byte("Check settings on developer.spotify.com/dashboard, the user may not be registered."))
	f.Add([]byte(`{"error":{"status":403,"message":"Player command failed: Restricted device","reason":"UNKNOWN"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		message, reason := decodeError(body)
		if !oneLine(message) || !utf8.ValidString(message) || utf8.RuneCountInString(message) > 201 {
			t.Errorf("message %q", message)
		}
		if len(reason) > 64 || strings.ContainsAny(reason, " \n\"<") {
			t.Errorf("reason %q", reason)
		}
		for _, status := range []int{301, 400, 401, 403, 404, 429, 500} {
			a := answer{op: opPause, command: true, status: status, body: body}
			e := a.asError()
			if !oneLine(e.Error()) || !oneLine(e.Hint()) || e.PauseOutcome() == "paused" || e.Kind == "" {
				t.Errorf("%d: %q", status, e.Error())
			}
			if status == 500 && (e.Kind != Unreachable || e.Doubtful() || e.Hint() != "") {
				t.Errorf("%d: %#v", status, e)
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, v := range []string{"", "0", "6", "49861", "1.2", "-5", "NaN", "+Inf", "1e999", "0x10", "soon", "Sat, 21 Nov 2026 12:00:41 GMT", "99999999999999999999", " 7\t"} {
		f.Add(v)
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, v string) {
		wait, has := retryAfter(http.Header{"Retry-After": {v}}, now)
		if wait < 0 || wait > longest || !has && wait != 0 {
			t.Errorf("%q: %v %v", v, wait, has)
		}
		g := NewGate(Limits{}, GateState{}, now, nil)
		g.Limited(now, RateLimited, wait, has)
		if until, _, ok := g.Blocked(now); !ok || until.Before(now.Add(wait)) {
			t.Errorf("%q: blocked until %v, %v", v, until, ok)
		}
	})
}

func TestPauseOutcome(t *testing.T) {
	for _, c := range []struct {
		status          int
		message, reason string
		want            string
	}{
		{403, "Player command failed: Restriction violated", "UNKNOWN", "already"},
		{403, "Player command failed: Restriction violated", "ALREADY_PAUSED", "already"},
		{403, "Restriction violated", "", "already"},
		{403, "", "ALREADY_PAUSED", "already"},
		{403, "Restriction violated", "CONTEXT_DISALLOW", "failed"},
		{403, "Player command failed: Restricted device", "UNKNOWN", "restricted"},
		{403, "x", "DEVICE_NOT_CONTROLLABLE", "restricted"},
		{403, "x", "REMOTE_CONTROL_DISALLOW", "restricted"},
		{403, "Player command failed: Premium required", "PREMIUM_REQUIRED", "premium"},
		{403, "Premium required", "", "premium"},
		{403, "Insufficient client scope", "", "failed"},
		{403, "Check settings on developer.spotify.com/dashboard, the user may not be registered.", "", "failed"},
		{404, "Device not found", "", "gone"},
		{404, "Player command failed: No active device found", "NO_ACTIVE_DEVICE", "gone"},
		{500, "Restriction violated", "UNKNOWN", "failed"},
		{401, "The access token expired", "", "failed"},
		{429, "API rate limit exceeded", "", "failed"},
		{411, "", "", "failed"},
		{0, "", "", "failed"},
	} {
		e := &Error{Status: c.status, Message: c.message, Reason: c.reason}
		if got := PauseOutcome(fmt.Errorf("home: %w", e)); got != c.want {
			t.Errorf("%d %q %s: %s, want %s", c.status, c.message, c.reason, got, c.want)
		}
	}
	if got := PauseOutcome(nil); got != "paused" {
		t.Error(got)
	}
	for _, err := range []error{&WaitError{}, ErrNoDevice} {
		if got := PauseOutcome(err); got != "failed" {
			t.Errorf("%v: %s", err, got)
		}
	}
}

func TestErrorReads(t *testing.T) {
	for _, c := range []struct {
		err  *Error
		want string
	}{
		{&Error{Op: "PUT /me/player/pause", Kind: Forbidden, Status: 403, Reason: "PREMIUM_REQUIRED", Message: "Premium required"},
			"PUT /me/player/pause: forbidden (403 PREMIUM_REQUIRED): Premium required"},
		{&Error{Op: opPlayer, Kind: RateLimited, Status: 429, Message: "Too many requests", RetryAfter: 41 * time.Second, HasRetryAfter: true},
			"GET /me/player: rate limited (429): Too many requests (retry after 41s)"},
		{&Error{Op: opPlayer, Kind: Unreachable, Err: errors.New("connection\nrefused")}, "GET /me/player: unreachable: connection refused"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header string
		want   time.Duration
		has    bool
	}{
		{"", 0, false},
		{"0", 0, true},
		{" 6 ", 6 * time.Second, true},
		{"49861", 49861 * time.Second, true},
		{"1.2", 2 * time.Second, true},
		{"-5", 0, false},
		{"soon", 0, false},
		{"NaN", 0, false},
		{"99999999999999999999", longest, true},
		{"1e999", longest, true},
		{"Sat, 21 Nov 2026 12:00:41 GMT", 41 * time.Second, true},
		{"Sat, 21 Nov 2026 11:00:00 GMT", 0, true},
		{"Sat, 21 Nov 9999 11:00:00 GMT", longest, true},
	} {
		h := http.Header{}
		if c.header != "" {
			h.Set("Retry-After", c.header)
		}
		if got, has := retryAfter(h, now); got != c.want || has != c.has {
			t.Errorf("%q: %v %v, want %v %v", c.header, got, has, c.want, c.has)
		}
	}
}
