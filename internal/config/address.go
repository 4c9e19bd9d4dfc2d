package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var hostPattern = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?$`)

// isListen reports whether s is host:port to listen on, or "" for nothing. The host is said outright: 0.0.0.0 means
// every interface, so that nobody opens one by leaving it out.
func isListen(s string) bool {
	if s == "" {
		return true
	}
	host, port, err := net.SplitHostPort(s)
	return err == nil && isHost(host) && isPort(port)
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return len(s) <= 253 && hostPattern.MatchString(s)
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == s
}

// urlProblem returns what is wrong with s as a base address, "" if nothing is: https, or http to this machine, and
// nothing that does not belong into a base.
func urlProblem(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "write a URL such as https://host/path"
	case u.User != nil:
		return "take the user and password out"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#"):
		return "take out what follows the path (? or #)"
	case !isHost(u.Hostname()) || (u.Port() != "" && !isPort(u.Port())) || strings.HasSuffix(u.Host, ":"):
		return "its host or port is not one"
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return ""
	}
	return "write https (http only to this machine: 127.0.0.1, [::1] or localhost), because tokens go there"
}

// isLoopback reports whether host is this machine, without asking a resolver.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
