package secrets

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/zalando/go-keyring"
)

// Keyring keeps secrets in the keyring of the desktop session: Secret Service, macOS Keychain, Windows Credential
// Manager. Values are kept in base64, because not every one of them takes any bytes.
type Keyring struct {
	service string
	turn    turn // one call at a time
}

var (
	_ Store  = (*Keyring)(nil)
	_ Lister = (*Keyring)(nil)
)

// OpenKeyring returns the store of the items of service ("gatefold"). It asks nothing of the keyring yet.
func OpenKeyring(service string) *Keyring {
	return &Keyring{service: service, turn: newTurn()}
}

// Get returns the secret called name.
func (k *Keyring) Get(ctx context.Context, name string) (Value, error) {
	if err := checkGet(ctx, name); err != nil {
		return Value{}, err
	}
	var text string
	err := k.call(ctx, func() (err error) {
		text, err = keyring.Get(k.service, name)
		return k.explain(name, err)
	})
	if err != nil {
		return Value{}, err
	}
	value, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(value) == 0 {
		return Value{}, &Error{Kind: Damaged, Path: k.item(name), Reason: "is not what gatefold wrote", Hint: "put the secret anew"}
	}
	return NewValue(value), nil
}

// Put writes the secret called name. The index comes first: List leaves out what is in it and nowhere else.
func (k *Keyring) Put(ctx context.Context, name string, v Value) error {
	if err := checkPut(name, v); err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(v.Reveal())
	return k.call(ctx, func() error {
		if err := k.index(name, true); err != nil {
			return err
		}
		return k.explain(name, withoutText(keyring.Set(k.service, name, text), text))
	})
}

// Delete removes the secret called name.
func (k *Keyring) Delete(ctx context.Context, name string) error {
	if err := ValidName(name); err != nil {
		return err
	}
	return k.call(ctx, func() error {
		if err := keyring.Delete(k.service, name); err != nil {
			return k.explain(name, err)
		}
		return k.index(name, false)
	})
}

// List returns the sorted names in the index that have a secret.
func (k *Keyring) List(ctx context.Context) (names []string, err error) {
	var found []string
	err = k.call(ctx, func() error {
		indexed, err := k.readIndex()
		if err != nil {
			return err
		}
		for _, name := range indexed {
			switch _, err := keyring.Get(k.service, name); {
			case err == nil:
				found = append(found, name)
			case !errors.Is(err, keyring.ErrNotFound):
				return k.explain(name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// call runs f, one at a time. A keyring may ask its owner to unlock it and cannot be told to stop: when ctx ends, f goes
// on by itself, and what it returns is dropped.
func (k *Keyring) call(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	release, err := k.turn.take(ctx)
	if err != nil {
		return fmt.Errorf("waiting for the keyring: %w", err)
	}
	done := make(chan error, 1)
	go func() {
		defer release()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("waiting for the keyring, which may be asking to be unlocked: %w", ctx.Err())
	}
}

func (k *Keyring) item(name string) string {
	return fmt.Sprintf("keyring item %s of %s", name, k.service)
}

func (k *Keyring) explain(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return notFound(name)
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return &Error{Kind: Unfit, Path: k.item(name), Reason: "is too large for this keyring", Hint: "use the file store (secrets: store: file)"}
	}
	return &Error{
		Kind: Unavailable, Path: "keyring", Reason: "there is none that answers",
		Hint: "unlock it and run gatefold in the desktop session; a machine without one, as a headless Pi, needs the file store (secrets: store: file)", Err: err,
	}
}

// withoutText returns err, or one that says less if it repeats text.
func withoutText(err error, text string) error {
	if err == nil || !strings.Contains(err.Error(), text) {
		return err
	}
	return errors.New("the value was not taken")
}
