package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/sources"
	"gatefold/internal/spotify"
)

// account is one account: its source, its loop, and what drives it.
type account struct {
	name   string
	runner *engine.Runner
}

// send hands news to the loop; it gives up with ctx.
func (a *account) send(ctx context.Context, in engine.Input) { _ = a.runner.Send(ctx, in) }

func (d *daemon) openAccount(ctx context.Context, c config.Account) (*account, error) {
	token, ok := d.cfg.RefreshToken(c.Name)
	if !ok {
		return nil, &codedError{
			code: exitUsage, err: fmt.Errorf("account %s: there is no refresh token for it", c.Name),
			hint: "set GATEFOLD_SECRET_" + config.RefreshTokenName(c.Name) + ", or the same name with _FILE to the path of a file that holds it",
		}
	}
	kept, err := d.journal.Recover(ctx, c.Name)
	if damaged := (*journal.DamagedRowsError)(nil); errors.As(err, &damaged) {
		d.log.Error("part of what the journal knew is lost; the rest is used", "account", c.Name, "error", err)
	} else if err != nil {
		return nil, fmt.Errorf("account %s: %w", c.Name, err)
	}
	poll := d.cfg.Spotify.Poll
	begin := time.Now()
	loop := engine.NewLoop(engine.LoopOptions{
		Account: c.Name,
		Enforce: c.Enforce,
		Pacer: sources.Poller{
			Denied: poll.Denied, Playing: poll.Playing, Paused: poll.Paused, Idle: poll.Idle, IdleMax: poll.IdleMax,
		},
		Zone:      d.cfg.Timezone,
		Decode:    decodePlayback(d.modules),
		Parse:     func(text string) (engine.Effect, error) { return engine.ParseEffect(text, d.modules...) },
		Stopwatch: func() time.Duration { return time.Since(begin) },
		Restored: func(what string, err error) {
			d.log.Error("something in the journal could not be read back", "account", c.Name, "what", what, "error", err)
		},
		Context: context.WithoutCancel(ctx),
	}, kept, d.w.Clock.Now())
	return &account{name: c.Name, runner: &engine.Runner{
		Loop: loop, Account: c.Name, Clock: d.w.Clock, Source: d.source(c, token), Journal: d.journal, Modules: d.modules,
		Observer: observers{d.board, newTelemetry(d.metrics), newLogbook(d.log), d.rules, d.w.Observe},
	}}, nil
}

// source looks at and pauses the account's player.
func (d *daemon) source(c config.Account, token config.Secret) *sources.Spotify {
	client := &http.Client{Transport: transportOr(d.w.Spotify)}
	secret := ""
	if s, ok := d.cfg.Secret("SPOTIFY_CLIENT_SECRET"); ok {
		secret = s.Reveal()
	}
	tokens := spotify.NewTokens(spotify.TokenOptions{
		AccountsURL: d.cfg.Spotify.AccountsURL, ClientID: d.cfg.Spotify.ClientID, ClientSecret: secret,
		RefreshToken: token.Reveal(), HTTP: client, Now: d.w.Clock.Now,
		Refreshed: func(r spotify.Refresh) { d.refreshed(c.Name, r) },
	})
	return &sources.Spotify{
		Client: spotify.NewClient(spotify.ClientOptions{
			BaseURL: d.cfg.Spotify.APIURL, HTTP: client, Tokens: tokens, Gate: d.gate, Now: d.w.Clock.Now,
		}),
		Gate: d.gate,
		Now:  d.w.Clock.Now,
		Looked: func(outcome string, took time.Duration) {
			d.metrics.Looked(c.Name, outcome, d.w.Clock.real(took), d.w.Clock.Now())
		},
		Limited: func(kind string) { d.metrics.RateLimited(c.Name, kind) },
		Refused: func(until time.Time, kind, reason string) {
			d.tellOthers(c.Name, engine.GateWaits{Kind: kind, Until: until, Reason: reason, Reserve: true})
		},
	}
}

// refreshed hears of every attempt to get an access token.
func (d *daemon) refreshed(account string, r spotify.Refresh) {
	d.metrics.TokenRefreshed(account, r.Outcome)
	log := d.log.With("account", account)
	switch {
	case r.Outcome == "failed":
		log.Warn("no access token", "error", r.Err)
	case r.Unsaved:
		log.Error("Spotify has replaced the refresh token, and this version has nowhere to save the new one: "+
			"it works until gatefold stops, and the one in the environment may be dead by then",
			"hint", "log in again and replace GATEFOLD_SECRET_SPOTIFY_..._REFRESH_TOKEN before the next start")
	default:
		log.Debug("access token", "expires", r.Expiry)
	}
}

func decodePlayback(modules []engine.Module) func(json.RawMessage) (engine.Payload, error) {
	for _, m := range modules {
		if decode := m.Events[engine.KindPlayback]; decode != nil {
			return decode
		}
	}
	return nil
}
