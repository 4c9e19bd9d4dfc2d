package builtins

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// slackMessages follows up what slack.post has sent.
type slackMessages struct{}

// Offers implements engine.Messages.
func (slackMessages) Offers(e engine.Effect) []engine.Offer {
	a, _ := e.Args.(postArgs)
	return a.actions.offers()
}

// Follow implements engine.Messages: the message says how it stands, and its thread what happened.
func (slackMessages) Follow(e engine.Effect, f engine.Following) []engine.Effect {
	a, ok := e.Args.(postArgs)
	receipt, named := receiptOf(f.Receipt)
	if !ok || !named {
		return nil
	}
	var out []engine.Effect
	if !f.Merged {
		u := updateArgs{message: receiptArg(receipt), text: a.text, post: e.ID, actions: a.actions}
		if late := lateness(e.Time, f.Sent); late != "" {
			u.text.parts = joined(a.text.parts, []Part{{Text: late}})
		}
		if f.Story != nil {
			u.note = text(summary(*f.Story))
		}
		if d := f.Decided; d != nil {
			u.decided, u.by, u.at = text(d.Label), text(d.By), text(d.At.In(e.Time.Location()).Format("15:04"))
		}
		out = append(out, engine.Effect{Call: "slack.update", Args: u, Key: "update " + u.message.String(), Answer: f.Decided != nil})
	}
	if f.News && f.Story != nil {
		r := replyArgs{message: receiptArg(receipt), text: markup{parts: []Part{{Text: happened(*f.Story)}}}, loud: f.Loud}
		out = append(out, engine.Effect{Call: "slack.reply", Args: r, Key: "reply " + r.message.String()}) // of those that wait, the newest says it all
	}
	return out
}

const (
	mergedLine = 400 // letters of each of the messages that are merged
	awayHead   = "*While Slack was away* (%s to %s):"
	burstHead  = "*%d messages at once:*"
)

// Merge implements engine.Messages: one line for each of them, as many as one message takes.
func (slackMessages) Merge(several []engine.Merging, away bool) (engine.Effect, int) {
	var parts []Part
	room, holds := markupRunes-len(awayHead)-10, 0
	for _, m := range several {
		a, ok := m.Effect.Args.(postArgs)
		if !ok {
			break
		}
		line := joined([]Part{{Text: "\n• " + m.Effect.Time.Format("15:04") + " "}}, shortenedTo(flat(a.text.parts), mergedLine))
		if m.Story != nil {
			if note := summary(*m.Story); note != "" {
				line = joined(line, []Part{{Text: " (" + note + ")"}})
			}
		}
		if room -= runesOf(line); room < 0 {
			break
		}
		parts, holds = joined(parts, line), holds+1
	}
	if holds < 2 {
		return engine.Effect{}, 0
	}
	head := fmt.Sprintf(burstHead, holds)
	if away {
		head = fmt.Sprintf(awayHead, several[0].Effect.Time.Format("15:04"), several[holds-1].Effect.Time.Format("15:04"))
	}
	first := several[0].Effect.Args.(postArgs)
	return engine.Effect{Call: "slack.post", Args: postArgs{text: markup{joined([]Part{{Text: head}}, parts)}, channel: first.channel}}, holds
}

// flat is the parts in one line.
func flat(parts []Part) []Part {
	out := slices.Clone(parts)
	for i := range out {
		out[i].Text = breaks.Replace(out[i].Text)
	}
	return out
}

var breaks = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\v", " ", "\f", " ", "\u0085", " ", "\u2028", " ", "\u2029", " ")

func runesOf(parts []Part) int {
	n := 0
	for _, p := range parts {
		n += utf8.RuneCountInString(p.Text)
	}
	return n
}

// updateArgs are the arguments of slack.update, which only gatefold calls: a message that was sent is brought up to
// date.
type updateArgs struct {
	message receiptArg
	text    markup
	note    text // how the intruder's story stands
	decided text // the button that was pressed; "": none
	by, at  text
	post    string // id of the effect, for the buttons
	actions buttons
}

// Arguments implements engine.Args.
func (a updateArgs) Arguments() []engine.Argument {
	var p printed
	p.add("message", starlark.String(a.message.String()), false)
	p.add("text", a.text.value(), false)
	p.add("note", starlark.String(a.note), a.note == "")
	p.add("decided", starlark.String(a.decided), a.decided == "")
	p.add("by", starlark.String(a.by), a.by == "")
	p.add("at", starlark.String(a.at), a.at == "")
	p.add("post", starlark.String(a.post), a.post == "")
	p.add("actions", a.actions.value(), len(a.actions) == 0)
	return p
}

func slackUpdate(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a updateArgs
	if err := unpack(b, args, kwargs, "message", &a.message, "text", &a.text, "note?", &a.note, "decided?", &a.decided, "by?", &a.by, "at?", &a.at, "post?", &a.post, "actions?", &a.actions); err != nil {
		return nil, err
	}
	return recordOnce(thread, b, a)
}

func (a updateArgs) posting() Posting {
	r := Receipt(a.message)
	p := Posting{Channel: r.Channel, Message: &r, Parts: a.text.parts, Buttons: a.actions.of(a.post)}
	if a.note != "" {
		p.Notes = append(p.Notes, []Part{{Text: string(a.note)}})
	}
	if a.decided != "" {
		p.Buttons = nil
		p.Notes = append(p.Notes, []Part{who(string(a.by)), {Text: fmt.Sprintf(" decided at %s: *%s*", a.at, a.decided)}})
	}
	return p
}

// who is somebody as a message names them: "slack:U123" is mentioned.
func who(by string) Part {
	if id, ok := strings.CutPrefix(by, "slack:"); ok {
		return Part{User: id}
	}
	return Part{Text: by}
}

// replyArgs are the arguments of slack.reply, which only gatefold calls: a line in the thread of a message.
type replyArgs struct {
	message receiptArg
	text    markup
	loud    bool // shown beside the thread as well
}

// Arguments implements engine.Args.
func (a replyArgs) Arguments() []engine.Argument {
	var p printed
	p.add("message", starlark.String(a.message.String()), false)
	p.add("text", a.text.value(), false)
	p.add("loud", starlark.Bool(a.loud), !a.loud)
	return p
}

func slackReply(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a replyArgs
	if err := unpack(b, args, kwargs, "message", &a.message, "text", &a.text, "loud?", &a.loud); err != nil {
		return nil, err
	}
	return recordOnce(thread, b, a)
}

func (a replyArgs) posting() Posting {
	r := Receipt(a.message)
	return Posting{Channel: r.Channel, Below: &r, Quiet: !a.loud, Parts: a.text.parts}
}

func recordOnce(thread *starlark.Thread, b *starlark.Builtin, a engine.Args) (starlark.Value, error) {
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	return starlark.None, turn.Once(thread, b, engine.Effect{Args: a})
}

// receiptArg is an argument that names a message: "C0123ABCD/1503435956.000247".
type receiptArg Receipt

func (r receiptArg) String() string { return r.Channel + "/" + r.TS }

// Unpack implements starlark.Unpacker.
func (r *receiptArg) Unpack(v starlark.Value) error {
	s, _ := starlark.AsString(v)
	channel, ts, ok := strings.Cut(s, "/")
	if !ok || channel == "" || ts == "" {
		return fmt.Errorf("%s names no message", got(v))
	}
	*r = receiptArg{Channel: channel, TS: ts}
	return nil
}

var (
	_ engine.Messages   = slackMessages{}
	_ starlark.Unpacker = (*receiptArg)(nil)
)
