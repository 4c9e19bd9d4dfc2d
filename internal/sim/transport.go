package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// Transport carries requests to handlers, by host ("api.spotify.com" or "127.0.0.1:9000"; without
// a port for any port), without a socket. Responses, truncated and stalled bodies, resets (an error that is
// syscall.ECONNRESET) and unknown hosts (a *net.DNSError) look as they do over HTTP/1.1. The handler
// runs in the caller's goroutine, so it must give up when the request's context ends; ours do.
func Transport(routes map[string]http.Handler) http.RoundTripper {
	return transport(maps.Clone(routes))
}

type transport map[string]http.Handler

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close() // the contract of RoundTripper, also when it fails
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	handler, ok := t[req.URL.Host]
	if !ok {
		handler, ok = t[req.URL.Hostname()]
	}
	if !ok {
		lookup := &net.DNSError{Err: "no such host", Name: req.URL.Hostname(), IsNotFound: true}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: lookup}
	}
	x := &exchange{header: http.Header{}}
	aborted := x.run(handler, arriving(req))
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if aborted {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: fmt.Errorf("in memory: %w", syscall.ECONNRESET)}
	}
	return x.response(req), nil
}

// arriving is the request as a server would see it.
func arriving(req *http.Request) *http.Request {
	in := req.Clone(req.Context())
	in.URL.Scheme, in.URL.Host, in.URL.User = "", "", nil
	in.RequestURI = req.URL.RequestURI()
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Header == nil {
		in.Header = http.Header{}
	}
	in.Header.Del("Content-Length") // as net/http: the field decides, not the header
	switch {
	case in.Body == nil || in.Body == http.NoBody:
		in.Body, in.ContentLength = http.NoBody, 0
		if in.Method == http.MethodPost || in.Method == http.MethodPut || in.Method == http.MethodPatch {
			in.Header.Set("Content-Length", "0")
		}
	case in.ContentLength > 0:
		in.Header.Set("Content-Length", strconv.FormatInt(in.ContentLength, 10))
	default:
		in.ContentLength, in.TransferEncoding = -1, []string{"chunked"}
	}
	return in
}

// exchange is the http.ResponseWriter of one request in memory.
type exchange struct {
	header  http.Header // the handler's
	sent    http.Header // as it was when the status was written
	status  int
	body    bytes.Buffer
	stalled bool // the rest of the body never comes
}

var _ http.ResponseWriter = (*exchange)(nil)

// run reports whether the handler broke the exchange off. Any other panic is a bug and is passed on.
func (x *exchange) run(handler http.Handler, in *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			aborted = true
		} else if p != nil {
			panic(p)
		}
	}()
	handler.ServeHTTP(x, in)
	return false
}

func (x *exchange) Header() http.Header { return x.header }

func (x *exchange) WriteHeader(status int) {
	if x.sent == nil && status >= http.StatusOK {
		x.status, x.sent = status, x.header.Clone()
	}
}

func (x *exchange) Write(p []byte) (int, error) {
	if err := x.begin(p); err != nil {
		return 0, err
	}
	return x.body.Write(p)
}

// WriteString implements io.StringWriter.
func (x *exchange) WriteString(s string) (int, error) {
	if err := x.begin([]byte(s[:min(len(s), 512)])); err != nil {
		return 0, err
	}
	return x.body.WriteString(s)
}

// begin says what kind of body it is, as net/http does from how it begins.
func (x *exchange) begin(p []byte) error {
	x.WriteHeader(http.StatusOK)
	if x.status == http.StatusNoContent || x.status == http.StatusNotModified {
		return http.ErrBodyNotAllowed
	}
	if x.sent.Get("Content-Type") == "" {
		x.sent.Set("Content-Type", http.DetectContentType(p))
	}
	return nil
}

// response is what the client gets.
func (x *exchange) response(req *http.Request) *http.Response {
	x.WriteHeader(http.StatusOK)
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", x.status, http.StatusText(x.status)), StatusCode: x.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: x.sent, Request: req,
	}
	resp.ContentLength = int64(x.body.Len())
	if declared, err := strconv.ParseInt(x.sent.Get("Content-Length"), 10, 64); err == nil {
		resp.ContentLength = declared
	}
	if req.Method == http.MethodHead || resp.ContentLength == 0 {
		resp.Body = http.NoBody
		return resp
	}
	resp.Body = newBody(req.Context(), x.body.Bytes(), resp.ContentLength, x.stalled)
	return resp
}

// newBody makes the body of a response of which size bytes were announced.
func newBody(ctx context.Context, sent []byte, size int64, stalled bool) io.ReadCloser {
	return &body{ctx: ctx, rest: bytes.NewReader(sent[:min(int64(len(sent)), size)]), missing: int64(len(sent)) < size,
		stalled: stalled, closed: make(chan struct{})}
}
