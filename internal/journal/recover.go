package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gatefold/engine"
)

// Recover is engine.Journal.Recover. Where rows are damaged it gives all the others, together with a
// *DamagedRowsError: the caller may say so and go on without them.
//
// It also settles what the time since then has decided: reservations in the future (the clock was set back) are cut to
// now, and messages that expired more than a day ago leave the outbox with the outcome "expired". Those that expired
// later are given too: what becomes of them is the loop's to say.
func (j *Journal) Recover(ctx context.Context, account string) (engine.Recovered, error) {
	if err := checkAccount(account); err != nil {
		return engine.Recovered{}, fmt.Errorf("recovering: %w", err)
	}
	var r recovery
	rec, err := j.recover(ctx, account, &r)
	if err = errors.Join(err, r.bad.err()); err != nil {
		return rec, fmt.Errorf("recovering %s: %w", account, err)
	}
	return rec, nil
}

// recovery collects the damage that was met on the way.
type recovery struct{ bad damage }

// tolerate notes damaged rows and gives any other error back.
func (r *recovery) tolerate(err error) error {
	var rows *DamagedRowsError
	if errors.As(err, &rows) {
		r.bad = append(r.bad, rows.Rows...)
		return nil
	}
	return err
}

func (j *Journal) recover(ctx context.Context, account string, r *recovery) (rec engine.Recovered, err error) {
	d := &draft{account: account, batch: Batch{Now: j.now()}}
	d.at = d.batch.Now
	if rec.Facts, err = j.data(ctx, d, "facts", r); err != nil {
		return engine.Recovered{}, err
	}
	if rec.Stands, err = j.data(ctx, d, "stands", r); err != nil {
		return engine.Recovered{}, err
	}
	if rec.State, err = j.state(ctx, d, r); err != nil {
		return engine.Recovered{}, err
	}
	rec.Throttles, err = j.throttles(ctx, d)
	if err := r.tolerate(err); err != nil {
		return engine.Recovered{}, err
	}
	if rec.Outbox, err = j.recoverOutbox(ctx, d, r); err != nil {
		return engine.Recovered{}, err
	}
	if len(d.batch.Writes) > 0 {
		// What cannot be written now (a full disk) is settled at the next start. It is no reason not to start.
		_, _ = j.store.Commit(ctx, d.batch)
	}
	return rec, nil
}

func (j *Journal) data(ctx context.Context, d *draft, kind string, r *recovery) (json.RawMessage, error) {
	row, err := j.store.Last(ctx, join(d.account, kind), d.batch.Now)
	return row.Data, r.tolerate(err)
}

// state reads the live keys. The key is taken from the subject: JSON cannot hold every key.
func (j *Journal) state(ctx context.Context, d *draft, r *recovery) ([]engine.Write, error) {
	prefix := join(d.account, "state")
	rows, err := j.store.LastUnder(ctx, prefix, d.batch.Now)
	if err := r.tolerate(err); err != nil {
		return nil, err
	}
	var state []engine.Write
	for _, row := range rows {
		var w engine.Write
		if err := decode(row, &w); err != nil {
			return nil, err
		}
		if w.Key, err = keyUnder(prefix, row.Subject); err != nil {
			return nil, err
		}
		state = append(state, w)
	}
	return state, nil
}

func (j *Journal) recoverOutbox(ctx context.Context, d *draft, r *recovery) ([]engine.Message, error) {
	queue, err := j.outbox(ctx, d.account, d.batch.Now)
	if err := r.tolerate(err); err != nil {
		return nil, err
	}
	var messages []engine.Message
	for _, w := range queue {
		if w.Expires.IsZero() || d.batch.Now.Before(w.Expires.Add(keepExpired)) {
			messages = append(messages, w.Message)
			continue
		}
		if err := d.settle(w, engine.Outcome{At: d.at, Result: "expired"}); err != nil {
			return nil, err
		}
	}
	return messages, nil
}
