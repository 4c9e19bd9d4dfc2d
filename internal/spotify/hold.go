package spotify

import (
	"errors"
	"time"
)

// hold is why the token endpoint is left alone for a while; the zero value: it is not.
type hold struct {
	err     *Error    // what a request would only hear again
	until   time.Time // zero: for as long as the vault holds nothing else
	refresh secret    // the refresh token it is about
	peek    bool      // another credential in the vault ends it
}

func (h hold) stands(now time.Time) bool {
	return h.err != nil && (h.until.IsZero() || now.Before(h.until))
}

// overtaken tells whether what the vault gives is another matter than what is held.
func (h hold) overtaken(c Credential, err error) bool {
	if err != nil {
		return errors.Is(err, ErrNoCredential) && h.err.Reason != NotLinked
	}
	return c.RefreshToken() != h.refresh.reveal()
}

// heldBack is the error that an Access gets without anything being done; nil: something is
// to be done, if only a look into the vault. It needs the lock.
func (t *Tokens) heldBack(now time.Time) error {
	if t.unsaved != nil && now.Before(t.saveAt) {
		return t.hold.err
	}
	if t.unsaved == nil && t.hold.stands(now) && !(t.hold.peek && t.mayPeek(now)) {
		return t.hold.err
	}
	return nil
}

func (t *Tokens) mayPeek(now time.Time) bool {
	return t.looked.IsZero() || !now.Before(t.looked.Add(peekEvery))
}

// keep remembers a failure of the token endpoint for as long as it would only be repeated.
func (t *Tokens) keep(e *Error, about Credential) {
	h := hold{err: e, refresh: about.refresh}
	switch now := t.now(); e.Kind {
	case Unauthorized:
		h.until, h.peek = now.Add(5*time.Minute), true
	case RateLimited, Quota:
		h.until = now.Add(max(e.RetryAfter, 5*time.Second))
	default:
		h = hold{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hold = h
}
