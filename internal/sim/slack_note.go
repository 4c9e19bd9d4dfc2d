package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// appName is what the app is called in Slack.
const appName = "gatefold"

// Shown is a message as it stands in Slack now.
type Shown struct {
	Channel   string // the id
	TS        string
	Broadcast bool     // a reply that the channel shows too
	Text      string   // as last sent: escaped; with blocks it is only what a notification shows
	Blocks    string   // as last sent, or ""
	Lines     []string // what people read, from top to bottom: the blocks if there are some, else the text; escaped
	Buttons   []Button
	Posted    time.Time
	Edited    time.Time // zero: never
	Edits     int
	Replies   []Shown // its thread, oldest first
}

// Button is one that a message shows.
type Button struct {
	Label, Value, Style string
	ActionID, BlockID   string // given by the app, or by Slack where it gave none
}

// Ephemeral is a message that only one person sees.
type Ephemeral struct {
	Time    time.Time
	Channel string // as it was asked for
	User    string // the id of who sees it
	Text    string // as it was sent: escaped
	Blocks  string // the JSON that was sent, or ""
	Thread  string
}

// Lines is what the person reads.
func (e Ephemeral) Lines() []string {
	blocks, _ := parseBlocks(e.Blocks)
	return blocks.linesOr(e.Text)
}

// note is a message and what became of it.
type note struct {
	posted   Message
	channel  string // the id
	text     string
	blocks   blocks
	edits    int
	editedAt time.Time
}

func (n *note) lines() []string { return n.blocks.linesOr(n.text) }

func (n *note) shown() Shown {
	return Shown{Channel: n.channel, TS: n.posted.TS, Broadcast: n.posted.Broadcast, Text: n.text, Blocks: n.blocks.raw(), Lines: n.lines(),
		Buttons: n.blocks.buttons(), Posted: n.posted.Time, Edited: n.editedAt, Edits: n.edits}
}

// object is the message as Slack tells it.
func (n *note) object() object {
	m := object{"type": "message", "user": slackBotUser, "bot_id": slackBot, "app_id": slackApp, "team": slackTeam, "text": n.text, "ts": n.posted.TS}
	if len(n.blocks) > 0 {
		m["blocks"] = n.blocks
	}
	if n.posted.Thread != "" {
		m["thread_ts"] = n.posted.Thread
	}
	if n.edits > 0 {
		m["edited"] = object{"user": slackBot, "ts": fmt.Sprintf("%d.000000", n.editedAt.Unix())}
	}
	return m
}

// Shown is every message that is not a reply, oldest first, with its thread below it.
func (s *Slack) Shown() []Shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	var all []Shown
	place := map[string]int{}
	for _, n := range s.notes.entries {
		if n.posted.Thread == "" {
			place[n.channel+n.posted.TS] = len(all)
			all = append(all, n.shown())
			continue
		}
		if i, ok := place[n.channel+n.posted.Thread]; ok { // else its parent was forgotten
			all[i].Replies = append(all[i].Replies, n.shown())
		}
	}
	return all
}

// Ephemerals is what single persons were told, oldest first.
func (s *Slack) Ephemerals() []Ephemeral {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	return s.ephemerals.since(0)
}

// Buttons are those of the newest message that shows some, in their order.
func (s *Slack) Buttons() []Button {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	for _, n := range slices.Backward(s.notes.entries) {
		if buttons := n.blocks.buttons(); len(buttons) > 0 {
			return buttons
		}
	}
	return nil
}

// find is the message with this time stamp, or nil.
func (s *Slack) find(channel, ts string) *note {
	for _, n := range slices.Backward(s.notes.entries) {
		if n.channel == channel && n.posted.TS == ts {
			return n
		}
	}
	return nil
}

// blocks are what a message shows, in the shapes that Slack takes.
type blocks []*block

// raw is the JSON that was sent.
func (bs blocks) raw() string {
	if len(bs) == 0 {
		return ""
	}
	sent := make([]string, len(bs))
	for i, b := range bs {
		sent[i] = string(b.sent)
	}
	return "[" + strings.Join(sent, ",") + "]"
}

// name gives ids to blocks and buttons that have none, as Slack does. seed makes them differ between messages.
func (bs blocks) name(seed string) {
	for i, b := range bs {
		if b.BlockID == "" {
			b.BlockID = shortID(seed, "block", i)
		}
		for j, e := range b.interactive() {
			if e.ActionID == "" {
				e.ActionID = shortID(seed, b.BlockID, j)
			}
		}
	}
}

func (bs blocks) buttons() []Button {
	var all []Button
	for _, b := range bs {
		for _, e := range b.interactive() {
			all = append(all, Button{Label: e.Text.Text, Value: e.Value, Style: e.Style, ActionID: e.ActionID, BlockID: b.BlockID})
		}
	}
	return all
}

// linesOr is what the blocks say; where there are none, text.
func (bs blocks) linesOr(text string) []string {
	if len(bs) == 0 {
		return strings.Split(text, "\n")
	}
	var all []string
	for _, b := range bs {
		all = append(all, b.lines()...)
	}
	return all
}

// MarshalJSON is the block as it was sent, with the ids that Slack gave it.
func (b *block) MarshalJSON() ([]byte, error) {
	var sent map[string]any
	if err := json.Unmarshal(b.sent, &sent); err != nil {
		return nil, err
	}
	sent["block_id"] = b.BlockID
	if elements, ok := sent["elements"].([]any); ok {
		for i, e := range b.Elements {
			if i < len(elements) && e != nil && e.ActionID != "" {
				name(elements[i], e.ActionID)
			}
		}
	}
	if b.Accessory != nil && b.Accessory.ActionID != "" {
		name(sent["accessory"], b.Accessory.ActionID)
	}
	return json.Marshal(sent)
}

// name gives an element as it was sent its id.
func name(element any, id string) {
	if e, ok := element.(map[string]any); ok {
		e["action_id"] = id
	}
}
