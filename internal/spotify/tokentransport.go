package spotify

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// tokenTransport makes answers of the token endpoint safe for oauth2 to read: bounded, JSON
// whatever their Content-Type says (as text/plain oauth2 would read them as a form), and a
// redirect without the address that the client would take the refresh token to.
type tokenTransport struct{ base http.RoundTripper }

var errTokenTooLarge = errors.New("the answer is too large for a token")

func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	const most = 64 << 10
	body, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return nil, err
	}
	if len(body) > most {
		return nil, errTokenTooLarge
	}
	if tooDeep(body) { // oauth2 decodes it into maps; of a failure the status is left
		if res.StatusCode < 300 {
			return nil, errTooDeep
		}
		body = nil
	}
	res.Header.Del("Location")
	res.Header.Set("Content-Type", "application/json")
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
