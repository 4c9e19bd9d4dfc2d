package journal

import (
	"fmt"
	"strings"
)

const hexDigits = "0123456789ABCDEF"

// join makes a subject of tokens.
func join(tokens ...string) string { return strings.Join(tokens, ".") }

// escape makes one token of any text. Letters, digits, "-" and "_" stand for themselves, every other byte is %XX, and
// the empty text is "%": so no key can end its token, hold a wildcard or be taken for another key.
func escape(key string) string {
	if key == "" {
		return "%"
	}
	var b strings.Builder
	for i := range len(key) {
		if c := key[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return b.String()
}

// unescape is the inverse of escape.
func unescape(token string) (string, error) {
	if token == "%" {
		return "", nil
	}
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		if plain(token[i]) {
			b.WriteByte(token[i])
			continue
		}
		if token[i] != '%' || i+2 >= len(token) {
			return "", fmt.Errorf("not an escaped key: %q", token)
		}
		hi, lo := strings.IndexByte(hexDigits, token[i+1]), strings.IndexByte(hexDigits, token[i+2])
		if hi < 0 || lo < 0 || plain(byte(hi<<4|lo)) {
			return "", fmt.Errorf("not an escaped key: %q", token)
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	if b.Len() == 0 {
		return "", fmt.Errorf("not an escaped key: %q", token)
	}
	return b.String(), nil
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// keyUnder is the key in a subject that was made as join(prefix, escape(key)).
func keyUnder(prefix, subject string) (string, error) {
	token, ok := strings.CutPrefix(subject, prefix+".")
	if !ok {
		return "", fmt.Errorf("%s is not below %s", subject, prefix)
	}
	return unescape(token)
}

// validSubject tells whether a subject is made of tokens that are not empty, without blanks, controls and wildcards.
func validSubject(subject string) bool {
	for token := range strings.SplitSeq(subject, ".") {
		if token == "" {
			return false
		}
		for i := range len(token) {
			if !plain(token[i]) && token[i] != '%' {
				return false
			}
		}
	}
	return true
}

// below tells whether subject is prefix or lies under it.
func below(subject, prefix string) bool {
	rest, ok := strings.CutPrefix(subject, prefix)
	return ok && (rest == "" || rest[0] == '.')
}

// checkAccount refuses what cannot lead a subject.
func checkAccount(account string) error {
	if account == "" {
		return fmt.Errorf("no account given")
	}
	for i := range len(account) {
		if c := account[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("not an account's name: %q (a to z, 0 to 9 and -)", account)
		}
	}
	return nil
}
