package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// sealFile seals a journal of schema 1, whose rows are in plain text, and gives the number of rows. It writes a sealed
// copy and renames it over the file: until then the file is what it was, and the next start begins anew; afterwards
// neither the file nor a WAL has ever held a plain row. What the file system did with the blocks of the old file is
// beyond us. Structural damage is refused, because a copy would hide it.
func sealFile(ctx context.Context, path string, seals sealer) (n int, err error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return 0, fmt.Errorf("sealing the journal: %w", err)
	}
	old, err := sql.Open("sqlite", dsn(target, nil))
	if err != nil {
		return 0, err
	}
	old.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, old.Close()) }()
	if err := checkStructure(ctx, old, path); err != nil {
		return 0, err
	}
	if err := leaveWAL(ctx, old); err != nil {
		return 0, err
	}
	tx, err := old.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, tx.Close()) }()
	if _, err := tx.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil { // nobody writes what the copy would lack
		return 0, err
	}
	err = replace(ctx, target, func(fresh *sql.Conn) error {
		n, err = copySealed(ctx, fresh, tx, seals)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sealing the journal (this needs as much free space as it has): %w", err)
	}
	return n, nil
}

// leaveWAL copies the WAL into the file and removes it: one that was left beside the sealed file would be taken for that
// one's. It works only when nobody else has the file open.
func leaveWAL(ctx context.Context, db *sql.DB) error {
	var mode string
	err := db.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	if err == nil && mode != "delete" {
		err = fmt.Errorf("it stays in mode %q", mode)
	}
	if err != nil {
		return fmt.Errorf("sealing the journal: another program has it open: %w", err)
	}
	return nil
}

// copySealed puts the rows of an unsealed journal into a new one.
func copySealed(ctx context.Context, fresh, old *sql.Conn, seals sealer) (n int, err error) {
	var stmt statements
	if err := stmt.prepare(ctx, fresh); err != nil {
		return 0, errors.Join(err, stmt.close())
	}
	defer func() { err = errors.Join(err, stmt.close()) }()
	for _, query := range []string{selectLog + "ORDER BY seq", selectRows + "ORDER BY id"} {
		err := eachRow(ctx, old, query, func(row stored) error {
			n++
			row = sealOld(seals, row)
			if row.part == inLog {
				return stmt.insertLog(row)
			}
			return stmt.insertLast(row)
		})
		if err != nil {
			return n, err
		}
	}
	var next int64
	if err := old.QueryRowContext(ctx, "SELECT next FROM lease").Scan(&next); err != nil {
		return n, err
	}
	return n, begin(ctx, fresh, &stmt, seals, next)
}

// sealOld seals a row of schema 1. A damaged one stays damaged, and what is legible in it is sealed as well.
func sealOld(seals sealer, old stored) stored {
	row := old
	row.subject = seals.mask(old.subject)
	row = sealed(seals, row, old.subject, old.data)
	if !old.intact() {
		row.crc ^= 1
	}
	return row
}

func eachRow(ctx context.Context, conn *sql.Conn, query string, do func(stored) error) (err error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return err
		}
		if err := do(row); err != nil {
			return err
		}
	}
	return rows.Err()
}
