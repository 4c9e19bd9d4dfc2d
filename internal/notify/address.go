package notify

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// checkURL returns the host of an address. Its errors do not show the address.
func checkURL(raw string, topic bool) (host string, err error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return "", errors.New("no address given")
	case err != nil, u.Hostname() == "", strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("the address is no URL such as https://host/path")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return "", errors.New("the address must begin with https:// (http:// only to this machine)")
	case u.User != nil:
		return "", errors.New("the address must have no user and password in it")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return "", errors.New("the address must have no # in it")
	case topic && strings.Trim(u.Path, "/") == "":
		return "", errors.New("the address lacks the topic")
	}
	return u.Host, nil
}

// isLoopback reports whether host is this machine, without asking a resolver.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
