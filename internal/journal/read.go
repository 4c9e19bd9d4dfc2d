package journal

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// selectLast reads the last rows of subjects, those with history from log. A row of log that is not where last says
// has no data and so fails its checksum. What has expired is sorted out afterwards: only an intact row may say so.
const selectLast = `SELECT l.seq, l.subject, coalesce(h.time, l.time), l.expires,
	CASE l.kept WHEN 0 THEN l.data ELSE h.data END, CASE l.kept WHEN 0 THEN l.crc ELSE coalesce(h.crc, -1) END
	FROM last l LEFT JOIN log h ON l.kept <> 0 AND h.seq = l.seq AND h.subject = l.subject `

// Last is Store.Last.
func (s *SQLite) Last(ctx context.Context, subject string, now time.Time) (Row, error) {
	rows, err := s.read(ctx, now, func() (*sql.Rows, error) { return s.one.QueryContext(ctx, subject) })
	if len(rows) == 0 {
		return Row{}, err
	}
	return rows[0], err
}

// LastUnder is Store.LastUnder.
func (s *SQLite) LastUnder(ctx context.Context, prefix string, now time.Time) ([]Row, error) {
	return s.read(ctx, now, func() (*sql.Rows, error) { return s.under.QueryContext(ctx, prefix) })
}

// Tail is Store.Tail.
func (s *SQLite) Tail(ctx context.Context, q Query) ([]Row, error) {
	if len(q.Under) == 0 {
		return nil, nil
	}
	limit := q.Limit
	if limit <= 0 {
		limit = -1
	}
	var where []string
	var names []any
	for _, prefix := range q.Under {
		where = append(where, "subject = ? OR (subject > ? AND subject < ?)")
		names = append(names, prefix, prefix+".", prefix+"/")
	}
	under := "(" + strings.Join(where, " OR ") + ")"
	query := `SELECT seq, subject, time, 0 AS expires, data, crc FROM log WHERE seq > ? AND ` + under + `
		UNION ALL
		SELECT seq, subject, time, expires, data, crc FROM last
		WHERE kept = 0 AND seq > ? AND (expires = 0 OR expires > ?) AND ` + under + `
		ORDER BY seq LIMIT ?`
	args := append([]any{int64(q.After)}, names...)
	args = append(args, int64(q.After), micros(q.Now))
	args = append(append(args, names...), limit)
	return s.read(ctx, q.Now, func() (*sql.Rows, error) { return s.reader.QueryContext(ctx, query, args...) })
}

// read gives the intact rows that have not expired, and the damaged ones as an error.
func (s *SQLite) read(ctx context.Context, now time.Time, query func() (*sql.Rows, error)) ([]Row, error) {
	if s.closed() {
		return nil, ErrClosed
	}
	found, err := scan(query)
	if err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case s.closed():
			return nil, ErrClosed
		}
		return nil, s.explain("reading the journal", err)
	}
	var rows []Row
	var bad damage
	for _, row := range found {
		switch {
		case !row.intact():
			bad = append(bad, row.id())
		case !expired(row.expires, now):
			rows = append(rows, row.row())
		}
	}
	return rows, bad.err()
}

func scan(query func() (*sql.Rows, error)) (found []stored, err error) {
	rows, err := query()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r stored
		if err := rows.Scan(&r.seq, &r.subject, &r.time, &r.expires, &r.data, &r.crc); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}
