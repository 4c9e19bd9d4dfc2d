package journal

import (
	"context"
	"fmt"

	"gatefold/engine"
)

// State gives the live keys of an account's rule state, and what is kept with it: approvals, and the ledger of devices
// (engine.LedgerRows). Unlike Recover it settles nothing, so it may be read beside a loop. Where rows are damaged it
// gives the others, together with a *DamagedRowsError.
func (j *Journal) State(ctx context.Context, account string) ([]engine.Write, error) {
	if err := checkAccount(account); err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	var r recovery
	state, err := j.state(ctx, &draft{account: account, batch: Batch{Now: j.now()}}, &r)
	if err == nil {
		err = r.bad.err()
	}
	if err != nil {
		return state, fmt.Errorf("reading the state of %s: %w", account, err)
	}
	return state, nil
}
