package spotify

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const redacted = "gf…redacted"

// secret is a token that does not print. It is a function rather than a string because fmt
// calls no methods on unexported fields: a struct that holds a string would show it.
type secret func() string

func hide(s string) secret { return func() string { return s } }

func (s secret) reveal() string {
	if s == nil {
		return ""
	}
	return s()
}

func (secret) String() string               { return redacted }
func (secret) GoString() string             { return redacted }
func (secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (secret) Format(f fmt.State, _ rune)   { io.WriteString(f, redacted) }

// scrub takes secrets out of a text that somebody else wrote.
func scrub(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, redacted)
		}
	}
	return text
}
