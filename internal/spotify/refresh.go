package spotify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

const opToken = "POST /api/token"

// fly makes one refresh, keeps what came of it, and wakes everybody who waits for it.
func (t *Tokens) fly(ctx context.Context, f *flight) {
	defer close(f.done)
	start := t.now() // before the request: what it says counts from some time after
	t.mu.Lock()
	old := t.refresh
	t.mu.Unlock()
	tok, err := t.request(ctx, old.reveal())
	if err != nil {
		f.err = err
		t.fail(err)
		t.report(Refresh{Outcome: "failed", Err: err})
		return
	}
	r := Refresh{Outcome: "ok", Expiry: start.Add(lifetime(tok))}
	if tok.RefreshToken != old.reveal() { // oauth2 carries an omitted one over
		r.Outcome = "rotated"
		r.Unsaved, r.Err = t.save(tok.RefreshToken)
	}
	f.access = hide(tok.AccessToken)
	t.mu.Lock()
	t.refresh, t.access = hide(tok.RefreshToken), f.access
	t.renewAt = start.Add(lifetime(tok) - lead(lifetime(tok)))
	t.refused, t.flight = nil, nil
	t.mu.Unlock()
	t.report(r)
}

// request is where golang.org/x/oauth2 speaks to the token endpoint (RFC 6749, section 6).
// The parameters go into the body: with oauth2's default the first failed refresh of a
// process would be sent twice.
func (t *Tokens) request(ctx context.Context, refresh string) (*oauth2.Token, error) {
	if refresh == "" {
		return nil, &Error{Op: opToken, Kind: Unauthorized, Message: "there is no refresh token: authorize the account"}
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: tokenTransport{t.transport}})
	conf := oauth2.Config{
		ClientID:     t.clientID,
		ClientSecret: t.clientSecret.reveal(),
		Endpoint:     oauth2.Endpoint{TokenURL: t.url + "/api/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	tok, err := conf.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return nil, t.explain(ctx, err, refresh)
	}
	if !usable(tok.AccessToken) {
		return nil, &Error{Op: opToken, Kind: Unreachable, Message: "the access token is not one that can be sent"}
	}
	return tok, nil
}

// explain turns an error of oauth2 into ours. The original is not kept: it holds the
// request and the answer, and both hold tokens.
func (t *Tokens) explain(ctx context.Context, err error, refresh string) *Error {
	e := &Error{Op: opToken, Kind: Unreachable}
	answered := (*oauth2.RetrieveError)(nil)
	if !errors.As(err, &answered) {
		e.Err = errors.New(t.clean(plain(ctx, err).Error(), refresh))
		if cause := ctx.Err(); cause != nil {
			e.Err = cause
		}
		return e
	}
	e.Status = answered.Response.StatusCode
	e.Message, e.Reason = decodeError([]byte(t.clean(string(answered.Body), refresh)))
	e.RetryAfter, e.HasRetryAfter = retryAfter(answered.Response.Header, t.now())
	switch {
	case e.Status == http.StatusTooManyRequests:
		e.Kind = kindOf(e.Status, e.Reason, e.RetryAfter)
	case e.Status < 500 && refusal(e.Reason):
		e.Kind = Unauthorized
	}
	if e.Reason == "invalid_grant" {
		e.Message += " (revoked, or older than six months: authorize the account again)"
	}
	if e.Message == "" {
		e.Message = http.StatusText(e.Status)
	}
	return e
}

// refusal tells the codes of RFC 6749, section 5.2, that asking again will not change.
func refusal(code string) bool {
	switch code {
	case "invalid_grant", "invalid_client", "unauthorized_client", "invalid_request",
		"unsupported_grant_type", "invalid_scope", "access_denied":
		return true
	}
	return false
}

// fail remembers a refusal for five minutes, and what the endpoint asked us to wait.
func (t *Tokens) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flight, t.refused = nil, nil
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return
	}
	switch e.Kind {
	case Unauthorized:
		t.refused, t.holdUntil = err, t.now().Add(5*time.Minute)
	case RateLimited, Quota:
		t.refused, t.holdUntil = err, t.now().Add(max(e.RetryAfter, 5*time.Second))
	}
}

// save hands a new refresh token on before it is used: from now on the old one is worth nothing.
func (t *Tokens) save(refresh string) (unsaved bool, err error) {
	if t.rotated == nil {
		return true, nil
	}
	if err := t.rotated(refresh); err != nil {
		return true, fmt.Errorf("saving the new refresh token: %w", err)
	}
	return false, nil
}

func (t *Tokens) report(r Refresh) {
	if t.refreshed != nil {
		t.refreshed(r)
	}
}

// clean takes our secrets out of what the endpoint wrote.
func (t *Tokens) clean(text, refresh string) string {
	return scrub(scrub(text, refresh), t.clientSecret.reveal())
}

// lifetime is what expires_in says, an hour if it says nothing.
func lifetime(tok *oauth2.Token) time.Duration {
	if tok.ExpiresIn <= 0 {
		return time.Hour
	}
	return time.Duration(tok.ExpiresIn) * time.Second
}

// lead is how long before its end a token is replaced: a minute, but at most half its life,
// or a short-lived one would be fetched anew for every request.
func lead(life time.Duration) time.Duration {
	if life <= time.Minute {
		return life / 2
	}
	return time.Minute
}

// usable tells whether a token fits into a header.
func usable(token string) bool {
	for _, b := range []byte(token) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return token != ""
}
