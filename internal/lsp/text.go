package lsp

import (
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Position is a place in a document, both from 0. Character counts what was agreed on: bytes or units of UTF-16.
type Position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// Range is from one place to just before another.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// encoding is what Character counts.
type encoding string

const (
	utf8Units  encoding = "utf-8"
	utf16Units encoding = "utf-16"
)

// text is the content of a document, and where its lines begin.
type text struct {
	s     string
	lines []int
}

func newText(s string) text {
	t := text{s: s, lines: make([]int, 1, strings.Count(s, "\n")+1)}
	for i := 0; ; {
		n := strings.IndexByte(s[i:], '\n')
		if n < 0 {
			return t
		}
		i += n + 1
		t.lines = append(t.lines, i)
	}
}

// byteOrderMark is what some editors leave at the beginning of a document: it counts as a letter for them, and is
// nothing for the engine.
const byteOrderMark = "\ufeff"

// line is one without its end.
func (t text) line(n int) string {
	if n < 0 || n >= len(t.lines) {
		return ""
	}
	end := len(t.s)
	if n+1 < len(t.lines) {
		end = t.lines[n+1] - 1
	}
	if end > t.lines[n] && t.s[end-1] == '\r' {
		end--
	}
	return t.s[t.lines[n]:end]
}

// offset is a place in bytes; one that lies outside is the nearest that does not.
func (t text) offset(p Position, e encoding) int {
	if p.Line < 0 {
		return 0
	}
	if p.Line >= len(t.lines) {
		return len(t.s)
	}
	line, units := t.line(p.Line), 0
	for i, r := range line {
		if units >= p.Character {
			return t.lines[p.Line] + i
		}
		units += e.width(r)
	}
	return t.lines[p.Line] + len(line)
}

func (e encoding) width(r rune) int {
	if e == utf8Units {
		return max(1, utf8.RuneLen(r))
	}
	return max(1, utf16.RuneLen(r))
}

// lineOf is the line of a place.
func (t text) lineOf(offset int) int {
	return sort.SearchInts(t.lines, offset+1) - 1
}

// position is the other way round.
func (t text) position(offset int, e encoding) Position {
	offset = min(max(offset, 0), len(t.s))
	n := t.lineOf(offset)
	p := Position{Line: n}
	for _, r := range t.s[t.lines[n]:offset] {
		p.Character += e.width(r)
	}
	return p
}

func (t text) span(start, end int, e encoding) Range {
	return Range{t.position(start, e), t.position(end, e)}
}

// numbered is a line by its number from 1, as the engine sees it.
func (t text) numbered(line int) string {
	s := t.line(line - 1)
	if line == 1 {
		s = strings.TrimPrefix(s, byteOrderMark)
	}
	return s
}

// nearest is the line with a content that is nearest to where it was.
func (t text) nearest(content string, was int) (line int, ok bool) {
	for far := range len(t.lines) + was {
		for _, n := range [...]int{was + far, was - far} {
			if n >= 1 && n <= len(t.lines) && t.numbered(n) == content {
				return n, true
			}
		}
	}
	return 0, false
}

// at is the place of a line and a column as the engine counts: both from 1, in characters.
func (t text) at(line, col int) int {
	if line < 1 || line > len(t.lines) {
		return len(t.s)
	}
	s := t.numbered(line)
	end := t.lines[line-1] + len(t.line(line-1))
	n := 1
	for i := range s {
		if n >= col {
			return end - len(s) + i
		}
		n++
	}
	return end
}
