package sim

import (
	"slices"
	"strings"
)

// The scopes that requests need.
const (
	scopeReadPlayer    = "user-read-playback-state"
	scopeModifyPlayer  = "user-modify-playback-state"
	scopeReadRecent    = "user-read-recently-played"
	scopeModifyPublic  = "playlist-modify-public"
	scopeModifyPrivate = "playlist-modify-private"
)

// knownScopes are all that Spotify has; an app that asks for another one is refused.
func knownScopes() []string {
	return []string{scopeReadPlayer, scopeModifyPlayer, scopeReadRecent, scopeModifyPublic, scopeModifyPrivate,
		"app-remote-control", "playlist-read-collaborative", "playlist-read-private", "streaming", "ugc-image-upload",
		"user-follow-modify", "user-follow-read", "user-library-modify", "user-library-read", "user-personalized",
		"user-read-currently-playing", "user-read-email", "user-read-playback-position", "user-read-private", "user-top-read"}
}

// scopes are what a grant allows; nil = everything.
type scopes []string

// asScopes reads the parameter "scope": separated by spaces, in any order, perhaps empty.
func asScopes(list string) scopes {
	s := scopes{}
	for name := range strings.FieldsSeq(list) {
		if !slices.Contains(s, name) {
			s = append(s, name)
		}
	}
	return s
}

func (s scopes) allow(name string) bool {
	return s == nil || slices.Contains(s, name)
}

// unknown reports whether one of them does not exist.
func (s scopes) unknown() bool {
	known := knownScopes()
	return slices.ContainsFunc(s, func(name string) bool { return !slices.Contains(known, name) })
}

// String is the value of "scope" in an answer of the token endpoint.
func (s scopes) String() string {
	if s == nil {
		return strings.Join(knownScopes(), " ")
	}
	return strings.Join(s, " ")
}

// playerScope is the scope that a part of the player needs; "" = it is not one of the player's.
func playerScope(path string) string {
	switch path {
	case pathPlayer, pathDevices:
		return scopeReadPlayer
	case pathRecent:
		return scopeReadRecent
	case pathPause, pathPlay, pathTransfer, pathVolume:
		return scopeModifyPlayer
	}
	return ""
}
