package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is one row of an account's history.
type Entry struct {
	Seq     uint64 // of the journal: rising
	Account string
	Kind    string          // "run" (engine.RunRecord), "event" (engine.EventRecord), "decision", "outcome" (with "id", the message's)
	Time    time.Time       // the loop's clock when it was committed
	Data    json.RawMessage // as it was committed
}

// HistoryKinds are the kinds that an Entry may have.
func HistoryKinds() []string { return []string{"run", "event", "decision", "outcome"} }

// Events gives what happened after a sequence, in the order of commit: for each record the run that had ended, the
// event and its decision. At most limit entries (0: all); fewer mean that there are no more. Where rows are damaged it
// gives the others, together with a *DamagedRowsError.
func (j *Journal) Events(ctx context.Context, account string, afterSeq uint64, limit int) ([]Entry, error) {
	if err := checkAccount(account); err != nil {
		return nil, fmt.Errorf("reading history: %w", err)
	}
	under := []string{join(account, "run"), join(account, "event"), join(account, "decision")}
	entries, err := j.history(ctx, under, afterSeq, limit)
	if err != nil {
		err = fmt.Errorf("reading the history of %s: %w", account, err)
	}
	return entries, err
}

func (j *Journal) history(ctx context.Context, under []string, after uint64, limit int) ([]Entry, error) {
	rows, err := j.store.Tail(ctx, Query{Under: under, After: after, Limit: limit, Now: j.now()})
	entries := make([]Entry, 0, len(rows))
	for _, row := range rows {
		account, kind, _ := strings.Cut(row.Subject, ".")
		entries = append(entries, Entry{Seq: row.Seq, Account: account, Kind: kind, Time: row.Time, Data: row.Data})
	}
	return entries, err
}

// EntryQuery says what to read of history.
type EntryQuery struct {
	Accounts []string  // required: one or several, given in one order
	Kinds    []string  // of HistoryKinds; none: all
	After    uint64    // entries after this sequence: to go on after the last one that was seen
	Since    time.Time // entries of this time and later; zero: all
	Limit    int       // at most so many, the newest; 0: all
}

// entryPage is how many entries Entries reads at once.
const entryPage = 512

// Entries gives history in the order of commit. It reads in pages, so that it holds no more than Limit and a page, and
// does not keep a daemon's WAL from being copied. Where rows are damaged it gives the others, together with a
// *DamagedRowsError.
func (j *Journal) Entries(ctx context.Context, q EntryQuery) ([]Entry, error) {
	under, err := q.under()
	if err != nil {
		return nil, fmt.Errorf("reading history: %w", err)
	}
	var entries []Entry
	var r recovery
	for more := true; more; {
		page, err := j.history(ctx, under, q.After, entryPage)
		if err := r.tolerate(err); err != nil {
			return nil, fmt.Errorf("reading history: %w", err)
		}
		more = len(page) == entryPage
		for _, e := range page {
			q.After = e.Seq
			if q.Since.IsZero() || !e.Time.Before(q.Since) {
				entries = append(entries, e)
			}
		}
		if q.Limit > 0 && len(entries) > q.Limit {
			entries = slices.Delete(entries, 0, len(entries)-q.Limit)
		}
	}
	if err := r.bad.err(); err != nil {
		return entries, fmt.Errorf("reading history: %w", err)
	}
	return entries, nil
}

func (q EntryQuery) under() (subjects []string, err error) {
	kinds := q.Kinds
	if len(kinds) == 0 {
		kinds = HistoryKinds()
	}
	if len(q.Accounts) == 0 {
		return nil, errors.New("no account given")
	}
	for _, account := range q.Accounts {
		if err := checkAccount(account); err != nil {
			return nil, err
		}
		for _, kind := range kinds {
			if !slices.Contains(HistoryKinds(), kind) {
				return nil, fmt.Errorf("not a kind of history: %q (there are %s)", kind, strings.Join(HistoryKinds(), ", "))
			}
			subjects = append(subjects, join(account, kind))
		}
	}
	return subjects, nil
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
