package spotify

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const opToken = "POST /api/token"

// tokenEndpoint is where golang.org/x/oauth2 speaks to Spotify's token endpoint.
type tokenEndpoint struct {
	base      string // of the accounts service, without a slash at its end
	transport http.RoundTripper
	timeout   time.Duration
	now       func() time.Time
}

func newTokenEndpoint(base string, c *http.Client, timeout time.Duration, now func() time.Time) tokenEndpoint {
	e := tokenEndpoint{strings.TrimRight(base, "/"), transportOf(c), timeout, now}
	if e.base == "" {
		e.base = "https://accounts.spotify.com"
	}
	if e.timeout <= 0 {
		e.timeout = 10 * time.Second
	}
	return e
}

// config has the parameters go into the body: with oauth2's default the first failed refresh
// of a process would be sent twice.
func (e tokenEndpoint) config(clientID, clientSecret string) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     clientID,
		ClientSecret: clientSecret,
		Endpoint: oauth2.Endpoint{
			AuthURL: e.base + "/authorize", TokenURL: e.base + "/api/token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// ask makes one token request. Whatever it fails with is an *Error without any of the secrets.
// A token beside an error has only a refresh token, which came though the access token is
// unusable: the old one may be dead by now.
func (e tokenEndpoint) ask(ctx context.Context, request func(context.Context) (*oauth2.Token, error), secrets ...string) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	transport := &tokenTransport{base: e.transport}
	tok, err := request(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: transport}))
	switch {
	case err != nil:
		return rescued(transport.came), e.explain(ctx, err, secrets)
	case !usable(tok.AccessToken):
		return rescued(transport.came), &Error{Op: opToken, Kind: Unreachable, Message: "the access token is not one that can be sent"}
	case tok.RefreshToken != "" && !keepable(tok.RefreshToken):
		return nil, &Error{Op: opToken, Kind: Unreachable, Message: "the refresh token is not one that can be kept"}
	}
	return tok, nil
}

// rescued is nil when no refresh token came that is worth keeping.
func rescued(came secret) *oauth2.Token {
	if !keepable(came.reveal()) {
		return nil
	}
	return &oauth2.Token{RefreshToken: came.reveal()}
}

// explain turns an error of oauth2 into ours. The original is not kept: it holds the
// request and the answer, and both hold tokens.
func (e tokenEndpoint) explain(ctx context.Context, err error, secrets []string) *Error {
	out := &Error{Op: opToken, Kind: Unreachable}
	answered := (*oauth2.RetrieveError)(nil)
	if !errors.As(err, &answered) {
		out.Err = errors.New(scrub(plain(ctx, err).Error(), secrets...))
		if cause := ctx.Err(); cause != nil {
			out.Err = cause
		}
		return out
	}
	out.Status = answered.Response.StatusCode
	out.Message, out.Reason = decodeError([]byte(scrub(string(answered.Body), secrets...)))
	out.Message = scrub(out.Message, secrets...) // JSON may have escaped one
	out.RetryAfter, out.HasRetryAfter = retryAfter(answered.Response.Header, e.now())
	switch {
	case out.Status == http.StatusTooManyRequests:
		out.Kind = kindOf(out.Status, out.Reason, out.RetryAfter)
	case out.Status >= 500: // it may quote anything: it is not about us
		out.Reason = ""
	case refusal(out.Reason):
		out.Kind = Unauthorized
	}
	if out.Message == "" {
		out.Message = http.StatusText(out.Status)
	}
	return out
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

// keepable tells whether a credential may hold it as its refresh token.
func keepable(token string) bool { return usable(token) && len(token) <= mostToken }
