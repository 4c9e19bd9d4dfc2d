package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

type accessToken struct {
	grant   *grant
	expires time.Time
}

// issue makes a new access token. Those given out before stay valid for their time.
func (s *Spotify) issue(g *grant, now time.Time) string {
	s.issued++
	sum := sha256.Sum256(fmt.Appendf(nil, "access\x00%s\x00%d", g.account.name, s.issued))
	token := "BQ" + base64.RawURLEncoding.EncodeToString(sum[:])
	s.access[token] = accessToken{grant: g, expires: now.Add(s.o.TokenLifetime)}
	return token
}

// AccessToken is a fresh access token of the newest login, without the detour over the token endpoint.
func (a *Account) AccessToken() (token string) {
	a.act(func(now time.Time) { token = a.s.issue(a.grant, now) })
	return token
}

// ExpireTokens ends every access token that the account has now: 401 "The access token expired".
func (a *Account) ExpireTokens() {
	a.act(func(now time.Time) {
		for token, t := range a.s.access {
			if t.grant.account == a && now.Before(t.expires) {
				a.s.access[token] = accessToken{grant: t.grant, expires: now}
			}
		}
	})
}
