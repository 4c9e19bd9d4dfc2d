package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// choices is a message with a text, a small line and two buttons.
func choices() []slack.MsgOption {
	button := func(label, value string) *slack.ButtonBlockElement {
		return slack.NewButtonBlockElement("act-"+value, value, slack.NewTextBlockObject(slack.PlainTextType, label, true, false))
	}
	return []slack.MsgOption{slack.MsgOptionText("Bob plays", true), slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "*Bob's Laptop* plays\nand plays", false, true), nil, nil),
		slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, "paused twice", false, false)),
		slack.NewActionBlock("", button("Allow for an hour", "hour"), button("Keep blocking", "no")),
	)}
}

func (w *slackWorld) choices() (channel, ts string) {
	w.t.Helper()
	channel, ts, err := w.api.PostMessageContext(w.t.Context(), "#music", choices()...)
	if err != nil {
		w.t.Fatal(err)
	}
	return channel, ts
}

func labels(buttons []Button) (all []string) {
	for _, b := range buttons {
		all = append(all, b.Label)
	}
	return all
}

func TestWhatAMessageShows(t *testing.T) {
	slackBothWays(t, SlackOptions{}, func(w *slackWorld) {
		channel, ts := w.choices()
		m := w.s.Shown()[0]
		same(w.t, "channel", m.Channel, channel)
		same(w.t, "text", m.Text, "Bob plays")
		same(w.t, "lines", strings.Join(m.Lines, "|"), "*Bob's Laptop* plays|and plays|paused twice")
		same(w.t, "buttons", strings.Join(labels(m.Buttons), "|"), "Allow for an hour|Keep blocking")
		same(w.t, "value", m.Buttons[0].Value, "hour")
		same(w.t, "action", m.Buttons[0].ActionID, "act-hour")
		if m.Buttons[0].BlockID == "" || !reflect.DeepEqual(w.s.Buttons(), m.Buttons) {
			w.t.Errorf("%+v", m.Buttons)
		}

		w.clock.pass(time.Minute)
		if _, _, text, err := w.api.UpdateMessageContext(w.t.Context(), channel, ts, slack.MsgOptionText("Ann: *no*", false)); err != nil || text != "Ann: *no*" {
			w.t.Fatal(text, err)
		}
		m = w.s.Shown()[0]
		same(w.t, "edits", m.Edits, 1)
		same(w.t, "edited", m.Edited.Sub(m.Posted), time.Minute)
		same(w.t, "lines after the edit", strings.Join(m.Lines, "|"), "Ann: *no*")
		same(w.t, "buttons after the edit", len(m.Buttons)+len(w.s.Buttons()), 0)
		same(w.t, "what was posted", w.s.Messages()[0].Text, "Bob plays")
	})
}

func TestButtonsGoWithEmptyBlocks(t *testing.T) {
	slackBothWays(t, SlackOptions{}, func(w *slackWorld) {
		channel, ts := w.choices()
		edit := func(options ...slack.MsgOption) error {
			_, _, _, err := w.api.UpdateMessageContext(w.t.Context(), channel, ts, options...)
			return err
		}
		if err := edit(slack.MsgOptionText("decided", false), slack.MsgOptionBlocks()); err != nil {
			w.t.Fatal(err)
		}
		same(w.t, "blocks", w.s.Shown()[0].Blocks, "")
		if err := edit(choices()...); err != nil {
			w.t.Fatal(err)
		}
		same(w.t, "they come back", len(w.s.Shown()[0].Buttons), 2)
		if err := edit(slack.MsgOptionBlocks()); err == nil || err.Error() != "no_text" {
			w.t.Errorf("nothing at all: %v", err)
		}
	})
}

