package spotify

import (
	"context"
	"errors"
	"sync"
)

// Vault keeps the credential of one account. Tokens reads and writes it with the lock held,
// and only then, so that a refresh token that another process is about to replace is not used.
type Vault interface {
	Load(ctx context.Context) (Credential, error)        // ErrNoCredential when the account is not linked
	Save(ctx context.Context, c Credential) error        // durable when nil
	Lock(ctx context.Context) (unlock func(), err error) // over processes
}

// ErrNoCredential is what a Vault gives for an account that nobody has logged in to.
var ErrNoCredential = errors.New("not linked")

// MemoryVault is a Vault of this process alone: for tests, a demonstration, and a login that
// is not stored yet. The zero value is usable and empty. It is safe for concurrent use.
type MemoryVault struct {
	mu   sync.Mutex
	c    Credential
	once sync.Once
	held chan struct{}
}

var _ Vault = (*MemoryVault)(nil)

// NewMemoryVault holds c; a credential without a refresh token is none.
func NewMemoryVault(c Credential) *MemoryVault { return &MemoryVault{c: c} }

func (v *MemoryVault) Load(ctx context.Context) (Credential, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.c.RefreshToken() == "" {
		return Credential{}, ErrNoCredential
	}
	return v.c, ctx.Err()
}

func (v *MemoryVault) Save(ctx context.Context, c Credential) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	v.c = c
	return nil
}

func (v *MemoryVault) Lock(ctx context.Context) (unlock func(), err error) {
	v.once.Do(func() { v.held = make(chan struct{}, 1) })
	select {
	case v.held <- struct{}{}:
		return sync.OnceFunc(func() { <-v.held }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
