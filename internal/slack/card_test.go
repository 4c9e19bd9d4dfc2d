package slack

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var receipt = Receipt{Channel: "C0MUSIC", TS: "1700000000.000001"}

// story is a card with everything.
func story() Card {
	return Card{
		Parts: say("*Bob's <Laptop>* plays"),
		Notes: [][]Part{say("paused 6 times"), say(" "), {{User: "U0ANN"}, {Text: " decided: a & b\nc"}}},
		Buttons: []Button{
			{Label: "Allow for an hour", Value: "v1", Style: "primary"},
			{Label: "Keep <blocking> & co", Value: "v2"},
		},
	}
}

// block is what is sent of a block, as far as we make any.
type block struct {
	Type     string    `json:"type"`
	BlockID  string    `json:"block_id"`
	Text     *object   `json:"text"`
	Elements []element `json:"elements"`
}

type object struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    bool   `json:"emoji"`
	Verbatim bool   `json:"verbatim"`
}

// element is a text object in a context, and a button in a row of actions.
type element struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"`
	Verbatim bool            `json:"verbatim"`
	ActionID string          `json:"action_id"`
	Value    string          `json:"value"`
	Style    string          `json:"style"`
}

// sentBlocks are the blocks of a form.
func sentBlocks(t *testing.T, form url.Values) []block {
	t.Helper()
	var blocks []block
	if err := json.Unmarshal([]byte(form.Get("blocks")), &blocks); err != nil {
		t.Fatalf("%v in %q", err, form.Get("blocks"))
	}
	return blocks
}

func TestCardIsSentAsBlocksWithAText(t *testing.T) {
	f := newFake(t)
	p, _ := newPoster(t, f)
	if _, err := p.Post(t.Context(), "#music", story()); err != nil {
		t.Fatal(err)
	}
	form := f.lastForm(t)
	want := "*Bob's &lt;Laptop&gt;* plays\npaused 6 times\n<@U0ANN> decided: a &amp; b\nc"
	if got := form.Get("text"); got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if form.Get("parse") != "none" || form.Get("link_names") != "false" {
		t.Errorf("plain names would become links: %v", form)
	}
	blocks := sentBlocks(t, form)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks, want a section, a context and a row of buttons: %+v", len(blocks), blocks)
	}
	if diff := cmp.Diff(block{Type: "section", Text: &object{Type: "mrkdwn", Text: "*Bob's &lt;Laptop&gt;* plays", Verbatim: true}}, blocks[0]); diff != "" {
		t.Errorf("section (-want +got):\n%s", diff)
	}
	line := element{Type: "mrkdwn", Text: json.RawMessage(`"paused 6 times\n\u003c@U0ANN\u003e decided: a \u0026amp; b c"`), Verbatim: true}
	if diff := cmp.Diff(block{Type: "context", Elements: []element{line}}, blocks[1]); diff != "" {
		t.Errorf("context (-want +got):\n%s", diff)
	}
	row := blocks[2]
	if row.Type != "actions" || len(row.Elements) != 2 || row.BlockID == "" {
		t.Fatalf("actions: %+v", row)
	}
	for i, want := range []element{
		{Type: "button", Value: "v1", Style: "primary", Text: json.RawMessage(`"Allow for an hour"`)},
		{Type: "button", Value: "v2", Text: json.RawMessage(`"Keep ‹blocking› ＆ co"`)},
	} {
		got := row.Elements[i]
		var label object
		if err := json.Unmarshal(got.Text, &label); err != nil {
			t.Fatal(err)
		}
		if label.Type != "plain_text" || label.Emoji || `"`+label.Text+`"` != string(want.Text) {
			t.Errorf("label %+v, want %s", label, want.Text)
		}
		if got.Type != want.Type || got.Value != want.Value || got.Style != want.Style || got.ActionID == "" {
			t.Errorf("button %+v, want %+v", got, want)
		}
	}
	if row.Elements[0].ActionID == row.Elements[1].ActionID {
		t.Error("two buttons with one action_id")
	}
}

func TestUpdateNamesTheMessageAndRenewsIDs(t *testing.T) {
	f := newFake(t)
	p, c := newPoster(t, f)
	ids := map[string]bool{}
	for range 2 {
		if err := p.Update(t.Context(), receipt, story()); err != nil {
			t.Fatal(err)
		}
		form := f.lastForm(t)
		if form.Get("channel") != receipt.Channel || form.Get("ts") != receipt.TS || form.Get("parse") != "none" || form.Get("link_names") != "false" {
			t.Errorf("form %v", form)
		}
		row := sentBlocks(t, form)[2]
		ids[row.BlockID], ids[row.Elements[0].ActionID] = true, true
		c.Advance(updateSpacing)
	}
	if len(ids) != 4 {
		t.Errorf("ids were used again: %v", ids)
	}
	if f.paths[0] != "/api/chat.update" {
		t.Errorf("path %q", f.paths[0])
	}
}

