package spotify

import (
	"context"
	"errors"
	"strings"
	"time"
)

// opVault stands in an Error where no request was made because of the credential.
const opVault = "credential"

// patience is how long one use of the vault may take. Saving a refresh token that cannot be
// had twice is worth waiting for.
const patience = 30 * time.Second

// load needs the vault's lock.
func (t *Tokens) load(ctx context.Context) (Credential, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := t.vault.Load(ctx)
	if err == nil && c.RefreshToken() == "" {
		err = ErrNoCredential
	}
	return c, hush(err, c)
}

func (t *Tokens) store(ctx context.Context, c Credential) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return hush(t.vault.Save(ctx, c), c)
}

func (t *Tokens) lock(ctx context.Context) (unlock func(), err error) {
	t.mu.Lock()
	t.looked = t.now()
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unlock, err = t.vault.Lock(ctx)
	if err != nil {
		return nil, vaultError("the credential cannot be locked", err)
	}
	return unlock, nil
}

func vaultError(what string, err error) *Error {
	return &Error{Op: opVault, Kind: Unreachable, Message: what, Err: err}
}

// hush replaces an error of the vault that quotes the secret.
func hush(err error, c Credential) error {
	if token := c.RefreshToken(); err != nil && token != "" && strings.Contains(err.Error(), token) {
		return errors.New(scrub(err.Error(), token))
	}
	return err
}

// permit is nil when the login allows a call that needs one of these scopes, as far as that
// is known without a request. A credential that lacks them may have been replaced, so the
// vault is looked into again, every 2 s at most.
func (t *Tokens) permit(ctx context.Context, op string, anyOf []string) error {
	t.mu.Lock()
	read := t.cred.RefreshToken() != ""
	look := !(read && granted(t.cred.Scopes, anyOf)) && t.flight == nil && t.unsaved == nil && t.mayPeek(t.now())
	t.mu.Unlock()
	if look {
		t.peek(ctx)
	}
	return t.lacking(op, anyOf)
}

// peek takes over what the vault holds. What fails here fails again in Access, which says so.
func (t *Tokens) peek(ctx context.Context) {
	unlock, err := t.lock(ctx)
	if err != nil {
		return
	}
	defer unlock()
	stored, err := t.load(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && t.unsaved == nil { // a refresh may have come between, whose token must not be dropped
		t.adopt(stored)
	}
}

// lacking is the *ScopeError of a call that needs one of these scopes, nil if there is one or
// nothing is known.
func (t *Tokens) lacking(op string, anyOf []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if granted(t.cred.Scopes, anyOf) {
		return nil
	}
	return &ScopeError{Op: op, Scope: strings.Join(anyOf, " or ")}
}
