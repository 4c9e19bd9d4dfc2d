package main

import (
	"context"
	"log/slog"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/spotify"
)

// What of the configuration a running daemon takes up, and how. None of it can fail.

// reconfigure makes true what now says of the live keys, and was did not. That of
// the level is left to applyLevel; history.keep is read when old history goes.
func (d *daemon) reconfigure(was, now *config.Config, changes []config.Change) {
	if now.Spotify.Budget != was.Spotify.Budget {
		d.applyBudget(now.Spotify.Budget)
	}
	if now.Spotify.Poll != was.Spotify.Poll || now.Spotify.Budget != was.Spotify.Budget {
		d.applyPoll(now.Spotify.Poll)
	}
	if now.Brightness != was.Brightness {
		d.lights.dim(now.Brightness)
	}
	if d.slack != nil {
		d.slack.poster.channel.Store(&now.Slack.Channel)
	}
	where := map[string]string{}
	for _, c := range changes {
		where[c.Key] = c.Where
	}
	for i, c := range now.Accounts {
		if a := d.account(c.Name); a != nil && c.Enforce != was.Accounts[i].Enforce {
			a.send(d.running, engine.Configured{Enforce: c.Enforce, By: where["accounts."+c.Name+".enforce"]})
		}
	}
}

func (d *daemon) applyLevel(l slog.Level) {
	if d.w.Level != nil {
		d.w.Level.Set(l)
	}
}

// applyPoll has every loop plan its next look anew, by these intervals and by what
// the budget affords now.
func (d *daemon) applyPoll(p config.Poll) {
	for _, a := range d.accounts {
		a.pacer.Set(intervals(p))
		a.send(d.running, engine.Replan{})
	}
}

// applyBudget changes what the gate lets pass. Loops that wait for it ask again,
// and what they hear is news to the others again.
func (d *daemon) applyBudget(b config.Budget) {
	d.gate.SetLimits(d.w.Clock.Now(), spotify.Limits{Per30s: b.Per30s, PerDay: b.PerDay})
	d.waits.Lock()
	d.waitsUntil = time.Time{}
	d.waits.Unlock()
	for _, a := range d.accounts {
		a.send(d.running, engine.GateOpens{})
	}
}

// reload reads configuration and rules now, for gatefold reload and SIGHUP. A
// configuration that is refused does not hold up the rules.
func (d *daemon) reload(ctx context.Context) (control.Reloaded, error) {
	configured, err := d.config.reload(ctx)
	if err != nil {
		return control.Reloaded{}, err
	}
	out, err := d.rules.reload(ctx)
	out.Config = configured
	return out, err
}
