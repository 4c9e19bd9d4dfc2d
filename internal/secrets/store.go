package secrets

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotFound means that the store was read and has no secret of that name.
var ErrNotFound = errors.New("there is no such secret")

func notFound(name string) error { return fmt.Errorf("%s: %w", name, ErrNotFound) }

// Store keeps named secrets. It is safe for concurrent use.
type Store interface {
	// Get returns the secret called name. errors.Is(err, ErrNotFound) when there is none.
	Get(ctx context.Context, name string) (Value, error)
	// Put writes it, and replaces what was there. It is durable when the error is nil; with an error the old one stands,
	// or the new one.
	Put(ctx context.Context, name string, v Value) error
	// Delete forgets it. errors.Is(err, ErrNotFound) when there is none.
	Delete(ctx context.Context, name string) error
}

// Lister is a Store that can say what it holds.
type Lister interface {
	// List returns the sorted names, never values.
	List(ctx context.Context) ([]string, error)
}

// Rotator is a Store whose key can be replaced.
type Rotator interface {
	// Rotate seals everything anew under a new key. At every instant, also after a crash, everything can be read; to
	// finish what a crash has interrupted, call it again.
	Rotate(ctx context.Context) (RotateReport, error)
}

// RotateReport says what a rotation did.
type RotateReport struct {
	Key   string   // the file that holds the key
	Names []string // the secrets that were sealed anew, sorted
	Kept  int      // older keys that still open something or may do so, or that are not ours to remove
	Note  string   // for people: why older keys were kept and what to do; "" when there is nothing to say
}
