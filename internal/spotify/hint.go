package spotify

import "net/http"

const hintScope = "log in again, and grant everything that is asked for"

// Hint says what a person can do about it, "" when there is nothing but to wait.
func (e *Error) Hint() string {
	switch e.Reason {
	case NotLinked:
		return "log in to the account"
	case NotSaved:
		return "make the store writable before gatefold stops: the new refresh token is only in its memory, and the old one is dead"
	case NotRegistered:
		return "add the user in the dashboard of developer.spotify.com, in the app's settings under User Management"
	case OwnerWithoutPremium:
		return "the owner of the app in the dashboard of developer.spotify.com needs an active Premium subscription"
	case "PREMIUM_REQUIRED":
		return "the account needs Premium; if it has it, this passes by itself"
	case ScopeMissing, "invalid_scope":
		return hintScope
	case NotBearer:
		return "something between here and Spotify changes the Authorization header: look at the proxy"
	case "invalid_grant":
		return "log in again"
	case "access_denied":
		return "log in again, and agree"
	case "invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type":
		return "compare the client id and the client secret with the dashboard of developer.spotify.com"
	case "redirect_uri_mismatch":
		return hintRedirect
	case "DEVICE_NOT_CONTROLLABLE", "REMOTE_CONTROL_DISALLOW":
		return "this device takes no commands: only its own controls stop it"
	case "VOLUME_CONTROL_DISALLOW":
		return "the volume of this device can only be changed on it"
	}
	switch {
	case e.Kind == Quota:
		return "the quota of the developer account is used up, and all its client ids share it: look less often"
	case e.Kind == Unauthorized && e.Op != opToken:
		return "if it stays like this, log in again"
	case e.Status >= 300 && e.Status < 400:
		return "Spotify does not redirect: look at the addresses in the configuration, and at what is between here and there"
	case e.Status == http.StatusLengthRequired:
		return "something between here and Spotify takes the Content-Length away: look at the proxy"
	}
	return ""
}
