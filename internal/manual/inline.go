package manual

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Style is how text is written to a terminal.
type Style struct {
	Width int  // in letters; 0: 80
	Bold  bool // the terminal knows bold and colour
}

func (s Style) width() int {
	if s.Width <= 0 {
		return 80
	}
	return max(40, s.Width)
}

func (s Style) wrap(text, on string) string {
	if !s.Bold || text == "" {
		return text
	}
	return "\x1b[" + on + "m" + text + "\x1b[0m"
}

func (s Style) strong(text string) string { return s.wrap(text, "1") }
func (s Style) code(text string) string   { return s.wrap(text, "36") }

var (
	link   = regexp.MustCompile(`\[([^\]\[]+)\]\(([^)\s]+)\)`)
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// inline writes one line of Markdown. Code stands without its marks where it is seen by its colour.
func (s Style) inline(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		switch {
		case i%2 == 0:
			b.WriteString(strong.ReplaceAllStringFunc(part, func(t string) string { return s.strong(strings.Trim(t, "*")) }))
		case s.Bold:
			b.WriteString(s.code(part))
		default:
			b.WriteString("`" + part + "`")
		}
	}
	return b.String()
}

// unlinked leaves of a link its text, and an address elsewhere.
func unlinked(text string) string {
	return link.ReplaceAllStringFunc(text, func(l string) string {
		m := link.FindStringSubmatch(l)
		if strings.HasPrefix(m[2], "http") {
			return m[1] + " (" + m[2] + ")"
		}
		return m[1]
	})
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// seen is how wide a text is without what colours it.
func seen(text string) int { return utf8.RuneCountInString(escape.ReplaceAllString(text, "")) }

// fold breaks a text into lines of a width, between words. Code in a line is never taken for several words, so what
// colours it is whole.
func fold(text string, width int) (lines []string) {
	line := ""
	for _, word := range words(unlinked(text)) {
		if line != "" && seen(line)+1+seen(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// words splits at spaces outside of code; code of several words stays together if it is short.
func words(text string) (out []string) {
	var word strings.Builder
	code := false
	for _, r := range text {
		switch {
		case r == '`':
			code = !code
			word.WriteRune(r)
		case r == ' ' && !code:
			if word.Len() > 0 {
				out = append(out, word.String())
				word.Reset()
			}
		default:
			word.WriteRune(r)
		}
	}
	if word.Len() > 0 {
		out = append(out, word.String())
	}
	return out
}