func TestThread(t *testing.T) {
	slackBothWays(t, SlackOptions{}, func(w *slackWorld) {
		_, parent := w.choices()
		post := func(channel, text string, options ...slack.MsgOption) string {
			_, ts, err := w.api.PostMessageContext(w.t.Context(), channel, append(options, slack.MsgOptionText(text, false))...)
			if err != nil {
				return err.Error()
			}
			return ts
		}
		reply := post("#music", "gave up", slack.MsgOptionTS(parent))
		post("#music", "came back", slack.MsgOptionTS(parent), slack.MsgOptionBroadcast())
		post("#music", "a reminder")
		all := w.s.Shown()
		if len(all) != 2 || len(all[0].Replies) != 2 || all[1].Lines[0] != "a reminder" {
			w.t.Fatalf("%+v", all)
		}
		for i, want := range []struct {
			text      string
			broadcast bool
		}{{"gave up", false}, {"came back", true}} {
			same(w.t, "reply", all[0].Replies[i].Text, want.text)
			same(w.t, "broadcast", all[0].Replies[i].Broadcast, want.broadcast)
		}
		same(w.t, "below a reply", post("#music", "x", slack.MsgOptionTS(reply)), "thread_not_found")
		same(w.t, "in another channel", post("#other", "x", slack.MsgOptionTS(parent)), "thread_not_found")
		same(w.t, "below nothing", post("#music", "x", slack.MsgOptionTS("1.000001")), "thread_not_found")
		same(w.t, "as posted", w.s.Messages()[1].Thread, parent)
	})
}

