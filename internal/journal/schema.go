package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

const (
	applicationID = 0x67617465 // "gate": tells our files from other people's databases

	// Bytes sent to the disk by one commit of BenchmarkCommit (3 KB of data, ext4, 4 MiB of WAL), for each page size:
	//	512: 17 KB   1024: 20 KB   2048: 29 KB   4096: 36 KB   8192: 68 KB
	// A commit changes some ten pages, a little in each. With 512 an account's facts no longer fit two pages.
	pageSize = 1024
	// The WAL is copied into the file when it has this size. A longer one would write less (1 MiB: 21 KB, 16 MiB: 19.5)
	// and take longer to copy.
	walSize = 4 << 20
)

// migrations gives the steps from one schema to the next; user_version counts those that were done. Steps that were
// released are never changed.
func migrations() []string {
	return []string{
		// log holds history in order. last holds one row for each subject: the row itself, or (kept = 1) the sequence
		// of its newest row in log. Replacing a last row changes one page, and history has no index to write.
		// Sequences are leased from next: what was leased is not given out again after a restart.
		`CREATE TABLE log (
			seq     INTEGER PRIMARY KEY,
			subject TEXT NOT NULL,
			time    INTEGER NOT NULL, -- microseconds since 1970
			data    BLOB NOT NULL,
			crc     INTEGER NOT NULL  -- CRC-32C of seq, time, expires (0), subject and data
		);
		CREATE TABLE last (
			id      INTEGER PRIMARY KEY,
			subject TEXT NOT NULL UNIQUE,
			seq     INTEGER NOT NULL,
			kept    INTEGER NOT NULL, -- 1: the row is in log
			time    INTEGER NOT NULL,
			expires INTEGER NOT NULL, -- 0: never
			data    BLOB NOT NULL,
			crc     INTEGER NOT NULL
		);
		CREATE TABLE lease (next INTEGER NOT NULL);
		INSERT INTO lease VALUES (1);`,
	}
}

// locate finds the database file, or creates one where there is none. What is there is never replaced.
func locate(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
			return &DamagedFileError{Path: path, Err: errors.New("the file is missing, but its -wal is there")}
		}
		return create(path)
	case err != nil:
		return fmt.Errorf("finding the journal: %w", err)
	case !info.Mode().IsRegular():
		return &DamagedFileError{Path: path, Err: errors.New("it is not a regular file")}
	case info.Size() == 0:
		return &DamagedFileError{Path: path, Err: errors.New("the file is empty")}
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("closing the journal to others: %w", err)
	}
	return nil
}

// create makes an empty journal under another name and renames it, so that a half made one is never found in its place.
func create(path string) error {
	fresh := path + ".new"
	for _, name := range []string{fresh, fresh + "-journal", fresh + "-wal", fresh + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("creating the journal: %w", err)
		}
	}
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("creating the journal: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("creating the journal: %w", err)
	}
	if err := fill(fresh); err != nil {
		return fmt.Errorf("creating the journal: %w", errors.Join(err, os.Remove(fresh)))
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("creating the journal: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// fill writes the first schema into an empty file. Page size and vacuum can be chosen only now.
func fill(path string) error {
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA page_size = %d", pageSize),
		"PRAGMA auto_vacuum = INCREMENTAL",
		"PRAGMA synchronous = FULL",
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
	} {
		if _, err := db.Exec(pragma); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return errors.Join(migrate(context.Background(), db, path), db.Close())
}

// migrate brings the schema up to ours, a transaction for each step.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	var id, have int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		return &DamagedFileError{Path: path, Err: errors.New("it is a database, but not a journal of gatefold")}
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	steps := migrations()
	if have > len(steps) {
		return &NewerSchemaError{Path: path, Have: have, Known: len(steps)}
	}
	for i, step := range steps[have:] {
		if err := migrateStep(ctx, db, step, have+i+1); err != nil {
			return fmt.Errorf("migrating to schema %d: %w", have+i+1, err)
		}
	}
	return nil
}

func migrateStep(ctx context.Context, db *sql.DB, step string, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, step); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// dsn names the file with pragmas for each connection. It never creates the file.
func dsn(path string, pragmas []string) string {
	query := url.Values{"mode": {"rw"}, "_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
}

// syncDir makes a rename in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
