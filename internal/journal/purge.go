package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	purgeRows   = 512  // deleted in one transaction
	purgeLook   = 4096 // rows looked at in one read
	vacuumPages = 512  // given back in one transaction
)

// Purge is Store.Purge. History lies in the order of writing: after purgeLook rows in a row that are too young the rest
// is taken to be so too, although a clock that was wrong may have left older ones further on; a later purge finds them.
func (s *SQLite) Purge(ctx context.Context, before, now time.Time) (int, error) {
	switch {
	case s.closed():
		return 0, ErrClosed
	case s.jobs == nil:
		return 0, ErrReadOnly
	}
	history, err := s.purgeHistory(ctx, before)
	if err != nil {
		return history, s.explain("purging the journal", err)
	}
	gone, err := s.purgeExpired(ctx, now)
	if err != nil {
		return history + gone, s.explain("purging the journal", err)
	}
	return history + gone, s.explain("shrinking the journal", s.vacuum(ctx))
}

func (s *SQLite) purgeHistory(ctx context.Context, before time.Time) (n int, err error) {
	for from := int64(0); ; {
		seqs, last, err := s.oldHistory(ctx, from, before)
		if err != nil || len(seqs) == 0 {
			return n, err
		}
		err = s.deleteInSteps(ctx, seqs, (*writer).dropHistory, &n)
		if err != nil {
			return n, err
		}
		from = last
	}
}

// oldHistory looks at the next rows of log and gives those written before a time, and where it has come to. A damaged
// row's own time is not believed: it is old when the next one that is not damaged is.
func (s *SQLite) oldHistory(ctx context.Context, from int64, before time.Time) (old []int64, last int64, err error) {
	rows, err := s.reader.QueryContext(ctx, selectLog+"WHERE seq > ? ORDER BY seq LIMIT ?", from, purgeLook)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var doubtful []int64
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return nil, 0, err
		}
		last = row.seq
		if _, ok := row.open(s.seals); !ok {
			doubtful = append(doubtful, row.seq)
			continue
		}
		if row.time < micros(before) {
			old = append(append(old, doubtful...), row.seq)
		}
		doubtful = nil
	}
	return old, last, rows.Err()
}

// purgeExpired looks at every row of last once. A damaged row stays: its expiry may be what is wrong.
func (s *SQLite) purgeExpired(ctx context.Context, now time.Time) (n int, err error) {
	for from := int64(0); ; {
		page, err := s.lastPage(ctx, from)
		if err != nil || len(page) == 0 {
			return n, err
		}
		var ids []int64
		for _, p := range page {
			from = p.id
			if p.row.part != inLast || !expired(p.row.expires, now) {
				continue
			}
			if _, ok := p.row.open(s.seals); ok {
				ids = append(ids, p.id)
			}
		}
		drop := func(w *writer, id int64) error { return w.dropExpired(id, now) }
		if err := s.deleteInSteps(ctx, ids, drop, &n); err != nil {
			return n, err
		}
	}
}

// numbered is a row of last with its place in the table.
type numbered struct {
	id  int64
	row stored
}

func (s *SQLite) lastPage(ctx context.Context, from int64) (page []numbered, err error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT id, kept, seq, subject, time, expires, data, crc FROM last
		WHERE id > ? ORDER BY id LIMIT ?`, from, purgeLook)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p numbered
		var kept bool
		r := &p.row
		if err := rows.Scan(&p.id, &kept, &r.seq, &r.subject, &r.time, &r.expires, &r.data, &r.crc); err != nil {
			return nil, err
		}
		if r.part = inLast; kept {
			r.part = asHead
		}
		page = append(page, p)
	}
	return page, rows.Err()
}

// deleteInSteps lets commits pass between its transactions.
func (s *SQLite) deleteInSteps(ctx context.Context, ids []int64, drop func(*writer, int64) error, n *int) error {
	for len(ids) > 0 {
		step := ids[:min(len(ids), purgeRows)]
		ids = ids[len(step):]
		err := s.submit(ctx, &job{step: func(w *writer) error {
			return w.atomically(func() error {
				for _, id := range step {
					if err := drop(w, id); err != nil {
						return err
					}
				}
				return nil
			})
		}})
		if err != nil {
			return err
		}
		*n += len(step)
	}
	return nil
}

// dropHistory deletes a row of log. Where it was its subject's newest, an older one may be left behind it, when a clock
// was wrong; finding that one reads all history, and happens only to accounts that were quiet for as long as history
// is kept.
func (w *writer) dropHistory(seq int64) error {
	var subject string
	err := w.conn.QueryRowContext(context.Background(), "DELETE FROM log WHERE seq = ? RETURNING subject", seq).Scan(&subject)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	h, err := w.head(subject)
	if err != nil || h.seq != seq || !h.kept {
		return err
	}
	return w.findHead(subject)
}

// findHead makes last point to the newest row of a subject that is left in log.
func (w *writer) findHead(subject string) error {
	row := stored{subject: subject}
	err := w.conn.QueryRowContext(context.Background(),
		"SELECT seq, time FROM log WHERE subject = ? ORDER BY seq DESC LIMIT 1", subject).Scan(&row.seq, &row.time)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = w.stmt.dropLast.Exec(subject)
		return err
	}
	if err != nil {
		return err
	}
	return w.putLast(sealedHead(w.seals, row))
}

// dropExpired deletes a row of last, unless it was written anew since somebody looked.
func (w *writer) dropExpired(id int64, now time.Time) error {
	_, err := w.conn.ExecContext(context.Background(),
		"DELETE FROM last WHERE id = ? AND kept = 0 AND expires <> 0 AND expires <= ?", id, micros(now))
	return err
}

// vacuum gives free pages back to the file system. An eighth of the file stays free: what is written next goes there,
// and moving pages about costs writes too.
func (s *SQLite) vacuum(ctx context.Context) error {
	for more := true; more; {
		err := s.submit(ctx, &job{step: func(w *writer) (err error) {
			more, err = w.vacuumStep()
			return err
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) vacuumStep() (more bool, err error) {
	ctx := context.Background()
	var free, pages int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free); err != nil {
		return false, err
	}
	if err := w.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return false, err
	}
	excess := min(free-pages/8, vacuumPages)
	if excess < 64 {
		return false, nil
	}
	return true, w.freePages(excess)
}

// freePages runs the pragma to its end: it frees one page a step.
func (w *writer) freePages(n int) (err error) {
	rows, err := w.conn.QueryContext(context.Background(), fmt.Sprintf("PRAGMA incremental_vacuum(%d)", n))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		continue
	}
	return rows.Err()
}
