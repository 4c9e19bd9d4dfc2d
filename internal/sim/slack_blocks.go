package sim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// block is one block of a message. What Slack has and gatefold never sends (inputs, menus, files) is refused.
type block struct {
	Type      string       `json:"type"`
	BlockID   string       `json:"block_id"`
	Text      *blockText   `json:"text"`      // of section and header
	Fields    []blockText  `json:"fields"`    // of section
	Accessory *blockPart   `json:"accessory"` // of section
	Elements  []*blockPart `json:"elements"`  // of actions and context
	sent      json.RawMessage
}

// blockText is a text object.
type blockText struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    bool   `json:"emoji"`
	Verbatim bool   `json:"verbatim"`
}

// blockPart is an element of a block: a button, or a text or an image in a context.
type blockPart struct {
	Type     string          `json:"type"`
	ActionID string          `json:"action_id"`
	Value    string          `json:"value"`
	Style    string          `json:"style"`
	URL      string          `json:"url"`
	ImageURL string          `json:"image_url"`
	AltText  string          `json:"alt_text"`
	Confirm  *blockAsk       `json:"confirm"`
	RawText  json.RawMessage `json:"text"`
	Text     blockText       `json:"-"` // of a button
	Plain    string          `json:"-"` // of a text
}

// blockAsk is the question behind a button.
type blockAsk struct {
	Title, Text, Confirm, Deny blockText
	Style                      string
}

// The limits of Slack, in characters, as its documentation of blocks states them.
const (
	maxBlocks     = 50
	maxID         = 255
	maxSection    = 3000
	maxFields     = 10
	maxField      = 2000
	maxHeader     = 150
	maxContext    = 10
	maxActions    = 25
	maxLabel      = 75
	maxValue      = 2000
	maxURL        = 3000
	maxAskTitle   = 100
	maxAskText    = 300
	maxAskButtons = 30
)

// parseBlocks reads the blocks of a message. problem says where Slack would refuse them, and why; "" = it would not.
func parseBlocks(sent string) (bs blocks, problem string) {
	if strings.TrimSpace(sent) == "" {
		return nil, ""
	}
	var raw []json.RawMessage
	if err := json.Unmarshal([]byte(sent), &raw); err != nil {
		return nil, "not an array of blocks [json-pointer:/blocks]"
	}
	if len(raw) > maxBlocks {
		return nil, fmt.Sprintf("no more than %d items allowed [json-pointer:/blocks]", maxBlocks)
	}
	ids := map[string]bool{}
	for i, one := range raw {
		b, err := parseBlock(one)
		if err == nil && b.BlockID != "" && ids[b.BlockID] {
			err = fmt.Errorf("this block_id is there already [json-pointer:/block_id]")
		}
		if err != nil {
			return nil, strings.Replace(err.Error(), "[json-pointer:", fmt.Sprintf("[json-pointer:/blocks/%d", i), 1)
		}
		ids[b.BlockID] = true
		bs = append(bs, b)
	}
	return bs, ""
}

func parseBlock(raw json.RawMessage) (*block, error) {
	b := &block{sent: raw}
	if err := json.Unmarshal(raw, b); err != nil {
		return nil, fmt.Errorf("not a block: %w [json-pointer:]", err)
	}
	if err := atMost(b.BlockID, maxID, "/block_id"); err != nil {
		return nil, err
	}
	switch b.Type {
	case "divider":
		return b, nil
	case "header":
		return b, b.header()
	case "section":
		return b, b.section()
	case "context":
		return b, b.elements(maxContext, (*blockPart).context)
	case "actions":
		if err := b.elements(maxActions, (*blockPart).button); err != nil {
			return nil, err
		}
		return b, b.distinct()
	}
	return nil, fmt.Errorf("unsupported type: %s [json-pointer:/type]", b.Type)
}

func (b *block) header() error {
	if b.Text == nil || b.Text.Type != "plain_text" {
		return fmt.Errorf("must be plain_text [json-pointer:/text]")
	}
	return b.Text.check(maxHeader, "/text")
}

func (b *block) section() error {
	if b.Text == nil && len(b.Fields) == 0 {
		return fmt.Errorf("missing required field: text or fields [json-pointer:]")
	}
	if b.Text != nil {
		if err := b.Text.check(maxSection, "/text"); err != nil {
			return err
		}
	}
	if len(b.Fields) > maxFields {
		return fmt.Errorf("no more than %d items allowed [json-pointer:/fields]", maxFields)
	}
	for i, f := range b.Fields {
		if err := f.check(maxField, fmt.Sprint("/fields/", i)); err != nil {
			return err
		}
	}
	if b.Accessory == nil {
		return nil
	}
	return b.Accessory.button("/accessory")
}

