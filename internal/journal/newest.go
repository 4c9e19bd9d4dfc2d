package journal

import (
	"context"
	"fmt"
)

// Newest gives the newest n turns of an account's history, oldest first: for each the run that had ended, the event and
// its decision, and the events between them. It reads backwards in growing steps, so that it costs what it gives. Where
// rows are damaged it gives the others, together with a *DamagedRowsError.
func (j *Journal) Newest(ctx context.Context, account string, n int) ([]Entry, error) {
	if err := checkAccount(account); err != nil {
		return nil, fmt.Errorf("reading history: %w", err)
	}
	if n <= 0 {
		return nil, nil
	}
	entries, err := j.newest(ctx, account, n)
	if err != nil {
		err = fmt.Errorf("reading the history of %s: %w", account, err)
	}
	return entries, err
}

// rowsATurn is how many rows of all kinds a turn's commit usually has.
const rowsATurn = 8

func (j *Journal) newest(ctx context.Context, account string, n int) ([]Entry, error) {
	last, err := j.store.Last(ctx, join(account, "event"), j.now())
	if err != nil && !onlyDamaged(err) {
		return nil, err
	}
	end := last.Seq + 1
	if err != nil { // its sequence is not to be trusted: everything
		end = 0
	}
	under := []string{join(account, "run"), join(account, "event"), join(account, "decision")}
	for span := uint64(n) * rowsATurn; ; span *= 2 {
		after := uint64(0)
		if end > span {
			after = end - span
		}
		entries, err := j.history(ctx, under, after, 0)
		if err != nil && !onlyDamaged(err) {
			return nil, err
		}
		if from, ok := newestFrom(entries, n); ok || after == 0 {
			return entries[from:], err
		}
	}
}

// newestFrom is where the newest n decisions begin, with their events and runs; false: there are not so many.
func newestFrom(entries []Entry, n int) (int, bool) {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].Kind != "decision" {
			continue
		}
		if n--; n > 0 {
			continue
		}
		for i > 0 && n == 0 && entries[i-1].Kind != "decision" && entries[i].Kind != "run" {
			i--
		}
		return i, n == 0
	}
	return 0, false
}
