package spotify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Credential is what an account's owner granted. It prints redacted, as JSON and in a log
// too: EncodeCredential writes it out.
type Credential struct {
	refresh      secret
	ClientID     string    // the app that it was granted to; "": the one that is configured
	Scopes       []string  // granted; nil: not known
	AuthorizedAt time.Time // of the consent; the authorization dies six months later
	Estimated    bool      // AuthorizedAt is only the time of import: it dies at that time at the latest
	User         User      // whose account it is; zero: not known yet
	Seed         string    // SeedOf the refresh token that was imported from the environment, "" otherwise
}

// NewCredential is a refresh token of which nothing more is known.
func NewCredential(refreshToken string) Credential { return Credential{refresh: hide(refreshToken)} }

// WithRefreshToken is the same grant with the refresh token that replaces the old one.
func (c Credential) WithRefreshToken(refreshToken string) Credential {
	c.refresh = hide(refreshToken)
	return c
}

// RefreshToken reveals the secret; "" when there is none.
func (c Credential) RefreshToken() string { return c.refresh.reveal() }

// Expires is when Spotify stops taking the refresh token, however often it was used: six
// calendar months after the consent, on the last day of a month that is too short. Zero when
// AuthorizedAt is zero.
func (c Credential) Expires() time.Time {
	if c.AuthorizedAt.IsZero() {
		return time.Time{}
	}
	end := c.AuthorizedAt.AddDate(0, 6, 0)
	if over := end.Day(); over < c.AuthorizedAt.Day() { // the 31st of August and six months is no day of March
		end = end.AddDate(0, 0, -over)
	}
	return end
}

func (Credential) String() string               { return redacted }
func (Credential) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Credential) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (Credential) Format(f fmt.State, _ rune)   { io.WriteString(f, redacted) }

// SeedOf names a refresh token without telling it, so that a token of the environment that
// was imported once is known again.
func SeedOf(refreshToken string) string {
	sum := sha256.Sum256([]byte(refreshToken))
	return hex.EncodeToString(sum[:])
}
