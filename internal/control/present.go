package control

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Present is how an account stands at this moment, for whoever wants to try rules on it: plain data.
type Present struct {
	Now      time.Time       `json:"now"`     // by the daemon's clock
	Present  json.RawMessage `json:"present"` // an engine.Present
	Rules    []RuleFile      `json:"rules"`   // that are in force
	Degraded string          `json:"degraded,omitempty"`
}

// RuleFile is one file of the ruleset in force.
type RuleFile struct {
	Path string `json:"path"`
	Data []byte `json:"data"`
}

// Present asks how an account stands.
func (c Client) Present(ctx context.Context, account string) (Present, error) {
	var out Present
	return out, c.ask(ctx, http.MethodPost, "/present", AccountRequest{Account: account}, &out)
}
