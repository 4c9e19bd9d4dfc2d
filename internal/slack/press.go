package slack

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Press is that a user pressed a button.
type Press struct {
	ID        string // of the press, 32 hexadecimal digits: the same when Slack delivers it again
	User      string // the id, U0123ABCD: names can be chosen, and changed
	UserName  string // what the user is called, for people; one line of at most 80 characters, "" if Slack does not say
	Team      string // the id of the user's workspace, "" if Slack does not say
	Channel   string // the id of the channel
	MessageTS string // of the message with the button: with Channel it makes a Receipt
	Value     string // as it was given to the button; but whoever holds the app's tokens can make one up
	Label     string // what was on the button, one line
}

// Receipt names the message that the button was in.
func (p Press) Receipt() Receipt { return Receipt{Channel: p.Channel, TS: p.MessageTS} }

// interaction is what is read of an interactive payload. Source: docs.slack.dev, block_actions payload.
type interaction struct {
	Type string `json:"type"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID       string `json:"id"`
		UserName string `json:"username"`
		Name     string `json:"name"`
		TeamID   string `json:"team_id"`
	} `json:"user"`
	TriggerID string `json:"trigger_id"`
	Channel   struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		ChannelID string `json:"channel_id"`
		MessageTS string `json:"message_ts"`
	} `json:"container"`
	Message struct {
		TS string `json:"ts"`
	} `json:"message"`
	Actions []action `json:"actions"`
}

type action struct {
	Type     string `json:"type"`
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	ActionTS string `json:"action_ts"`
	Value    string `json:"value"`
	Text     struct {
		Text string `json:"text"`
	} `json:"text"`
}

// maxName is Slack's own limit for a name, in characters.
const maxName = 80

// readPress reads the payload of an interactive envelope. It is false for all that is not the press of a button with a
// value in a message: dialogs, menus, and what makes no sense.
func readPress(payload []byte) (Press, bool) {
	var in interaction
	err := json.Unmarshal(payload, &in)
	var odd *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &odd) {
		return Press{}, false
	}
	if in.Type != "block_actions" || len(in.Actions) == 0 || in.Actions[0].Type != "button" {
		return Press{}, false
	}
	act := in.Actions[0] // a button is pressed alone
	p := Press{
		User:      in.User.ID,
		UserName:  oneLine(cmp.Or(in.User.UserName, in.User.Name), maxName),
		Team:      cmp.Or(in.User.TeamID, in.Team.ID),
		Channel:   cmp.Or(in.Channel.ID, in.Container.ChannelID),
		MessageTS: cmp.Or(in.Message.TS, in.Container.MessageTS),
		Value:     act.Value,
		Label:     oneLine(act.Text.Text, maxLabel),
	}
	if !validID(p.Team, "TE") {
		p.Team = ""
	}
	if n := utf8.RuneCountInString(p.Value); n == 0 || n > maxValue {
		return Press{}, false
	}
	p.ID = pressID(p, act, in.TriggerID)
	return p, validUser(p.User) && validChannel(p.Channel) && validTS(p.MessageTS)
}

// pressID is made of who pressed what and when. The time is Slack's, to the microsecond; the trigger stands for it
// where it is missing. Without either, a second press of the same button counts as the first delivered again.
func pressID(p Press, act action, trigger string) string {
	h := sha256.New()
	for _, s := range []string{p.User, p.Channel, p.MessageTS, act.BlockID, act.ActionID, p.Value, cmp.Or(act.ActionTS, trigger)} {
		fmt.Fprintf(h, "%d:%s,", len(s), s) // with its length, so that no field can reach into the next
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
