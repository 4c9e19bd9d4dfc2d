package worker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// seat has place for one child. Who wants something of it waits until nobody else does.
type seat struct {
	start func(ctx context.Context) (*child, error)
	now   func() time.Time
	lost  func(reason string) // a child had to be replaced
	idle  time.Duration       // how long one is kept that nobody asks anything; 0: for ever

	restless bool // a new child is started at once, however many have died: an edit that is good does not pay for those before it

	busy   chan struct{} // holds one while somebody uses it
	child  *child
	deaths []time.Time // of the last minute
	quiet  *time.Timer
	closed bool
}

func newSeat(start func(context.Context) (*child, error), now func() time.Time, lost func(string)) *seat {
	return &seat{start: start, now: now, lost: lost, busy: make(chan struct{}, 1)}
}

var errClosed = errors.New("the rule worker is closed")

// use has something done with a child. What fails with a *Death loses it.
func (s *seat) use(ctx context.Context, do func(*child) error) error {
	select {
	case s.busy <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("waiting for the rule worker: %w", context.Cause(ctx))
	}
	defer func() { <-s.busy }()
	if s.closed {
		return errClosed
	}
	if err := s.fill(ctx); err != nil {
		return err
	}
	err := do(s.child)
	if s.child != nil && s.child.ended() {
		s.bury()
	}
	s.restIdle()
	return err
}

// fill sees to it that there is a child.
func (s *seat) fill(ctx context.Context) error {
	if s.child != nil && s.child.ended() {
		s.child.close()
		s.bury()
	}
	if s.child != nil {
		return nil
	}
	if wait := s.rest(s.now()); wait > 0 && !s.restless {
		return fmt.Errorf("the rule worker has died %d times within a minute: it is started again in %s", len(s.deaths), wait.Round(100*time.Millisecond))
	}
	c, err := s.start(ctx)
	if err != nil {
		s.deaths = append(s.deaths, s.now())
		return err
	}
	s.child = c
	return nil
}

// bury forgets a child that has ended.
func (s *seat) bury() {
	s.lost(s.child.why())
	s.child = nil
	s.deaths = append(s.deaths, s.now())
}

const (
	restAfter = 6 // deaths within a minute
	restMost  = 10 * time.Second
)

// rest is how long no new child is started: the first deaths cost nothing, so that another ruleset can decide the turn.
func (s *seat) rest(now time.Time) time.Duration {
	for len(s.deaths) > 0 && now.Sub(s.deaths[0]) > time.Minute {
		s.deaths = s.deaths[1:]
	}
	n := len(s.deaths)
	if n < restAfter {
		return 0
	}
	wait := min(time.Second<<min(n-restAfter, 10), restMost)
	return s.deaths[n-1].Add(wait).Sub(now)
}

// fresh ends the child that is there: the next one knows nothing of what it was told.
func (s *seat) fresh(c *child) {
	if s.child == c && c != nil {
		s.child = nil
		c.end("")
	}
}

// restIdle ends the child when nobody has asked it anything for a while.
func (s *seat) restIdle() {
	if s.idle == 0 {
		return
	}
	if s.quiet != nil {
		s.quiet.Stop()
	}
	s.quiet = time.AfterFunc(s.idle, func() {
		select {
		case s.busy <- struct{}{}:
			s.fresh(s.child)
			<-s.busy
		default: // somebody does
		}
	})
}

// status is a copy of what is there now, without waiting for a turn.
func (s *seat) status() (c *child, ok bool) {
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
		return s.child, s.child != nil && !s.child.ended()
	default:
		return nil, false
	}
}

func (s *seat) close() {
	s.busy <- struct{}{}
	defer func() { <-s.busy }()
	s.closed = true
	if s.quiet != nil {
		s.quiet.Stop()
	}
	s.fresh(s.child)
}
