package builtins

import (
	"slices"

	"gatefold/engine"
)

// Need is a permission that rules need of the account's owner, and the places that need it.
type Need struct {
	// Scope is the permission in Spotify's words (https://developer.spotify.com/documentation/web-api/concepts/scopes).
	// "": it cannot be seen which the Calls need, because they name a module as a value. None is to be asked for them.
	Scope string
	Calls []engine.Call // none: every look needs it
}

// scopeOf is the permission behind a call; "" is none.
func scopeOf(call string) string {
	switch call {
	case engine.CallPause, "spotify.transfer", "spotify.volume":
		return "user-modify-playback-state"
	case "spotify.devices":
		return "user-read-playback-state"
	case "spotify.recently_played":
		return "user-read-recently-played"
	case "spotify.replace_playlist":
		return "playlist-modify-private"
	}
	return ""
}

// unseen says that a call is a module as a value, with members that need a permission.
func unseen(call string) bool { return call == "spotify" }

// Needs lists the permissions that looking and the calls of a ruleset need, and no others: first that for looking, then
// in the order of the rules; last, if there are any, the places where it cannot be seen.
func Needs(calls []engine.Call) []Need {
	needs := []Need{{Scope: "user-read-playback-state"}}
	var dark Need
	for _, c := range calls {
		if unseen(c.Name) {
			dark.Calls = append(dark.Calls, c)
		}
		scope := scopeOf(c.Name)
		if scope == "" || scope == needs[0].Scope {
			continue
		}
		i := slices.IndexFunc(needs, func(n Need) bool { return n.Scope == scope })
		if i < 0 {
			needs = append(needs, Need{Scope: scope})
			i = len(needs) - 1
		}
		needs[i].Calls = append(needs[i].Calls, c)
	}
	if dark.Calls != nil {
		needs = append(needs, dark)
	}
	return needs
}
