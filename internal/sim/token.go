package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// grant is what an account's owner gave by logging in.
type grant struct {
	refresh string // the valid refresh token; "" = revoked
	count   int    // of rotations
}

type accessToken struct {
	account *Account
	expires time.Time
}

// token is POST /api/token with grant_type=refresh_token.
func (s *Spotify) token(c *call) answer {
	switch {
	case s.o.ClientID != "" && c.client != s.o.ClientID:
		return grantRefusal("invalid_client", "Invalid client")
	case c.form.Get("grant_type") != "refresh_token":
		return grantRefusal("unsupported_grant_type", "grant_type must be client_credentials, authorization_code or refresh_token")
	case c.form.Get("refresh_token") == "":
		return grantRefusal("invalid_request", "refresh_token must be supplied")
	case c.account == nil:
		return grantRefusal("invalid_grant", "Invalid refresh token")
	case !c.account.granted(c.form.Get("refresh_token"), c.now):
		return grantRefusal("invalid_grant", "Refresh token revoked")
	}
	body := object{
		"access_token": s.issue(c.account, c.now),
		"token_type":   "Bearer",
		"expires_in":   int(s.o.TokenLifetime / time.Second),
	}
	if s.o.Rotate {
		body["refresh_token"] = c.account.rotate()
	}
	return jsonAnswer(http.StatusOK, body)
}

// granted reports whether the refresh token is the valid one and has not outlived the login. The
// service does not say which of the two is wrong.
func (a *Account) granted(refresh string, now time.Time) bool {
	limit := a.s.o.GrantLifetime
	return refresh == a.grant.refresh && (limit == 0 || now.Before(a.o.AuthorizedAt.Add(limit)))
}

// rotate replaces the refresh token. The old one stays known, as a revoked one.
func (a *Account) rotate() string {
	a.grant.count++
	a.grant.refresh = fmt.Sprintf("%s-%d", a.o.RefreshToken, a.grant.count)
	a.s.refresh[a.grant.refresh] = a
	return a.grant.refresh
}

// issue makes a new access token. Those given out before stay valid for their time.
func (s *Spotify) issue(a *Account, now time.Time) string {
	s.issued++
	sum := sha256.Sum256(fmt.Appendf(nil, "access\x00%s\x00%d", a.name, s.issued))
	token := "BQ" + base64.RawURLEncoding.EncodeToString(sum[:])
	s.access[token] = accessToken{account: a, expires: now.Add(s.o.TokenLifetime)}
	return token
}

// AccessToken is a fresh access token without the detour over the token endpoint.
func (a *Account) AccessToken() (token string) {
	a.act(func(now time.Time) { token = a.s.issue(a, now) })
	return token
}

// ExpireTokens ends every access token that the account has now: 401 "The access token expired".
func (a *Account) ExpireTokens() {
	a.act(func(now time.Time) {
		for token, t := range a.s.access {
			if t.account == a && now.Before(t.expires) {
				a.s.access[token] = accessToken{account: a, expires: now}
			}
		}
	})
}

// Revoke withdraws the login: every refresh from now on is answered invalid_grant.
func (a *Account) Revoke() { a.act(func(time.Time) { a.grant.refresh = "" }) }

// Login is the owner's new login, with a new refresh token.
func (a *Account) Login() (refresh string) {
	a.act(func(now time.Time) {
		a.o.AuthorizedAt = now
		refresh = a.rotate()
	})
	return refresh
}
