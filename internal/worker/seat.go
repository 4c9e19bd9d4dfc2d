package worker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"gatefold/engine"
)

// seat has place for one child. Who has taken it is the only one who uses it.
type seat struct {
	start func(ctx context.Context) (*child, error)
	now   func() time.Time
	lost  func(reason string) // a child had to be replaced
	idle  time.Duration       // how long one is kept that nobody asks anything; 0: for ever

	restless bool // a new child is started at once, however many have died: an edit that is good does not pay for those before it

	busy   chan struct{} // holds one while somebody has taken it
	child  atomic.Pointer[child]
	deaths []time.Time // of the last minute, that rules are to blame for, and starts that failed
	quiet  *time.Timer
	closed bool
}

var errClosed = errors.New("the rule worker is closed")

// use has something done with a child, in a seat that was taken. What fails with a *Death loses it.
func (s *seat) use(ctx context.Context, do func(*child) error) error {
	if s.closed {
		return errClosed
	}
	if err := s.fill(ctx); err != nil {
		return err
	}
	err := do(s.child.Load())
	if c := s.child.Load(); c != nil && c.ended() {
		s.bury(c)
	}
	s.restIdle()
	return err
}

func (s *seat) leave() { <-s.busy }

// fill sees to it that there is a child.
func (s *seat) fill(ctx context.Context) error {
	if c := s.child.Load(); c != nil && c.ended() {
		c.close()
		s.bury(c)
	}
	if s.child.Load() != nil {
		return nil
	}
	if s.resting(s.now()) && !s.restless {
		return errResting
	}
	c, err := s.start(ctx)
	if err != nil {
		if !killedOutside(err) {
			s.deaths = append(s.deaths, s.now())
		}
		return err
	}
	s.child.Store(c)
	return nil
}

// bury forgets a child that has ended.
func (s *seat) bury(c *child) {
	s.child.Store(nil)
	if c.let {
		return
	}
	why := c.why()
	s.lost(why)
	if why != DiedByKill { // who kills from outside must not keep rules from deciding
		s.deaths = append(s.deaths, s.now())
	}
}

const (
	restAfter = 6 // deaths within a minute
	restMost  = 10 * time.Second
)

// errResting says the same at every turn: what varies would be said at every turn.
var errResting = fmt.Errorf("the rule worker has died more than %d times within a minute: a new one is started within %s", restAfter-1, engine.FormatDuration(restMost))

// resting says whether no new child is started yet: the first deaths cost nothing, so that another ruleset can decide the
// turn.
func (s *seat) resting(now time.Time) bool {
	for len(s.deaths) > 0 && now.Sub(s.deaths[0]) > time.Minute {
		s.deaths = s.deaths[1:]
	}
	n := len(s.deaths)
	if n < restAfter {
		return false
	}
	wait := min(time.Second<<min(n-restAfter, 10), restMost)
	return s.deaths[n-1].Add(wait).After(now)
}

// fresh ends the child that is there: the next one knows nothing of what it was told.
func (s *seat) fresh() {
	if c := s.child.Swap(nil); c != nil {
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
		if s.take() {
			s.fresh()
			s.leave()
		}
	})
}

// take takes the seat if nobody has.
func (s *seat) take() bool {
	select {
	case s.busy <- struct{}{}:
		return true
	default:
		return false
	}
}

// sits is the child that is there now; nil: none.
func (s *seat) sits() *child {
	if c := s.child.Load(); c != nil && !c.ended() {
		return c
	}
	return nil
}

func (s *seat) close() {
	s.busy <- struct{}{}
	defer s.leave()
	s.closed = true
	if s.quiet != nil {
		s.quiet.Stop()
	}
	s.fresh()
}
