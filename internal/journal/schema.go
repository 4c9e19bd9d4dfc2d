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

	"gatefold/internal/owner"
)

const (
	applicationID = 0x67617465 // "gate": tells our files from other people's databases

	// Bytes sent to the disk by one commit of BenchmarkCommit (3 KB of data, ext4, 4 MiB of WAL), for each page size:
	//	512: 18 KB   1024: 23 KB   2048: 31 KB   4096: 37 KB   8192: 66 KB
	// A commit changes some ten pages, a little in each. With 512 an account's facts no longer fit two pages.
	pageSize = 1024
	// The WAL is copied into the file when it has this size. A longer one would write less (1 MiB: 21 KB, 16 MiB: 19.5)
	// and take longer to copy.
	walSize = 4 << 20
)

// schema is what user_version says. 1: rows in plain text. 2: sealed rows, and a row that knows its key.
const schema = 2

// tables are those of both schemas. log holds history in order. last holds one row for each subject: the row itself, or
// (kept = 1) the sequence of its newest row in log. Replacing a last row changes one page, and history has no index to
// write. Sequences are leased from next: what was leased is not given out again after a restart.
const tables = `CREATE TABLE log (
		seq     INTEGER PRIMARY KEY,
		subject TEXT NOT NULL,    -- masked
		time    INTEGER NOT NULL, -- microseconds since 1970
		data    BLOB NOT NULL,    -- sealed
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
	CREATE TABLE lease (next INTEGER NOT NULL);`

// locate finds the database file. What is there is never replaced.
func locate(path string) (there bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
			return false, &DamagedFileError{Path: path, Err: errors.New("the file is missing, but its -wal is there")}
		}
		return false, nil
	case err != nil:
		return false, fmt.Errorf("finding the journal: %w", err)
	case !info.Mode().IsRegular():
		return false, &DamagedFileError{Path: path, Err: errors.New("it is not a regular file")}
	case info.Size() == 0:
		return false, &DamagedFileError{Path: path, Err: errors.New("the file is empty")}
	}
	return true, nil
}

// closeToOthers takes a file's group and other permissions away.
func closeToOthers(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return fmt.Errorf("closing the journal to others: %w", err)
	}
	return nil
}

// create makes an empty journal.
func create(ctx context.Context, path string, seals sealer) error {
	err := replace(ctx, path, func(conn *sql.Conn) error {
		var stmt statements
		err := stmt.prepare(ctx, conn)
		if err == nil {
			err = begin(ctx, conn, &stmt, seals, 1)
		}
		return errors.Join(err, stmt.close())
	})
	if err != nil {
		return fmt.Errorf("creating the journal: %w", err)
	}
	return nil
}

// begin writes the two rows that every journal has: the marker takes the next sequence, the lease begins after it.
func begin(ctx context.Context, conn *sql.Conn, stmt *statements, seals sealer, next int64) error {
	if err := stmt.insertLast(marker(seals, next)); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "INSERT INTO lease VALUES (?)", next+1)
	return err
}

// replace makes a journal under another name, lets fill put rows into its tables, and renames it: a half made one is
// never found in its place, and what was there before is there until then.
func replace(ctx context.Context, path string, fill func(*sql.Conn) error) error {
	fresh := path + ".new"
	for _, name := range []string{fresh, fresh + "-journal", fresh + "-wal", fresh + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	err = owner.Like(filepath.Dir(path), f)
	if err == nil {
		err = writeFile(ctx, fresh, fill)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	// What became of the folder before (a WAL that was removed) is on disk before the file is replaced.
	if err := syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeFile makes the tables in an empty file and fills them. Page size and vacuum can be chosen only now. A file that
// nobody knows yet needs no journal, and one fsync at its end.
func writeFile(ctx context.Context, path string, fill func(*sql.Conn) error) (err error) {
	db, err := sql.Open("sqlite", dsn(path, []string{"journal_mode(OFF)", "synchronous(OFF)"}))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, query := range []string{
		fmt.Sprintf("PRAGMA page_size = %d", pageSize),
		"PRAGMA auto_vacuum = INCREMENTAL",
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		"BEGIN",
		tables,
		fmt.Sprintf("PRAGMA user_version = %d", schema),
	} {
		if _, err := conn.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	if err := fill(conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

// dsn names the file with pragmas for each connection. It never creates the file.
func dsn(path string, pragmas []string) string {
	return dsnWith(path, url.Values{"mode": {"rw"}, "_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)})
}

// dsnReadOnly is dsn for connections that cannot write to the file.
func dsnReadOnly(path string) string {
	return dsnWith(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)", "cache_size(-512)"}})
}

func dsnWith(path string, query url.Values) string {
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