// Without "blocks" Slack keeps the old ones: the buttons would stay, and the new text not show.
func TestUpdateTakesButtonsAway(t *testing.T) {
	f := newFake(t)
	p, _ := newPoster(t, f)
	if err := p.Update(t.Context(), receipt, card("over")); err != nil {
		t.Fatal(err)
	}
	if form := f.lastForm(t); form.Get("blocks") != "[]" || form.Get("text") != "over" {
		t.Errorf("form %v", form)
	}
}

func TestReplyGoesToTheThread(t *testing.T) {
	for _, broadcast := range []bool{false, true} {
		f := newFake(t)
		p, _ := newPoster(t, f)
		got, err := p.Reply(t.Context(), receipt, card("it came back"), broadcast)
		if err != nil || got.Channel != receipt.Channel || got.TS == "" {
			t.Fatalf("%+v, %v", got, err)
		}
		want := url.Values{
			"token": {testToken}, "channel": {receipt.Channel}, "thread_ts": {receipt.TS}, "text": {"it came back"},
			"parse": {"none"}, "link_names": {"false"}, "unfurl_links": {"false"}, "unfurl_media": {"false"},
		}
		if broadcast {
			want.Set("reply_broadcast", "true")
		}
		if diff := cmp.Diff(want, f.lastForm(t)); diff != "" {
			t.Errorf("form (-want +got):\n%s", diff)
		}
	}
}

func TestWhisperGoesToOneUser(t *testing.T) {
	f := newFake(t, reply(200, `{"ok":true,"message_ts":"1502210682.580145"}`))
	p, _ := newPoster(t, f)
	if err := p.Whisper(t.Context(), "C0MUSIC", "U0BOB", say("you may not <decide>")); err != nil {
		t.Fatal(err)
	}
	form := f.lastForm(t)
	if form.Get("channel") != "C0MUSIC" || form.Get("user") != "U0BOB" || form.Get("text") != "you may not &lt;decide&gt;" || f.paths[0] != "/api/chat.postEphemeral" {
		t.Errorf("%s %v", f.paths[0], form)
	}
}

func TestWhatCannotBeSentIsRefusedWithoutARequest(t *testing.T) {
	f := newFake(t)
	p, _ := newPoster(t, f)
	ctx := t.Context()
	with := func(b ...Button) Card { return Card{Parts: say("x"), Buttons: b} }
	post := func(c Card) error { _, err := p.Post(ctx, "#music", c); return err }
	tests := []struct {
		name, code string
		err        error
	}{
		{"six buttons", "bad_button", post(with(make([]Button, 6)...))},
		{"no value", "bad_button", post(with(Button{Label: "x"}))},
		{"long value", "bad_button", post(with(Button{Label: "x", Value: strings.Repeat("é", 2001)}))},
		{"value that is no text", "bad_button", post(with(Button{Label: "x", Value: "\xff"}))},
		{"style", "bad_button", post(with(Button{Label: "x", Value: "v", Style: "blink"}))},
		{"only buttons", "no_text", post(Card{Buttons: []Button{{Label: "x", Value: "v"}}})},
		{"update of a name", "no_message", p.Update(ctx, Receipt{Channel: "#music", TS: "1.2"}, card("x"))},
		{"update without time stamp", "no_message", p.Update(ctx, Receipt{Channel: "C1"}, card("x"))},
		{"update with nothing", "no_text", p.Update(ctx, receipt, Card{})},
		{"whisper to a name", "no_user", p.Whisper(ctx, "C1", "bob", say("x"))},
		{"whisper to all", "no_user", p.Whisper(ctx, "C1", "!channel", say("x"))},
		{"whisper nowhere", "no_channel", p.Whisper(ctx, "", "U0BOB", say("x"))},
		{"whisper nothing", "no_text", p.Whisper(ctx, "C1", "U0BOB", nil)},
	}
	_, err := p.Reply(ctx, Receipt{TS: "1.2"}, card("x"), false)
	tests = append(tests, struct {
		name, code string
		err        error
	}{"reply to nothing", "no_message", err})
	for _, tt := range tests {
		var e *Error
		if !errors.As(tt.err, &e) || e.Code != tt.code || !e.Permanent() {
			t.Errorf("%s: %v, want %s, permanent", tt.name, tt.err, tt.code)
		}
	}
	if f.posts() != 0 {
		t.Errorf("%d requests", f.posts())
	}
}

