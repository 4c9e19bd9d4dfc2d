package sim

import (
	"errors"
	"fmt"
	"strings"
)

// token is one word of a line.
type token struct {
	kind  tokenKind
	text  string // without quotation marks or brackets; of a pair, the value
	key   string // of a pair
	start int    // where it begins in the line, in bytes
}

type tokenKind int

const (
	word tokenKind = iota
	quoted
	bracketed
	pair // key=value or key="a value"
)

func (t token) String() string {
	switch t.kind {
	case quoted:
		return fmt.Sprintf("%q", t.text)
	case bracketed:
		return "(" + t.text + ")"
	case pair:
		return t.key + "=" + t.text
	}
	return t.text
}

// scan splits a line into words. A # between words begins a comment.
func scan(line string) ([]token, error) {
	var tokens []token
	for i := 0; ; {
		for i < len(line) && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
			i++
		}
		if i == len(line) || line[i] == '#' {
			return tokens, nil
		}
		t, n, err := scanOne(line[i:])
		if err != nil {
			return nil, err
		}
		t.start = i
		tokens = append(tokens, t)
		i += n
		if i < len(line) && !strings.ContainsRune(" \t\r", rune(line[i])) {
			return nil, fmt.Errorf("a space is missing after %s", t)
		}
	}
}

// scanOne reads the token that s begins with, and says how long it is.
func scanOne(s string) (token, int, error) {
	switch s[0] {
	case '"':
		text, n, err := unquote(s)
		return token{kind: quoted, text: text}, n, err
	case '(':
		end := strings.IndexByte(s, ')')
		if end < 0 {
			return token{}, 0, errors.New("a bracket is not closed: write (speaker)")
		}
		return token{kind: bracketed, text: strings.TrimSpace(s[1:end])}, end + 1, nil
	}
	end := strings.IndexAny(s, " \t\r\"(")
	if end < 0 {
		end = len(s)
	}
	key, value, isPair := strings.Cut(s[:end], "=")
	switch {
	case !isPair:
		return token{kind: word, text: key}, end, nil
	case value == "" && strings.HasPrefix(s[end:], `"`):
		text, n, err := unquote(s[end:])
		return token{kind: pair, key: key, text: text}, end + n, err
	}
	return token{kind: pair, key: key, text: value}, end, nil
}

// unquote reads the quoted text that s begins with. \" and \\ stand for a quotation mark and a backslash.
func unquote(s string) (text string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), i + 1, nil
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, errors.New(`a quotation mark is not closed: write "So What"`)
}
