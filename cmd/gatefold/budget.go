package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/spotify"
)

// journalWithin is how long a look waits for the journal to keep the budgets. A
// disk that stalls must not stop gatefold from looking; what is not kept then is
// said, and kept with the next lease.
const journalWithin = 2 * time.Second

// openGate takes up the budgets and Retry-After where they were left.
func openGate(ctx context.Context, c *config.Config, j *journal.Journal, now func() time.Time, failed func(what string, err error)) *spotify.Gate {
	limits := spotify.Limits{Per30s: c.Spotify.Budget.Per30s, PerDay: c.Spotify.Budget.PerDay}
	var state spotify.GateState
	raw, err := j.Gate(ctx, developer(c))
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &state)
	}
	if err != nil {
		failed("the budgets in the journal cannot be read: beginning with 30 s of none", err)
		state = spotify.GateState{Lease: limits.Per30s}
	}
	return spotify.NewGate(limits, state, now(), func(s spotify.GateState) {
		if err := saveGate(j, developer(c), s); err != nil {
			failed("the budgets could not be kept", err)
		}
	})
}

func saveGate(j *journal.Journal, developer string, s spotify.GateState) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), journalWithin)
	defer cancel()
	saved := make(chan error, 1)
	go func() { saved <- j.SaveGate(ctx, developer, raw) }()
	select {
	case err := <-saved:
		return err
	case <-ctx.Done():
		return errors.New("the journal does not answer")
	}
}

// developer names whose budget it is: all client ids of a developer share one,
// and gatefold is given one client id.
func developer(c *config.Config) string {
	if c.Spotify.ClientID == "" {
		return "default"
	}
	return c.Spotify.ClientID
}
