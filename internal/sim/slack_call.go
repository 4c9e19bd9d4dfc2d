package sim

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// The parts of Slack, as faults name them.
const (
	pathPost = "post"
	pathAuth = "auth"
)

// slackCall is what a request to Slack asks for.
type slackCall struct {
	method  string // "chat.postMessage"; "" = none
	token   string
	channel string
	text    string
	blocks  string
}

// path is the method as faults name it; "" = it does not exist here.
func (c slackCall) path() string {
	switch c.method {
	case "chat.postMessage":
		return pathPost
	case "auth.test":
		return pathAuth
	}
	return ""
}

// newSlackCall reads a form or a JSON object. What cannot be read is missing.
func newSlackCall(r *http.Request, raw []byte) slackCall {
	var c slackCall
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		var in struct {
			Channel string          `json:"channel"`
			Text    string          `json:"text"`
			Blocks  json.RawMessage `json:"blocks"`
		}
		_ = json.Unmarshal(raw, &in)
		c.channel, c.text, c.blocks = in.Channel, in.Text, string(in.Blocks)
	} else {
		form, _ := url.ParseQuery(string(raw))
		c.token, c.channel, c.text, c.blocks = form.Get("token"), form.Get("channel"), form.Get("text"), form.Get("blocks")
	}
	if c.token == "" {
		c.token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if method, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
		c.method = method
	}
	return c
}
