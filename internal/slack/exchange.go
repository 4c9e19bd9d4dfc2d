package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds how much of an answer is read, in bytes after decompression.
const maxAnswer = 1 << 20

var (
	errTooLarge  = errors.New("the answer is larger than 1 MiB")
	errMalformed = errors.New("the answer is not what Slack sends")
)

// exchange is the HTTP client of one call, and keeps what was answered. slack-go is handed only the answer's own
// verdict: it reads all of a message back, and something in there that it cannot read would make a posted message
// look like a failed one. It also takes {"ok":false} without an error for a success.
type exchange struct {
	client     *http.Client
	status     int    // 0 = no answer
	retryAfter string // as sent
	answer     answer // for status 200
}

// answer is what a method says about itself.
type answer struct {
	OK      bool   `json:"ok"`
	Error   string `json:"error,omitempty"`
	Needed  string `json:"needed,omitempty"` // the scope that is missing
	Channel string `json:"channel,omitempty"`
	TS      string `json:"ts,omitempty"`
	Team    string `json:"team,omitempty"` // of auth.test
	User    string `json:"user,omitempty"`
	URL     string `json:"url,omitempty"` // of apps.connections.open: a secret
}

// Do sends req and reads its answer. It implements slack-go's HTTP client.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	resp, err := x.client.Do(req)
	if err != nil {
		return nil, err
	}
	x.status = resp.StatusCode
	x.retryAfter = resp.Header.Get("Retry-After")
	if resp.StatusCode != http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	if x.answer, err = readAnswer(resp.Body); err != nil {
		return nil, err
	}
	short, err := json.Marshal(x.answer)
	if err != nil {
		return nil, fmt.Errorf("encoding the short answer: %w", err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(short))
	return resp, nil
}

// readAnswer reads the JSON object {"ok":bool, ...}. Only "ok" must be as expected: a posted message stays posted.
func readAnswer(r io.Reader) (answer, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err != nil {
		return answer{}, err
	}
	if len(body) > maxAnswer {
		return answer{}, errTooLarge
	}
	var verdict struct {
		OK *bool `json:"ok"`
	}
	if err := json.Unmarshal(body, &verdict); err != nil || verdict.OK == nil {
		return answer{}, errMalformed
	}
	var a answer
	_ = json.Unmarshal(body, &a) // what has another type than it should stays empty
	a.OK = *verdict.OK
	return a, nil
}
