package spotify

import (
	"bytes"
	"errors"
	"unicode"
	"unicode/utf8"
)

const mostSample = 4 << 10

// sampled passes an error on. If the answer was not understood, a sample of it goes to
// whoever collects them.
func (c *Client) sampled(a answer, err error) error {
	if e := (*Error)(nil); c.malformed != nil && len(a.body) > 0 && errors.As(err, &e) && e.Kind == Malformed {
		c.malformed(e.Op, sample(a.body))
	}
	return err
}

// sample keeps the structure of a text and nothing of what it says: keys of JSON stay, and
// punctuation; in values, and in whatever is not JSON, every letter becomes x, and every digit
// but 0 becomes 1. So types and lengths can be told, and which numbers are 0. It has at most
// 4 KiB, and of a JSON text that is not cut it is JSON again.
func sample(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 && out.Len() < mostSample {
		n, masked := 1, []byte(nil)
		switch {
		case text[0] == '"':
			n, masked = sampleString(text)
		case literal(text) > 0:
			n = literal(text)
			masked = text[:n]
		case text[0] == '-', text[0] >= '0' && text[0] <= '9':
			n, masked = sampleNumber(text)
		default:
			n, masked = maskRune(text)
		}
		out.Write(masked)
		text = text[n:]
	}
	out.Truncate(min(out.Len(), mostSample)) // all of it is ASCII
	return out.Bytes()
}

// sampleString masks a string at the start of text, unless it is the key of something.
func sampleString(text []byte) (n int, masked []byte) {
	for n = 1; n < len(text) && text[n] != '"'; n++ {
		if text[n] == '\\' {
			n++
		}
	}
	n = min(n+1, len(text))
	inner := text[1:max(1, n-1)]
	if rest := bytes.TrimLeft(text[n:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' && isKey(inner) {
		return n, text[:n]
	}
	for rest := text[:n]; len(rest) > 0; {
		size, m := maskEscape(rest)
		masked, rest = append(masked, m...), rest[size:]
	}
	return n, masked
}

// isKey tells words of the API from what somebody's map is keyed by.
func isKey(s []byte) bool {
	for _, c := range s {
		if c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 40
}

// maskEscape is maskRune within a string: an escape stays one, of the same length.
func maskEscape(text []byte) (n int, masked []byte) {
	if text[0] != '\\' || len(text) < 2 {
		return maskRune(text)
	}
	if text[1] != 'u' {
		_, next := maskRune(text[1:2])
		if bytes.IndexByte([]byte(`"\/bfnrt`), text[1]) >= 0 {
			next = text[1:2]
		}
		return 2, append([]byte{'\\'}, next...)
	}
	return min(6, len(text)), []byte(`\u0078`)[:min(6, len(text))]
}

func maskRune(text []byte) (n int, masked []byte) {
	r, n := utf8.DecodeRune(text)
	switch {
	case r == '0', r == '\n', r == '\t', r == '\r':
		return n, []byte{byte(r)}
	case r >= '1' && r <= '9':
		return n, []byte{'1'}
	case r < ' ', r == 0x7f:
		return n, []byte{'?'}
	case r > unicode.MaxASCII, unicode.IsLetter(r):
		return n, []byte{'x'}
	}
	return n, []byte{byte(r)}
}

// sampleNumber masks a number at the start of text, which stays a number.
func sampleNumber(text []byte) (n int, masked []byte) {
	for n < len(text) && bytes.IndexByte([]byte("0123456789+-.eE"), text[n]) >= 0 {
		c := text[n]
		if c >= '1' && c <= '9' {
			c = '1'
		}
		masked, n = append(masked, c), n+1
	}
	return n, masked
}

// literal is the length of true, false or null at the start of text, 0 if there is none.
func literal(text []byte) int {
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(text, []byte(word)) {
			return len(word)
		}
	}
	return 0
}
