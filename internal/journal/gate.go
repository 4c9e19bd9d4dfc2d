package journal

import (
	"context"
	"fmt"
)

// SaveGate replaces what a developer account's gate has to know after a restart: Retry-After and the two budgets, as
// the gate wrote it.
func (j *Journal) SaveGate(ctx context.Context, developer string, state []byte) error {
	now := j.now()
	_, err := j.store.Commit(ctx, Batch{Now: now, Writes: []Write{
		{Subject: gateSubject(developer), Data: state, Time: now, Last: true},
	}})
	if err != nil {
		return fmt.Errorf("saving the gate: %w", err)
	}
	return nil
}

// Gate gives what was saved last; nil: nothing yet. A damaged row is a *DamagedRowsError.
func (j *Journal) Gate(ctx context.Context, developer string) ([]byte, error) {
	row, err := j.store.Last(ctx, gateSubject(developer), j.now())
	if err != nil {
		return nil, fmt.Errorf("reading the gate: %w", err)
	}
	return row.Data, nil
}

func gateSubject(developer string) string { return join("_", "gate", escape(developer)) }
