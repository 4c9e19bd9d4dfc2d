package spotify

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// fresh is what a refresh brought.
type fresh struct {
	refresh secret
	from    secret   // the refresh token that it replaces, or the same one
	scopes  []string // nil: nothing was said
	access  secret   // nil: none that can be used
	expiry  time.Time
	renewAt time.Time
}

// fly gets an access token for everybody who waits for it.
func (t *Tokens) fly(ctx context.Context, f *flight) {
	defer close(f.done)
	t.mu.Lock()
	forgets := t.forgets
	t.mu.Unlock()
	access, attempt, err := t.obtain(ctx)
	if t.refreshed != nil && attempt.Outcome != "" {
		t.refreshed(attempt)
	}
	f.access, f.err = access, err
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flight = nil
	if t.forgets != forgets { // it may have read the vault before it was told of a login
		t.forget()
	}
}

// obtain reads the credential and makes what is to be made of it, under the vault's lock all
// the while. An attempt without an outcome is none: a refusal still stands.
func (t *Tokens) obtain(ctx context.Context) (secret, Refresh, error) {
	t.mu.Lock()
	held := t.hold
	stands := t.unsaved == nil && held.stands(t.now())
	t.mu.Unlock()
	unlock, err := t.lock(ctx)
	switch {
	case err != nil && stands:
		return nil, Refresh{}, held.err
	case err != nil:
		return nil, failed(err, Credential{}), err
	}
	defer unlock()
	stored, err := t.load(ctx)
	switch {
	case stands && !held.overtaken(stored, err): // one that may not be looked behind does not come here
		return nil, Refresh{}, held.err
	case errors.Is(err, ErrNoCredential):
		return t.unlinked()
	case err != nil:
		err := vaultError("the credential cannot be read", err)
		return nil, failed(err, Credential{}), err
	}
	t.mu.Lock()
	unsaved := t.unsaved
	t.mu.Unlock()
	if unsaved == nil || !unsaved.follows(stored) { // followed by something else: somebody logged in meanwhile
		t.mu.Lock()
		t.adopt(stored)
		t.mu.Unlock()
		return t.renew(ctx, stored)
	}
	access, attempt, err := t.save(ctx, *unsaved, stored)
	if err == nil && !t.now().Before(unsaved.renewAt) { // it took so long that the access token is old
		return t.renew(ctx, unsaved.credential(stored))
	}
	return access, attempt, err
}

// renew makes one request, and saves what has to be saved.
func (t *Tokens) renew(ctx context.Context, c Credential) (secret, Refresh, error) {
	start := t.now() // before the request: what it says counts from some time after
	tok, err := t.request(ctx, c)
	if e := (*Error)(nil); errors.As(err, &e) {
		return t.fail(ctx, e, tok, c)
	}
	life := lifetime(tok)
	f := fresh{
		refresh: hide(tok.RefreshToken), // oauth2 carries an omitted one over
		from:    c.refresh,
		scopes:  readScopes(tok.Extra("scope")),
		access:  hide(tok.AccessToken),
		expiry:  start.Add(life),
		renewAt: start.Add(life - lead(life)),
	}
	if tok.RefreshToken != c.RefreshToken() {
		return t.save(ctx, f, c)
	}
	attempt := Refresh{Outcome: "ok", Expiry: f.expiry, AuthorizedAt: c.AuthorizedAt}
	if c.Scopes == nil && f.scopes != nil {
		// The refresh token works on, so the next refresh will save them if this does not.
		c = f.credential(c)
		attempt.Err = t.store(ctx, c)
	}
	t.install(f, c)
	return f.access, attempt, nil
}

// fail ends a refresh that brought no access token. A new refresh token that came all the same
// is saved first.
func (t *Tokens) fail(ctx context.Context, e *Error, tok *oauth2.Token, c Credential) (secret, Refresh, error) {
	if tok == nil || tok.RefreshToken == c.RefreshToken() {
		t.keep(e, c)
		return nil, failed(e, c), e
	}
	// Its access token is old from the start: once it is saved, the next Access fetches one.
	if access, attempt, err := t.save(ctx, fresh{refresh: hide(tok.RefreshToken), from: c.refresh}, c); err != nil {
		return access, attempt, err
	}
	return nil, failed(e, c), e
}

