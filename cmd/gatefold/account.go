package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/poller"
	"gatefold/internal/sources"
	"gatefold/internal/spotify"
)

// account is one account: its credential, its source, its loop, and what drives it.
type account struct {
	name   string
	vault  *vault
	tokens *spotify.Tokens
	client *spotify.Client
	runner *engine.Runner
	pacer  *poller.Pacer

	enforcing bool // at the start

	failing string // how the last refresh failed; only its hook touches it
}

// send hands news to the loop; it gives up with ctx.
func (a *account) send(ctx context.Context, in engine.Input) { _ = a.runner.Send(ctx, in) }

// firstLook spreads the first looks: they fetch a token and are committed, so that ten thousand
// at once would all be late, and the next ones would come at once again.
func firstLook(i int) time.Duration { return time.Duration(i) * 2 * time.Millisecond }

// openAccount makes an account that is looked at so long after the start.
func (d *daemon) openAccount(ctx context.Context, c config.Account, firstLook time.Duration) (*account, error) {
	a := &account{name: c.Name, vault: newVault(d.cfg, d.secrets, c.Name, d.w.Clock.Now)}
	switch cred, err := a.vault.known(ctx); {
	case errors.Is(err, spotify.ErrNoCredential):
		d.log.Warn("the account is not linked: nobody watches it", "account", c.Name, "hint", "type: "+d.login(c.Name))
	case err != nil: // the others are watched all the same
		d.log.Error("the credential cannot be read: nobody watches the account", "account", c.Name, "error", err)
	case a.vault.ignored(cred):
		d.log.Warn("the refresh token of the environment counts no more: the account was linked by a login", "account", c.Name,
			"hint", "unset GATEFOLD_SECRET_"+config.RefreshTokenName(c.Name))
	}
	kept, err := d.journal.Recover(ctx, c.Name)
	if damaged := (*journal.DamagedRowsError)(nil); errors.As(err, &damaged) {
		d.log.Error("part of what the journal knew is lost; the rest is used", "account", c.Name, "error", err)
	} else if err != nil {
		return nil, fmt.Errorf("account %s: %w", c.Name, err)
	}
	lane := d.gate.Lane(c.Name)
	a.pacer = poller.New(intervals(d.cfg.Spotify.Poll), sources.Budget(lane))
	a.pacer.Weigh = lane.Weigh
	begin := time.Now()
	loop := engine.NewLoop(engine.LoopOptions{
		Account:   c.Name,
		Enforce:   c.Enforce,
		Pacer:     a.pacer,
		Zone:      d.cfg.Timezone,
		Decode:    decodePlayback(d.modules),
		Parse:     func(text string) (engine.Effect, error) { return engine.ParseEffect(text, d.modules...) },
		Modules:   d.modules,
		Stopwatch: func() time.Duration { return time.Since(begin) },
		Jitter:    jitter,
		Restored: func(what string, err error) {
			d.log.Error("something in the journal could not be read back", "account", c.Name, "what", what, "error", err)
		},
		Context:   context.WithoutCancel(ctx),
		FirstLook: firstLook,
	}, kept, d.w.Clock.Now())
	a.enforcing = loop.Enforcing()
	a.runner = &engine.Runner{
		Loop: loop, Account: c.Name, Clock: d.w.Clock, Source: d.source(a), Journal: d.journal, Modules: d.modules,
		Observer: d.observe, Looks: d.crew.begin,
	}
	return a, nil
}

// intervals are the longest times between looks.
func intervals(p config.Poll) poller.Intervals {
	return poller.Intervals{Denied: p.Denied, Playing: p.Playing, Paused: p.Paused, Idle: p.Idle, IdleMax: p.IdleMax}
}

// source looks at and pauses the account's player.
func (d *daemon) source(a *account) *sources.Spotify {
	client := &http.Client{Transport: d.transport}
	a.tokens = spotify.NewTokens(spotify.TokenOptions{
		AccountsURL: d.cfg.Spotify.AccountsURL, ClientID: d.cfg.Spotify.ClientID, ClientSecret: d.clientSecret.Reveal,
		Vault: a.vault, HTTP: client, Now: d.w.Clock.Now,
		Refreshed: func(r spotify.Refresh) { d.refreshed(a, r) },
	})
	a.client = spotify.NewClient(spotify.ClientOptions{
		BaseURL: d.cfg.Spotify.APIURL, HTTP: client, Tokens: a.tokens, Gate: d.gate.Lane(a.name), Now: d.w.Clock.Now,
		Malformed: func(op string, sample []byte) { d.keepSample(a.name, op, sample) },
	})
	return &sources.Spotify{
		Client: a.client,
		Gate:   d.gate.Lane(a.name),
		Now:    d.w.Clock.Now,
		Login:  d.login(a.name),
		Looked: func(outcome string, took time.Duration) {
			d.metrics.Looked(a.name, outcome, d.w.Clock.real(took), d.w.Clock.Now())
		},
		Limited: func(kind string) { d.metrics.RateLimited(a.name, kind) },
		Refused: func(until time.Time, kind, reason string) {
			d.tellOthers(a.name, engine.GateWaits{Kind: kind, Until: until, Reason: reason, Reserve: true})
		},
	}
}

// login is the command that links an account.
func (d *daemon) login(account string) string {
	text := "gatefold login " + account
	if here, err := filepath.Abs("gatefold.yaml"); err != nil || here != d.cfg.File {
		text += " --config " + d.cfg.File
	}
	return text
}

// refreshed hears of every attempt to get an access token.
func (d *daemon) refreshed(a *account, r spotify.Refresh) {
	d.metrics.TokenRefreshed(a.name, r.Outcome)
	log := d.log.With("account", a.name)
	what := r.Outcome
	switch {
	case r.Outcome == "failed" && r.Err.Error() == a.failing:
		return // said already, and in the journal: an account that is not linked fails at every look
	case r.Outcome == "failed":
		a.failing = r.Err.Error()
		log.Warn("no access token", "error", r.Err)
		what += ": " + a.failing
	case r.Err != nil:
		log.Warn("access token", "outcome", r.Outcome, "expires", r.Expiry, "error", r.Err)
	case r.Outcome == "rotated":
		log.Info("access token, with a new refresh token, which is saved", "expires", r.Expiry)
	default:
		log.Debug("access token", "expires", r.Expiry)
	}
	if r.Outcome != "failed" {
		a.failing = ""
	}
	if !r.Expiry.IsZero() {
		what += ", until " + r.Expiry.UTC().Format(time.RFC3339)
	}
	go a.send(d.running, engine.Refreshed{What: what})
}

// jitter shortens a wait by up to a quarter.
func jitter(d time.Duration) time.Duration { return d - rand.N(d/4+1) }

func decodePlayback(modules []engine.Module) func(json.RawMessage) (engine.Payload, error) {
	for _, m := range modules {
		if decode := m.Events[engine.KindPlayback]; decode != nil {
			return decode
		}
	}
	return nil
}
