package slack

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"
)

// Limits of what a card shows, in characters after escaping. Source: docs.slack.dev, Block Kit reference.
const (
	maxSection = 3000 // of a section's or a context's text
	maxNotes   = 10
	maxNote    = 299 // ten of them and nine newlines fit in one context
	maxButtons = 5   // Slack takes 25; nobody reads them
	maxLabel   = 75
	maxValue   = 2000
)

// Card is what a message shows: its text, small lines below it, and buttons below those.
//
// A card without notes and buttons is a plain text of at most 3,900 characters. Any other is made of blocks: its text
// has at most 3,000 characters, each note 299 in one line, and of more than ten notes the newest nine show below a
// "…". What does not fit is cut as Render cuts it.
type Card struct {
	Parts   []Part   // must not be empty
	Notes   [][]Part // oldest first; an empty one is left out
	Buttons []Button // at most five
}

// Button is a button below a message. Pressing it makes a Press with its Value.
type Button struct {
	Label string // plain: no markup, < > & become ‹ › ＆, and what is longer than 75 characters is cut; "" shows as "…"
	Value string // comes back as it is: 1 to 2,000 characters of UTF-8
	Style string // "", "primary" (green) or "danger" (red)
}

// options is how slack-go is told to send c. Nothing that is plain in a text becomes a mention or a link: parse and
// link_names are off whatever the workspace's defaults are, and blocks are verbatim. An update says that it has no
// blocks, or Slack would keep the old ones with their buttons.
func (c Card) options(update bool) ([]slackgo.MsgOption, error) {
	text := Render(c.Parts)
	if strings.TrimSpace(text) == "" {
		return nil, &Error{Code: "no_text", Class: Permanent}
	}
	blocks, err := c.blocks()
	if err != nil {
		return nil, err
	}
	if len(blocks) > 0 {
		text = c.fallback()
	}
	options := []slackgo.MsgOption{
		slackgo.MsgOptionText(text, false), // Render has escaped it
		slackgo.MsgOptionParse(false),
		slackgo.MsgOptionLinkNames(false),
	}
	if update || len(blocks) > 0 {
		options = append(options, slackgo.MsgOptionBlocks(blocks...))
	}
	return options, nil
}

// fallback is the text beside the blocks: notifications, search and screen readers know no other.
func (c Card) fallback() string {
	parts := slices.Clone(c.Parts)
	for _, note := range c.Notes {
		if noteLine(note) != "" {
			parts = append(append(parts, Part{Text: "\n"}), note...)
		}
	}
	return Render(parts)
}

// blocks is nil for a card that is only text.
func (c Card) blocks() ([]slackgo.Block, error) {
	notes := c.notes()
	if notes == "" && len(c.Buttons) == 0 {
		return nil, nil
	}
	blocks := []slackgo.Block{
		slackgo.NewSectionBlock(mrkdwn(render(c.Parts, writer{max: maxSection})), nil, nil),
	}
	if notes != "" {
		blocks = append(blocks, slackgo.NewContextBlock("", mrkdwn(notes)))
	}
	if len(c.Buttons) == 0 {
		return blocks, nil
	}
	buttons, err := c.actions()
	if err != nil {
		return nil, err
	}
	return append(blocks, buttons), nil
}

// mrkdwn is a text object that Slack takes as it is: it makes no links of what looks like a URL, a channel or a user.
func mrkdwn(text string) *slackgo.TextBlockObject {
	return &slackgo.TextBlockObject{Type: slackgo.MarkdownType, Text: text, Verbatim: true}
}

// notes is the text of the lines below the message, "" if there are none.
func (c Card) notes() string {
	var lines []string
	for _, note := range c.Notes {
		if line := noteLine(note); line != "" {
			lines = append(lines, line)
		}
	}
	if n := len(lines) - maxNotes; n > 0 {
		lines = append([]string{"…"}, lines[n+1:]...)
	}
	return strings.Join(lines, "\n")
}

// noteLine is a note as it shows, "" if there is nothing to see.
func noteLine(note []Part) string {
	return strings.TrimSpace(render(note, writer{max: maxNote, oneLine: true}))
}

// actions is the row of buttons. Its ids are new each time, as Slack wants them for each version of a message.
func (c Card) actions() (slackgo.Block, error) {
	if len(c.Buttons) > maxButtons {
		return nil, badButton("%d buttons: a message has at most %d", len(c.Buttons), maxButtons)
	}
	id := "gatefold_" + rand.Text()
	elements := make([]slackgo.BlockElement, len(c.Buttons))
	for i, b := range c.Buttons {
		if n := utf8.RuneCountInString(b.Value); n == 0 || n > maxValue || !utf8.ValidString(b.Value) {
			return nil, badButton("the value of button %d has %d characters: 1 to %d of UTF-8 are possible", i+1, n, maxValue)
		}
		switch b.Style {
		case "", "primary", "danger":
		default:
			return nil, badButton("the style of button %d is neither primary nor danger", i+1)
		}
		text := slackgo.NewTextBlockObject(slackgo.PlainTextType, plainLabel(b.Label), false, false)
		elements[i] = slackgo.NewButtonBlockElement(fmt.Sprintf("%s_%d", id, i), b.Value, text).WithStyle(slackgo.Style(b.Style))
	}
	return slackgo.NewActionBlock(id, elements...), nil
}

func badButton(format string, args ...any) *Error {
	return &Error{Code: "bad_button", Class: Permanent, Hint: fmt.Sprintf(format, args...)}
}

// lookalikes stand for what has a meaning to Slack: whether a plain_text is unescaped before it is shown is not
// documented, so neither < nor &lt; would be safe and right.
var lookalikes = strings.NewReplacer("<", "‹", ">", "›", "&", "＆")

// plainLabel is s in one line without control characters, with at most 75 characters, and never empty.
func plainLabel(s string) string {
	label := lookalikes.Replace(oneLine(s, maxLabel))
	if label == "" {
		return "…"
	}
	return label
}

// oneLine is s without what has no place in a line, cut to limit characters.
func oneLine(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r == '\n', r == '\t':
			r = ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			continue
		}
		if n++; n > limit {
			break
		}
		b.WriteRune(r)
	}
	line := strings.TrimSpace(b.String())
	if n > limit {
		line = string([]rune(line)[:min(limit-1, utf8.RuneCountInString(line))]) + "…"
	}
	return line
}
