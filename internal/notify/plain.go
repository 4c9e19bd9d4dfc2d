package notify

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Part is a piece of a message: text that a rule wrote, or a link that a rule made.
type Part struct {
	Text string
	URL  string // "" for text
}

// blankText stands for a text in which there is nothing to read: ntfy would make up one.
const blankText = "(blank)"

// object stands for a link while marks are looked for around it (U+FFFC, the object replacement character).
const object = '\ufffc'

// Plain returns parts as plain text: *bold*, _italic_ and `code` without their marks, a link as "text (address)", and
// nothing that is not text (control characters other than newline, bidirectional controls, bytes that are not UTF-8; a
// tab becomes a space). A mark counts as Slack counts it: around words, in one line; my_laptop_2 stays what it is.
func Plain(parts []Part) string {
	var b strings.Builder
	var links []Part
	for _, p := range parts {
		if p.URL != "" {
			links = append(links, p)
			b.WriteRune(object)
			continue
		}
		b.WriteString(strings.ReplaceAll(visible(p.Text), string(object), ""))
	}
	s := b.String()
	for _, mark := range []byte("`*_") {
		s = unmarked(s, mark)
	}
	b.Reset()
	for _, r := range s {
		if r == object {
			b.WriteString(linkText(links[0]))
			links = links[1:]
		} else {
			b.WriteRune(r)
		}
	}
	if strings.TrimSpace(b.String()) == "" {
		return blankText
	}
	return b.String()
}

func linkText(p Part) string {
	label, target := strings.TrimSpace(visible(p.Text)), visible(p.URL)
	if label == "" || label == target {
		return target
	}
	return label + " (" + target + ")"
}

// visible is s without what is not text.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// unmarked is s without the pairs of mark that are around words.
func unmarked(s string, mark byte) string {
	var b strings.Builder
	barren := 0 // up to here no pair ends
	for i := 0; i < len(s); i++ {
		if s[i] == mark && i >= barren && opens(s, i) {
			end, rest := closing(s, i)
			if end > 0 {
				b.WriteString(s[i+1 : end])
				i = end
				continue
			}
			barren = rest
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func opens(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+1:])
	return (i == 0 || !joins(before, s[i])) && i+1 < len(s) && !unicode.IsSpace(after) && after != rune(s[i])
}

// closing finds the mark that ends what s[i] begins, in the same line; 0 if there is none, and then where the line ends.
func closing(s string, i int) (end, lineEnd int) {
	for j := i + 2; j < len(s); j++ {
		if s[j] == '\n' {
			return 0, j
		}
		if s[j] != s[i] {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:j])
		after, _ := utf8.DecodeRuneInString(s[j+1:])
		if !unicode.IsSpace(before) && before != rune(s[i]) && (j+1 == len(s) || !joins(after, s[i])) {
			return j, 0
		}
	}
	return 0, len(s)
}

// joins says that next to r a mark is part of a word, or of a row of marks.
func joins(r rune, mark byte) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || r == rune(mark)
}

// cut is s in at most n bytes, the last of them "…" if something was left out, and no letter in halves.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
