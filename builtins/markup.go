package builtins

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

const (
	markupRunes = 3000 // of a message, without the addresses of its links
	markupLinks = 20   // of a message
	urlBytes    = 2000
)

// Part is a piece of a message: text, or a link.
type Part struct {
	Text string
	URL  string // "" for text
	User string // id of somebody in Slack who is mentioned; "": nobody is
}

// markup is text with links in it: what slack.link gives, and what + makes of that and strings. It is immutable.
type markup struct{ parts []Part }

// Unpack implements starlark.Unpacker: an argument that is a string or has links in it.
func (m *markup) Unpack(v starlark.Value) error {
	parts, ok := partsOf(v)
	if !ok {
		return fmt.Errorf("got %s, want string: write str(...)", v.Type())
	}
	m.parts = shortened(parts)
	return nil
}

func partsOf(v starlark.Value) ([]Part, bool) {
	switch v := v.(type) {
	case starlark.String:
		if v == "" {
			return nil, true
		}
		return []Part{{Text: valid(string(v))}}, true
	case *markup:
		return v.parts, true
	}
	return nil, false
}

// joined is a and then b, neighbouring texts as one.
func joined(a, b []Part) []Part {
	var out []Part
	for _, parts := range [][]Part{a, b} {
		for _, p := range parts {
			last := len(out) - 1
			switch {
			case p.Text == "" && p.User == "":
			case p.URL == "" && p.User == "" && last >= 0 && out[last].URL == "" && out[last].User == "":
				out[last].Text += p.Text
			default:
				out = append(out, p)
			}
		}
	}
	return out
}

// shortened is what a message holds of the parts: markupRunes, the last of them "…" if something was left out, and each
// link whole or not at all. It is no error to be longer, because names in a text are chosen by strangers.
func shortened(parts []Part) []Part { return shortenedTo(parts, markupRunes) }

func shortenedTo(parts []Part, left int) []Part {
	if runesOf(parts) <= left {
		return parts
	}
	var out []Part
	for _, p := range parts {
		n := utf8.RuneCountInString(p.Text)
		if n >= left && p.URL == "" {
			return append(out, Part{Text: cut(p.Text+"…", left)})
		}
		if n >= left {
			break
		}
		out, left = append(out, p), left-n
	}
	return joined(out, []Part{{Text: "…"}})
}

// Binary implements starlark.HasBinary: + with strings and other links.
func (m *markup) Binary(op syntax.Token, y starlark.Value, side starlark.Side) (starlark.Value, error) {
	parts, ok := partsOf(y)
	if op != syntax.PLUS || !ok {
		return nil, nil // not ours: the interpreter says so
	}
	if side == starlark.Left {
		parts = joined(m.parts, parts)
	} else {
		parts = joined(parts, m.parts)
	}
	links := 0
	for _, p := range parts {
		if p.URL != "" {
			links++
		}
	}
	if links > markupLinks {
		return nil, fmt.Errorf("more than %d links in one text", markupLinks)
	}
	return &markup{parts}, nil
}

// String is the text without markup: a link is "text (url)".
func (m *markup) String() string {
	var b strings.Builder
	for _, p := range m.parts {
		b.WriteString(p.Text)
		if p.URL != "" && p.URL != p.Text {
			fmt.Fprintf(&b, " (%s)", p.URL)
		}
	}
	return b.String()
}

func (m *markup) Type() string { return "slack.text" }

// Freeze does nothing: a markup never changes.
func (m *markup) Freeze() {}

func (m *markup) Truth() starlark.Bool { return len(m.parts) > 0 }

func (m *markup) Hash() (uint32, error) { return 0, errors.New("unhashable: slack.text") }

// value is the expression that makes the same text again.
func (m *markup) value() starlark.Value {
	terms := make([]string, len(m.parts))
	for i, p := range m.parts {
		if p.URL == "" {
			terms[i] = quote(p.Text)
		} else {
			terms[i] = fmt.Sprintf("slack.link(url=%s, text=%s)", quote(p.URL), quote(p.Text))
		}
	}
	return code(strings.Join(terms, " + "))
}

// blank says whether there is nothing to read in it.
func (m *markup) blank() bool {
	for _, p := range m.parts {
		if strings.TrimSpace(p.Text) != "" {
			return false
		}
	}
	return true
}

// orBlank is the text, or what stands for one with nothing to read in it: a stranger's name, perhaps, which must not
// void the turn.
func (m markup) orBlank() markup {
	if m.blank() {
		return markup{parts: []Part{{Text: blankText}}}
	}
	return m
}

// webURL is an argument that is a link's target. Only the web: an address with a user in it
// (https://bank.example@evil.example/) is a trick.
type webURL string

// Unpack implements starlark.Unpacker.
func (w *webURL) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf("got %s, want string", v.Type())
	}
	s = webSafe(s)
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Host == "", !utf8.ValidString(s):
		return fmt.Errorf(`%s is no web address: write one like "https://example.com/page"`, quote(cut(valid(s), 60)))
	case u.User != nil:
		return errors.New("an address with a user in it can pretend to lead elsewhere: leave the user out")
	}
	*w = webURL(s)
	return nil
}

// webSafe makes an address of what a rule put together, a stranger's name in it perhaps: what cannot stand there is
// percent-encoded (RFC 3986, 2.1), and what is too long is cut.
func webSafe(s string) string {
	s = valid(s)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		escape := c <= ' ' || c == 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 ||
			c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]))
		n := 1
		if escape {
			n = 3
		}
		if b.Len()+n > urlBytes-2 { // an escape is not cut in two
			break
		}
		if escape {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return strings.ToValidUTF8(b.String(), "") // the cut may have gone through a letter
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

var (
	_ starlark.Unpacker  = (*markup)(nil)
	_ starlark.Unpacker  = (*webURL)(nil)
	_ starlark.HasBinary = (*markup)(nil)
)
