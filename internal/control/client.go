package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"syscall"
)

// ErrNotRunning says that nobody listens on the socket.
var ErrNotRunning = errors.New("gatefold is not running")

// most is how long an answer may be: the state of one account is at most 64 MB.
const most = 128 << 20

// Client asks a running daemon.
type Client struct {
	Path string // of the socket
}

// Status asks how the daemon stands.
func (c Client) Status(ctx context.Context) (Status, error) {
	var out Status
	return out, c.ask(ctx, http.MethodGet, "/status", nil, &out)
}

// Reload has the rules read again, and waits for what comes of it.
func (c Client) Reload(ctx context.Context) (Reloaded, error) {
	var out Reloaded
	return out, c.ask(ctx, http.MethodPost, "/reload", nil, &out)
}

// Rulesets asks for those that are kept.
func (c Client) Rulesets(ctx context.Context) (Rulesets, error) {
	var out Rulesets
	return out, c.ask(ctx, http.MethodGet, "/rulesets", nil, &out)
}

// Ruleset asks for the files of one.
func (c Client) Ruleset(ctx context.Context, in RulesetRequest) (RulesetFiles, error) {
	var out RulesetFiles
	return out, c.ask(ctx, http.MethodPost, "/ruleset", in, &out)
}

// Accept puts the ruleset in force that waits.
func (c Client) Accept(ctx context.Context, in RulesetRequest) (Reloaded, error) {
	var out Reloaded
	return out, c.ask(ctx, http.MethodPost, "/accept", in, &out)
}

// Rollback puts an older ruleset in force.
func (c Client) Rollback(ctx context.Context, in RulesetRequest) (Reloaded, error) {
	var out Reloaded
	return out, c.ask(ctx, http.MethodPost, "/rollback", in, &out)
}

// Shadow asks for the turns that the shadow rules would have decided differently.
func (c Client) Shadow(ctx context.Context) (Disagreements, error) {
	var out Disagreements
	return out, c.ask(ctx, http.MethodGet, "/shadow", nil, &out)
}

// Devices asks for every device that was ever seen, and what was said about it.
func (c Client) Devices(ctx context.Context) (Devices, error) {
	var out Devices
	return out, c.ask(ctx, http.MethodGet, "/devices", nil, &out)
}

// Approve says that a device may play, or may not, or takes back what was said.
func (c Client) Approve(ctx context.Context, in ApproveRequest) error {
	return c.ask(ctx, http.MethodPost, "/approve", in, new(Done))
}

// Enforce switches the enforcement of an account.
func (c Client) Enforce(ctx context.Context, in EnforceRequest) (Done, error) {
	var out Done
	return out, c.ask(ctx, http.MethodPost, "/enforce", in, &out)
}

// Hold begins or ends a hold.
func (c Client) Hold(ctx context.Context, in HoldRequest) (Done, error) {
	var out Done
	return out, c.ask(ctx, http.MethodPost, "/hold", in, &out)
}

// Light has a light show something for a while, and the truth after that.
func (c Client) Light(ctx context.Context, in LightRequest) (Done, error) {
	var out Done
	return out, c.ask(ctx, http.MethodPost, "/light", in, &out)
}

// Override begins or ends an override of the pace.
func (c Client) Override(ctx context.Context, in OverrideRequest) (Done, error) {
	var out Done
	return out, c.ask(ctx, http.MethodPost, "/override", in, &out)
}

// Publish hands an event to the rules, and waits until its turn is kept.
func (c Client) Publish(ctx context.Context, in PublishRequest) (Published, error) {
	var out Published
	return out, c.ask(ctx, http.MethodPost, "/publish", in, &out)
}

// Linked says that the credential of an account has changed.
func (c Client) Linked(ctx context.Context, in AccountRequest) (Done, error) {
	var out Done
	return out, c.ask(ctx, http.MethodPost, "/linked", in, &out)
}

// Leave asks for leave to make a call of the API, which counts in the daemon's budget.
func (c Client) Leave(ctx context.Context, in LeaveRequest) (Leave, error) {
	var out Leave
	return out, c.ask(ctx, http.MethodPost, "/leave", in, &out)
}

// Limited tells of a 429 that such a call got.
func (c Client) Limited(ctx context.Context, in LimitedRequest) error {
	return c.ask(ctx, http.MethodPost, "/limited", in, new(Done))
}

func (c Client) ask(ctx context.Context, method, path string, in, out any) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", c.Path)
	}}
	defer transport.CloseIdleConnections()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://gatefold"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("%w: nobody listens on %s", ErrNotRunning, c.Path)
		}
		return fmt.Errorf("asking the daemon on %s: %w", c.Path, err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, most))
	if err == nil && len(body) == most {
		err = fmt.Errorf("its answer is longer than %d MiB", most>>20)
	}
	if err != nil {
		return fmt.Errorf("asking the daemon on %s: %w", c.Path, err)
	}
	if resp.StatusCode != http.StatusOK {
		var f failure
		if json.Unmarshal(body, &f) == nil && f.Error != "" {
			return errors.New(f.Error)
		}
		return fmt.Errorf("the daemon answered %s", resp.Status)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("the daemon's answer: %w", err)
	}
	return nil
}
