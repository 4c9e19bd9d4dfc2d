package main

import (
	"context"
	"errors"
	"fmt"

	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
	"gatefold/internal/spotify"
)

// borrowGate gives a gate for a few calls of a command that is not the daemon.
// They count in the one budget: a running daemon is asked for leave, and without
// one the budget of the journal is used. Close gives back what was not used.
func borrowGate(ctx context.Context, c *config.Config, store secrets.Store, calls int) (g *spotify.Gate, close func(), err error) {
	clock := newClock(1)
	err = control.Client{Path: socketPath(c)}.Leave(ctx, control.LeaveRequest{Calls: calls})
	switch {
	case err == nil:
		spare := spotify.Limits{Per30s: calls + 2, PerDay: calls + 2} // the gate keeps two back for pauses
		return spotify.NewGate(spare, spotify.GateState{}, clock.Now(), nil), func() {}, nil
	case !errors.Is(err, control.ErrNotRunning):
		return nil, nil, err
	}
	key, err := journalKey(ctx, c, store)
	if err != nil {
		return nil, nil, err
	}
	j, err := journal.Open(c.Data, journal.Options{Now: clock.Now, Key: key})
	if err != nil {
		return nil, nil, err
	}
	g = openGate(ctx, c, j, clock.Now, func(string, error) {})
	return g, func() { g.Close(clock.Now()); _ = j.Close() }, nil
}

// takeLeave counts calls of a command in the daemon's budget.
func (d *daemon) takeLeave(_ context.Context, in control.LeaveRequest) (control.Done, error) {
	if in.Calls < 1 || in.Calls > 4 {
		return control.Done{}, fmt.Errorf("%d calls: from 1 to 4", in.Calls)
	}
	for range in.Calls {
		if err := d.gate.Take(d.w.Clock.Now(), spotify.Other); err != nil {
			return control.Done{}, err
		}
	}
	return control.Done{}, nil
}
