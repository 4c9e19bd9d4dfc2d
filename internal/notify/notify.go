// Package notify turns one message into one POST to where somebody wants to hear of it.
//
//	Message, Part     what a rule wrote
//	Plain             its parts -> text without marks, for a notification or a log
//	NewNtfy           a topic of ntfy -> Target that posts the text
//	NewWebhook        an address -> Target that posts signed JSON (docs/webhooks.md)
//	Target.Send       a message -> Receipt, or one of:
//	  *WaitError        not now: the target said when
//	  *Error            not at all (Permanent), not with this secret (Credential), or not this time
//
// Promises:
//   - Send never waits for a limit. It blocks for one request, at most Options.Timeout. After a Retry-After every Send
//     returns *WaitError, without a request, until that time has come.
//   - What the target refused was not sent. If no answer arrives, nobody knows: the error is temporary, and the next try
//     carries the same id, so that the receiver can drop the second.
//   - A webhook is never sent unsigned, and its time stamp is that of the try.
//   - Nothing of an address but its host is in an error, a log line or a printed Target, and nothing of a token or key.
//     Errors are made of a closed set of words: nothing that a server or a transport says is repeated.
//   - No text, account or id breaks a header or the JSON, whoever chose it.
//   - Redirects are not followed, cookies not kept, and at most 64 KiB of an answer are read.
//   - A Target may be used by several goroutines.
package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	defaultTimeout = 10 * time.Second
	maxAnswer      = 64 << 10
	minKey         = 16
)

// Message is what is sent.
type Message struct {
	ID      string    // the same at every try, and another for every message
	Account string    // whose rules wrote it; may be ""
	Time    time.Time // of what it is about
	Parts   []Part
}

// Receipt is what a target answered.
type Receipt struct {
	Status int // 2xx
}

// Options say how to reach a target. URL and Now are required, and Secret for a webhook.
type Options struct {
	Name    string           // as the configuration calls it
	URL     Secret           // read once: https, or http to this machine
	Secret  Secret           // ntfy: an access token, "" for none; webhook: the key. Read at every try
	HTTP    *http.Client     // nil = one of its own; a given one is copied, without its cookies and redirects
	Now     func() time.Time // the clock that signatures and Retry-After go by
	Timeout time.Duration    // for one message; 0 = 10 s
}

// Target sends messages to one address.
type Target struct {
	host    string
	url     Secret
	client  *http.Client
	now     func() time.Time
	timeout time.Duration
	form    form
	hold    hold
}

// form is how a kind of target wants a message.
type form interface {
	// body is the message without anything that changes from try to try.
	body(m Message) (data []byte, contentType string, err error)
	// header adds what goes beside it, at the time of a try.
	header(h http.Header, m Message, data []byte, at time.Time) error
	// final says that a status means the message will never be taken.
	final(status int) bool
	// hint says what mends a wrong secret.
	hint() string
}

// NewNtfy returns a target that posts to a topic of ntfy. It makes no request.
func NewNtfy(o Options) (*Target, error) { return newTarget(o, ntfy{token: o.Secret}, true) }

// NewWebhook returns a target that posts signed JSON. It makes no request.
func NewWebhook(o Options) (*Target, error) {
	if len(o.Secret.reveal()) < minKey {
		return nil, fmt.Errorf("the key that signs is missing or shorter than %d characters", minKey)
	}
	return newTarget(o, webhook{target: o.Name, key: o.Secret}, false)
}

func newTarget(o Options, f form, topic bool) (*Target, error) {
	switch {
	case o.Now == nil:
		return nil, errors.New("no clock given")
	case o.Timeout < 0:
		return nil, fmt.Errorf("timeout %s is negative", o.Timeout)
	case o.Timeout == 0:
		o.Timeout = defaultTimeout
	}
	host, err := checkURL(o.URL.reveal(), topic)
	if err != nil {
		return nil, err
	}
	return &Target{host: host, url: o.URL, client: ownClient(o.HTTP), now: o.Now, timeout: o.Timeout, form: f}, nil
}

// Host is where the target is, with the port if the address gives one.
func (t *Target) Host() string { return t.host }

// String is the host: the rest of the address is nobody's business.
func (t *Target) String() string { return t.host }

// ownClient returns a copy of c that follows no redirect and keeps no cookie. Time-outs are the context's business.
func ownClient(c *http.Client) *http.Client {
	own := &http.Client{}
	if c != nil {
		*own = *c
	}
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return own
}

// Send sends m once. Its error is *WaitError or *Error; see the package for what they mean.
func (t *Target) Send(ctx context.Context, m Message) (Receipt, error) {
	now := t.now()
	if left := t.hold.left(now); left > 0 {
		return Receipt{}, &WaitError{Host: t.host, Until: now.Add(left)}
	}
	within, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	req, err := t.request(within, m, now)
	if err != nil {
		return Receipt{}, err
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return Receipt{}, t.failure(ctx, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // the connection can be used again; the status decides
	return t.judge(resp.StatusCode, resp.Header.Get("Retry-After"))
}

func (t *Target) request(ctx context.Context, m Message, now time.Time) (*http.Request, error) {
	data, contentType, err := t.form.body(m)
	if err != nil {
		return nil, &Error{Host: t.host, Code: "no_message", Class: Permanent}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url.reveal(), strings.NewReader(string(data)))
	if err != nil { // it repeats the address
		return nil, &Error{Host: t.host, Code: "no_address", Class: Credential}
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "gatefold")
	if err := t.form.header(req.Header, m, data, now); err != nil {
		return nil, &Error{Host: t.host, Code: "no_key", Class: Credential, Hint: t.form.hint()}
	}
	return req, nil
}

// judge turns a status into a receipt or an error.
func (t *Target) judge(status int, retryAfter string) (Receipt, error) {
	code := fmt.Sprintf("http_%d", status)
	switch {
	case status >= 200 && status < 300:
		return Receipt{Status: status}, nil
	case status == http.StatusTooManyRequests,
		retryAfter != "" && (status == http.StatusServiceUnavailable || status == http.StatusInsufficientStorage):
		now := t.now()
		return Receipt{}, &WaitError{Host: t.host, Until: now.Add(t.hold.set(now, readRetryAfter(retryAfter, now)))}
	case status >= 300 && status < 400:
		return Receipt{}, &Error{Host: t.host, Code: code, Hint: "redirects are not followed: mend the address"}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Receipt{}, &Error{Host: t.host, Code: code, Class: Credential, Hint: t.form.hint()}
	case t.form.final(status):
		return Receipt{}, &Error{Host: t.host, Code: code, Class: Permanent}
	case status == http.StatusNotFound:
		return Receipt{}, &Error{Host: t.host, Code: code, Hint: "see whether the address is right"}
	}
	return Receipt{}, &Error{Host: t.host, Code: code}
}
