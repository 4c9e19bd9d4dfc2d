package main

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/secrets"
	"gatefold/internal/spotify"
)

// vault keeps one account's credential in the secrets store. A refresh token of
// the environment is taken into the store once, and from then on what became of
// it counts: it may have been replaced.
type vault struct {
	store   secrets.Store
	account string
	lock    string        // path of the lock over processes
	given   config.Secret // refresh token of the environment
	isGiven bool
	now     func() time.Time

	loggedOut atomic.Bool // since the start: what was given counts no more
}

var _ spotify.Vault = (*vault)(nil)

func newVault(c *config.Config, store secrets.Store, account string, now func() time.Time) *vault {
	v := &vault{store: store, account: account, lock: filepath.Join(c.Data, "refresh-"+account+".lock"), now: now}
	v.given, v.isGiven = c.RefreshToken(account)
	return v
}

// Load implements spotify.Vault. It may write: whoever calls it holds the lock.
func (v *vault) Load(ctx context.Context) (spotify.Credential, error) {
	c, err := v.stored(ctx)
	switch {
	case errors.Is(err, spotify.ErrNoCredential) && v.isGiven && !v.loggedOut.Load():
		return v.take(ctx)
	case err != nil:
		return spotify.Credential{}, err
	case v.overtaken(c):
		return v.take(ctx)
	}
	return c, nil
}

// known is what Load would give, without keeping anything: for those who only want
// to know, and do not hold the lock.
func (v *vault) known(ctx context.Context) (spotify.Credential, error) {
	c, err := v.stored(ctx)
	if errors.Is(err, spotify.ErrNoCredential) && v.isGiven || err == nil && v.overtaken(c) {
		return v.taken(), nil
	}
	return c, err
}

// logOut forgets the token of the environment if nothing is stored: somebody has
// logged out, and a token that is taken again would undo that. It says whether there
// is one, which the next start would take.
func (v *vault) logOut(ctx context.Context) bool {
	_, err := v.stored(ctx)
	gone := v.isGiven && errors.Is(err, spotify.ErrNoCredential)
	if gone {
		v.loggedOut.Store(true)
	}
	return gone
}

// overtaken says that another token is given than the one that was taken.
func (v *vault) overtaken(c spotify.Credential) bool {
	return v.isGiven && c.Seed != "" && c.Seed != spotify.SeedOf(v.given.Reveal())
}

// stored is the credential as the store has it.
func (v *vault) stored(ctx context.Context) (spotify.Credential, error) {
	raw, err := v.store.Get(ctx, config.CredentialName(v.account))
	if errors.Is(err, secrets.ErrNotFound) {
		return spotify.Credential{}, spotify.ErrNoCredential
	}
	if err != nil {
		return spotify.Credential{}, err
	}
	return spotify.DecodeCredential(raw.Reveal())
}

// take keeps the token of the environment.
func (v *vault) take(ctx context.Context) (spotify.Credential, error) {
	c := v.taken()
	return c, v.Save(ctx, c)
}

// taken is the token of the environment as a credential. When it was granted is not
// known: it dies six months from now at the latest.
func (v *vault) taken() spotify.Credential {
	c := spotify.NewCredential(v.given.Reveal())
	c.Seed, c.AuthorizedAt, c.Estimated = spotify.SeedOf(v.given.Reveal()), v.now().UTC().Round(0), true
	return c
}

// Save implements spotify.Vault.
func (v *vault) Save(ctx context.Context, c spotify.Credential) error {
	raw, err := spotify.EncodeCredential(c)
	if err != nil {
		return err
	}
	return v.store.Put(ctx, config.CredentialName(v.account), secrets.NewValue(raw))
}

// Lock implements spotify.Vault.
func (v *vault) Lock(ctx context.Context) (unlock func(), err error) {
	return secrets.Lock(ctx, v.lock)
}

// ignored says that the environment has a refresh token that does not count,
// because the account was linked by a login.
func (v *vault) ignored(c spotify.Credential) bool { return v.isGiven && c.Seed == "" }
