package slack

import (
	"fmt"
	"time"
)

// WaitError means that nothing was posted because it is too early; the message is good and may be tried at Until.
type WaitError struct {
	Until   time.Time
	Limited bool // Slack asked for it (429); false: our own pace, below Slack's limits
}

// RetryAt is when the caller may try again.
func (e *WaitError) RetryAt() time.Time { return e.Until }

// Error says why and until when.
func (e *WaitError) Error() string {
	why := "not faster than Slack allows"
	if e.Limited {
		why = "rate limited by slack"
	}
	return fmt.Sprintf("slack: %s: wait until %s", why, e.Until.Format(time.RFC3339Nano))
}

// Class says what may mend an Error.
type Class int

// The classes.
const (
	Temporary  Class = iota // trying again later may work
	Permanent               // this message will never be taken
	Credential              // no message will be taken until the operator mends the token; then this one may be
)

// Error is a post that failed.
type Error struct {
	// Code is Slack's own ("channel_not_found"), or one of ours: "no_channel", "no_text", "no_message", "no_user",
	// "bad_button" (all without a request), "timeout", "canceled", "network", "malformed", "too_large", "redirect", "http_<status>".
	Code  string
	Class Class
	Hint  string // for the operator: how to mend it; may be empty
	Err   error  // the cause, if there is more to say than the code
}

// Permanent reports that the message should be given up.
func (e *Error) Permanent() bool { return e.Class == Permanent }

// Credential reports that the token is the trouble.
func (e *Error) Credential() bool { return e.Class == Credential }

// Unwrap returns the cause: context.Canceled, a network error, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Error says what failed and how to mend it.
func (e *Error) Error() string {
	s := "slack: " + e.Code
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

func noMessage() *Error {
	return &Error{Code: "no_message", Class: Permanent, Hint: "a receipt has the channel's id (C0123...) and the message's time stamp"}
}
