package lsp

import "strings"

// kind is what sort of word a token is.
type kind uint8

const (
	name    kind = iota // also keywords
	literal             // a string
	number
	sign // one character: brackets, dots, operators
	comment
)

// token is one word of a file.
type token struct {
	kind       kind
	start, end int
	line       int  // from 0
	col        int  // in bytes, from 0
	first      bool // of its line
	depth      int  // brackets around it
	open       bool // a string without its end
}

// lex reads words. It never fails: what is wrong is a sign, or a string that is open.
func lex(s string) []token {
	l := lexer{s: s, out: make([]token, 0, len(s)/4+8)}
	if strings.HasPrefix(s, byteOrderMark) {
		l.i, l.began = len(byteOrderMark), len(byteOrderMark)
	}
	first := true
	for l.i < len(s) {
		c := s[l.i]
		switch {
		case c == '\n':
			l.i++
			l.line, l.began, first = l.line+1, l.i, true
			continue
		case c == ' ' || c == '\t' || c == '\r' || c == '\\':
			l.i++
			continue
		}
		t := token{start: l.i, line: l.line, col: l.i - l.began, first: first, depth: l.depth}
		switch {
		case c == '#':
			t.kind = comment
			l.while(func(c byte) bool { return c != '\n' })
		case c == '"' || c == '\'' || (c == 'r' || c == 'b') && l.quoteAfter():
			t.kind = literal
			t.open = l.str()
		case letter(c):
			t.kind = name
			l.while(func(c byte) bool { return letter(c) || digit(c) })
		case digit(c):
			t.kind = number
			l.while(func(c byte) bool { return letter(c) || digit(c) || c == '.' })
		default:
			t.kind = sign
			l.bracket(c, &t)
			l.i++
		}
		t.end = l.i
		l.out = append(l.out, t)
		first = false
	}
	return l.out
}

type lexer struct {
	s     string
	i     int
	line  int
	began int // the line
	depth int
	out   []token
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
func digit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) while(of func(byte) bool) {
	for l.i < len(l.s) && of(l.s[l.i]) {
		l.i++
	}
}

func (l *lexer) quoteAfter() bool {
	return l.i+1 < len(l.s) && (l.s[l.i+1] == '"' || l.s[l.i+1] == '\'')
}

// bracket counts them. A def at the beginning of a line is outside of all: somebody is still writing what is above.
func (l *lexer) bracket(c byte, t *token) {
	switch c {
	case '(', '[', '{':
		l.depth++
	case ')', ']', '}':
		l.depth = max(0, l.depth-1)
		t.depth = l.depth
	}
}

// str reads a string; true: its end is missing.
func (l *lexer) str() bool {
	raw := l.s[l.i] == 'r' || l.s[l.i] == 'b'
	if raw {
		l.i++
	}
	mark := l.s[l.i : l.i+1]
	if strings.HasPrefix(l.s[l.i:], strings.Repeat(mark, 3)) {
		mark = strings.Repeat(mark, 3)
	}
	l.i += len(mark)
	for l.i < len(l.s) {
		switch {
		case strings.HasPrefix(l.s[l.i:], mark):
			l.i += len(mark)
			return false
		case l.s[l.i] == '\\' && l.i+1 < len(l.s):
			if l.s[l.i+1] == '\n' {
				l.line, l.began = l.line+1, l.i+2
			}
			l.i++
		case l.s[l.i] == '\n' && len(mark) == 1:
			return true
		case l.s[l.i] == '\n':
			l.line, l.began = l.line+1, l.i+1
		}
		l.i++
	}
	l.i = min(l.i, len(l.s))
	return true
}

// inside is what a string holds, as it is written, and where that begins.
func (t token) inside(s string) (content string, start int) {
	whole := s[t.start:t.end]
	trimmed := strings.TrimLeft(whole, "rb")
	mark := trimmed[:1]
	if strings.HasPrefix(trimmed, strings.Repeat(mark, 3)) {
		mark = strings.Repeat(mark, 3)
	}
	start = t.start + len(whole) - len(trimmed) + len(mark)
	end := t.end
	if !t.open {
		end -= len(mark)
	}
	return s[start:max(start, end)], start
}
