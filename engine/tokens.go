package engine

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what sort of word a token is.
type tokenKind uint8

const (
	wordToken   tokenKind = iota // a name or a keyword
	stringToken                  // with its quotation marks
	numberToken
	signToken // a bracket or an operator
)

// token is one word of a file that may be no Starlark: the language's own scanner stops at the first thing that is wrong.
// Lines and columns are counted as it counts them.
type token struct {
	kind            tokenKind
	text            string
	line, col       int
	endLine, endCol int
	first           bool // of its line, and not behind a backslash
	pair            int  // of a bracket: the index of the other one; -1: there is none
	open            bool // a string without its end
}

// signs are the operators of more than one character, longest first.
var signs = []string{"//=", "<<=", ">>=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "//", "**"}

// tokenize reads the words of a file. It never fails: what is wrong is a sign, or a string that is open.
func tokenize(src string) []token {
	s := &tokenizer{src: src, line: 1, col: 1, first: true, out: make([]token, 0, len(src)/3)}
	for {
		s.blank()
		if s.i >= len(src) {
			break
		}
		t := token{line: s.line, col: s.col, first: s.first, pair: -1}
		begin := s.i
		r, _ := utf8.DecodeRuneInString(src[s.i:])
		switch prefix := s.prefix(); {
		case prefix >= 0:
			t.kind = stringToken
			t.open = s.str(prefix)
		case r == '_' || unicode.IsLetter(r):
			s.while(func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) })
		case r >= '0' && r <= '9':
			t.kind = numberToken
			s.while(func(r rune) bool { return r == '.' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) })
		default:
			t.kind = signToken
			s.sign()
		}
		t.text, t.endLine, t.endCol = src[begin:s.i], s.line, s.col
		s.out = append(s.out, t)
		s.first = false
	}
	pair(s.out)
	return s.out
}

type tokenizer struct {
	src       string
	i         int
	line, col int
	first     bool
	out       []token
}

// next takes one character; every sort of line end is one.
func (s *tokenizer) next() {
	r, n := utf8.DecodeRuneInString(s.src[s.i:])
	s.i += n
	s.col++
	if r == '\r' && s.i < len(s.src) && s.src[s.i] == '\n' {
		s.i++
	}
	if r == '\r' || r == '\n' {
		s.line, s.col = s.line+1, 1
	}
}

func (s *tokenizer) at() byte {
	if s.i < len(s.src) {
		return s.src[s.i]
	}
	return 0
}

// blank skips what stands between words.
func (s *tokenizer) blank() {
	for s.i < len(s.src) {
		switch c := s.src[s.i]; c {
		case '\n', '\r':
			s.first = true
		case ' ', '\t':
		case '#':
			for s.i < len(s.src) && s.src[s.i] != '\n' && s.src[s.i] != '\r' {
				s.next()
			}
			continue
		case '\\':
			s.next()
			if c := s.at(); c != '\n' && c != '\r' {
				continue // it is stray
			}
		default:
			return
		}
		s.next()
	}
}

// prefix is how many letters stand before the quotation mark of a string; -1: there is none.
func (s *tokenizer) prefix() int {
	rest := s.src[s.i:]
	for _, p := range []string{"", "r", "b", "rb"} {
		if after, ok := strings.CutPrefix(rest, p); ok && after != "" && (after[0] == '"' || after[0] == '\'') {
			return len(p)
		}
	}
	return -1
}

// str reads a string; true: its end is missing.
func (s *tokenizer) str(prefix int) (open bool) {
	for range prefix {
		s.next()
	}
	mark := s.src[s.i : s.i+1]
	if strings.HasPrefix(s.src[s.i:], strings.Repeat(mark, 3)) {
		mark = strings.Repeat(mark, 3)
	}
	for range len(mark) {
		s.next()
	}
	for s.i < len(s.src) {
		switch c := s.src[s.i]; {
		case strings.HasPrefix(s.src[s.i:], mark):
			for range len(mark) {
				s.next()
			}
			return false
		case c == '\\':
			s.next()
			if s.i == len(s.src) {
				return true
			}
		case (c == '\n' || c == '\r') && len(mark) == 1:
			return true
		}
		s.next()
	}
	return true
}

func (s *tokenizer) while(of func(rune) bool) {
	for s.i < len(s.src) {
		if r, _ := utf8.DecodeRuneInString(s.src[s.i:]); !of(r) {
			return
		}
		s.next()
	}
}

func (s *tokenizer) sign() {
	for _, sign := range signs {
		if strings.HasPrefix(s.src[s.i:], sign) {
			for range len(sign) {
				s.next()
			}
			return
		}
	}
	s.next()
}

// is says that a token is this keyword or sign, and not a string of that text.
func (t token) is(text string) bool {
	return t.text == text && (t.kind == wordToken || t.kind == signToken)
}

// opens and closes are the brackets.
func (t token) opens() bool  { return t.is("(") || t.is("[") || t.is("{") }
func (t token) closes() bool { return t.is(")") || t.is("]") || t.is("}") }

var closing = map[string]string{"(": ")", "[": "]", "{": "}"}

// pair finds the brackets that belong together. A line that begins with what begins nothing but a statement is outside of
// all that stand open.
func pair(tokens []token) {
	var open []int
	of := map[string]int{} // how many of a sort stand open: no search for what is not there
	for i, t := range tokens {
		switch {
		case t.first && statementWord[t.text]:
			open = open[:0]
			clear(of)
		case t.opens():
			open = append(open, i)
			of[closing[t.text]]++
		case t.closes() && of[t.text] > 0:
			for n := len(open) - 1; ; n-- {
				close := closing[tokens[open[n]].text]
				of[close]--
				if close == t.text {
					tokens[open[n]].pair, tokens[i].pair = i, open[n]
					open = open[:n]
					break
				}
			}
		}
	}
}

// statementWord are the words that begin a statement and stand nowhere else.
var statementWord = map[string]bool{"def": true, "return": true, "pass": true, "break": true, "continue": true, "elif": true, "while": true, "load": true}

// sourceLines are the lines of a file, without their ends: "\n", "\r\n" and "\r", as the language's scanner has them.
func sourceLines(data []byte) []string {
	text := string(data)
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return strings.Split(text, "\n")
}
