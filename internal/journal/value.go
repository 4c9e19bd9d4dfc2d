package journal

import (
	"context"
	"fmt"
	"time"
)

// SetValue keeps a small thing of the house under a name of its own, in place of what was kept before, until it expires
// (zero: never). Nil data deletes it.
func (j *Journal) SetValue(ctx context.Context, name string, data []byte, expires time.Time) error {
	now := j.now()
	write := Write{Subject: valueSubject(name), Data: data, Time: now, Expires: expires, Last: true}
	if data == nil {
		write = Write{Subject: write.Subject, Delete: true}
	}
	if _, err := j.store.Commit(ctx, Batch{Now: now, Writes: []Write{write}}); err != nil {
		return fmt.Errorf("keeping %q: %w", name, err)
	}
	return nil
}

// Value gives what was kept last and when; nil: nothing, or it has expired. A damaged row is a *DamagedRowsError.
func (j *Journal) Value(ctx context.Context, name string) (data []byte, set time.Time, err error) {
	row, err := j.store.Last(ctx, valueSubject(name), j.now())
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading %q: %w", name, err)
	}
	return row.Data, row.Time, nil
}

func valueSubject(name string) string { return join("_", "value", escape(name)) }