func TestMethodsFailAsSlackSays(t *testing.T) {
	call := map[string]func(*Poster) error{
		methodUpdate:  func(p *Poster) error { return p.Update(t.Context(), receipt, card("x")) },
		methodWhisper: func(p *Poster) error { return p.Whisper(t.Context(), "C1", "U0BOB", say("x")) },
		methodPost: func(p *Poster) error {
			_, err := p.Reply(t.Context(), receipt, card("x"), true)
			return err
		},
	}
	tests := []struct {
		method, code string
		class        Class
	}{
		{methodUpdate, "message_not_found", Permanent},
		{methodUpdate, "cant_update_message", Permanent},
		{methodUpdate, "edit_window_closed", Permanent},
		{methodUpdate, "update_failed", Temporary},
		{methodUpdate, "external_channel_migrating", Temporary},
		{methodUpdate, "token_revoked", Credential},
		{methodPost, "cannot_reply_to_message", Permanent},
		{methodPost, "thread_not_found", Permanent},
		{methodWhisper, "user_not_in_channel", Permanent},
		{methodWhisper, "is_bot", Permanent},
		{methodWhisper, "fatal_error", Temporary},
	}
	for _, tt := range tests {
		f := newFake(t, refuse(tt.code))
		p, _ := newPoster(t, f)
		var e *Error
		if err := call[tt.method](p); !errors.As(err, &e) || e.Code != tt.code || e.Class != tt.class {
			t.Errorf("%s %s: %v, want class %d", tt.method, tt.code, err, tt.class)
		}
	}
}

// An outage that says so is no doubt: each message is sent once, when it is over.
func TestNothingTwiceInAnOutage(t *testing.T) {
	f := newFake(t, reply(503, ""), reply(500, "oops"), reply(429, "", "Retry-After", "3"), refuse("service_unavailable"))
	p, c := newPoster(t, f)
	taken := 0
	for range 20 {
		if _, err := p.Post(t.Context(), "#music", card("x")); err == nil {
			taken++
			break
		}
		c.Advance(time.Second)
	}
	if taken != 1 || f.posts() != 5 {
		t.Errorf("taken %d times after %d requests, want once after five", taken, f.posts())
	}
	f.Close()
	_, err := p.Post(t.Context(), "#other", card("y"))
	var e *Error
	if !errors.As(err, &e) || e.Code != "network" || e.Class != Temporary {
		t.Errorf("connection refused: %v", err)
	}
}

