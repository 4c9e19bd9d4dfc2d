package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gatefold/engine"
)

// RememberIDs is how long an event's id is remembered: a second event with it is dropped for so long, whether or not
// history is still kept.
const RememberIDs = 30 * 24 * time.Hour

// Commit is engine.Journal.Commit. Rows come in the order run, event, decision: the run that has ended came before.
// A message that the bound of the outbox has no room for is kept as an outcome only ("discarded").
func (j *Journal) Commit(ctx context.Context, rec engine.Record) (engine.Receipt, error) {
	if err := checkRecord(rec); err != nil {
		return engine.Receipt{}, fmt.Errorf("committing: %w", err)
	}
	for {
		d, err := j.draft(ctx, rec)
		if err != nil {
			return engine.Receipt{}, fmt.Errorf("committing %s: %w", rec.Account, err)
		}
		if len(d.batch.Writes) == 0 {
			return d.receipt, nil
		}
		_, err = j.store.Commit(ctx, d.batch)
		var conflict *ConflictError
		switch {
		case err == nil:
			return d.receipt, nil
		case !errors.As(err, &conflict):
			return engine.Receipt{}, fmt.Errorf("committing %s: %w", rec.Account, err)
		case conflict.Subject == d.mark:
			return engine.Receipt{Duplicate: true}, nil
		}
		// Somebody else reserved a throttle or took a message meanwhile: look again.
	}
}

func checkRecord(rec engine.Record) error {
	if err := checkAccount(rec.Account); err != nil {
		return err
	}
	if rec.Event != nil && rec.Event.ID == "" {
		return errors.New("an event without an id")
	}
	for _, m := range rec.Outbox {
		if m.ID == "" {
			return errors.New("a message without an id")
		}
	}
	return nil
}

// draft is a record on its way to be a batch.
type draft struct {
	account string
	at      time.Time
	mark    string // subject; "": no event
	batch   Batch
	receipt engine.Receipt
}

// draft reads what the record depends on and writes down what is to be done, on condition that it is still so.
func (j *Journal) draft(ctx context.Context, rec engine.Record) (*draft, error) {
	now := j.now()
	d := &draft{account: rec.Account, at: rec.At, batch: Batch{Now: now}}
	if d.at.IsZero() {
		d.at = now
	}
	if rec.Run != nil {
		d.history("run", rec.Run)
	}
	if err := d.event(rec); err != nil {
		return nil, err
	}
	if rec.Facts != nil {
		d.last(join(d.account, "facts"), rec.Facts, time.Time{})
	}
	if rec.Stands != nil {
		d.last(join(d.account, "stands"), rec.Stands, time.Time{})
	}
	for _, w := range rec.State {
		if err := d.state(w); err != nil {
			return nil, err
		}
	}
	if len(rec.Outbox) == 0 {
		return d, nil
	}
	messages, err := j.throttle(ctx, d, rec.Outbox)
	if err != nil {
		return nil, err
	}
	return d, j.enqueue(ctx, d, messages)
}

// event adds the event with the mark that it was committed, which is there only once.
func (d *draft) event(rec engine.Record) error {
	if rec.Event != nil {
		data, err := encode(rec.Event)
		if err != nil {
			return fmt.Errorf("event %s: %w", rec.Event.ID, err)
		}
		d.mark = join(d.account, "unique", escape(rec.Event.ID))
		d.batch.If = append(d.batch.If, Condition{Subject: d.mark})
		d.last(d.mark, nil, d.batch.Now.Add(RememberIDs))
		d.history("event", data)
	}
	if rec.Decision != nil {
		d.history("decision", rec.Decision)
	}
	return nil
}

// state writes or deletes one key of the rule state.
func (d *draft) state(w engine.Write) error {
	subject := join(d.account, "state", escape(w.Key))
	if w.Value == nil {
		d.batch.Writes = append(d.batch.Writes, Write{Subject: subject, Delete: true})
		return nil
	}
	data, err := encode(w)
	if err != nil {
		return fmt.Errorf("state %q: %w", w.Key, err)
	}
	d.last(subject, data, w.Expires)
	return nil
}

func (d *draft) history(kind string, data json.RawMessage) {
	d.batch.Writes = append(d.batch.Writes, Write{Subject: join(d.account, kind), Data: data, Time: d.at})
}

func (d *draft) last(subject string, data []byte, expires time.Time) {
	d.batch.Writes = append(d.batch.Writes, Write{Subject: subject, Data: data, Time: d.at, Expires: expires, Last: true})
}
