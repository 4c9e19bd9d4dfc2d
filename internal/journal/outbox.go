package journal

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"gatefold/engine"
)

// MaxWaiting is how many messages of an account may wait. Where more come, the oldest are discarded.
const MaxWaiting = 1000

// keepExpired is how long after its expiry a message is still handed to the loop, so that it can say so.
const keepExpired = 24 * time.Hour

// waiting is a message as the outbox keeps it. JSON holds text only, so a key that is none is kept as bytes too.
type waiting struct {
	engine.Message
	RawKey []byte `json:"raw_key,omitempty"`

	subject string
	seq     uint64
}

// outcome is what became of a message, as history keeps it.
type outcome struct {
	ID string `json:"id"`
	engine.Outcome
}

// enqueue adds messages to the outbox, and discards the oldest that it has no room for.
func (j *Journal) enqueue(ctx context.Context, d *draft, messages []engine.Message) error {
	if len(messages) == 0 {
		return nil
	}
	queue, err := j.outbox(ctx, d.account, d.batch.Now)
	if err != nil && !onlyDamaged(err) {
		return err
	}
	old := len(queue)
	for _, m := range messages {
		queue = append(queue, waiting{Message: m, subject: join(d.account, "outbox", escape(m.ID))})
	}
	excess := max(0, len(queue)-MaxWaiting)
	for i, w := range queue {
		var err error
		switch {
		case i < excess:
			err = d.settle(w, engine.Outcome{At: d.at, Result: "discarded", Error: fmt.Sprintf("more than %d messages wait", MaxWaiting)})
		case i >= old:
			err = d.add(w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) add(w waiting) error {
	if !utf8.ValidString(w.Key) {
		w.RawKey = []byte(w.Key)
	}
	data, err := encode(w)
	if err != nil {
		return fmt.Errorf("message %s: %w", w.ID, err)
	}
	d.last(w.subject, data, time.Time{})
	return nil
}

// settle takes a message off the outbox, if it is on it, and writes what became of it.
func (d *draft) settle(w waiting, o engine.Outcome) error {
	if w.seq != 0 {
		d.batch.If = append(d.batch.If, Condition{Subject: w.subject, Last: w.seq})
		d.batch.Writes = append(d.batch.Writes, Write{Subject: w.subject, Delete: true})
	}
	data, err := encode(outcome{ID: w.ID, Outcome: o})
	if err != nil {
		return fmt.Errorf("outcome of %s: %w", w.ID, err)
	}
	d.history("outcome", data)
	return nil
}

// outbox reads what waits, in the order of commit.
func (j *Journal) outbox(ctx context.Context, account string, now time.Time) ([]waiting, error) {
	rows, damaged := j.store.LastUnder(ctx, join(account, "outbox"), now)
	if damaged != nil && !onlyDamaged(damaged) {
		return nil, damaged
	}
	queue := make([]waiting, 0, len(rows))
	for _, row := range rows {
		w := waiting{subject: row.Subject, seq: row.Seq}
		if err := decode(row, &w); err != nil {
			return nil, errors.Join(err, damaged)
		}
		if w.RawKey != nil {
			w.Key = string(w.RawKey)
		}
		queue = append(queue, w)
	}
	return queue, damaged
}

// Done is engine.Journal.Done. An id that is not on the outbox is no error, and nothing is written for it.
func (j *Journal) Done(ctx context.Context, account, id string, o engine.Outcome) error {
	if err := checkAccount(account); err != nil {
		return fmt.Errorf("done with %s: %w", id, err)
	}
	subject := join(account, "outbox", escape(id))
	for {
		d := &draft{account: account, at: o.At, batch: Batch{Now: j.now()}}
		if d.at.IsZero() {
			d.at = d.batch.Now
		}
		row, err := j.store.Last(ctx, subject, d.batch.Now)
		damaged := onlyDamaged(err)
		switch {
		case err != nil && !damaged:
			return fmt.Errorf("done with %s: %w", id, err)
		case row.Seq == 0 && !damaged:
			return nil
		}
		if err := d.settle(waiting{Message: engine.Message{ID: id}, subject: subject, seq: row.Seq}, o); err != nil {
			return fmt.Errorf("done with %s: %w", id, err)
		}
		if damaged { // it goes all the same: its outcome is known
			d.batch.Writes = append(d.batch.Writes, Write{Subject: subject, Delete: true})
		}
		_, err = j.store.Commit(ctx, d.batch)
		var conflict *ConflictError
		if err == nil {
			return nil
		}
		if !errors.As(err, &conflict) {
			return fmt.Errorf("done with %s: %w", id, err)
		}
	}
}
