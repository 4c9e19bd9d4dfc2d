package spotify

import (
	"encoding/json"
	"strings"
	"unicode"
)

// decodeError finds message and reason in the body of an error, whatever its Content-Type:
//
//	{"error":{"status":403,"message":"...","reason":"..."}}    Web API, player
//	{"error":{"type":"...","description":"..."}}               legacy
//	{"error":"invalid_grant","error_description":"..."}        OAuth (RFC 6749, section 5.2)
//	Too many requests                                          plain text
//	<html>...                                                  somebody on the way
//
// Both are one line without control characters; the message has at most 200 characters.
func decodeError(body []byte) (message, reason string) {
	text := strings.TrimSpace(string(body))
	if !strings.HasPrefix(text, "{") {
		if strings.HasPrefix(text, "<") {
			return "an HTML page", ""
		}
		return snippet(text), ""
	}
	var shell struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	var oauth string
	var inner struct{ Message, Reason, Type, Description string }
	if decodeObject([]byte(text), &shell) != nil {
		return snippet(text), ""
	}
	if json.Unmarshal(shell.Error, &oauth) == nil && oauth != "" {
		return snippet(shell.Description), code(oauth)
	}
	if decodeObject(shell.Error, &inner) != nil || first(inner.Message, inner.Description) == "" {
		return snippet(text), code(first(inner.Reason, inner.Type))
	}
	return snippet(first(inner.Message, inner.Description)), code(first(inner.Reason, inner.Type))
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// code keeps what looks like a code and drops the rest: callers branch on it.
func code(s string) string {
	if len(s) > 64 {
		return ""
	}
	for _, r := range s {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' && r != '-' {
			return ""
		}
	}
	return s
}

// snippet makes one printable line of at most 200 characters out of anything.
func snippet(s string) string {
	const most = 200
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			space = n > 0
			continue
		}
		if n++; space {
			b.WriteByte(' ')
			n++
		}
		if space = false; n >= most {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
