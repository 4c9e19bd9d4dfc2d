package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/slack"
	"gatefold/internal/spotify"
)

// What the doctor asks others.

func (x *examination) slack(ctx context.Context) {
	token, ok, err := secret(ctx, x.cfg, x.store, config.SlackBotToken)
	switch {
	case err != nil:
		x.say("slack", gradeFailure, hintOf(err), "%s", textOf(err))
		return
	case !ok:
		x.say("slack", gradeWarning, "gatefold secret set "+config.SlackBotToken, "no token: messages of the rules are not posted")
		return
	}
	p, err := slack.New(slack.Options{
		APIURL: x.cfg.Slack.APIURL, Token: token.Reveal, HTTP: &http.Client{Transport: transportOr(nil)}, Now: newClock(1).Now,
	})
	if err != nil {
		x.say("slack", gradeFailure, "mend slack.api_url", "%s", err)
		return
	}
	who, err := p.Test(ctx)
	if err != nil {
		x.say("slack", gradeFailure, "see whether the network is there; if it is the token: gatefold secret set "+config.SlackBotToken, "%s", err)
		return
	}
	x.ok("slack", "the token is that of %s in %s; messages go to %s", clean(who.User), clean(who.Team), x.cfg.Slack.Channel)
	x.buttons(ctx)
}

// buttons looks at what presses need: an app token that may open a connection, and somebody who may press.
func (x *examination) buttons(ctx context.Context) {
	token, ok, err := secret(ctx, x.cfg, x.store, config.SlackAppToken)
	switch {
	case err != nil:
		x.say("buttons", gradeFailure, hintOf(err), "%s", textOf(err))
		return
	case !ok:
		x.say("buttons", gradeWarning, "examples/slack/README.md, then gatefold secret set "+config.SlackAppToken, "no app token: messages have no buttons")
		return
	}
	socket, err := slack.NewSocket(slack.SocketOptions{
		APIURL: x.cfg.Slack.APIURL, AppToken: token.Reveal, HTTP: &http.Client{Transport: transportOr(nil)}, Now: newClock(1).Now,
		Press: func(context.Context, slack.Press) {},
	})
	if err == nil {
		err = socket.Test(ctx)
	}
	switch {
	case err != nil:
		x.say("buttons", gradeFailure, "if it is the token: gatefold secret set "+config.SlackAppToken, "%s", err)
	case len(x.cfg.Slack.Deciders) == 0:
		x.say("buttons", gradeWarning, "write slack: {deciders: [U0123ABCD]} in the config", "the app token is good, and nobody may press")
	default:
		x.ok("buttons", "the app token is good, and %s may press", count(len(x.cfg.Slack.Deciders), "user"))
	}
}

// accounts looks at each account's credential and at Spotify with it.
func (x *examination) accounts(ctx context.Context) {
	need, err := needs(ctx, x.stdio, x.cfg, nil)
	if err != nil {
		need = nil // said already
	}
	for _, a := range x.cfg.Accounts {
		login := "gatefold login " + a.Name
		v := newVault(x.cfg, x.store, a.Name, newClock(1).Now)
		c, err := v.known(ctx)
		switch {
		case errors.Is(err, spotify.ErrNoCredential) && x.watches(a.Name):
			x.ok("token "+a.Name, "none is kept here: the daemon that runs was given one of its own, and watches with it")
			continue
		case errors.Is(err, spotify.ErrNoCredential):
			x.say("token "+a.Name, gradeFailure, login, "not linked: nobody watches this account")
			continue
		case err != nil:
			x.say("token "+a.Name, gradeFailure, hintOf(err), "%s", textOf(err))
			continue
		}
		x.expiry(a.Name, login, c)
		lacks := lacking(need, c.Scopes)
		for _, n := range lacks {
			x.say("scopes "+a.Name, gradeFailure, login, "%s: %s, which the login does not grant", n.Scope, reasonOf(n, n.Scope == need[0].Scope, false))
		}
		switch {
		case c.Scopes == nil:
			x.say("scopes "+a.Name, gradeWarning, "gatefold run: it refreshes", "what the login grants is not known before its next refresh")
		case len(lacks) == 0:
			x.ok("scopes "+a.Name, "%s", strings.Join(c.Scopes, " "))
		}
		x.spotify(ctx, a.Name, login, v, c)
		x.sample(ctx, a.Name)
	}
}

// watches says that the running daemon sees an account: with a credential of its environment, or of a world of its own.
func (x *examination) watches(account string) bool {
	return x.running && slices.ContainsFunc(x.status.Accounts, func(a control.Account) bool {
		return a.Name == account && a.Fault == "" && a.Blind == "" && !a.LastLook.IsZero()
	})
}