// elements checks each of a block's elements, and that there are some and not too many.
func (b *block) elements(most int, check func(*blockPart, string) error) error {
	if len(b.Elements) == 0 || len(b.Elements) > most {
		return fmt.Errorf("from 1 to %d items are needed [json-pointer:/elements]", most)
	}
	for i, e := range b.Elements {
		if e == nil {
			return fmt.Errorf("null is no element [json-pointer:/elements/%d]", i)
		}
		if err := check(e, fmt.Sprint("/elements/", i)); err != nil {
			return err
		}
	}
	return nil
}

// distinct: two buttons of a block with one action_id could not be told apart.
func (b *block) distinct() error {
	seen := map[string]bool{}
	for i, e := range b.Elements {
		if e.ActionID != "" && seen[e.ActionID] {
			return fmt.Errorf("action_id is there already: %q [json-pointer:/elements/%d/action_id]", e.ActionID, i)
		}
		seen[e.ActionID] = true
	}
	return nil
}

// context is a text or an image.
func (p *blockPart) context(where string) error {
	if p.Type == "image" {
		if p.ImageURL == "" || p.AltText == "" {
			return fmt.Errorf("an image needs image_url and alt_text [json-pointer:%s]", where)
		}
		return nil
	}
	t := blockText{Type: p.Type}
	if err := json.Unmarshal(p.RawText, &t.Text); err != nil {
		return fmt.Errorf("missing required field: text [json-pointer:%s]", where)
	}
	p.Plain = t.Text
	return t.check(maxSection, where)
}

func (p *blockPart) button(where string) error {
	if p.Type != "button" {
		return fmt.Errorf("unsupported type: %s [json-pointer:%s/type]", p.Type, where)
	}
	if err := json.Unmarshal(p.RawText, &p.Text); err != nil || p.Text.Type != "plain_text" {
		return fmt.Errorf("must be plain_text [json-pointer:%s/text]", where)
	}
	if !slices.Contains([]string{"", "primary", "danger"}, p.Style) {
		return fmt.Errorf("must be primary or danger [json-pointer:%s/style]", where)
	}
	for _, err := range []error{
		p.Text.check(maxLabel, where+"/text"), atMost(p.ActionID, maxID, where+"/action_id"),
		atMost(p.Value, maxValue, where+"/value"), atMost(p.URL, maxURL, where+"/url"), p.Confirm.check(where + "/confirm"),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *blockAsk) check(where string) error {
	if a == nil {
		return nil
	}
	for _, t := range []struct {
		text  blockText
		most  int
		plain bool
		name  string
	}{{a.Title, maxAskTitle, true, "/title"}, {a.Text, maxAskText, false, "/text"},
		{a.Confirm, maxAskButtons, true, "/confirm"}, {a.Deny, maxAskButtons, true, "/deny"}} {
		if t.plain && t.text.Type != "plain_text" {
			return fmt.Errorf("must be plain_text [json-pointer:%s%s]", where, t.name)
		}
		if err := t.text.check(t.most, where+t.name); err != nil {
			return err
		}
	}
	return nil
}

// check wants a text of either type that is neither empty nor too long.
func (t blockText) check(most int, where string) error {
	switch {
	case t.Type != "plain_text" && t.Type != "mrkdwn":
		return fmt.Errorf("must be plain_text or mrkdwn [json-pointer:%s/type]", where)
	case t.Text == "":
		return fmt.Errorf("must be more than 0 characters [json-pointer:%s/text]", where)
	case t.Emoji && t.Type == "mrkdwn":
		return fmt.Errorf("emoji belongs to plain_text [json-pointer:%s/emoji]", where)
	case t.Verbatim && t.Type == "plain_text":
		return fmt.Errorf("verbatim belongs to mrkdwn [json-pointer:%s/verbatim]", where)
	}
	return atMost(t.Text, most, where+"/text")
}

func atMost(s string, most int, where string) error {
	if utf8.RuneCountInString(s) <= most {
		return nil
	}
	return fmt.Errorf("must be less than %d characters [json-pointer:%s]", most+1, where)
}

// interactive are the buttons of a block.
func (b *block) interactive() []*blockPart {
	switch {
	case b.Type == "actions":
		return b.Elements
	case b.Type == "section" && b.Accessory != nil:
		return []*blockPart{b.Accessory}
	}
	return nil
}

// lines is what people read of a block, but for its buttons.
func (b *block) lines() []string {
	var all []string
	if b.Text != nil {
		all = strings.Split(b.Text.Text, "\n")
	}
	for _, f := range b.Fields {
		all = append(all, strings.Split(f.Text, "\n")...)
	}
	if b.Type == "context" {
		small := make([]string, len(b.Elements))
		for i, e := range b.Elements {
			small[i] = e.Plain + e.AltText
		}
		all = append(all, strings.Split(strings.Join(small, "  "), "\n")...)
	}
	return all
}

// shortID is an id that Slack made up.
func shortID(seed, what string, n int) string {
	sum := sha256.Sum256(fmt.Append(nil, seed, "/", what, "/", n))
	return fmt.Sprintf("%x", sum[:3])
}
