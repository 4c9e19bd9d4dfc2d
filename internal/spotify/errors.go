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
	Unauthorized = "unauthorized" // 401 with a fresh token too, the token endpoint refuses ours, or not linked
	Forbidden    = "forbidden"    // 403
	Unreachable  = "unreachable"  // no answer, 5xx, a redirect, a time-out; the vault does not work
	Malformed    = "malformed"    // an answer that cannot be understood

	// Gone is what only a command gives: 404, there is no such device or playlist (any more).
	Gone = "gone"
)

// Error is a request that was made and did not give what was asked for, or one that could
// not be made for want of a credential.
type Error struct {
	Op            string        // "GET /me/player"
	Kind          string        // one of the constants above
	Status        int           // of the answer; 0: there was none
	Message       string        // Spotify's words or ours, for people: one line, at most 200 characters
	Reason        string        // Spotify's code ("PREMIUM_REQUIRED", "QUOTA_EXCEEDED", "invalid_grant"), one of ours (NotLinked), or ""
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

// ErrNoDevice is what Pause and Transfer give for an empty device id, without a request.
var ErrNoDevice = errors.New("there is no device id: that device takes no commands")

// ErrLate is what Pause gives, without a request, when the look behind it has become too old.
var ErrLate = errors.New("the look behind it is too old by now")
