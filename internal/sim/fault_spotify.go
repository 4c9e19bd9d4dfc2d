package sim

import (
	"net/http"
	"slices"
	"time"
)

func spotifyKinds() []string {
	kinds := append(sharedKinds(), KindSpurious401, KindSpuriousPremium, KindQuota, KindStale, KindDelay, KindRevoked)
	return append(kinds, webKinds()...)
}

// webKinds are the kinds that the accounts service does not have.
func webKinds() []string {
	return []string{KindBadToken, KindOnlyBearer, KindUnregistered, KindOwnerPremium, KindOwnerPremiumText}
}

// canHit reports whether this kind of fault exists at this part of a service.
func (f Fault) canHit(path string) bool {
	switch {
	case f.Kind == KindRevoked:
		return path == pathToken
	case slices.Contains(webKinds(), f.Kind):
		return !isAccounts(path)
	case slices.Contains(socketKinds(), f.Kind):
		return path == pathSocket
	case path == pathSocket: // a handshake, which has no body
		return !slices.Contains([]string{KindLost, KindStall, KindTruncated, KindRatelimited, KindChannelNotFound, KindError}, f.Kind)
	}
	return true
}

// spotify is the faulty answer of Spotify; honest asks the service proper.
func (f Fault) spotify(now time.Time, honest func() answer) answer {
	switch f.Kind {
	case KindSpurious401:
		return refusal(http.StatusUnauthorized, "Access token missing", "")
	case KindSpuriousPremium:
		return refusal(http.StatusForbidden, "Player command failed: Premium required", "PREMIUM_REQUIRED")
	case KindRate:
		return f.retry(f.worded(rateExceeded()), now)
	case KindQuota:
		return f.retry(quotaExceeded(), now)
	case KindStale, KindDelay:
		return honest()
	case KindBadToken:
		return f.badToken()
	case KindOnlyBearer:
		return onlyBearer()
	case KindUnregistered:
		return textAnswer(http.StatusForbidden, "Check settings on developer.spotify.com/dashboard, the user may not be registered.")
	case KindOwnerPremium:
		return refusal(http.StatusForbidden, ownerPremium, "")
	case KindOwnerPremiumText:
		return textAnswer(http.StatusForbidden, ownerPremium+".")
	case KindRevoked:
		return refreshRevoked()
	}
	return f.common(now, honest)
}

// ownerPremium is what every call is answered when the app's owner has no Premium.
const ownerPremium = "Active premium subscription required for the owner of the app"

// badToken in the wording that the script wants: it has changed over the years.
func (f Fault) badToken() answer {
	if f.Body == "" {
		return badToken("Invalid access token")
	}
	return badToken(f.Body)
}
