package spotify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// request is one call of the API.
type request struct {
	class        Class
	method, path string
	name         string   // of the path in errors where it holds an id; "": the path
	scopes       []string // one of them is needed; none: no scope is
	query        url.Values
	body         []byte    // JSON, or nil
	opaque       bool      // a command: a 2xx is all that matters, its body says nothing
	empty        bool      // 204 is an answer: nothing to decode
	by           time.Time // not sent after it; zero: whenever
}

func (r request) op() string { return r.method + " " + first(r.name, r.path) }

// call sends a request, and after a 401 once more with a new token (since July 2026 valid
// tokens are refused now and then). Anything but a 2xx is an *Error.
func (c *Client) call(ctx context.Context, r request) (answer, error) {
	if err := c.tokens.permit(ctx, r.op(), r.scopes); err != nil {
		return answer{}, err
	}
	// The token comes first: fetching one takes time, and the gate's leave is for now.
	token, err := c.tokens.Access(ctx)
	if err != nil {
		return answer{}, err
	}
	if err := c.tokens.lacking(r.op(), r.scopes); err != nil { // fetching it may have told
		return answer{}, err
	}
	a, err := c.send(ctx, r, token)
	if err == nil && a.status == http.StatusUnauthorized && a.asError().Kind == Unauthorized {
		if token, err = c.tokens.Renew(ctx, token); err != nil {
			return answer{}, err
		}
		a, err = c.send(ctx, r, token)
	}
	if err != nil {
		return a, err
	}
	return a, c.sampled(a, a.failure())
}

// get makes a request and decodes the body of its 200.
func (c *Client) get(ctx context.Context, r request, decode func(body []byte) error) (answer, error) {
	a, err := c.call(ctx, r)
	if err != nil {
		return a, err
	}
	if r.empty && a.status == http.StatusNoContent {
		return a, nil
	}
	if err = a.want200(); err == nil {
		err = decode(a.body)
	}
	return a, c.sampled(a, err)
}

// send asks the gate, makes one round trip and tells the gate how it ended.
func (c *Client) send(ctx context.Context, r request, token string) (answer, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	ctx, cancel := context.WithTimeout(c.counted(ctx), c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, target, r.reader())
	if err != nil {
		return answer{}, &Error{Op: r.op(), Kind: Unreachable, Message: "the address of the API is not usable"}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "gatefold")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if !r.by.IsZero() && c.now().After(r.by) {
		return answer{}, ErrLate
	}
	if err := c.gate.Take(c.now(), r.class); err != nil {
		return answer{}, err
	}
	sent := c.now()
	if !r.by.IsZero() { // a connection that comes too late carries nothing
		late := time.AfterFunc(r.by.Sub(sent), cancel)
		defer late.Stop()
		req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn: func(httptrace.GotConnInfo) { late.Stop(); sent = c.now() },
		}))
	}
	// RoundTrip instead of http.Client: no redirects, no cookies, no URL in the errors.
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		if !r.by.IsZero() && c.now().After(r.by) && errors.Is(ctx.Err(), context.Canceled) {
			return answer{}, ErrLate
		}
		return answer{sent: sent}, &Error{Op: r.op(), Kind: Unreachable, Err: plain(ctx, err)}
	}
	defer res.Body.Close()
	a := answer{op: r.op(), command: r.opaque, status: res.StatusCode, header: res.Header, sent: sent, began: c.now()}
	if r.opaque && a.success() {
		defer time.AfterFunc(time.Second, cancel).Stop() // the answer is known: don't wait long for its tail
		drain(res.Body)
	} else {
		a.read(res.Body, res.ContentLength, token)
	}
	a.wait, a.hasWait = retryAfter(res.Header, c.now())
	c.tell(a)
	return a, nil
}

// reader is an untyped nil without a body, so that net/http sends Content-Length: 0.
func (r request) reader() io.Reader {
	if r.body == nil {
		return nil
	}
	return bytes.NewReader(r.body)
}

// tell lets the gate know what the answer means for the budgets. A 5xx says nothing about
// them: it may come from somebody on the way.
func (c *Client) tell(a answer) {
	switch {
	case a.status == http.StatusTooManyRequests:
		c.gate.Limited(c.now(), a.asError().Kind, a.wait, a.hasWait)
	case a.success() || a.status >= 400 && a.status < 500:
		c.gate.Succeeded(c.now())
	}
}

// counted charges the gate for requests that net/http repeats by itself: a GET on a
// connection that turns out to have been closed goes out a second time on a new one.
func (c *Client) counted(ctx context.Context) context.Context {
	var sent atomic.Int32
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() {
		if sent.Add(1) > 1 {
			c.gate.charge(c.now())
		}
	}})
}
