package control

import (
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

// Client asks a running daemon.
type Client struct {
	Path string // of the socket
}

// Status asks how the daemon stands.
func (c Client) Status(ctx context.Context) (Status, error) {
	var out Status
	return out, c.ask(ctx, http.MethodGet, "/status", &out)
}

// Reload has the rules read again, and waits for what comes of it.
func (c Client) Reload(ctx context.Context) (Reloaded, error) {
	var out Reloaded
	return out, c.ask(ctx, http.MethodPost, "/reload", &out)
}

func (c Client) ask(ctx context.Context, method, path string, out any) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", c.Path)
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://gatefold"+path, nil)
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
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