// save makes a new refresh token durable, and only then the access token usable. Until that
// succeeds the new one is kept here: the old one is worth nothing any more.
func (t *Tokens) save(ctx context.Context, f fresh, stored Credential) (secret, Refresh, error) {
	c := f.credential(stored)
	err := t.store(ctx, c)
	if err == nil {
		t.install(f, c)
		return f.access, Refresh{Outcome: "rotated", Expiry: f.expiry, AuthorizedAt: c.AuthorizedAt}, nil
	}
	e := vaultError("the new refresh token cannot be saved", err)
	e.Reason = NotSaved
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cred = c
	t.access, t.unsaved, t.hold = nil, &f, hold{err: e}
	t.saveAt = t.now().Add(min(5*time.Second<<min(t.tries, 8), time.Minute))
	t.tries++
	return nil, failed(e, c), e
}

// unlinked is not an attempt each time that somebody asks, only when it is news.
func (t *Tokens) unlinked() (secret, Refresh, error) {
	e := &Error{Op: opVault, Kind: Unauthorized, Reason: NotLinked, Message: "not linked"}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cred = Credential{}
	t.access, t.unsaved, t.tries = nil, nil, 0
	t.hold = hold{err: e, peek: true}
	return nil, failed(e, Credential{}), e
}

func failed(err error, c Credential) Refresh {
	return Refresh{Outcome: "failed", AuthorizedAt: c.AuthorizedAt, Err: err}
}

// request is the refresh of RFC 6749, section 6. The secret belongs to the configured
// client: a credential that was granted to another one goes without.
func (t *Tokens) request(ctx context.Context, c Credential) (*oauth2.Token, error) {
	id, clientSecret := t.clientID, t.clientSecret()
	if c.ClientID != "" && c.ClientID != id {
		id, clientSecret = c.ClientID, ""
	}
	tok, err := t.endpoint.ask(ctx, func(ctx context.Context) (*oauth2.Token, error) {
		return t.endpoint.config(id, clientSecret).TokenSource(ctx, &oauth2.Token{RefreshToken: c.RefreshToken()}).Token()
	}, c.RefreshToken(), clientSecret)
	if e := (*Error)(nil); errors.As(err, &e) && e.Reason == "invalid_grant" && e.Kind == Unauthorized {
		e.Message += ", or six months old"
	}
	return tok, err
}

// follows tells whether what the vault holds is what this came from, or is already this.
func (f *fresh) follows(stored Credential) bool {
	token := stored.RefreshToken()
	return token == f.from.reveal() || token == f.refresh.reveal()
}

// credential is old with what the refresh brought. Its scopes count only where none are known:
// a refresh that asks for no others changes nothing in what was granted (RFC 6749, section 6),
// and one odd answer that was believed would forbid every call, and so every later refresh.
func (f *fresh) credential(old Credential) Credential {
	c := old.WithRefreshToken(f.refresh.reveal())
	if c.Scopes == nil {
		c.Scopes = f.scopes
	}
	return c
}

// install makes what was got, and where needed saved, what is handed out.
func (t *Tokens) install(f fresh, c Credential) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cred = c
	t.access, t.renewAt = f.access, f.renewAt
	t.unsaved, t.tries, t.hold = nil, 0, hold{}
}

// adopt takes over what the vault holds. With another refresh token than before, what
// belonged to the old one is over. It needs the lock.
func (t *Tokens) adopt(stored Credential) {
	if t.cred.RefreshToken() != stored.RefreshToken() {
		t.access, t.unsaved, t.tries = nil, nil, 0
	}
	if t.hold.err != nil && t.hold.overtaken(stored, nil) && (t.hold.peek || t.hold.err.Reason == NotSaved) {
		t.hold = hold{}
	}
	t.cred = stored
}
