package journal

import (
	"context"
	"database/sql"
	"errors"
	"os"
)

// markerSubject is a row that holds nothing: whether it opens tells whether the key is right, also in an empty journal.
const markerSubject = "_.key"

// inspection is what a file is before anything was changed in it.
type inspection struct {
	schema int
	marked bool // the row that knows the key is in order
}

// inspect looks whether a file is a journal of ours, of a schema that we know and under our key. It changes nothing: not
// even a WAL that a killed process left is copied into the file.
func inspect(ctx context.Context, path string, seals sealer) (found inspection, err error) {
	name := dsnReadOnly(path)
	if info, err := os.Stat(path + "-journal"); err == nil && info.Size() > 0 {
		// sealFile was cut off while it left the WAL. Reading has to undo that first.
		name = dsn(path, nil)
	} else if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		// Nothing is in a WAL, and nobody but us writes: so the two files beside it need not be made.
		name += "&immutable=1"
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return inspection{}, err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	return inspectDB(ctx, db, path, seals)
}

func inspectDB(ctx context.Context, db *sql.DB, path string, seals sealer) (inspection, error) {
	var id, have int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return inspection{}, err
	}
	if id != applicationID {
		return inspection{}, &DamagedFileError{Path: path, Err: errors.New("it is a database, but not a journal of gatefold")}
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return inspection{}, err
	}
	switch {
	case have > schema:
		return inspection{}, &NewerSchemaError{Path: path, Have: have, Known: schema}
	case have < 1:
		return inspection{}, &DamagedFileError{Path: path, Err: errors.New("it does not say its schema")}
	case have < schema:
		return inspection{schema: have}, nil
	}
	marked, err := checkKey(ctx, db, path, seals)
	return inspection{schema: have, marked: marked}, err
}

// checkKey finds out whether the key is the file's. Where the row that knows it is damaged, any other that opens tells;
// a journal is not lost for one worn row.
func checkKey(ctx context.Context, db *sql.DB, path string, seals sealer) (marked bool, err error) {
	intact := false
	for i, query := range []string{selectRows + "WHERE subject = '" + markerSubject + "'", selectRows, selectLog} {
		opens, sound, err := anyOpens(ctx, db, seals, query)
		if err != nil || opens {
			return i == 0, err
		}
		intact = intact || sound
	}
	if intact {
		return false, &WrongKeyError{Path: path}
	}
	return false, &DamagedFileError{Path: path, Err: errors.New("no row in it tells its key")}
}

// anyOpens reads until a row opens, and tells whether any row was intact.
func anyOpens(ctx context.Context, db *sql.DB, seals sealer, query string) (opens, intact bool, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return false, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return false, false, err
		}
		if _, ok := row.open(seals); ok {
			return true, true, nil
		}
		intact = intact || row.intact()
	}
	return false, intact, rows.Err()
}

// marker is the row that knows the key.
func marker(seals sealer, seq int64) stored {
	return sealed(seals, stored{part: inLast, seq: seq, subject: markerSubject}, markerSubject, nil)
}

// mark writes the marker again where it was damaged.
func (w *writer) mark() error {
	return w.atomically(func() error {
		seq, err := w.take()
		if err != nil {
			return err
		}
		return w.putLast(marker(w.seals, seq))
	})
}
