package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// WaitError means that the target asked for a pause; the message is good and may be tried at Until.
type WaitError struct {
	Host  string
	Until time.Time
}

// RetryAt is when the caller may try again.
func (e *WaitError) RetryAt() time.Time { return e.Until }

// Error says until when.
func (e *WaitError) Error() string {
	return fmt.Sprintf("%s wants nothing until %s", e.Host, e.Until.Format(time.RFC3339))
}

// Class says what may mend an Error.
type Class int

// The classes.
const (
	Temporary  Class = iota // trying again later may work
	Permanent               // this message will never be taken
	Credential              // no message will be taken until the operator mends the secret; then this one may be
)

// Error is a message that was not sent, or of which nobody knows.
type Error struct {
	Host string
	// Code is "http_<status>", "timeout", "canceled", "tls", "no_such_host", "refused", "reset", "network", or, without a
	// request, "no_message", "no_address", "no_key".
	Code  string
	Class Class
	Hint  string // for the operator: how to mend it; may be empty
	Err   error  // the context's error, or nil: others may repeat the address
}

// Permanent reports that the message should be given up.
func (e *Error) Permanent() bool { return e.Class == Permanent }

// Credential reports that the secret is the trouble.
func (e *Error) Credential() bool { return e.Class == Credential }

// Unwrap returns the context's error, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Error says what failed and how to mend it.
func (e *Error) Error() string {
	s := e.Host + ": " + e.Code
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// failure is for a request without an answer. What err says is not repeated: net/http puts the address into it.
func (t *Target) failure(ctx context.Context, err error) *Error {
	e := &Error{Host: t.host, Code: "network"}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case ctx.Err() != nil:
		e.Code, e.Err = "canceled", ctx.Err()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			e.Code = "timeout"
		}
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		e.Code, e.Hint = "timeout", fmt.Sprintf("no answer within %s", t.timeout)
	case errors.As(err, &cert):
		e.Code, e.Hint = "tls", "its certificate is not trusted, not valid now, or another host's"
	case errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		e.Code, e.Hint = "tls", "it does not speak TLS as it should: see whether the address is right"
	case errors.As(err, &dns):
		e.Code, e.Hint = "no_such_host", "see whether the address is right and the network is there"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Code, e.Hint = "refused", "nothing listens there"
	case errors.Is(err, syscall.ECONNRESET):
		e.Code = "reset"
	}
	return e
}

func isTimeout(err error) bool {
	var slow interface{ Timeout() bool }
	return errors.As(err, &slow) && slow.Timeout()
}
