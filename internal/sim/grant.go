package sim

import (
	"fmt"
	"slices"
	"time"
)

// grant is what an account's owner gave by logging in once. An account has one for each login; each lives
// until its own end.
type grant struct {
	account    *Account
	authorized time.Time // when the owner agreed
	scopes     scopes
	client     string // the app it was given to; "" = any
	public     bool   // it came with PKCE: the app has nothing else to prove who it is
	refresh    string // the valid refresh token; "" = revoked
}

// newGrant is one more login of the account's owner, with a refresh token of its own.
func (a *Account) newGrant(authorized time.Time, allowed scopes) *grant {
	g := &grant{account: a, authorized: authorized, scopes: allowed}
	g.renew(a.nextRefresh())
	a.grant = g
	return g
}

// nextRefresh is a refresh token that nobody has: the account's first one, numbered.
func (a *Account) nextRefresh() string {
	for {
		token := a.o.RefreshToken
		if a.refreshes > 0 {
			token = fmt.Sprintf("%s-%d", token, a.refreshes)
		}
		a.refreshes++
		if _, taken := a.s.refresh[token]; !taken || a.grant == nil {
			return token
		}
	}
}

// renew replaces the grant's refresh token. The old one stays known, as a revoked one.
func (g *grant) renew(token string) string {
	g.refresh = token
	g.account.s.refresh[token] = g
	return token
}

// valid reports whether the refresh token is the valid one and has not outlived the login. The
// service does not say which of the two is wrong.
func (g *grant) valid(refresh string, now time.Time) bool {
	limit := g.account.s.o.GrantLifetime
	return refresh == g.refresh && (limit == 0 || now.Before(g.authorized.Add(limit)))
}

// Login is the owner's new login, with AccountOptions.Scopes and a new refresh token. Earlier ones stay valid.
func (a *Account) Login() (refresh string) {
	a.act(func(now time.Time) { refresh = a.newGrant(now, a.o.scopes()).refresh })
	return refresh
}

// Revoke withdraws every login: each refresh from now on is answered invalid_grant.
func (a *Account) Revoke() {
	a.act(func(time.Time) {
		for _, g := range a.s.refresh {
			if g.account == a {
				g.refresh = ""
			}
		}
		for id, c := range a.s.codes {
			if c.account == a {
				delete(a.s.codes, id)
			}
		}
	})
}

// RotateNext makes the account's next successful refresh replace its refresh token, although
// SpotifyOptions.Rotate is false.
func (a *Account) RotateNext() { a.act(func(time.Time) { a.rotateNext = true }) }

func (o AccountOptions) scopes() scopes { return slices.Clone(scopes(o.Scopes)) }
