package spotify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// tokenTransport makes answers of the token endpoint safe for oauth2 to read: bounded, JSON
// whatever their Content-Type says (as text/plain oauth2 would read them as a form), in a
// success only fields that oauth2 does not choke on, and a redirect without the address that
// the client would take the refresh token to. It serves for one request.
type tokenTransport struct {
	base http.RoundTripper
	came secret // the refresh token of a success, which oauth2 drops when there is no access token
}

var errTokenTooLarge = errors.New("the answer is too large for a token")

func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
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
	success := res.StatusCode >= 200 && res.StatusCode < 300
	if success {
		body = firstValue(body)
	}
	if tooDeep(body) { // oauth2 decodes it into maps; of a failure the status is left
		if res.StatusCode < 300 {
			return nil, errTooDeep
		}
		body = nil
	}
	if success {
		body = t.normalize(body)
	}
	res.Header.Del("Location")
	res.Header.Set("Content-Type", "application/json")
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// normalize leaves what is no JSON object for oauth2 to refuse.
func (t *tokenTransport) normalize(body []byte) []byte {
	var a tokenAnswer
	if json.Unmarshal(body, &a) != nil {
		return body
	}
	if a.Error == "" {
		t.came = hide(string(a.RefreshToken))
	}
	normal, err := json.Marshal(a)
	if err != nil {
		return body
	}
	return normal
}

// firstValue cuts off what follows the first JSON value. A text that begins with none stays.
func firstValue(body []byte) []byte {
	var first json.RawMessage
	if json.NewDecoder(bytes.NewReader(body)).Decode(&first) != nil {
		return body
	}
	return first
}
