package slack

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// linkURL returns raw as it can stand before the | of a link, or false if a rule may not link there.
// What could end the link early or hide where it leads is percent-encoded. Only http and https with a host and without
// a user are links: https://bank.example@evil.example/ is a trick, and a password has no place in a message.
func linkURL(raw string) (string, bool) {
	if len(raw) > maxText {
		return "", false
	}
	encoded := percentEncode(raw)
	u, err := url.Parse(encoded)
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	return strings.ReplaceAll(encoded, "&", "&amp;"), true
}

// percentEncode encodes every byte that RFC 3986 does not allow in a URL; a % that is there already stays.
func percentEncode(s string) string {
	const allowed = "-._~:/?#[]@!$&'()*+,;=%"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(allowed, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// linkLabel returns text escaped and in one line: a link with a newline in it is not shown as one.
// A label too long for any message is not read to its end; Render will write it as text.
func linkLabel(text string) string {
	var b strings.Builder
	for len(text) > 0 && b.Len() <= maxText*utf8.UTFMax {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch {
		case r == utf8.RuneError && size == 1:
		case r == '\n':
			b.WriteByte(' ')
		default:
			b.WriteString(escape(r))
		}
	}
	return strings.TrimSpace(b.String())
}
