package sim

import (
	"net/http"
	"time"
)

// token is POST /api/token, with grant_type authorization_code or refresh_token.
func (s *Spotify) token(c *call) answer {
	switch {
	case s.o.ClientID != "" && c.client != s.o.ClientID:
		return grantRefusal("invalid_client", "Invalid client")
	case s.o.ClientSecret != "" && c.secret != "" && c.secret != s.o.ClientSecret:
		return grantRefusal("invalid_client", "Invalid client secret")
	}
	switch c.form.Get("grant_type") {
	case "refresh_token":
		return s.refreshed(c)
	case "authorization_code":
		return s.exchanged(c)
	}
	return grantRefusal("unsupported_grant_type", "grant_type must be client_credentials, authorization_code or refresh_token")
}

// refreshed answers with a new access token. As of 2026 nothing else comes with it unless the refresh token
// rotates.
func (s *Spotify) refreshed(c *call) answer {
	token, g := c.form.Get("refresh_token"), c.grant
	switch {
	case token == "":
		return grantRefusal("invalid_request", "refresh_token must be supplied")
	case g == nil || g.client != "" && g.client != c.client:
		return grantRefusal("invalid_grant", "Invalid refresh token")
	case !g.public && s.o.ClientSecret != "" && c.secret == "":
		return grantRefusal("invalid_client", "Invalid client secret")
	case !g.valid(token, c.now):
		return refreshRevoked()
	}
	body := s.tokenBody(g, c.now)
	if s.o.Rotate || g.account.rotateNext {
		g.account.rotateNext = false
		body["refresh_token"], body["scope"] = g.renew(g.account.nextRefresh()), g.scopes.String()
	}
	return jsonAnswer(http.StatusOK, body)
}

// exchanged answers an authorization code, once, with a new grant. A refusal does not use the code up.
func (s *Spotify) exchanged(c *call) answer {
	id := c.form.Get("code")
	code, known := s.codes[id]
	switch {
	case id == "":
		return grantRefusal("invalid_request", "code must be supplied")
	case !known || code.client != c.client:
		return grantRefusal("invalid_grant", "Invalid authorization code")
	case code.expired(c.now):
		return grantRefusal("invalid_grant", "Authorization code expired")
	case c.form.Get("redirect_uri") != code.redirect:
		return grantRefusal("invalid_grant", "Invalid redirect URI")
	case code.challenge == "" && (c.secret == "" || c.secret != s.o.ClientSecret):
		return grantRefusal("invalid_client", "Invalid client secret")
	case !code.provenBy(c.form.Get("code_verifier")):
		return grantRefusal("invalid_grant", "code_verifier was incorrect")
	}
	delete(s.codes, id)
	g := code.account.newGrant(code.agreed, code.scopes)
	g.client, g.public = code.client, code.challenge != ""
	body := s.tokenBody(g, c.now)
	body["refresh_token"], body["scope"] = g.refresh, g.scopes.String()
	return jsonAnswer(http.StatusOK, body)
}

func (s *Spotify) tokenBody(g *grant, now time.Time) object {
	return object{"access_token": s.issue(g, now), "token_type": "Bearer", "expires_in": int(s.o.TokenLifetime / time.Second)}
}
