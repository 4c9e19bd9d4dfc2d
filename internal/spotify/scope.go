package spotify

import (
	"fmt"
	"slices"
	"strings"
)

// The scopes that the calls of this package need.
const (
	ScopeReadPlayback    = "user-read-playback-state"
	ScopeModifyPlayback  = "user-modify-playback-state"
	ScopeRecentlyPlayed  = "user-read-recently-played"
	ScopePlaylistPrivate = "playlist-modify-private"
	ScopePlaylistPublic  = "playlist-modify-public"
)

// ScopeError is a call that the login does not allow. No request was made.
type ScopeError struct {
	Op    string // "PUT /me/player/pause"
	Scope string // the one it needs; "a or b" where either does
}

func (e *ScopeError) Error() string {
	return fmt.Sprintf("%s needs the scope %s, which the login did not grant", e.Op, e.Scope)
}

// Hint says what a person can do.
func (*ScopeError) Hint() string { return hintScope }

// granted tells whether one of the scopes is there. Scopes that are not known, and a call
// that needs none, are for Spotify to judge.
func granted(have, anyOf []string) bool {
	return have == nil || len(anyOf) == 0 ||
		slices.ContainsFunc(anyOf, func(s string) bool { return slices.Contains(have, s) })
}

// readScopes reads the scope of a token answer: a sorted set, nil when nothing is said.
func readScopes(said any) []string {
	list, _ := said.(string)
	var out []string
	for _, s := range strings.Fields(list) {
		if isScope(s) && len(out) < mostScopes {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
