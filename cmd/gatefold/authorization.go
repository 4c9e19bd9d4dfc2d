package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
	"gatefold/internal/spotify"
)

// authorizations watch what the owners granted: whether an account is linked, and
// when Spotify ends it, six months after the consent. Of the end is warned 30, 7
// and 1 days before: in the log and by Slack once each, in the status as long as
// it holds.
type authorizations struct {
	d  *daemon
	mu sync.Mutex // one check at a time
}

// warnDays are how many days before the end is warned.
func warnDays() []int { return []int{1, 7, 30} }

// watch checks every account now and every hour.
func (w *authorizations) watch(ctx context.Context) error {
	for {
		for _, a := range w.d.accounts {
			w.check(ctx, a)
		}
		hour, stop := w.d.w.Clock.After(time.Hour)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-hour:
		}
	}
}

// check tells metrics, status, log and Slack how an account's authorization stands.
func (w *authorizations) check(ctx context.Context, a *account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := a.vault.known(ctx)
	log := w.d.log.With("account", a.name)
	switch {
	case errors.Is(err, spotify.ErrNoCredential):
		w.d.metrics.AuthorizationExpires(a.name, time.Time{})
		w.d.board.authorized(a.name, "", time.Time{}, "not linked: type "+w.d.login(a.name))
		return
	case err != nil:
		if ctx.Err() == nil {
			log.Error("the credential cannot be read", "error", err)
			w.d.board.authorized(a.name, "", time.Time{}, "the credential cannot be read: "+err.Error())
		}
		return
	}
	end, now := c.Expires(), w.d.w.Clock.Now()
	w.d.metrics.AuthorizationExpires(a.name, end)
	text, days := w.ending(a.name, c, now)
	w.d.board.authorized(a.name, userOf(c), end, text)
	if days == 0 {
		return
	}
	w.warn(ctx, log, a, c, days, text)
}

// userOf is whose account it is, for people; "" while that is not known.
func userOf(c spotify.Credential) string {
	if c.User == (spotify.User{}) {
		return ""
	}
	return describeUser(c.User)
}

// ending says that the end is near, and by which of the warnings; 0: it is not.
func (w *authorizations) ending(account string, c spotify.Credential, now time.Time) (text string, days int) {
	end := c.Expires()
	if end.IsZero() {
		return "", 0
	}
	left := end.Sub(now)
	for _, d := range warnDays() {
		if left <= time.Duration(d)*24*time.Hour {
			days = d
			break
		}
	}
	if days == 0 {
		return "", 0
	}
	when := fmt.Sprintf("ends on %s, in %s", end.In(w.d.cfg.Timezone).Format(time.DateOnly), daysText(left))
	if left <= 0 {
		when = "has ended on " + end.In(w.d.cfg.Timezone).Format(time.DateOnly)
	}
	if c.Estimated {
		when += " at the latest"
	}
	return fmt.Sprintf("the authorization of account %s %s; gatefold is blind then: type %s", account, when, w.d.login(account)), days
}

func daysText(left time.Duration) string {
	switch n := int(left.Hours() / 24); n {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", n)
	}
}

// warned is what the journal keeps of the warnings.
type warned struct {
	AuthorizedAt time.Time `json:"authorized_at"` // of the credential that was warned about
	Days         int       `json:"days"`          // the last warning
}

// warn says it in the log once for each warning, over restarts, and by Slack: there
// the throttle of the message keeps it from coming twice.
func (w *authorizations) warn(ctx context.Context, log *slog.Logger, a *account, c spotify.Credential, days int, text string) {
	key := fmt.Sprintf("authorization of %s, %d days, %s", a.name, days, c.AuthorizedAt.UTC().Format(time.RFC3339))
	call := fmt.Sprintf("slack.post(text=%s, every=%s, key=%s)", starlark.String(text), starlark.String("720h"), starlark.String(key))
	if e, err := engine.ParseEffect(call, w.d.modules...); err == nil {
		a.send(ctx, engine.Notice{Effect: e})
	} else {
		log.Error("a warning cannot be posted", "error", err)
	}
	name := "authorization." + a.name
	var before warned
	if raw, _, err := w.d.journal.Value(ctx, name); err == nil && raw != nil {
		_ = json.Unmarshal(raw, &before) // what cannot be read was not warned
	}
	if before.AuthorizedAt.Equal(c.AuthorizedAt) && before.Days <= days {
		return
	}
	log.Warn(text)
	raw, err := json.Marshal(warned{AuthorizedAt: c.AuthorizedAt, Days: days})
	if err == nil {
		err = w.d.journal.SetValue(ctx, name, raw, time.Time{})
	}
	if err != nil && ctx.Err() == nil {
		log.Error("that it was warned could not be kept", "error", err)
	}
}
