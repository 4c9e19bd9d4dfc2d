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
	pathPost      = "post"
	pathUpdate    = "update"
	pathEphemeral = "ephemeral"
	pathAuth      = "auth"
	pathConnect   = "connect"
	pathSocket    = "socket"
)

func slackPaths() []string {
	return []string{pathPost, pathUpdate, pathEphemeral, pathAuth, pathConnect, pathSocket}
}

// slackCall is what a request to Slack asks for.
type slackCall struct {
	method    string // "chat.postMessage"; "" = none
	host      string // where it arrived; "" = in memory, where there are no sockets
	token     string
	arguments map[string]string // all but the token
}

// path is the method as faults name it; "" = it does not exist here.
func (c slackCall) path() string {
	switch c.method {
	case "chat.postMessage":
		return pathPost
	case "chat.update":
		return pathUpdate
	case "chat.postEphemeral":
		return pathEphemeral
	case "auth.test":
		return pathAuth
	case "apps.connections.open":
		return pathConnect
	}
	return ""
}

// flag reports whether an argument was set to true.
func (c slackCall) flag(name string) bool {
	return c.arguments[name] == "true" || c.arguments[name] == "1"
}

// newSlackCall reads a form or a JSON object. What cannot be read is missing.
func newSlackCall(r *http.Request, raw []byte) slackCall {
	c := slackCall{arguments: map[string]string{}}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		c.readJSON(raw)
	} else {
		form, _ := url.ParseQuery(string(raw))
		for name := range form {
			c.arguments[name] = form.Get(name)
		}
	}
	if method, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
		c.method = method
	}
	if c.path() != pathConnect { // which wants it in the header
		c.token = c.arguments["token"]
	}
	delete(c.arguments, "token")
	if c.token == "" {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			c.token = token
		}
	}
	return c
}

// readJSON keeps strings without their quotation marks and everything else as it was written. null is missing.
func (c *slackCall) readJSON(raw []byte) {
	var in map[string]json.RawMessage
	_ = json.Unmarshal(raw, &in)
	for name, value := range in {
		var text string
		switch {
		case string(value) == "null":
		case json.Unmarshal(value, &text) == nil:
			c.arguments[name] = text
		default:
			c.arguments[name] = string(value)
		}
	}
}
