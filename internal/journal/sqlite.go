package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite is a Store in one file: a write-ahead log, synchronous=FULL, one goroutine that writes and a few connections
// that read beside it.
type SQLite struct {
	path    string
	seals   sealer
	sealed  int     // rows that were found in plain text
	db      *sql.DB // the writer's, with one connection
	writer  *writer
	reader  *sql.DB
	one     *sql.Stmt     // the last row of one subject
	under   *sql.Stmt     // those of a prefix
	jobs    chan *job     // nil: opened for reading only
	quit    chan struct{} // closed: take no more jobs
	stopped chan struct{} // closed: the writer has ended
	close   func() error

	commits, transactions atomic.Uint64 // of batches
}

var _ Store = (*SQLite)(nil)

// OpenSQLite opens the journal in a file under a key of KeySize bytes, and creates the file when there is none. One that
// was written in plain text is sealed first. A damaged file is a *DamagedFileError, one with an unknown schema a
// *NewerSchemaError, one with another key a *WrongKeyError. It takes no lock: Open does.
func OpenSQLite(ctx context.Context, path string, key []byte) (*SQLite, error) {
	seals, err := newKeys(key)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	return openSQLite(ctx, path, seals)
}

func openSQLite(ctx context.Context, path string, seals sealer) (*SQLite, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	s := &SQLite{path: path, seals: seals, jobs: make(chan *job), quit: make(chan struct{}), stopped: make(chan struct{})}
	found, err := s.prepare(ctx)
	if err != nil {
		return nil, s.explain("opening the journal", err)
	}
	if err := s.open(ctx, found.marked); err != nil {
		return nil, s.explain("opening the journal", errors.Join(err, s.closeFiles()))
	}
	s.close = sync.OnceValue(s.shutdown)
	go s.write()
	return s, nil
}

// prepare makes the file one of our schema and our key, before anything opens it for writing.
func (s *SQLite) prepare(ctx context.Context) (inspection, error) {
	there, err := locate(s.path)
	if err != nil {
		return inspection{}, err
	}
	if !there {
		if err := create(ctx, s.path, s.seals); err != nil {
			return inspection{}, err
		}
	}
	if err := closeToOthers(s.path); err != nil {
		return inspection{}, err
	}
	found, err := inspect(ctx, s.path, s.seals)
	if err != nil || found.schema == schema {
		return found, err
	}
	s.sealed, err = sealFile(ctx, s.path, s.seals)
	return inspection{schema: schema, marked: true}, err
}

func (s *SQLite) open(ctx context.Context, marked bool) (err error) {
	if s.db, err = sql.Open("sqlite", dsn(s.path, []string{
		"synchronous(FULL)",
		"cache_size(-1024)",
		// Clears what is deleted in pages that are written anyway. Clearing freed pages too (ON) would write 19 KB instead of
		// 3 for every 10 rows that Purge removes, and what lies in them is sealed.
		"secure_delete(FAST)",
		fmt.Sprintf("journal_size_limit(%d)", walSize),
	})); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	if err := s.enableWAL(ctx); err != nil {
		return err
	}
	if s.writer, err = newWriter(ctx, s.db, s.seals); err != nil {
		return err
	}
	if !marked {
		if err := s.writer.mark(); err != nil {
			return err
		}
	}
	if err := s.connect(dsn(s.path, []string{"query_only(1)", "cache_size(-512)"})); err != nil {
		return err
	}
	return s.prepareReads(ctx)
}

// connect makes the connections that read.
func (s *SQLite) connect(name string) (err error) {
	if s.reader, err = sql.Open("sqlite", name); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(3)
	s.reader.SetMaxIdleConns(3)
	return nil
}

func (s *SQLite) prepareReads(ctx context.Context) (err error) {
	if s.one, err = s.reader.PrepareContext(ctx, selectLast+"WHERE l.subject = ?1"); err != nil {
		return err
	}
	s.under, err = s.reader.PrepareContext(ctx,
		selectLast+"WHERE l.subject = ?1 OR (l.subject > ?1 || '.' AND l.subject < ?1 || '/') ORDER BY l.seq")
	return err
}

// enableWAL fails where the file system has no shared memory (some network mounts): then SQLite would fall back to
// another mode without a word.
func (s *SQLite) enableWAL(ctx context.Context) error {
	var mode string
	if err := s.db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system cannot hold a write-ahead log (SQLite chose %q): put the data folder on a local disk", mode)
	}
	var size int
	if err := s.db.QueryRowContext(ctx, "PRAGMA page_size").Scan(&size); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", max(walSize/size, 100)))
	return err
}

// Close is Store.Close.
func (s *SQLite) Close() error { return s.close() }

func (s *SQLite) shutdown() error {
	close(s.quit)
	<-s.stopped
	if err := s.closeFiles(); err != nil {
		return fmt.Errorf("closing the journal: %w", err)
	}
	return nil
}

// closeFiles closes the readers first: the last connection copies the WAL into the file, and may do so only alone.
func (s *SQLite) closeFiles() error {
	var errs []error
	if s.reader != nil {
		errs = append(errs, s.reader.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}

// explain says what was being done, and finds the errors that callers branch on.
func (s *SQLite) explain(doing string, err error) error {
	var damaged *DamagedFileError
	var code *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &damaged):
		return err
	case !errors.As(err, &code):
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch code.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return &DamagedFileError{Path: s.path, Err: err}
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w: %w", doing, ErrFull, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func (s *SQLite) closed() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}
