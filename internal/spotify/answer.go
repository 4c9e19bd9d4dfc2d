package spotify

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const mostBody = 1 << 20

// answer is one answer, read as far as it may be.
type answer struct {
	op      string
	command bool // nothing is expected in the body
	status  int
	header  http.Header
	body    []byte
	readErr error
	wait    time.Duration
	hasWait bool
	sent    time.Time // when the request had a connection
	began   time.Time // when the answer began to come
}

var errTooLarge = fmt.Errorf("the answer is larger than %d bytes", mostBody)

// read takes the body, at most 1 MiB, without the token in case it comes back in it.
func (a *answer) read(body io.Reader, length int64, token string) {
	a.body, a.readErr = readAll(io.LimitReader(body, mostBody+1), length)
	if a.readErr == nil && len(a.body) > mostBody {
		a.readErr = errTooLarge
	}
	if bytes.Contains(a.body, []byte(token)) {
		a.body = []byte(scrub(string(a.body), token))
	}
}

// readAll is io.ReadAll with room for what is announced, or for a usual answer: from 512 bytes
// on, growing would copy one four times.
func readAll(body io.Reader, length int64) ([]byte, error) {
	const usual = 4 << 10
	if length < 0 || length > mostBody {
		length = usual
	}
	b := make([]byte, 0, length+1) // the end is only known to have come when there was room for more
	for {
		n, err := body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, err
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}

// drain reads what is left so that the connection can be used again; nobody needs it.
func drain(body io.Reader) { io.Copy(io.Discard, io.LimitReader(body, 64<<10)) }

func (a answer) success() bool { return a.status >= 200 && a.status < 300 }

// failure is nil for a 2xx that was read.
func (a answer) failure() error {
	switch {
	case !a.success():
		return a.asError()
	case a.readErr != nil:
		return &Error{Op: a.op, Kind: kindOfRead(a.readErr), Status: a.status, Err: a.readErr}
	}
	return nil
}

// want200 refuses the other 2xx: they don't say what we asked for.
func (a answer) want200() error {
	if a.status == http.StatusOK {
		return nil
	}
	return &Error{Op: a.op, Kind: Malformed, Status: a.status, Message: "neither 200 nor 204"}
}

func (a answer) asError() *Error {
	message, reason := decodeError(a.body)
	if a.status >= 300 && a.status < 400 {
		message = "redirects are not followed" + elsewhere(a.header)
	} else if message == "" {
		message = http.StatusText(a.status)
	}
	if a.status >= 500 { // somebody on the way may say anything: no caller should act on its codes
		reason = ""
	} else if ours := a.recognize(message); ours != "" && (reason == "" || reason == "UNKNOWN") {
		reason = ours
	}
	kind := kindOf(a.status, reason, a.wait)
	if a.status == http.StatusNotFound && a.command {
		kind = Gone
	}
	return &Error{
		Op: a.op, Kind: kind, Status: a.status,
		Message: message, Reason: reason, RetryAfter: a.wait, HasRetryAfter: a.hasWait,
	}
}

// elsewhere names the host of a redirect, never the rest of its address.
func elsewhere(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return snippet(", this one leads to " + u.Hostname())
}

// kindOfRead tells an answer that is wrong in itself from a connection that broke.
func kindOfRead(err error) string {
	var corrupt flate.CorruptInputError
	for _, bad := range []error{errTooLarge, io.ErrUnexpectedEOF, gzip.ErrHeader, gzip.ErrChecksum} {
		if errors.Is(err, bad) {
			return Malformed
		}
	}
	if errors.As(err, &corrupt) {
		return Malformed
	}
	return Unreachable
}

// plain takes the address off an error of net/http and says why a request was given up.
func plain(ctx context.Context, err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w (%w)", err, cause)
	}
	return err
}
