package timeline

import (
	"context"
	"net/http"
	"time"
)

// patience is how long the client waits for an answer (spotify.ClientOptions.Timeout).
const patience = 10 * time.Second

// wire carries the requests of one account to the simulator, in no time, and counts how long they would have taken.
// It serves one call at a time.
type wire struct {
	to      http.RoundTripper
	latency func() time.Duration
	took    time.Duration
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.latency != nil {
		w.took += max(w.latency(), 0)
	}
	ctx := &silence{Context: req.Context(), ended: make(chan struct{}), broken: func() { w.took += patience }}
	return w.to.RoundTrip(req.WithContext(ctx))
}

// silence is the context of a request. Who waits for its end has nothing else to wait for: the answer, or the rest of
// it, never comes. Then patience passes at once.
type silence struct {
	context.Context
	ended  chan struct{}
	broken func()
	over   bool
}

// Done implements context.Context.
func (s *silence) Done() <-chan struct{} {
	if !s.over {
		s.over = true
		close(s.ended)
		s.broken()
	}
	return s.ended
}

// Err implements context.Context.
func (s *silence) Err() error {
	if s.over {
		return context.DeadlineExceeded
	}
	return nil
}

// Deadline implements context.Context: the real clock has no say.
func (s *silence) Deadline() (time.Time, bool) { return time.Time{}, false }
