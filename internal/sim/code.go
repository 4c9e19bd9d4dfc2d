package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"time"
)

// codeLifetime is how long an authorization code waits to be exchanged.
const codeLifetime = 10 * time.Minute

// code is an authorization code that was not exchanged yet, and what it was given for.
type code struct {
	account   *Account
	agreed    time.Time
	scopes    scopes
	client    string
	redirect  string // exactly as the app wrote it
	challenge string // of PKCE; "" = the app has a secret
}

func (c code) expired(now time.Time) bool {
	return !now.Before(c.agreed.Add(codeLifetime))
}

// provenBy checks the verifier. One that belongs to no challenge is as wrong as a missing one.
func (c code) provenBy(verifier string) bool {
	if c.challenge == "" {
		return verifier == ""
	}
	return verifierForm.MatchString(verifier) && challengeOf(verifier) == c.challenge
}

// The forms of RFC 7636: verifiers, and the challenges that S256 makes of them.
var (
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// keepCode gives out a code, and forgets those that expired long ago.
func (s *Spotify) keepCode(c code) (id string) {
	maps.DeleteFunc(s.codes, func(_ string, old code) bool { return old.expired(c.agreed.Add(-codeLifetime)) })
	s.issued++
	sum := sha256.Sum256(fmt.Appendf(nil, "code\x00%s\x00%d", c.account.name, s.issued))
	id = "AQ" + base64.RawURLEncoding.EncodeToString(sum[:])
	s.codes[id] = c
	return id
}
