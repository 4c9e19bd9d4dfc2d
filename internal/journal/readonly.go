package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
)

// openSQLiteReadOnly opens a journal that somebody else may be writing to. It has no writer, and its jobs are nil.
func openSQLiteReadOnly(ctx context.Context, path string, seals sealer) (*SQLite, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	s := &SQLite{path: path, seals: seals, quit: make(chan struct{}), stopped: make(chan struct{})}
	close(s.stopped)
	there, err := locate(path)
	if err == nil && !there {
		err = fmt.Errorf("there is no journal %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, s.explain("opening the journal", err)
	}
	if err := s.openForReading(ctx); err != nil {
		return nil, s.explain("opening the journal", errors.Join(err, s.closeFiles()))
	}
	s.close = sync.OnceValue(s.shutdown)
	return s, nil
}

func (s *SQLite) openForReading(ctx context.Context) error {
	if err := s.connect(dsnReadOnly(s.path)); err != nil {
		return err
	}
	found, err := inspectDB(ctx, s.reader, s.path, s.seals)
	if err != nil {
		return err
	}
	if found.schema < schema {
		return &OlderSchemaError{Path: s.path, Have: found.schema, Known: schema}
	}
	return s.prepareReads(ctx)
}