func (x *examination) expiry(account, login string, c spotify.Credential) {
	end := c.Expires()
	left := end.Sub(newClock(1).Now())
	latest := ""
	if c.Estimated {
		latest = " at the latest"
	}
	switch {
	case end.IsZero():
		x.say("token "+account, gradeWarning, login, "when it was granted is not known: it ends six months after that")
	case left <= 0:
		x.say("token "+account, gradeFailure, login, "its authorization has ended on %s", end.Format(time.DateOnly))
	case left <= 30*24*time.Hour:
		x.say("token "+account, gradeWarning, login, "its authorization ends on %s, in %s%s", end.Format(time.DateOnly), daysText(left), latest)
	default:
		x.ok("token "+account, "by the calendar good until %s%s", end.Format(time.DateOnly), latest)
	}
}

// doctorWaits is how long the doctor waits for room in the budget.
const doctorWaits = 15 * time.Second

// spotify asks whose account it is: with that, token endpoint and API have answered.
func (x *examination) spotify(ctx context.Context, account, login string, v *vault, c spotify.Credential) {
	if absent(x.cfg) || !x.running && !there(journalPath(x.cfg)) {
		// A refresh may replace the token, and the call counts: both need a place.
		x.say("spotify "+account, gradeWarning, "gatefold run", "not asked: what came of it could not be kept before the first start")
		return
	}
	short, cancel := context.WithTimeout(ctx, doctorWaits)
	defer cancel()
	clientSecret, _, err := secret(ctx, x.cfg, x.store, config.ClientSecret)
	if err != nil {
		x.say("spotify "+account, gradeFailure, hintOf(err), "%s", textOf(err))
		return
	}
	clock := newClock(1)
	dates := &dated{base: transportOr(nil), now: clock.Now}
	client := &http.Client{Transport: dates}
	tokens := spotify.NewTokens(spotify.TokenOptions{
		AccountsURL: x.cfg.Spotify.AccountsURL, ClientID: x.cfg.Spotify.ClientID, ClientSecret: clientSecret.Reveal,
		Vault: v, HTTP: client, Now: clock.Now,
	})
	ask := func() (spotify.User, error) {
		gate, done, err := borrowing{cfg: x.cfg, store: x.store}.gate(short)
		if err != nil {
			return spotify.User{}, err
		}
		defer done()
		return spotify.NewClient(spotify.ClientOptions{
			BaseURL: x.cfg.Spotify.APIURL, HTTP: client, Gate: gate.Lane(account), Now: clock.Now, Tokens: tokens,
		}).Me(ctx)
	}
	user, err := ask()
	if doubtful(err) && waitOn(clock)(short, time.Second) == nil {
		user, err = ask()
	}
	x.clock(dates)
	var failed *spotify.Error
	var scope *spotify.ScopeError
	if err != nil && !errors.As(err, &failed) && !errors.As(err, &scope) {
		x.say("spotify "+account, gradeWarning, "try again later", "not asked: %s", err)
		return
	}
	if err != nil {
		do := login
		if e := (*spotify.Error)(nil); errors.As(err, &e) && e.Reason != "invalid_grant" {
			if do = e.Hint(); do == "" {
				do = "see whether the network is there, and try again later"
			}
		}
		x.say("spotify "+account, gradeFailure, do, "%s", err)
		return
	}
	if !sameUser(c.User, user) {
		x.say("spotify "+account, gradeFailure, login+" --replace, or log in as the right user", "the credential is that of %s, and the account is linked to %s",
			describeUser(user), describeUser(c.User))
		return
	}
	x.ok("spotify "+account, "answers; the account of %s", describeUser(user))
}

// skewMost is how far the clock may be off: rules go by it, and so does the end of
// a token.
const skewMost = 30 * time.Second

func (x *examination) clock(d *dated) {
	skew, ok := d.skew()
	if !ok || x.skewSeen {
		return
	}
	x.skewSeen = true
	if skew.Abs() > skewMost {
		x.say("clock", gradeFailure, "set it by NTP: timedatectl set-ntp true", "this machine's clock is off by %s from Spotify's", skew.Round(time.Second))
		return
	}
	x.ok("clock", "agrees with Spotify's within %s", skewMost)
}

// sample shows the last answer that could not be read.
func (x *examination) sample(ctx context.Context, account string) {
	if !there(journalPath(x.cfg)) {
		return
	}
	j, err := x.readJournal(ctx)
	if err != nil {
		return // said already
	}
	defer j.Close()
	raw, _, err := j.Value(ctx, sampleName(account))
	var s sample
	if err != nil || raw == nil || json.Unmarshal(raw, &s) != nil {
		return
	}
	x.say("answers "+account, gradeWarning, "if it goes on, report it with these lines: they hold no name and no token",
		"%s: an answer to %s could not be read:\n%s", s.At.Format(time.DateTime), s.Op, s.Answer)
}

// dated notes how far the clocks of whoever answers are from ours.
type dated struct {
	base http.RoundTripper
	now  func() time.Time

	mu   sync.Mutex
	last time.Duration
	seen bool
}

// RoundTrip implements http.RoundTripper.
func (d *dated) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := d.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		d.mu.Lock()
		d.last, d.seen = d.now().Sub(at), true
		d.mu.Unlock()
	}
	return res, nil
}

func (d *dated) skew() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last, d.seen
}
