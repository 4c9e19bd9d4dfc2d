package journal

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
)

// selectLast reads the last rows of subjects, those with history together with their row of log.
const selectLast = `SELECT l.kept, l.seq, l.subject, l.time, l.expires, l.data, l.crc, h.time, h.data, h.crc
	FROM last l LEFT JOIN log h ON l.kept <> 0 AND h.seq = l.seq AND h.subject = l.subject `

// These read rows one by one, with their part: those of last, and history.
const (
	selectRows = `SELECT CASE kept WHEN 0 THEN 'l' ELSE 'n' END, seq, subject, time, expires, data, crc FROM last `
	selectLog  = `SELECT 'h', seq, subject, time, 0 AS expires, data, crc FROM log `
)

// Last is Store.Last.
func (s *SQLite) Last(ctx context.Context, subject string, now time.Time) (Row, error) {
	rows, err := s.read(ctx, now, 0, scanLast, func() (*sql.Rows, error) {
		return s.one.QueryContext(ctx, s.seals.mask(subject))
	})
	var damaged *DamagedRowsError
	if errors.As(err, &damaged) {
		for i := range damaged.Rows {
			damaged.Rows[i].Subject = subject // the reader knows the name that the file hides
		}
	}
	if len(rows) == 0 {
		return Row{}, err
	}
	return rows[0], err
}

// LastUnder is Store.LastUnder.
func (s *SQLite) LastUnder(ctx context.Context, prefix string, now time.Time) ([]Row, error) {
	return s.read(ctx, now, 0, scanLast, func() (*sql.Rows, error) {
		return s.under.QueryContext(ctx, s.seals.mask(prefix))
	})
}

// Tail is Store.Tail.
func (s *SQLite) Tail(ctx context.Context, q Query) ([]Row, error) {
	if len(q.Under) == 0 {
		return nil, nil
	}
	var where []string
	args := []any{int64(q.After)}
	for _, prefix := range q.Under {
		prefix = s.seals.mask(prefix)
		where = append(where, "subject = ? OR (subject > ? AND subject < ?)")
		args = append(args, prefix, prefix+".", prefix+"/")
	}
	under := "seq > ? AND (" + strings.Join(where, " OR ") + ")"
	query := selectLog + "WHERE " + under + " UNION ALL " + selectRows + "WHERE kept = 0 AND " + under + " ORDER BY seq"
	args = append(args, slices.Clone(args)...)
	return s.read(ctx, q.Now, q.Limit, scanAlone, func() (*sql.Rows, error) { return s.reader.QueryContext(ctx, query, args...) })
}

// read gives the rows that open and have not expired, at most limit (0: all), and those that do not open as an error.
// What has expired is sorted out here, not by the query: only a row that opens may say so.
func (s *SQLite) read(ctx context.Context, now time.Time, limit int, scan func(*sql.Rows) (found, error),
	query func() (*sql.Rows, error)) ([]Row, error) {
	if s.closed() {
		return nil, ErrClosed
	}
	var good []Row
	var bad damage
	err := func() (err error) {
		rows, err := query()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for (limit <= 0 || len(good) < limit) && rows.Next() {
			f, err := scan(rows)
			if err != nil {
				return err
			}
			row, ok := f.open(s.seals)
			switch {
			case !ok:
				bad = append(bad, f.id())
			case !expired(f.row.expires, now):
				good = append(good, row)
			}
		}
		return rows.Err()
	}()
	switch {
	case err == nil:
		return good, bad.err()
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case s.closed():
		return nil, ErrClosed
	}
	return nil, s.explain("reading the journal", err)
}

// found is a row that was read, and the head that led to it.
type found struct {
	row  stored
	head *stored // nil: none was needed
}

func (f found) open(with sealer) (Row, bool) {
	row, ok := f.row.open(with)
	if ok && f.head != nil {
		_, ok = f.head.open(with)
	}
	return row, ok
}

// id takes the head into account too: either may be what is worn.
func (f found) id() RowID {
	id := f.row.id()
	if f.head != nil {
		id.Changed = id.Changed && f.head.intact()
	}
	return id
}

// scanLast reads what selectLast selects. A head whose row of log is not where it says gives a row that does not open.
func scanLast(rows *sql.Rows) (f found, err error) {
	l := stored{part: inLast}
	var kept bool
	var at, crc sql.NullInt64
	var data []byte
	if err := rows.Scan(&kept, &l.seq, &l.subject, &l.time, &l.expires, &l.data, &l.crc, &at, &data, &crc); err != nil {
		return found{}, err
	}
	if !kept {
		return found{row: l}, nil
	}
	l.part = asHead
	h := stored{part: inLog, seq: l.seq, subject: l.subject, time: at.Int64, data: data, crc: crc.Int64}
	if !crc.Valid {
		h.crc = -1 // no checksum is
	}
	return found{row: h, head: &l}, nil
}

// scanAlone reads a row that nothing led to.
func scanAlone(rows *sql.Rows) (f found, err error) {
	f.row, err = scanRow(rows)
	return f, err
}

// scanRow reads what selectRows, selectLog and Tail select.
func scanRow(rows *sql.Rows) (r stored, err error) {
	var where string
	if err := rows.Scan(&where, &r.seq, &r.subject, &r.time, &r.expires, &r.data, &r.crc); err != nil {
		return stored{}, err
	}
	r.part = part(where[0])
	return r, nil
}
