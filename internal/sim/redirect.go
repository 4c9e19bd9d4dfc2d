package sim

import (
	"net/http"
	"net/url"
	"slices"
)

// defaultRedirect is registered without a port, so that any port may be added at run time.
const defaultRedirect = "http://127.0.0.1/callback"

// redirectRefusal says what is wrong with the address that an app wants its user sent back to: it must
// be safe and the registered one. "" = nothing. (Rules of 2025-11-27.)
func redirectRefusal(asked, registered string) string {
	u, err := url.Parse(asked)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return "INVALID_CLIENT: Invalid redirect URI"
	case !isSafe(u):
		return "INVALID_CLIENT: Insecure redirect URI"
	case !isRegistered(u, registered):
		return "INVALID_CLIENT: Invalid redirect URI"
	}
	return ""
}

// isSafe: https, or http to the machine itself by its number. The name localhost may lead elsewhere.
func isSafe(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u)
}

func isLoopback(u *url.URL) bool {
	return slices.Contains([]string{"127.0.0.1", "::1"}, u.Hostname())
}

func isRegistered(u *url.URL, registered string) bool {
	r, err := url.Parse(registered)
	if err != nil {
		return false
	}
	port := u.Port() == r.Port() || r.Port() == "" && isLoopback(r)
	return port && u.Scheme == r.Scheme && u.Hostname() == r.Hostname() && u.EscapedPath() == r.EscapedPath() && u.RawQuery == r.RawQuery
}

// sendBack redirects the browser to the app, with these parameters beside those the address has.
func sendBack(to string, parameters url.Values) answer {
	u, err := url.Parse(to)
	if err != nil {
		panic("sim: an address that was checked cannot be read: " + err.Error())
	}
	query := u.Query()
	for key, values := range parameters {
		query[key] = values
	}
	u.RawQuery = query.Encode()
	return textAnswer(http.StatusFound, "").with("Location", u.String())
}