func TestUpdateRefuses(t *testing.T) {
	slackBothWays(t, SlackOptions{Channels: []string{"#music", "#quiet"}}, func(w *slackWorld) {
		channel, ts := w.choices()
		for name, c := range map[string]struct{ channel, ts, text, want string }{
			"a name":            {"#music", ts, "x", "channel_not_found"},
			"no channel":        {"", ts, "x", "channel_not_found"},
			"an unknown id":     {"C0UNKNOWN", ts, "x", "channel_not_found"},
			"another channel":   {channelID("#quiet"), ts, "x", "message_not_found"},
			"an unknown moment": {channel, "1.000001", "x", "message_not_found"},
			"no text":           {channel, ts, "", "no_text"},
			"a long text":       {channel, ts, strings.Repeat("x", 40001), "msg_too_long"},
		} {
			if _, _, _, err := w.api.UpdateMessageContext(w.t.Context(), c.channel, c.ts, slack.MsgOptionText(c.text, false)); err == nil || err.Error() != c.want {
				w.t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		same(w.t, "edits", w.s.Shown()[0].Edits, 0)
		if _, err := w.post("#lobby", "x"); err == nil || err.Error() != "channel_not_found" {
			w.t.Errorf("a channel that is not there: %v", err)
		}
	})
}

func TestWhisper(t *testing.T) {
	slackBothWays(t, SlackOptions{People: map[string]string{"U0ANN": "Ann"}}, func(w *slackWorld) {
		channel, _ := w.choices()
		for user, want := range map[string]string{"U0ANN": "<nil>", "U0EVE": "user_not_in_channel", "ann": "user_not_in_channel", "": "user_not_in_channel"} {
			_, err := w.api.PostEphemeralContext(w.t.Context(), channel, user, slack.MsgOptionText("ask Bob", true))
			same(w.t, "whisper to "+user, fmt.Sprint(err), want)
		}
		got := w.s.Ephemerals()
		if len(got) != 1 || got[0].User != "U0ANN" || got[0].Text != "ask Bob" || got[0].Lines()[0] != "ask Bob" {
			w.t.Errorf("%+v", got)
		}
		same(w.t, "messages", len(w.s.Messages()), 1)
	})
}

func TestSlackLimitsEditsAndWhispers(t *testing.T) {
	w := inMemory(t, SlackOptions{Limit: true})
	channel, ts := w.choices()
	edit := func() error {
		_, _, _, err := w.api.UpdateMessageContext(t.Context(), channel, ts, slack.MsgOptionText("x", false))
		return err
	}
	whisper := func() error {
		_, err := w.api.PostEphemeralContext(t.Context(), channel, "U1", slack.MsgOptionText("x", false))
		return err
	}
	for name, c := range map[string]struct {
		do   func() error
		most int
	}{"edit": {edit, 50}, "whisper": {whisper, 100}} {
		for range c.most {
			if err := c.do(); err != nil {
				t.Fatal(name, err)
			}
		}
		if err := c.do(); err == nil || !strings.Contains(err.Error(), "retry after 1m0s") {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clock.pass(time.Minute)
	if err := edit(); err != nil {
		t.Error(err)
	}
}

func TestOneChannelByNameAndID(t *testing.T) {
	w := inMemory(t, SlackOptions{Limit: true})
	if _, err := w.post("#music", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.post(channelID("#music"), "x"); err == nil {
		t.Error("its id is another channel")
	}
}

func inMemory(t *testing.T, o SlackOptions) *slackWorld {
	w := &slackWorld{t: t, clock: newManual()}
	o.Now = w.clock.now
	w.s = NewSlack(o)
	client := &http.Client{Transport: Transport(map[string]http.Handler{"slack.com": w.s})}
	w.api = slack.New("xoxb-1", slack.OptionAPIURL("https://slack.com/api/"), slack.OptionHTTPClient(client))
	return w
}

// Blocks that Slack does not take, each with the place that it names.
func TestInvalidBlocks(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ä", n) }
	text := func(kind, s string) string { return fmt.Sprintf(`{"type":%q,"text":%q}`, kind, s) }
	section := func(s string) string { return fmt.Sprintf(`{"type":"section","text":%s}`, text("mrkdwn", s)) }
	button := func(label, more string) string {
		return fmt.Sprintf(`{"type":"button","text":%s%s}`, text("plain_text", label), more)
	}
	actions := func(elements ...string) string {
		return `{"type":"actions","elements":[` + strings.Join(elements, ",") + `]}`
	}
	fields := func(n int, of string) string {
		return `{"type":"section","fields":[` + strings.TrimSuffix(strings.Repeat(text("mrkdwn", of)+",", n), ",") + `]}`
	}
	context := func(n int) string {
		return `{"type":"context","elements":[` + strings.TrimSuffix(strings.Repeat(text("mrkdwn", "x")+",", n), ",") + `]}`
	}
	many := func(n int) (all []string) {
		for range n {
			all = append(all, button("x", ""))
		}
		return all
	}
	confirm := func(title string) string {
		return `,"confirm":{"title":` + text("plain_text", title) + `,"text":` + text("mrkdwn", "x") + `,"confirm":` + text("plain_text", "y") + `,"deny":` + text("plain_text", "n") + `}`
	}
	good := map[string]string{
		"as long as it gets": section(long(3000)), "button": actions(button(long(75), `,"value":"`+long(2000)+`","action_id":"`+long(255)+`","style":"danger"`)),
		"fields": fields(10, long(2000)), "header": `{"type":"header","text":` + text("plain_text", long(150)) + `}`, "divider": `{"type":"divider"}`,
		"context": context(10), "25 buttons": actions(many(25)...), "confirm": actions(button("x", confirm(long(100)))),
		"two actions": actions(button("x", `,"action_id":"a"`), button("y", `,"action_id":"b"`)),
		"image":       `{"type":"context","elements":[{"type":"image","image_url":"https://x/y.png","alt_text":"a cover"}]}`,
		"accessory":   `{"type":"section","text":` + text("mrkdwn", "x") + `,"accessory":` + button("x", "") + `}`,
		"fifty":       strings.TrimSuffix(strings.Repeat(section("x")+",", 50), ","),
	}
	for name, b := range good {
		if _, problem := parseBlocks("[" + b + "]"); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
	bad := map[string]struct{ blocks, where string }{
		"too many blocks":   {strings.TrimSuffix(strings.Repeat(section("x")+",", 51), ","), "/blocks]"},
		"long section":      {section(long(3001)), "/blocks/0/text/text]"},
		"empty section":     {section(""), "/blocks/0/text/text]"},
		"no section":        {`{"type":"section"}`, "/blocks/0]"},
		"long button":       {actions(button(long(76), "")), "/blocks/0/elements/0/text/text]"},
		"long value":        {actions(button("x", `,"value":"`+long(2001)+`"`)), "/blocks/0/elements/0/value]"},
		"long action":       {actions(button("x", `,"action_id":"`+long(256)+`"`)), "/action_id]"},
		"one action twice":  {actions(button("x", `,"action_id":"a"`), button("y", `,"action_id":"a"`)), "/blocks/0/elements/1/action_id]"},
		"one block twice":   {`{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`, "/blocks/1/block_id]"},
		"style":             {actions(button("x", `,"style":"green"`)), "/style]"},
		"mrkdwn button":     {actions(`{"type":"button","text":` + text("mrkdwn", "x") + `}`), "/blocks/0/elements/0/text]"},
		"no buttons":        {actions(), "/blocks/0/elements]"},
		"26 buttons":        {actions(many(26)...), "/blocks/0/elements]"},
		"11 fields":         {fields(11, "x"), "/blocks/0/fields]"},
		"long field":        {fields(1, long(2001)), "/blocks/0/fields/0/text]"},
		"11 small things":   {context(11), "/blocks/0/elements]"},
		"long header":       {`{"type":"header","text":` + text("plain_text", long(151)) + `}`, "/blocks/0/text/text]"},
		"mrkdwn header":     {`{"type":"header","text":` + text("mrkdwn", "x") + `}`, "/blocks/0/text]"},
		"long confirmation": {actions(button("x", confirm(long(101)))), "/confirm/title/text]"},
		"a menu":            {actions(`{"type":"static_select"}`), "/blocks/0/elements/0/type]"},
		"an unknown block":  {`{"type":"video"}`, "/blocks/0/type]"},
		"emoji in mrkdwn":   {`{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}`, "/emoji]"},
		"nothing":           {`null`, "/blocks/0/type]"},
		"no elements":       {`{"type":"actions","elements":[null]}`, "/blocks/0/elements/0]"},
		"not JSON":          {`{`, "/blocks]"},
	}
	for name, c := range bad {
		_, problem := parseBlocks("[" + c.blocks + "]")
		if !strings.Contains(problem, c.where) {
			t.Errorf("%s: %q does not name %s", name, problem, c.where)
		}
		if len(problem) > 300 {
			t.Errorf("%s: %d characters of problem", name, len(problem))
		}
	}
}

func TestInvalidBlocksAreNotPosted(t *testing.T) {
	w := inMemory(t, SlackOptions{})
	client := &http.Client{Transport: Transport(map[string]http.Handler{"slack.com": w.s})}
	resp, err := client.PostForm("https://slack.com/api/chat.postMessage", url.Values{"token": {"xoxb-1"}, "channel": {"#music"}, "text": {"x"}, "blocks": {`[{"type":"section"}]`}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct {
		Error            string
		ResponseMetadata struct{ Messages []string } `json:"response_metadata"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said.Error != "invalid_blocks" || len(said.ResponseMetadata.Messages) != 1 {
		t.Errorf("%+v %v", said, err)
	}
	same(t, "messages", len(w.s.Messages()), 0)
	calls := w.s.Calls()
	if len(calls) != 1 || calls[0].Error != "invalid_blocks" || calls[0].Method != "chat.postMessage" || calls[0].Arguments["text"] != "x" {
		t.Errorf("%+v", calls)
	}
	if _, secret := calls[0].Arguments["token"]; secret {
		t.Error("the token is in the log")
	}
}

// Whatever is sent as blocks is refused or can be shown.
func FuzzBlocks(f *testing.F) {
	for _, seed := range []string{
		`[{"type":"section","text":{"type":"mrkdwn","text":"x"},"accessory":{"type":"button","text":{"type":"plain_text","text":"y"}}}]`,
		`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"y"}}]},{"type":"divider"}]`,
		`[{"type":"divider","elements":[null],"Elements":[{},{}],"accessory":{},"Accessory":null}]`,
		`[{"type":"context","elements":[{"type":"mrkdwn","text":"x"}]}]`, `[null]`, `{}`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		bs, problem := parseBlocks(sent)
		if problem != "" {
			return
		}
		bs.name("seed")
		bs.linesOr("x")
		if _, err := json.Marshal(bs); err != nil {
			t.Error(err)
		}
		for _, b := range bs.buttons() {
			if b.ActionID == "" || b.BlockID == "" || b.Label == "" {
				t.Errorf("%+v", b)
			}
		}
		if again, problem := parseBlocks(bs.raw()); problem != "" || len(again) != len(bs) {
			t.Errorf("%q is not what was taken: %s", bs.raw(), problem)
		}
	})
}
