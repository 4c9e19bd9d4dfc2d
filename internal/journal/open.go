package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"
)

// Options says how to open a journal.
type Options struct {
	Now func() time.Time // required: the clock that expiries go by
	Key []byte           // required, KeySize bytes: what the file is sealed with, the secret JOURNAL_KEY
}

// Open makes the data folder its own (0700, created when missing) and opens journal.db in it. A journal that an older
// gatefold has written in plain text is sealed first. It fails with
//
//	*FolderError       the folder cannot be used: not ours alone, read-only
//	*LockedError       another gatefold runs on it
//	*WrongKeyError     the file was sealed with another key; it is left as it is
//	*DamagedFileError  the file cannot be read; it is left as it is
//	*NewerSchemaError  a newer gatefold has written it
//
// Close gives the folder back.
func Open(dir string, o Options) (*Journal, error) {
	seals, err := newKeys(o.Key)
	if err != nil {
		return nil, fmt.Errorf("opening the journal in %s: %w", dir, err)
	}
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	store, err := openSQLite(context.Background(), filepath.Join(dir, "journal.db"), seals)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	j := New(store, o.Now)
	j.sealed = store.sealed
	j.unlock = sync.OnceValue(unlock)
	return j, nil
}

// OpenReadOnly opens the journal in a data folder for reading, beside a daemon that writes it or without one. It takes
// no lock, and neither creates nor migrates nor changes anything: writes fail with ErrReadOnly. (SQLite may leave an
// empty journal.db-wal and its index journal.db-shm in the folder; it needs them to read.) Where there is no journal
// the error is fs.ErrNotExist; one that the daemon has yet to migrate is an *OlderSchemaError.
func OpenReadOnly(dir string, o Options) (*Journal, error) {
	seals, err := newKeys(o.Key)
	if err != nil {
		return nil, fmt.Errorf("opening the journal in %s: %w", dir, err)
	}
	store, err := openSQLiteReadOnly(context.Background(), filepath.Join(dir, "journal.db"), seals)
	if err != nil {
		return nil, err
	}
	return New(store, o.Now), nil
}
