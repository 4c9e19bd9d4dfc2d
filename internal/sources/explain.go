package sources

import (
	"errors"

	"gatefold/internal/spotify"
)

// explain is an error for people: what happened, and what to do about it. login
// is the command that links the account anew; "" if there is none.
func explain(err error, login string) string {
	text := err.Error()
	var scope *spotify.ScopeError
	var failed *spotify.Error
	hint := ""
	switch {
	case errors.As(err, &scope):
		hint = scope.Hint()
	case errors.As(err, &failed):
		hint = failed.Hint()
	}
	if login != "" && mendedByLogin(scope, failed) {
		hint = "type: " + login
	}
	if hint == "" {
		return text
	}
	return text + "; " + hint
}

// mendedByLogin says whether a new login is what an error calls for.
func mendedByLogin(scope *spotify.ScopeError, failed *spotify.Error) bool {
	if scope != nil {
		return true
	}
	if failed == nil {
		return false
	}
	switch failed.Reason {
	case spotify.NotLinked, spotify.ScopeMissing, "invalid_grant", "invalid_scope":
		return true
	}
	return false
}
