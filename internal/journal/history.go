package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Entry is one row of an account's history.
type Entry struct {
	Seq  uint64          // of the journal: rising
	Kind string          // "run" (engine.RunRecord), "event" (engine.EventRecord), "decision"
	Time time.Time       // the loop's clock when it was committed
	Data json.RawMessage // as it was committed
}

// Events gives what happened after a sequence, in the order of commit: for each record the run that had ended, the
// event and its decision. At most limit entries (0: all); fewer mean that there are no more. Where rows are damaged it
// gives the others, together with a *DamagedRowsError.
func (j *Journal) Events(ctx context.Context, account string, afterSeq uint64, limit int) ([]Entry, error) {
	if err := checkAccount(account); err != nil {
		return nil, fmt.Errorf("reading history: %w", err)
	}
	rows, err := j.store.Tail(ctx, Query{
		Under: []string{join(account, "run"), join(account, "event"), join(account, "decision")},
		After: afterSeq,
		Limit: limit,
		Now:   j.now(),
	})
	if err != nil {
		err = fmt.Errorf("reading the history of %s: %w", account, err)
	}
	entries := make([]Entry, 0, len(rows))
	for _, row := range rows {
		kind := strings.TrimPrefix(row.Subject, account+".")
		entries = append(entries, Entry{Seq: row.Seq, Kind: kind, Time: row.Time, Data: row.Data})
	}
	return entries, err
}

// Purge forgets history (runs, events, decisions, outcomes) of all accounts that was committed before a time, and what
// has expired: state, throttles, the ids of events. It works in steps between which commits get their turn, gives space
// back to the file system, and gives the number of rows that went, also with an error.
func (j *Journal) Purge(ctx context.Context, before time.Time) (n int, err error) {
	n, err = j.store.Purge(ctx, before, j.now())
	if err != nil {
		return n, fmt.Errorf("forgetting old history: %w", err)
	}
	return n, nil
}
