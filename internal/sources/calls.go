package sources

import (
	"context"
	"errors"
	"time"

	"gatefold/builtins"
	"gatefold/internal/spotify"
)

// Calls carries the questions and commands of rules to Spotify. Of gives the
// client of an account, nil for one that there is not.
type Calls struct {
	Of    func(account string) *spotify.Client
	Login func(account string) string                // the command that links an account anew; nil: none
	Wait  func(context.Context, time.Duration) error // nil: nothing waits
}

// secondTry is when a question is put once more whose answer may be spurious. A command is
// tried again by whoever gave it.
const secondTry = time.Second

var (
	_ builtins.Inquirer  = Calls{}
	_ builtins.Commander = Calls{}
	_ builtins.Playlists = Calls{}
)

// Devices implements builtins.Inquirer.
func (c Calls) Devices(ctx context.Context, account string) ([]builtins.Device, error) {
	var out []builtins.Device
	return out, c.ask(ctx, account, func(s *spotify.Client) error {
		devices, err := s.Devices(ctx)
		for _, d := range devices {
			out = append(out, device(d))
		}
		return err
	})
}

// RecentlyPlayed implements builtins.Inquirer.
func (c Calls) RecentlyPlayed(ctx context.Context, account string, limit int) ([]builtins.Play, error) {
	var out []builtins.Play
	return out, c.ask(ctx, account, func(s *spotify.Client) error {
		plays, err := s.RecentlyPlayed(ctx, limit)
		for _, p := range plays {
			out = append(out, builtins.Play{Item: item(p.Item), PlayedAt: p.PlayedAt, Context: p.Context})
		}
		return err
	})
}

// Transfer implements builtins.Commander.
func (c Calls) Transfer(ctx context.Context, account, device string, play bool) error {
	return c.do(account, func(s *spotify.Client) error { return s.Transfer(ctx, device, play) })
}

// Volume implements builtins.Commander.
func (c Calls) Volume(ctx context.Context, account, device string, percent int) error {
	return c.do(account, func(s *spotify.Client) error { return s.Volume(ctx, percent, device) })
}

// ReplacePlaylist implements builtins.Playlists.
func (c Calls) ReplacePlaylist(ctx context.Context, account, id string, uris []string) error {
	return c.do(account, func(s *spotify.Client) error { return s.ReplacePlaylist(ctx, id, uris) })
}

func (c Calls) ask(ctx context.Context, account string, call func(*spotify.Client) error) error {
	return c.do(account, func(s *spotify.Client) error {
		err := call(s)
		if e := (*spotify.Error)(nil); !errors.As(err, &e) || !e.Doubtful() {
			return err
		}
		if c.Wait != nil {
			if stopped := c.Wait(ctx, secondTry); stopped != nil {
				return err
			}
		}
		return call(s)
	})
}

func (c Calls) do(account string, call func(*spotify.Client) error) error {
	client := c.Of(account)
	if client == nil {
		return &CallError{text: "there is no account " + account, final: true}
	}
	err := call(client)
	if err == nil {
		return nil
	}
	login := ""
	if c.Login != nil {
		login = c.Login(account)
	}
	out := &CallError{text: explain(err, login), final: true, err: err}
	if wait := (*spotify.WaitError)(nil); errors.As(err, &wait) {
		out.final, out.retryAt = false, wait.Until
	}
	if e := (*spotify.Error)(nil); errors.As(err, &e) {
		out.final = !passing(e)
	}
	return out
}

// passing says whether the same request may succeed later.
func passing(e *spotify.Error) bool {
	switch e.Kind {
	case spotify.RateLimited, spotify.Quota, spotify.Unreachable, spotify.Unauthorized:
		return true
	}
	return e.Doubtful()
}

// CallError is a question or a command that came to nothing.
type CallError struct {
	text    string
	retryAt time.Time
	final   bool
	err     error
}

func (e *CallError) Error() string { return e.text }
func (e *CallError) Unwrap() error { return e.err }

// RetryAt is when the gate lets it pass; zero: that is not known.
func (e *CallError) RetryAt() time.Time { return e.retryAt }

// Permanent says that trying again is no use.
func (e *CallError) Permanent() bool { return e.final }
