package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/secrets"
	"gatefold/internal/spotify"
)

type loginOptions struct {
	config    string
	account   string
	paste     bool
	tokenIn   bool
	replace   bool
	noBrowser bool
	port      int
	scopes    []string
}

func loginCommand(s stdio) *cobra.Command {
	var o loginOptions
	c := &cobra.Command{
		Use:   "login [ACCOUNT]",
		Short: "link an account: its owner agrees in a browser, once in six months",
		Long: `login links a Spotify account to an account of the configuration. Its owner agrees
in a browser to what the loaded rules need, and to nothing else; the credential is
kept in the secrets store. A running daemon picks it up by itself.

On a machine without a browser use --paste: open the printed address anywhere,
agree, and paste the address of the page that then cannot be opened.

Register http://127.0.0.1/callback as a redirect URI of the app, without a port, at
https://developer.spotify.com/dashboard.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.account = folder(args, "")
			return login(c.Context(), s, o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration")
	f.BoolVar(&o.paste, "paste", false, "print the address, and take the redirected one on standard input")
	f.BoolVar(&o.tokenIn, "refresh-token-stdin", false, "take a refresh token on standard input instead")
	f.BoolVar(&o.replace, "replace", false, "allow that the account is linked to another user than before")
	f.BoolVar(&o.noBrowser, "no-browser", false, "print the address only")
	f.IntVar(&o.port, "port", 0, "port of the redirect address on 127.0.0.1 (0: any)")
	f.StringSliceVar(&o.scopes, "scope", nil, "ask for this permission as well")
	c.MarkFlagsMutuallyExclusive("paste", "refresh-token-stdin")
	return c
}

// loginWithin is how long the owner has for agreeing.
const loginWithin = 15 * time.Minute

func login(ctx context.Context, s stdio, o loginOptions) error {
	cfg, account, err := accountOf(s, o.config, o.account)
	if err != nil {
		return err
	}
	need, err := needs(ctx, s, cfg, o.scopes)
	if err != nil {
		return err
	}
	store, err := openSecrets(ctx, cfg, s, keyNotice(s.err))
	if err != nil {
		return err
	}
	clientSecret, _, err := secret(ctx, cfg, store, config.ClientSecret)
	if err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, loginWithin, fmt.Errorf("nobody agreed within %s", loginWithin))
	defer cancel()
	l := linking{
		cfg: cfg, stdio: s, o: o, account: account, store: store, clientSecret: clientSecret,
		http: &http.Client{Transport: transportOr(nil)}, clock: newClock(1),
	}
	var got spotify.Granted
	switch {
	case o.tokenIn:
		got, err = l.imported()
	default:
		fmt.Fprintf(s.out, "gatefold asks the owner of account %s for what the rules in %s need, and for nothing else:\n", account, cfg.Rules)
		printNeeds(s.out, need, o.scopes)
		got, err = l.agreed(ctx, scopesOf(need))
	}
	if err == nil {
		err = l.link(ctx, got)
	}
	if err != nil {
		err = interrupted(ctx, err)
		return loginError(err)
	}
	for _, n := range lacking(need, got.Scopes) {
		fmt.Fprintln(s.err, "warning:", lackText(account, n, "gatefold login "+account+", and agree to all of it"))
	}
	return nil
}

// loginError says what to do about a login that failed.
func loginError(err error) error {
	out := &codedError{code: exitFailed, err: err}
	var coded *codedError
	var e *spotify.Error
	switch {
	case errors.As(err, &coded):
		return coded
	case errors.As(err, &e):
		out.hint = e.Hint()
	}
	return out
}

// accountOf loads the configuration and finds the account that is meant: the only
// one may be left out.
func accountOf(s stdio, file, name string) (*config.Config, string, error) {
	cfg, err := loadConfig(s, file)
	if err != nil {
		return nil, "", err
	}
	if err := cfg.Validate(); err != nil {
		return nil, "", usage(err)
	}
	account, err := accountIn(cfg, file, name)
	return cfg, account, err
}

// accountIn is the account of that name; where there is only one, it need not be named.
func accountIn(cfg *config.Config, file, name string) (string, error) {
	var names []string
	for _, a := range cfg.Accounts {
		if names = append(names, a.Name); a.Name == name {
			return name, nil
		}
	}
	switch {
	case name == "" && len(names) == 1:
		return names[0], nil
	case name == "":
		return "", usage(fmt.Errorf("which account? %s has %s", file, strings.Join(names, ", ")))
	}
	return "", usage(fmt.Errorf("there is no account %q in %s: it has %s", clean(name), file, strings.Join(names, ", ")))
}

// keyNotice tells where a new key lies: without it the secrets are lost.
func keyNotice(w io.Writer) func(string) {
	return func(path string) {
		fmt.Fprintf(w, "made a key for the secrets store: %s (keep a copy where the data folder is not; without it the secrets are lost)\n", path)
	}
}

// linking is one login on its way.
type linking struct {
	cfg          *config.Config
	stdio        stdio
	o            loginOptions
	account      string
	store        secrets.Store
	clientSecret config.Secret
	http         *http.Client
	clock        *wallClock
}

// imported takes a refresh token that was got elsewhere.
func (l linking) imported() (spotify.Granted, error) {
	raw, err := io.ReadAll(io.LimitReader(l.stdio.in, 64<<10))
	if err != nil {
		return spotify.Granted{}, err
	}
	token := strings.TrimSpace(string(raw))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return spotify.Granted{}, usage(errors.New("--refresh-token-stdin: exactly one refresh token is needed on standard input"))
	}
	c := spotify.NewCredential(token)
	c.ClientID, c.AuthorizedAt, c.Estimated = l.cfg.Spotify.ClientID, l.clock.Now().UTC().Round(0), true
	return spotify.Granted{Credential: c}, nil
}

// agreed waits for the owner to agree in a browser, here or elsewhere.
func (l linking) agreed(ctx context.Context, scopes []string) (spotify.Granted, error) {
	listener, redirect, err := l.redirect()
	if err != nil {
		return spotify.Granted{}, err
	}
	if listener != nil {
		defer listener.Close()
	}
	try, err := spotify.NewLogin(spotify.LoginOptions{
		AccountsURL: l.cfg.Spotify.AccountsURL, ClientID: l.cfg.Spotify.ClientID, ClientSecret: l.clientSecret.Reveal(),
		RedirectURL: redirect, Scopes: scopes, HTTP: l.http, Now: l.clock.Now,
	})
	if err != nil {
		return spotify.Granted{}, err
	}
	fmt.Fprintf(l.stdio.out, "\nOpen this address in a browser, and agree:\n\n  %s\n\n", try.URL())
	if l.o.paste {
		return l.pasted(ctx, try)
	}
	if !l.o.noBrowser {
		if err := openBrowser(ctx, l.stdio, try.URL()); err != nil {
			fmt.Fprintf(l.stdio.err, "no browser could be opened here (%v): open it yourself, or use --paste from another machine\n", err)
		}
	}
	fmt.Fprintf(l.stdio.out, "Waiting for the answer on %s (ctrl-C gives up)\n", redirect)
	return awaitRedirect(ctx, listener, try.Finish)
}

// pasted takes the address that the browser was sent to, on standard input. What
// cannot be it is said, and asked for again.
func (l linking) pasted(ctx context.Context, try *spotify.Login) (spotify.Granted, error) {
	fmt.Fprintf(l.stdio.out, "The page after that cannot be opened: that is right. Paste its whole address here:\n")
	lines := readLines(ctx, l.stdio.in)
	for {
		var line string
		select {
		case <-ctx.Done():
			return spotify.Granted{}, ctx.Err()
		case text, open := <-lines:
			if !open {
				return spotify.Granted{}, errors.New("standard input ended without the address")
			}
			line = text
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		var got spotify.Granted
		answer, err := spotify.ParseRedirect(line)
		if err == nil {
			if got, err = try.Finish(ctx, answer); !errors.Is(err, spotify.ErrState) {
				return got, err
			}
		}
		fmt.Fprintf(l.stdio.err, "%v\n", err)
	}
}

// link finds out whose account it is, and keeps the credential: for the account
// that it is meant for, and for no other user's than before.
func (l linking) link(ctx context.Context, got spotify.Granted) error {
	v := newVault(l.cfg, l.store, l.account, l.clock.Now)
	user, err := l.whose(ctx, &got)
	if err != nil && l.o.tokenIn {
		return fmt.Errorf("the refresh token was not kept: %w", err)
	}
	if err != nil {
		return fmt.Errorf("the login worked, but it cannot be seen whose account it is: %w", err)
	}
	got.User = user
	if err := l.keep(ctx, v, got.Credential); err != nil {
		return err
	}
	fmt.Fprintf(l.stdio.out, "Linked: account %s is that of %s.\n", l.account, describeUser(user))
	l.warnTwice(ctx, user)
	printExpiry(l.stdio.out, got.Credential, l.clock.Now())
	if v.isGiven {
		fmt.Fprintf(l.stdio.err, "warning: GATEFOLD_SECRET_%s counts no more for this account: unset it\n", config.RefreshTokenName(l.account))
	}
	switch _, err := tellOfLink(ctx, l.cfg, l.account); {
	case err == nil:
		fmt.Fprintln(l.stdio.out, "The running daemon has picked it up.")
	case !errors.Is(err, control.ErrNotRunning):
		fmt.Fprintf(l.stdio.err, "warning: the running daemon could not be told (%v); it finds out by itself\n", err)
	}
	return nil
}

// keep stores a credential, unless the account belongs to another user.
func (l linking) keep(ctx context.Context, v *vault, c spotify.Credential) error {
	unlock, err := v.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	before, err := v.stored(ctx)
	if err != nil && !errors.Is(err, spotify.ErrNoCredential) {
		return err
	}
	if stranger := before.User == (spotify.User{}) && err == nil; (stranger || !sameUser(before.User, c.User)) && !l.o.replace {
		owner := describeUser(before.User)
		if stranger {
			owner = "somebody whom its refresh token does not name"
		}
		return &codedError{
			code: exitFailed,
			err:  fmt.Errorf("account %s is linked to %s, and this login is that of %s: nothing was changed", l.account, owner, describeUser(c.User)),
			hint: "log out of Spotify in the browser and log in as the right one; if the account is to change hands: gatefold login " + l.account + " --replace",
		}
	}
	if err := v.Save(ctx, c); err != nil {
		return fmt.Errorf("the login worked, but it cannot be kept: %w", err)
	}
	return nil
}

// whose asks Spotify, through the one gate. A token that was brought along is
// refreshed for it: what cannot be refreshed is not kept. An answer that may be
// spurious is asked for once more.
func (l linking) whose(ctx context.Context, got *spotify.Granted) (spotify.User, error) {
	memory := spotify.NewMemoryVault(got.Credential)
	tokens := spotify.NewTokens(spotify.TokenOptions{
		AccountsURL: l.cfg.Spotify.AccountsURL, ClientID: l.cfg.Spotify.ClientID, ClientSecret: l.clientSecret.Reveal,
		Vault: memory, Granted: *got, HTTP: l.http, Now: l.clock.Now,
	})
	user, err := l.me(ctx, tokens)
	if doubtful(err) {
		if err := waitOn(l.clock)(ctx, time.Second); err != nil {
			return spotify.User{}, err
		}
		user, err = l.me(ctx, tokens)
	}
	if err != nil {
		return spotify.User{}, err
	}
	got.Credential, err = memory.Load(ctx) // refreshing may have replaced it
	return user, err
}

// doubtful says whether an answer may be spurious, or the gate that was borrowed
// for one call had none for the second try.
func doubtful(err error) bool {
	var wait *spotify.WaitError
	var e *spotify.Error
	return errors.As(err, &wait) || errors.As(err, &e) && e.Doubtful()
}

func (l linking) me(ctx context.Context, tokens *spotify.Tokens) (spotify.User, error) {
	gate, done, err := borrowing{cfg: l.cfg, store: l.store, waiting: func(until time.Time, reason string) {
		fmt.Fprintf(l.stdio.out, "One moment, until %s: %s.\n", until.Format(time.TimeOnly), reason)
	}}.gate(ctx)
	if err != nil {
		return spotify.User{}, err
	}
	defer done()
	return spotify.NewClient(spotify.ClientOptions{
		BaseURL: l.cfg.Spotify.APIURL, HTTP: l.http, Gate: gate.Lane(l.account), Now: l.clock.Now, Tokens: tokens,
	}).Me(ctx)
}

// warnTwice says when another account is linked to the same user.
func (l linking) warnTwice(ctx context.Context, user spotify.User) {
	for _, a := range l.cfg.Accounts {
		if a.Name == l.account {
			continue
		}
		other, err := newVault(l.cfg, l.store, a.Name, l.clock.Now).stored(ctx)
		if err == nil && other.User != (spotify.User{}) && sameUser(other.User, user) {
			fmt.Fprintf(l.stdio.err, "warning: account %s is linked to the same user\n", a.Name)
		}
	}
}

// sameUser goes by the stable id where both have one. An account that is not
// linked yet is anybody's.
func sameUser(before, now spotify.User) bool {
	switch {
	case before == spotify.User{}:
		return true
	case before.AccountID != "" && now.AccountID != "":
		return before.AccountID == now.AccountID
	}
	return before.ID == now.ID
}

func describeUser(u spotify.User) string {
	name := clean(u.DisplayName)
	if name == "" {
		name = "a user without a name"
	}
	ids := "id " + clean(u.ID)
	if u.AccountID != "" {
		ids += ", account " + clean(u.AccountID)
	}
	return fmt.Sprintf("%s (%s)", name, ids)
}

func printExpiry(w io.Writer, c spotify.Credential, now time.Time) {
	end := c.Expires()
	switch {
	case end.IsZero():
	case c.Estimated:
		fmt.Fprintf(w, "Spotify ends it six months after the owner agreed: by %s at the latest.\n", end.Format(time.DateOnly))
	default:
		fmt.Fprintf(w, "Spotify ends it on %s; gatefold warns 30, 7 and 1 days before.\n", end.Format(time.DateOnly))
	}
}
