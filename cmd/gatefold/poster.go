package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"gatefold/builtins"
	"gatefold/internal/config"
	"gatefold/internal/slack"
)

// poster carries messages of rules to Slack.
type poster struct {
	slack   *slack.Poster
	channel atomic.Pointer[string]   // where a rule names none
	health  func(*slack.Error, bool) // hears how each post went: refused because of the token, or taken
	buttons bool                     // presses would arrive: else there are none
}

func newPoster(c *config.Config, token slack.Token, transport http.RoundTripper, now func() time.Time) (*poster, error) {
	p, err := slack.New(slack.Options{
		APIURL: c.Slack.APIURL,
		Token:  token,
		HTTP:   &http.Client{Transport: transport},
		Now:    now,
	})
	if err != nil {
		return nil, err
	}
	out := &poster{slack: p}
	out.channel.Store(&c.Slack.Channel)
	return out, nil
}

// Post implements builtins.Poster.
func (p *poster) Post(ctx context.Context, in builtins.Posting) (builtins.Receipt, error) {
	channel := in.Channel
	if channel == "" {
		channel = *p.channel.Load()
	}
	card := slack.Card{Parts: parts(in.Parts)}
	for _, note := range in.Notes {
		card.Notes = append(card.Notes, parts(note))
	}
	for _, b := range in.Buttons {
		if !p.buttons {
			break
		}
		value, err := json.Marshal(b.Press)
		if err != nil {
			return builtins.Receipt{}, err
		}
		card.Buttons = append(card.Buttons, slack.Button{Label: b.Label, Value: string(value)})
	}
	receipt, err := p.carry(ctx, channel, in, card)
	p.observe(err)
	return builtins.Receipt(receipt), err
}

func (p *poster) carry(ctx context.Context, channel string, in builtins.Posting, card slack.Card) (slack.Receipt, error) {
	switch {
	case in.Message != nil:
		r := slack.Receipt(*in.Message)
		return r, p.slack.Update(ctx, r, card)
	case in.Below != nil:
		return p.slack.Reply(ctx, slack.Receipt(*in.Below), card, !in.Quiet)
	}
	return p.slack.Post(ctx, channel, card)
}

// observe tells whether the token is taken.
func (p *poster) observe(err error) {
	if p.health == nil {
		return
	}
	var refused *slack.Error
	switch {
	case err == nil:
		p.health(nil, true)
	case errors.As(err, &refused) && refused.Credential():
		p.health(refused, false)
	}
}

func parts(in []builtins.Part) []slack.Part {
	out := make([]slack.Part, len(in))
	for i, p := range in {
		out[i] = slack.Part{Text: p.Text, URL: p.URL, User: p.User}
	}
	return out
}
