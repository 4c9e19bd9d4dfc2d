package main

import (
	"context"
	"encoding/json"
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
	channel atomic.Pointer[string] // where a rule names none
}

func newPoster(c *config.Config, token config.Secret, transport http.RoundTripper, now func() time.Time) (*poster, error) {
	p, err := slack.New(slack.Options{
		APIURL: c.Slack.APIURL,
		Token:  token.Reveal,
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
func (p *poster) Post(ctx context.Context, channel string, parts []builtins.Part) (json.RawMessage, error) {
	if channel == "" {
		channel = *p.channel.Load()
	}
	out := make([]slack.Part, len(parts))
	for i, part := range parts {
		out[i] = slack.Part{Text: part.Text, URL: part.URL}
	}
	receipt, err := p.slack.Post(ctx, channel, slack.Card{Parts: out})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"channel": receipt.Channel, "ts": receipt.TS})
}
