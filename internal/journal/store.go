package journal

import (
	"context"
	"fmt"
	"time"
)

// Store keeps rows in one order. It can do what one JetStream stream can do and no more, so that a stream can stand
// behind a Journal without changing it.
//
// A subject is made of tokens with dots between them. From its first row until it is deleted a subject either keeps its
// history or only its last row; a write of the other kind is refused. Sequences rise with every write and are never
// used again, not even after a restart; there may be gaps. Times are kept to the microsecond.
//
// Reads name the time at which they look: a row that has expired by then is not there. Where rows are damaged, reads
// give the good ones together with a *DamagedRowsError.
type Store interface {
	// Commit writes a batch wholly or not at all and gives the sequence of its last write. When it returns without an
	// error the batch is on disk. A condition that does not hold is a *ConflictError. When ctx ends before the
	// batch's turn has come, nothing was written; afterwards Commit waits for the answer, which is a matter of one
	// transaction.
	Commit(ctx context.Context, b Batch) (last uint64, err error)
	// Last gives the last row of a subject; its Seq is 0 when there is none.
	Last(ctx context.Context, subject string, now time.Time) (Row, error)
	// LastUnder gives the last row of the subject prefix and of every subject below it ("home.state" is below "home",
	// "home-2.state" is not), in the order of their sequences.
	LastUnder(ctx context.Context, prefix string, now time.Time) ([]Row, error)
	// Tail gives rows in order. Fewer rows than the limit mean that there are no more.
	Tail(ctx context.Context, q Query) ([]Row, error)
	// Purge removes history written before a time, and rows that have expired by now, in bounded steps between which
	// commits get their turn. It gives the number of rows removed, also with an error.
	Purge(ctx context.Context, before, now time.Time) (n int, err error)
	// Check looks for damage everywhere. It reads all there is.
	Check(ctx context.Context) error
	// Close writes what waits and ends. Every later call gives ErrClosed.
	Close() error
}

// Row is one row as it was written.
type Row struct {
	Seq     uint64
	Subject string
	Data    []byte
	Time    time.Time
	Expires time.Time // zero: never
}

// Batch is several writes that happen together.
type Batch struct {
	Now    time.Time // what has expired by now does not count as a subject's last row
	If     []Condition
	Writes []Write
}

// Condition holds when the last sequence of Subject is Last; 0: it has no row. Conditions look at what was there before
// the batch, and are tried in order.
type Condition struct {
	Subject string
	Last    uint64
}

// Write adds one row, or deletes all rows of a subject.
type Write struct {
	Subject string
	Data    []byte
	Time    time.Time
	Expires time.Time // only with Last; zero: never
	Last    bool      // the subject keeps only this row
	Delete  bool      // the subject's rows go; nothing is added
}

// Query asks for the rows after a sequence, of the subjects in Under and all below them.
type Query struct {
	Under []string
	After uint64
	Limit int // at most so many rows; 0: all
	Now   time.Time
}

// check refuses what no store can write.
func (b Batch) check() error {
	for _, w := range b.Writes {
		switch {
		case !validSubject(w.Subject):
			return fmt.Errorf("not a subject: %q", w.Subject)
		case w.Last && w.Delete:
			return fmt.Errorf("write on %s: both written and deleted", w.Subject)
		case !w.Last && !w.Expires.IsZero():
			return fmt.Errorf("write on %s: history does not expire, it is purged", w.Subject)
		}
	}
	return nil
}

// micros is a time as a store keeps it.
func micros(t time.Time) int64 { return t.UnixMicro() }

// deadline is an expiry as a store keeps it: 0 means never.
func deadline(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	if at := t.UnixMicro(); at != 0 {
		return at
	}
	return 1 // the epoch itself is long past, not never
}

func fromMicros(at int64) time.Time { return time.UnixMicro(at).UTC() }

func fromDeadline(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return fromMicros(at)
}

// expired tells whether a row with this deadline is no longer there at now.
func expired(at int64, now time.Time) bool { return at != 0 && at <= micros(now) }
