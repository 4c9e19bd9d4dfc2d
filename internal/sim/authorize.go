package sim

import (
	"net/http"
	"net/url"
	"time"
)

// AtBrowser makes the account's owner the one who sits at the browser when an app asks to be authorized. Until
// somebody is told to, it is the owner of the first account.
func (a *Account) AtBrowser() { a.act(func(time.Time) { a.s.browsing = a }) }

// Agree decides whether the owner agrees when an app asks to be authorized. At first everybody does.
func (a *Account) Agree(yes bool) { a.act(func(time.Time) { a.refuses = !yes }) }

// atBrowser is whoever sits at the browser; nil if there are no accounts.
func (s *Spotify) atBrowser() *Account {
	if s.browsing == nil && len(s.order) > 0 {
		return s.order[0]
	}
	return s.browsing
}

// authorize is GET /authorize: the page on which an owner agrees or refuses, and the press on its button. An app's mistake
// is told to whoever sits there, and not to the app.
func (s *Spotify) authorize(c *call) answer {
	if wrong := s.authorizeRefusal(c.query); wrong != "" {
		return textAnswer(http.StatusBadRequest, wrong)
	}
	if c.account == nil {
		return textAnswer(http.StatusOK, "<!DOCTYPE html>\n<html><head><title>Login - Spotify</title></head><body><h1>Log in to Spotify</h1></body></html>\n")
	}
	redirect, back := c.query.Get("redirect_uri"), url.Values{}
	if c.query.Has("state") {
		back.Set("state", c.query.Get("state"))
	}
	if c.account.refuses {
		back.Set("error", "access_denied")
		return sendBack(redirect, back)
	}
	back.Set("code", s.keepCode(code{account: c.account, agreed: c.now, scopes: asScopes(c.query.Get("scope")),
		client: c.query.Get("client_id"), redirect: redirect, challenge: c.query.Get("code_challenge")}))
	return sendBack(redirect, back)
}

// authorizeRefusal is the text of the page that an app's mistake leads to; "" = there is none.
func (s *Spotify) authorizeRefusal(q url.Values) string {
	if id := q.Get("client_id"); id == "" || s.o.ClientID != "" && id != s.o.ClientID {
		return "INVALID_CLIENT: Invalid client"
	}
	if wrong := redirectRefusal(q.Get("redirect_uri"), s.o.RedirectURI); wrong != "" {
		return wrong
	}
	challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	switch {
	case q.Get("response_type") != "code": // "token" went away with the implicit grant; the text stayed
		return "response_type must be code or token"
	case asScopes(q.Get("scope")).unknown():
		return "INVALID_SCOPE: Invalid scope"
	case challenge+method == "":
		return ""
	case method != "S256":
		return "code_challenge_method must be S256"
	case !challengeForm.MatchString(challenge):
		return "code_challenge must be a base64url-encoded SHA-256 hash"
	}
	return ""
}
