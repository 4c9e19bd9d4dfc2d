package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gatefold/engine"
)

// Journal keeps what happened and what was decided, in a Store.
type Journal struct {
	store  Store
	now    func() time.Time
	unlock func() error // nil: holds no folder
	sealed int
}

var _ engine.Journal = (*Journal)(nil)

// New puts a journal on a store. The store is the journal's from then on; now is the clock that expiries go by.
func New(store Store, now func() time.Time) *Journal { return &Journal{store: store, now: now} }

// Close writes what waits, closes the store and unlocks the data folder.
func (j *Journal) Close() error {
	err := j.store.Close()
	if j.unlock == nil {
		return err
	}
	return errors.Join(err, j.unlock())
}

// Check looks for damage everywhere: a *DamagedFileError, or a *DamagedRowsError that names every damaged row. It may
// take seconds and is meant to run beside the first look.
func (j *Journal) Check(ctx context.Context) error { return j.store.Check(ctx) }

// Sealed is how many rows Open found in plain text and sealed: an older gatefold wrote them. It is 0 ever after, so that
// a second time is worth a word: somebody has put an unsealed file in place of the sealed one.
func (j *Journal) Sealed() int { return j.sealed }

// encode writes a row's data. Rows are read by people too (gatefold journal), so "<" stays "<".
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// decode reads a row's data.
func decode(row Row, v any) error {
	if err := json.Unmarshal(row.Data, v); err != nil {
		return fmt.Errorf("reading %s at %d: %w", row.Subject, row.Seq, err)
	}
	return nil
}
