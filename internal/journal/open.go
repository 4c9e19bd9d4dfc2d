package journal

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"
)

// Options says how to open a journal.
type Options struct {
	Now func() time.Time // required: the clock that expiries go by
}

// Open makes the data folder its own (0700, created when missing) and opens journal.db in it. It fails with
//
//	*FolderError       the folder cannot be used: not ours alone, read-only
//	*LockedError       another gatefold runs on it
//	*DamagedFileError  the file cannot be read; it is left as it is
//	*NewerSchemaError  a newer gatefold has written it
//
// Close gives the folder back.
func Open(dir string, o Options) (*Journal, error) {
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	store, err := OpenSQLite(context.Background(), filepath.Join(dir, "journal.db"))
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	j := New(store, o.Now)
	j.unlock = sync.OnceValue(unlock)
	return j, nil
}
