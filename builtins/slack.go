package builtins

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

const (
	postExpires = 24 * time.Hour // nobody wants to read older alarms
	postLate    = time.Minute    // a message that is later than this says so
)

// Poster posts one message, or changes one. Its error may say when to try again (RetryAt() time.Time) or not to
// (Permanent() bool).
type Poster interface {
	Post(ctx context.Context, p Posting) (Receipt, error)
}

// Posting is what is to be posted: a message of its own, unless it says otherwise.
type Posting struct {
	Channel string   // "": the configured one
	Message *Receipt // of the message that it takes the place of
	Below   *Receipt // of the message in whose thread it belongs
	Quiet   bool     // only there
	Parts   []Part
	Notes   [][]Part // small, below the text
	Buttons []Button // none: it has none, or not any more
}

// Button is a button below a message.
type Button struct {
	Label string
	Press Pressed
}

// Pressed names the button of a message: a press hands it back.
type Pressed struct {
	Message string `json:"m"` // id of the effect
	Offer   int    `json:"n"` // from 0
}

// Receipt names a message that was posted.
type Receipt struct {
	Channel string `json:"channel"` // Slack's id
	TS      string `json:"ts"`
}

func slackModule(poster Poster, now func() time.Time) engine.Module {
	return engine.Module{
		Name: "slack",
		Members: starlark.StringDict{
			"post": starlark.NewBuiltin("slack.post", slackPost),
			"link": starlark.NewBuiltin("slack.link", slackLink),
		},
		Inner: starlark.StringDict{
			"update": starlark.NewBuiltin("slack.update", slackUpdate),
			"reply":  starlark.NewBuiltin("slack.reply", slackReply),
		},
		Pure:     []string{"link"},
		Keyed:    map[string]int{"post": 1},
		Messages: slackMessages{},
		Apply: func(ctx context.Context, e engine.Effect) (json.RawMessage, error) {
			return applyPost(ctx, poster, now, e)
		},
	}
}

// postArgs are the arguments of slack.post.
type postArgs struct {
	text    markup
	channel channel
	actions buttons
	throttle
}

// Arguments implements engine.Args.
func (a postArgs) Arguments() []engine.Argument {
	var p printed
	p.add("text", a.text.value(), false)
	a.throttle.print(&p)
	p.add("channel", starlark.String(a.channel), a.channel == "")
	p.add("actions", a.actions.value(), len(a.actions) == 0)
	return p
}

// slack.post(text, every=None, key=None, channel=None, actions=[]) sends a message.
func slackPost(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a struct { // together, so that one allocation holds them
		postArgs
		throttling
	}
	a.throttling = newThrottling()
	if err := unpack(b, args, kwargs, "text", &a.text, "every??", &a.throttling.every, "key??", &a.throttling.key, "channel??", &a.channel, "actions??", &a.actions); err != nil {
		return nil, err
	}
	turn, err := a.throttle.take(thread, b, a.throttling)
	if err != nil {
		return nil, err
	}
	a.text = a.text.orBlank()
	e := engine.Effect{Args: a.postArgs, Lane: a.lane()}
	return starlark.None, a.throttle.record(thread, b, turn, e, string(a.channel), postExpires)
}

func (a postArgs) lane() string {
	if a.channel == "" {
		return "slack"
	}
	return "slack " + string(a.channel)
}

// slack.link(url, text) is a link, to be used in a message.
func slackLink(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var target webURL
	var label text
	if err := unpack(b, args, kwargs, "url", &target, "text", &label); err != nil {
		return nil, err
	}
	shown := string(label)
	if strings.TrimSpace(shown) == "" {
		shown = string(target)
	}
	return &markup{[]Part{{Text: cut(shown, markupRunes/10), URL: string(target)}}}, nil
}

// applyPost carries out a slack.post, and what follows it up.
func applyPost(ctx context.Context, poster Poster, now func() time.Time, e engine.Effect) (json.RawMessage, error) {
	if poster == nil {
		return nil, permanent("Slack is not configured: gatefold secret set SLACK_BOT_TOKEN")
	}
	var p Posting
	switch a := e.Args.(type) {
	case postArgs:
		p = Posting{Channel: string(a.channel), Parts: a.text.parts, Buttons: a.actions.of(e.ID), Quiet: e.Quiet}
		if below, ok := receiptOf(e.Thread); ok {
			p.Below = &below
		}
	case updateArgs:
		p = a.posting()
	case replyArgs:
		p = a.posting()
	default:
		return nil, permanent("this is no message: " + e.Call)
	}
	if p.Message == nil {
		p.Parts = dated(p.Parts, e.Time, now)
	}
	receipt, err := poster.Post(ctx, p)
	if err != nil {
		return nil, err
	}
	return json.Marshal(receipt)
}

// receiptOf reads back what applyPost gave.
func receiptOf(raw json.RawMessage) (Receipt, bool) {
	var r Receipt
	err := json.Unmarshal(raw, &r)
	return r, err == nil && r.Channel != "" && r.TS != ""
}

// dated is a copy of the parts of a message, with a note if it is late. Without a clock there is none.
func dated(parts []Part, written time.Time, now func() time.Time) []Part {
	parts = append([]Part(nil), parts...)
	if now != nil {
		if note := lateness(written, now()); note != "" {
			parts = append(parts, Part{Text: note})
		}
	}
	return parts
}

// lateness says when a message was written, if that is more than a minute ago.
func lateness(written, now time.Time) string {
	late := now.Sub(written)
	if written.IsZero() || late <= postLate {
		return ""
	}
	n, unit := int(late.Round(time.Minute)/time.Minute), "minute"
	if n >= 90 {
		n, unit = int(late.Round(time.Hour)/time.Hour), "hour"
	}
	if n > 1 {
		unit += "s"
	}
	return fmt.Sprintf("\n(written at %s, %d %s ago)", written.Format("15:04"), n, unit)
}

// channel is an argument that is a Slack channel: "#music", or an id like "C0123ABCD".
type channel string

// Unpack implements starlark.Unpacker.
func (c *channel) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf(`got %s, want a channel like "#music"`, v.Type())
	}
	name, named := strings.CutPrefix(s, "#")
	if named && channelName(name) || channelID(s) {
		*c = channel(s)
		return nil
	}
	if channelName(s) {
		return fmt.Errorf("%s is no channel: write %s", quote(s), quote("#"+s))
	}
	return fmt.Errorf(`%s is no channel: write one like "#music", or an id like "C0123ABCD"`, quote(cut(valid(s), 60)))
}

// channelName checks what follows the "#": Slack's names have at most 80 letters of any script, and no spaces.
func channelName(s string) bool {
	return s != "" && len(s) <= 320 && valid(s) == s && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("#@,.:<>&|\"", r)
	})
}

// channelID checks an id of a channel or a person.
func channelID(s string) bool {
	if len(s) < 2 || len(s) > 32 || strings.IndexByte("CDGUW", s[0]) < 0 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
}

// permanent is an error that another try would not mend.
type permanent string

func (p permanent) Error() string { return string(p) }

// Permanent says that trying again is no use.
func (permanent) Permanent() bool { return true }

var _ starlark.Unpacker = (*channel)(nil)
