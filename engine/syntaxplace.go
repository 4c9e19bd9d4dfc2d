package engine

import (
	"fmt"
	"slices"
	"strings"
)

// misread is where the parser gave up, seen with the words around it. The parser says how far it had read, which is behind
// the word it could not take, and often far behind what is wrong.
type misread struct {
	Problem
	lines  []string
	tokens []token
	at     int  // the word that it could not take; len(tokens): the end of the file
	gap    bool // it stopped at the end of a line, or of the file: before that word
}

// placed is a syntax error where it has to be mended, with what may be right. The tokens are those of the text that was
// parsed, the lines those of the file.
func placed(p Problem, tokens []token, lines []string) Problem {
	m := &misread{Problem: p, tokens: tokens, lines: lines}
	m.find()
	switch b := m.unclosed(); {
	case b >= 0 && !strings.HasPrefix(m.Text, "unexpected"): // of a string or a character: that is what is wrong
		m.leftOpen(b)
	case m.stray():
		m.on(m.at)
		m.Text = fmt.Sprintf("%q closes nothing", m.word(m.at))
		m.Hint = "it is one too many, or what it closes is missing before it"
	default:
		m.Hint = m.hint()
		m.place()
	}
	return m.Problem
}

// find looks up the word at which the parser stood.
func (m *misread) find() {
	behind := func(t token) bool { return t.line > m.Line || t.line == m.Line && t.col >= m.Col }
	m.at = slices.IndexFunc(m.tokens, behind)
	if m.at < 0 {
		m.at = len(m.tokens)
	}
	ends := func(i int) bool {
		return i >= 0 && i < len(m.tokens) && m.tokens[i].endLine == m.Line && m.tokens[i].endCol == m.Col
	}
	begins := m.at < len(m.tokens) && m.tokens[m.at].line == m.Line && m.tokens[m.at].col == m.Col
	switch {
	case m.got("newline", "end of file", "outdent"):
		m.gap = true
	case strings.HasSuffix(m.Text, "want indent"):
		m.gap = true
		if ends(m.at - 1) {
			m.at--
		}
	case begins && (strings.HasPrefix(m.Text, "unexpected") || strings.HasSuffix(m.Text, "want primary expression")): // these say where it begins
	case m.got("indent"):
	case ends(m.at - 1):
		m.at--
	case m.at > 0 && m.tokens[m.at-1].endLine == m.Line && m.tokens[m.at-1].endCol > m.Col: // in the middle of a word
		m.at--
	case !begins:
		m.gap = true
	}
}

// got says that the parser met one of these.
func (m *misread) got(what ...string) bool {
	return slices.ContainsFunc(what, func(w string) bool { return strings.HasPrefix(m.Text, "got "+w+",") })
}

// unclosed is the bracket in which the parser stood, if nothing closes it; -1: there is none.
func (m *misread) unclosed() int {
	for i := min(m.at, len(m.tokens)) - 1; i >= 0; i-- {
		t := m.tokens[i]
		switch {
		case t.closes() && t.pair >= 0:
			i = t.pair
		case t.first && statementWord[t.text]:
			return -1
		case t.opens() && t.pair >= 0:
			return -1 // it is closed behind the place
		case t.opens():
			return i
		}
	}
	return -1
}

// leftOpen tells of a bracket, where it stands.
func (m *misread) leftOpen(b int) {
	open := m.tokens[b]
	m.on(b)
	m.Text = fmt.Sprintf("%q is never closed", open.text)
	missing := fmt.Sprintf("a %q is missing", closing[open.text])
	switch {
	case m.at >= len(m.tokens):
		m.Hint = missing
	case m.tokens[m.at].line == open.line:
		m.Hint = missing + " before " + m.shown(m.at)
	default:
		m.Hint = fmt.Sprintf("%s before line %d", missing, m.tokens[m.at].line)
	}
}

// stray says that the parser met a bracket that closes nothing.
func (m *misread) stray() bool {
	return !m.gap && m.at < len(m.tokens) && m.tokens[m.at].closes() && m.tokens[m.at].pair < 0
}

// on puts the problem on a word.
func (m *misread) on(i int) {
	t := m.tokens[i]
	m.Line, m.Col, m.EndLine, m.EndCol = t.line, t.col, t.endLine, t.endCol
}

// place puts the problem on the word that the parser could not take, or behind the last one before it.
func (m *misread) place() {
	switch {
	case m.gap && m.at > 0:
		m.Line, m.Col = m.tokens[m.at-1].endLine, m.tokens[m.at-1].endCol
	case m.gap || m.at >= len(m.tokens):
	case strings.HasPrefix(m.Text, "unexpected EOF"): // all that follows is in the string
		t := m.tokens[m.at]
		m.Line, m.Col, m.EndLine, m.EndCol = t.line, t.col, t.line, t.col+len(markOf(t.text))
	default:
		m.on(m.at)
	}
}

// markOf is the beginning of a string, with its quotation marks.
func markOf(s string) string {
	inner := strings.TrimLeft(s, "rb")
	prefix := s[:len(s)-len(inner)]
	for _, mark := range []string{`"""`, `'''`} {
		if strings.HasPrefix(inner, mark) {
			return prefix + mark
		}
	}
	return prefix + inner[:min(1, len(inner))]
}

// word is the text of a token; "": there is none.
func (m *misread) word(i int) string {
	if i < 0 || i >= len(m.tokens) {
		return ""
	}
	return m.tokens[i].text
}

// shown is a token as a message names it.
func (m *misread) shown(i int) string {
	if m.tokens[i].kind == signToken {
		return fmt.Sprintf("%q", m.tokens[i].text)
	}
	return cut(strings.ReplaceAll(m.tokens[i].text, "\n", " "), 40)
}
