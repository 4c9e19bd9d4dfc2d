package slack

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how long a message may be, in characters after escaping. Slack advises at most 4,000.
const maxText = 3900

// Part is a piece of a message: text that a rule wrote, a link that a rule made (slack.link), or a user.
type Part struct {
	Text string
	URL  string // "" for text
	User string // a user's id ("U0123ABCD"): the part mentions that user, and Text is what stands there if it is not an id
}

// Render returns parts as Slack's mrkdwn.
//
// Everything is escaped (& < >), so a device called "<!channel>" or "<@U1>" pings nobody; *bold*, _italic_ and `code`
// stay what they are. A part with an http or https URL becomes <url|label>; one with any other URL becomes its text.
// A part with the id of a user becomes <@id>; one with anything else there becomes its text.
// Control characters other than newline, bidirectional controls and bytes that are not UTF-8 are dropped (a tab becomes
// a space). The result is valid UTF-8 of at most 3,900 characters; a longer one is cut, never inside an entity or a
// link, and ends in "…".
func Render(parts []Part) string { return render(parts, writer{max: maxText}) }

// render writes parts with w, which says how much and whether in one line.
func render(parts []Part, w writer) string {
	for _, p := range parts {
		switch {
		case validUser(p.User):
			w.unit("<@" + p.User + ">")
		case p.URL != "":
			w.link(p)
		default:
			w.text(p.Text)
		}
		if w.full {
			break
		}
	}
	return w.String()
}

// writer collects units that must not be cut: a character, an entity, a link. It stops taking any once full, so that a
// text of megabytes costs no more than one that fits.
type writer struct {
	max     int  // characters, after escaping
	oneLine bool // a newline becomes a space

	b     strings.Builder
	chars int  // written so far
	cut   int  // bytes up to which the text leaves room for the "…"
	full  bool // something did not fit
}

func (w *writer) unit(s string) {
	n := utf8.RuneCountInString(s)
	if w.full || w.chars+n > w.max {
		w.full = true
		return
	}
	w.b.WriteString(s)
	w.chars += n
	if w.chars < w.max {
		w.cut = w.b.Len()
	}
}

func (w *writer) text(s string) {
	for len(s) > 0 && !w.full {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
		case r == '\n' && w.oneLine:
			w.unit(" ")
		default:
			w.unit(escape(r))
		}
		s = s[size:]
	}
}

func (w *writer) link(p Part) {
	target, ok := linkURL(p.URL)
	if !ok {
		w.text(p.Text)
		return
	}
	label := linkLabel(p.Text)
	if label == "" {
		label = target
	}
	link := "<" + target + "|" + label + ">"
	if w.chars+utf8.RuneCountInString(link) > w.max {
		w.text(p.Text)
		return
	}
	w.unit(link)
}

func (w *writer) String() string {
	if !w.full {
		return w.b.String()
	}
	return w.b.String()[:w.cut] + "…"
}

// escape returns r as Slack wants it, "" if it has no place in a message.
// Source: docs.slack.dev, "Formatting message text", escaping.
func escape(r rune) string {
	switch {
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;"
	case r == '\n':
		return "\n"
	case r == '\t':
		return " "
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
		return ""
	}
	return string(r)
}
