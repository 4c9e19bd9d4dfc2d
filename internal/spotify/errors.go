package spotify

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of an Error, the same words that on_blind gives to a rule.
const (
	RateLimited  = "rate_limited" // 429
	Quota        = "quota"        // 429 QUOTA_EXCEEDED, or one that asks for more than an hour
	Unauthorized = "unauthorized" // 401 with a fresh token too, or the token endpoint refuses ours
	Forbidden    = "forbidden"    // 403
	Unreachable  = "unreachable"  // no answer, 5xx, a redirect, a time-out
	Malformed    = "malformed"    // an answer that cannot be understood
)

// Error is a request that was made and did not give what was asked for.
type Error struct {
	Op            string        // "GET /me/player"
	Kind          string        // one of the constants above
	Status        int           // of the answer; 0: there was none
	Message       string        // Spotify's words or ours, for people: one line, at most 200 characters
	Reason        string        // Spotify's code: "PREMIUM_REQUIRED", "QUOTA_EXCEEDED", "invalid_grant", or ""
	RetryAfter    time.Duration // as asked for by the answer
	HasRetryAfter bool          // false: the answer did not say
	Err           error         // what lies below, or nil
}

// Error reads like "PUT /me/player/pause: forbidden (403 PREMIUM_REQUIRED): Premium required".
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Op, strings.ReplaceAll(e.Kind, "_", " "))
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%s)", strings.TrimSpace(fmt.Sprint(e.Status, " ", e.Reason)))
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + snippet(e.Err.Error()))
	}
	if e.HasRetryAfter {
		fmt.Fprintf(&b, " (retry after %v)", e.RetryAfter)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// ErrNoDevice is what Pause gives for an empty device id, without a request.
var ErrNoDevice = errors.New("pause needs a device id")

// ErrLate is what Pause gives, without a request, when the look behind it has become too old.
var ErrLate = errors.New("the look behind it is too old by now")

// kindOf sorts an answer by its status (facts: 401, 403, 429 in two sorts, 5xx) for a call
// that wanted something else.
func kindOf(status int, reason string, retryAfter time.Duration) string {
	switch {
	case status == 401:
		return Unauthorized
	case status == 403:
		return Forbidden
	case status == 429 && (reason == "QUOTA_EXCEEDED" || retryAfter > time.Hour):
		return Quota
	case status == 429:
		return RateLimited
	case status >= 500, status >= 300 && status < 400, status == 408:
		return Unreachable
	}
	return Malformed
}
