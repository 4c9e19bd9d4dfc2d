package notify

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret returns an address, a token or a key. It is a function and not a string so that nothing that prints a struct
// around it, exported or not, can reach the text. A config.Secret's Reveal method is one. nil is "".
type Secret func() string

const redacted = "gf…redacted"

func (s Secret) reveal() string {
	if s == nil {
		return ""
	}
	return s()
}

// String does not show the secret.
func (Secret) String() string { return redacted }

// GoString does not show the secret.
func (Secret) GoString() string { return redacted }

// Format does not show the secret, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue does not show the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText does not show the secret, in JSON neither.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
