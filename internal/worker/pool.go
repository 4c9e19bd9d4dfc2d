package worker

import (
	"context"
	"fmt"
	"reflect"
	"time"
)

// pool is seats that do the same. One has a child as a rule: another one gets it when somebody has waited for a child that
// others ask, so that the slow rules of one account do not hold up the others for long.
type pool struct {
	seats []*seat
}

// another is how long somebody waits for a busy child before another one is started: most turns are over in less than one.
const another = 30 * time.Millisecond

// surplus is how long all but the first are kept that nobody asks anything.
const surplus = time.Minute

// newPool makes as many seats like one.
func newPool(most int, like *seat) *pool {
	p := &pool{}
	for i := range most {
		s := &seat{start: like.start, now: like.now, lost: like.lost, idle: like.idle, restless: like.restless, busy: make(chan struct{}, 1)}
		if i > 0 {
			s.idle = surplus
		}
		p.seats = append(p.seats, s)
	}
	return p
}

// use has something done with a child that nobody else asks. What fails with a *Death loses it.
func (p *pool) use(ctx context.Context, do func(*seat, *child) error) error {
	s, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer s.leave()
	return s.use(ctx, func(c *child) error { return do(s, c) })
}

// take takes the first seat that is free and has a child, or the first one at all.
func (p *pool) take(ctx context.Context) (*seat, error) {
	for i, s := range p.seats {
		if (i == 0 || s.sits() != nil) && s.take() {
			return s, nil
		}
	}
	if len(p.seats) > 1 {
		soon := time.NewTimer(another)
		defer soon.Stop()
		if s, err := p.wait(ctx, soon.C, false); s != nil || err != nil {
			return s, err
		}
		for _, s := range p.seats {
			if s.take() {
				return s, nil
			}
		}
	}
	return p.wait(ctx, nil, true)
}

// wait waits for any, or for one that has a child or is the first; until soon, which gives nil.
func (p *pool) wait(ctx context.Context, soon <-chan time.Time, any bool) (*seat, error) {
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}, {Dir: reflect.SelectRecv, Chan: reflect.ValueOf(soon)},
	}
	var waits []*seat
	for i, s := range p.seats {
		if any || i == 0 || s.sits() != nil {
			waits = append(waits, s)
			cases = append(cases, reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(s.busy), Send: reflect.ValueOf(struct{}{})})
		}
	}
	switch i, _, _ := reflect.Select(cases); i {
	case 0:
		return nil, fmt.Errorf("waiting for the rule worker: %w", context.Cause(ctx))
	case 1:
		return nil, nil
	default:
		return waits[i-2], nil
	}
}

// sits is the child that was asked first, of those that are there; nil: none is.
func (p *pool) sits() *child {
	for _, s := range p.seats {
		if c := s.sits(); c != nil {
			return c
		}
	}
	return nil
}

// resident is how much memory all of them have.
func (p *pool) resident() (bytes int64) {
	for _, s := range p.seats {
		if c := s.sits(); c != nil {
			bytes += resident(c.cmd.Process.Pid)
		}
	}
	return bytes
}

func (p *pool) close() {
	for _, s := range p.seats {
		s.close()
	}
}
