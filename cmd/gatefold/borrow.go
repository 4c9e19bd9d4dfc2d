package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
	"gatefold/internal/spotify"
)

// borrowing is a command that is not the daemon and wants to make a call of the
// API. It counts in the one budget: a running daemon is asked for leave, and
// without one the budget of the journal is used.
type borrowing struct {
	cfg     *config.Config
	store   secrets.Store
	waiting func(until time.Time, reason string) // told once for each wait; nil: nobody is
}

// gate waits until the call may be made, and gives a gate for it and no other. Close
// gives back what was not used. While an intruder plays, the budget is busy with him: it
// is a matter of seconds, until ctx ends.
func (b borrowing) gate(ctx context.Context) (g *spotify.Gate, close func(), err error) {
	clock := newClock(1)
	for {
		asked, cancel := context.WithTimeout(ctx, asking)
		leave, err := control.Client{Path: socketPath(b.cfg)}.Leave(asked, control.LeaveRequest{Calls: 1})
		cancel()
		switch {
		case errors.Is(err, control.ErrNotRunning):
			g, close, leave, err = b.own(ctx, clock)
			if g != nil || err != nil {
				return g, close, err
			}
		case err != nil:
			return nil, nil, err
		case leave.Until.IsZero():
			spare := spotify.Limits{Per30s: 3, PerDay: 3} // of which the gate keeps two for pauses
			g := spotify.NewGate(spare, spotify.GateState{}, clock.Now(), nil)
			return g, func() { b.report(ctx, g, clock.Now()) }, nil
		}
		if err := b.wait(ctx, clock, leave.Until, leave.Reason); err != nil {
			return nil, nil, err
		}
	}
}

// own opens the gate that the journal keeps. Without room in it there is none, and
// leave says until when: a daemon that starts meanwhile must find the journal free.
func (b borrowing) own(ctx context.Context, clock *wallClock) (g *spotify.Gate, done func(), leave control.Leave, err error) {
	key, err := journalKey(ctx, b.cfg, b.store)
	if err != nil {
		return nil, nil, leave, err
	}
	j, err := journal.Open(b.cfg.Data, journal.Options{Now: clock.Now, Key: key})
	if err != nil {
		return nil, nil, leave, err
	}
	g = openGate(ctx, b.cfg, j, clock.Now, func(string, error) {})
	done = func() { g.Close(clock.Now()); _ = j.Close() }
	until, reason, ok := g.Room(clock.Now(), spotify.Other)
	if ok {
		return g, done, leave, nil
	}
	done()
	return nil, nil, control.Leave{Until: until, Reason: reason}, nil
}

func (b borrowing) wait(ctx context.Context, clock *wallClock, until time.Time, reason string) error {
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(until) {
		return fmt.Errorf("the budget has no room until %s: %s", until.Format(time.DateTime), reason)
	}
	if b.waiting != nil {
		b.waiting(until, reason)
	}
	return waitOn(clock)(ctx, max(until.Sub(clock.Now()), 100*time.Millisecond))
}

// report tells the daemon of a 429: its calls have to wait as well.
func (b borrowing) report(ctx context.Context, g *spotify.Gate, now time.Time) {
	until, kind, ok := g.Blocked(now)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), asking)
	defer cancel()
	// Without an answer the daemon finds out by a 429 of its own.
	_ = control.Client{Path: socketPath(b.cfg)}.Limited(ctx, control.LimitedRequest{Kind: kind, For: until.Sub(now)})
}

// limited takes a 429 that a command got.
func (d *daemon) limited(_ context.Context, in control.LimitedRequest) (control.Done, error) {
	if in.For <= 0 {
		return control.Done{}, errors.New("how long nothing may be sent is needed")
	}
	d.gate.Limited(d.w.Clock.Now(), in.Kind, in.For, true)
	return control.Done{}, nil
}

// takeLeave counts calls of a command in the daemon's budget. They are as urgent as
// the looks at an intruder: who waits for them sits at a terminal.
func (d *daemon) takeLeave(_ context.Context, in control.LeaveRequest) (control.Leave, error) {
	if in.Calls != 1 {
		return control.Leave{}, fmt.Errorf("%d calls: leave is given for one", in.Calls)
	}
	err := d.gate.Take(d.w.Clock.Now(), spotify.Verify)
	if wait := (*spotify.WaitError)(nil); errors.As(err, &wait) {
		return control.Leave{Until: wait.Until, Reason: wait.Reason}, nil
	}
	return control.Leave{}, err
}