// Stories are updated while alerts are posted: neither waits for the other.
func TestUpdatesDoNotDelayPosts(t *testing.T) {
	f := newFake(t)
	p, c := newPoster(t, f)
	start := c.Now()
	for _, err := range []error{
		p.Update(t.Context(), receipt, card("x")),
		p.Whisper(t.Context(), receipt.Channel, "U0BOB", say("x")),
		func() error { _, err := p.Post(t.Context(), receipt.Channel, card("x")); return err }(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wantWait(t, p.Update(t.Context(), Receipt{Channel: "C0OTHER", TS: "1.2"}, card("x")), start.Add(updateSpacing), false)
	wantWait(t, p.Whisper(t.Context(), "C0OTHER", "U0ANN", say("x")), start.Add(whisperSpacing), false)
	_, err := p.Post(t.Context(), receipt.Channel, card("x"))
	wantWait(t, err, start.Add(spacing), false)
}

// A reply goes to the channel's id, a post to its name: to Slack they are one channel.
func TestReplyAndPostShareTheTurn(t *testing.T) {
	f := newFake(t)
	p, c := newPoster(t, f)
	r, err := p.Post(t.Context(), "#music", card("x"))
	if err != nil {
		t.Fatal(err)
	}
	due := c.Now().Add(spacing)
	_, err = p.Reply(t.Context(), r, card("y"), false)
	wantWait(t, err, due, false)
	c.Advance(spacing)
	if _, err = p.Reply(t.Context(), r, card("y"), false); err != nil {
		t.Fatal(err)
	}
	_, err = p.Post(t.Context(), "#music", card("z"))
	wantWait(t, err, due.Add(spacing), false)
}

func TestRetryAfterOfAnUpdateHoldsPosts(t *testing.T) {
	f := newFake(t, reply(429, "", "Retry-After", "20"))
	p, c := newPoster(t, f)
	until := c.Now().Add(20 * time.Second)
	wantWait(t, p.Update(t.Context(), receipt, card("x")), until, true)
	_, err := p.Post(t.Context(), "#music", card("x"))
	wantWait(t, err, until, true)
}

func TestAppTokenIsNoBotToken(t *testing.T) {
	f := newFake(t)
	p, err := New(Options{APIURL: f.URL, Now: newClock().Now, Token: func() string { return "xapp-1-secret" }})
	if err != nil {
		t.Fatal(err)
	}
	_, posted := p.Post(t.Context(), "#music", card("x"))
	_, tested := p.Test(t.Context())
	for _, err := range []error{posted, tested} {
		var e *Error
		if !errors.As(err, &e) || !e.Credential() || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") || strings.Contains(err.Error(), "1-secret") {
			t.Errorf("%v: want which token that is, without it", err)
		}
	}
	if f.posts() != 0 {
		t.Error("the app token was sent as a bot's")
	}
}

func TestNotesAreCut(t *testing.T) {
	var notes [][]Part
	for range 30 {
		notes = append(notes, say(strings.Repeat("&", 500)), say("\u202e \n"))
	}
	notes = append(notes, say("Ann decided"))
	text := Card{Notes: notes}.notes()
	lines := strings.Split(text, "\n")
	if len(lines) != maxNotes || lines[0] != "…" || lines[9] != "Ann decided" || utf8.RuneCountInString(text) > maxSection {
		t.Errorf("%d lines with %d characters from %q to %q", len(lines), utf8.RuneCountInString(text), lines[0], lines[len(lines)-1])
	}
	checkRendered(t, text)
}

func TestLabels(t *testing.T) {
	for label, want := range map[string]string{
		"Allow":                       "Allow",
		"":                            "…",
		"\u202e\x00\n":                "…",
		"<!channel> &lt;@U1&gt;":      "‹!channel› ＆lt;@U1＆gt;",
		"a\nb\tc\x1b[1m":              "a b c[1m",
		"\xffa":                       "a",
		strings.Repeat("é", 75):       strings.Repeat("é", 75),
		strings.Repeat("é", 76):       strings.Repeat("é", 74) + "…",
		strings.Repeat("<", 1<<20):    strings.Repeat("‹", 74) + "…",
		"a" + strings.Repeat(" ", 99): "a",
	} {
		if got := plainLabel(label); got != want {
			t.Errorf("%.20q: %q, want %q", label, got, want)
		}
	}
}

// What strangers write may be anywhere in a card.
func TestNoCardPingsOrLinksByItself(t *testing.T) {
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"<!channel>", "<!here|x>", "<@U0BOB>", "<#C0MUSIC>", "<https://evil.example|home>", "&lt;!channel&gt;", "&amp", "\u202e<", "\xff<!\x00channel>",
		strings.Repeat("<", 3000), strings.Repeat("é&", 2000), "\n", "`", "*",
	}))
	text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 5).Draw(t, "pieces"), "") })
	part := rapid.Custom(func(t *rapid.T) Part {
		return Part{
			Text: text.Draw(t, "text"),
			URL:  rapid.OneOf(rapid.Just(""), rapid.Just("https://e.org/?a=1&b"), piece).Draw(t, "url"),
			User: rapid.OneOf(rapid.Just(""), rapid.Just("U0ANN"), piece).Draw(t, "user"),
		}
	})
	parts := rapid.SliceOfN(part, 0, 4)
	button := rapid.Custom(func(t *rapid.T) Button { return Button{Label: text.Draw(t, "label"), Value: "v"} })
	f := newFake(t)
	p, c := newPoster(t, f)
	rapid.Check(t, func(r *rapid.T) {
		card := Card{
			Parts:   parts.Draw(r, "parts"),
			Notes:   rapid.SliceOfN(parts, 0, 14).Draw(r, "notes"),
			Buttons: rapid.SliceOfN(button, 0, maxButtons).Draw(r, "buttons"),
		}
		c.Advance(updateSpacing)
		before := f.posts()
		if err := p.Update(t.Context(), receipt, card); err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Code != "no_text" || f.posts() != before {
				r.Fatal(err)
			}
			return
		}
		form := f.lastForm(t)
		checkText(r, form.Get("text"), maxText)
		for _, b := range sentBlocks(t, form) {
			checkBlock(r, b)
		}
	})
}

func checkBlock(t *rapid.T, b block) {
	if b.Type == "section" {
		if !b.Text.Verbatim {
			t.Fatal("not verbatim")
		}
		checkText(t, b.Text.Text, maxSection)
	}
	for _, e := range b.Elements {
		var text string
		limit := maxSection
		if b.Type == "actions" {
			var label object
			if err := json.Unmarshal(e.Text, &label); err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(label.Text, "<>&\n") || label.Text == "" {
				t.Fatalf("label %q", label.Text)
			}
			text, limit = label.Text, maxLabel
		} else if err := json.Unmarshal(e.Text, &text); err != nil || !e.Verbatim {
			t.Fatalf("%v, verbatim %v", err, e.Verbatim)
		}
		checkText(t, text, limit)
	}
}

// A card without notes and buttons is sent as it always was.
func TestPlainCardHasNoBlocks(t *testing.T) {
	f := newFake(t)
	p, _ := newPoster(t, f)
	if _, err := p.Post(t.Context(), "#music", Card{Parts: say("x"), Notes: [][]Part{nil, say(" ")}}); err != nil {
		t.Fatal(err)
	}
	if form := f.lastForm(t); form.Has("blocks") {
		t.Errorf("form %v", form)
	}
}
