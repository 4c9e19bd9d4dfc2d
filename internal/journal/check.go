package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Check is Store.Check: the structure of the file, the checksum of every row and its seal. It reads in pieces beside the writer, and takes as long as reading the file does.
func (s *SQLite) Check(ctx context.Context) error {
	if s.closed() {
		return ErrClosed
	}
	if err := checkStructure(ctx, s.reader, s.path); err != nil {
		return s.explain("checking the journal", err)
	}
	bad, err := s.checkRows(ctx)
	if err != nil {
		return s.explain("checking the journal", err)
	}
	return bad.err()
}

// checkStructure looks at the whole file (quick_check), and at the index of last against its table.
func checkStructure(ctx context.Context, db *sql.DB, path string) error {
	for _, pragma := range []string{"PRAGMA quick_check(10)", "PRAGMA integrity_check('last')"} {
		lines, err := texts(ctx, db, pragma)
		if err != nil {
			return err
		}
		var found []error
		for _, line := range lines {
			if line != "ok" {
				found = append(found, errors.New(line))
			}
		}
		if len(found) > 0 {
			return &DamagedFileError{Path: path, Err: errors.Join(found...)}
		}
	}
	return nil
}

func texts(ctx context.Context, db *sql.DB, query string) (lines []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// checkRows reads every row by its place in its table, so that no index can hide one.
func (s *SQLite) checkRows(ctx context.Context) (bad damage, err error) {
	for from := int64(0); ; {
		page, err := s.lastPage(ctx, from)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			if _, ok := p.row.open(s.seals); !ok {
				bad = append(bad, p.row.id())
			}
			from = p.id
		}
	}
	for from := int64(0); ; {
		page, err := s.logPage(ctx, from)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, row := range page {
			if _, ok := row.open(s.seals); !ok {
				bad = append(bad, row.id())
			}
			from = row.seq
		}
	}
	return bad, s.checkHeads(ctx, &bad)
}

func (s *SQLite) logPage(ctx context.Context, from int64) (page []stored, err error) {
	rows, err := s.reader.QueryContext(ctx, selectLog+"WHERE seq > ? ORDER BY seq LIMIT ?", from, purgeRows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, row)
	}
	return page, rows.Err()
}

// checkHeads finds subjects whose newest row of history is not where last says.
func (s *SQLite) checkHeads(ctx context.Context, bad *damage) (err error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT subject, seq FROM last WHERE kept <> 0
		AND NOT EXISTS (SELECT 1 FROM log h WHERE h.seq = last.seq AND h.subject = last.subject)`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id RowID
		if err := rows.Scan(&id.Subject, &id.Seq); err != nil {
			return fmt.Errorf("reading heads: %w", err)
		}
		*bad = append(*bad, id)
	}
	return rows.Err()
}
