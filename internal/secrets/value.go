package secrets

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
)

const (
	redacted = "gf…redacted"
	// MaxValue is the size of the largest value that the file store takes, in bytes. Other stores may take less.
	MaxValue = 64 << 10
)

// Value is a secret's bytes, shown only on purpose. They are kept in a function, so that printing a struct around it,
// exported or not, cannot reach them.
type Value struct{ reveal func() []byte }

// NewValue returns a Value with a copy of b.
func NewValue(b []byte) Value {
	own := bytes.Clone(b)
	return Value{func() []byte { return bytes.Clone(own) }}
}

// Reveal returns a copy of the bytes. Those of the zero Value are nil.
func (v Value) Reveal() []byte {
	if v.reveal == nil {
		return nil
	}
	return v.reveal()
}

// String does not show the secret.
func (Value) String() string { return redacted }

// GoString does not show the secret.
func (Value) GoString() string { return redacted }

// Format does not show the secret, whatever the verb.
func (Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue does not show the secret.
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText does not show the secret, in YAML and XML neither.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON does not show the secret.
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// checkGet returns why nothing can be read under name, or nil.
func checkGet(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return ValidName(name)
}

// checkPut returns why a store does not take v under name, or nil.
func checkPut(name string, v Value) error {
	if err := ValidName(name); err != nil {
		return err
	}
	switch size := len(v.Reveal()); {
	case size == 0:
		return &Error{Kind: Unfit, Path: name, Reason: "the value is empty", Hint: "give it one, or delete the secret"}
	case size > MaxValue:
		return &Error{Kind: Unfit, Path: name, Reason: fmt.Sprintf("the value has %d bytes, a secret has at most %d", size, MaxValue)}
	}
	return nil
}
