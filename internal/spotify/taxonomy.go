package spotify

import (
	"net/http"
	"strings"
	"time"
)

// Reasons of ours, in lower case, for what Spotify tells by its words alone or does not tell
// at all. Beside them an Error has Spotify's own codes.
const (
	NotLinked           = "not_linked"          // nobody has logged in to the account: Unauthorized, no request
	NotSaved            = "not_saved"           // a new refresh token cannot be saved: Unreachable
	NotRegistered       = "user_not_registered" // the app is in development mode and does not know the user: Forbidden
	OwnerWithoutPremium = "app_owner_premium"   // the app's owner has no Premium: Forbidden
	ScopeMissing        = "insufficient_scope"  // the login did not grant enough: Forbidden, whatever the status
	NotBearer           = "bearer_required"     // the Authorization header did not arrive as it was sent: Unauthorized
)

// recognize gives our reason for an answer that has none of its own, "" if it says nothing
// particular. The words are those seen in practice; an unknown wording is only less precise.
func (a answer) recognize(message string) string {
	message = strings.ToLower(message)
	says := func(s string) bool { return strings.Contains(message, s) }
	switch a.status {
	case http.StatusBadRequest:
		if says("only valid bearer authentication") {
			return NotBearer
		}
	case http.StatusUnauthorized:
		if says("permissions missing") || says("insufficient client scope") || a.challenged(ScopeMissing) {
			return ScopeMissing
		}
	case http.StatusForbidden:
		switch {
		case says("insufficient client scope"), says("permissions missing"), a.challenged(ScopeMissing):
			return ScopeMissing
		case says("not be registered"), says("not registered"):
			return NotRegistered
		case says("premium") && says("owner of the app"):
			return OwnerWithoutPremium
		case says("premium required"):
			return "PREMIUM_REQUIRED"
		}
	}
	return ""
}

// challenged reads the error of RFC 6750, section 3.
func (a answer) challenged(code string) bool {
	return strings.Contains(a.header.Get("WWW-Authenticate"), `error="`+code+`"`)
}

// kindOf sorts an answer by its status (facts: 401, 403, 429 in two sorts, 5xx) for a call
// that wanted something else.
func kindOf(status int, reason string, retryAfter time.Duration) string {
	switch {
	case reason == ScopeMissing, status == 403: // a 401 about scopes is no expired token
		return Forbidden
	case status == 401, reason == NotBearer:
		return Unauthorized
	case status == 429 && (reason == "QUOTA_EXCEEDED" || retryAfter > time.Hour):
		return Quota
	case status == 429:
		return RateLimited
	case status >= 500, status >= 300 && status < 400, status == 408:
		return Unreachable
	}
	return Malformed
}

// Doubtful tells of an answer that may be wrong: since July 2026 valid requests get a 401, or
// a 403 PREMIUM_REQUIRED, and pass a moment later; and a 403 to a pause mostly means that
// nothing was playing any more. Nothing here sleeps, so whoever looks next looks again after
// a second before believing it.
func (e *Error) Doubtful() bool {
	switch e.Status {
	case http.StatusUnauthorized:
		return e.Kind == Unauthorized && e.Op != opToken
	case http.StatusForbidden:
		return e.Reason == "PREMIUM_REQUIRED" || e.Op == opPause
	}
	return false
}
