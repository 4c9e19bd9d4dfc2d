package journal

import (
	"context"
	"database/sql"
	"errors"
)

// lease is how many sequences are taken from the file at a time: fewer writes, and at most so many lost at a restart.
const lease = 1000

// statements are prepared once for the writer's connection.
type statements struct {
	head, appendLog, putLast, dropLast, dropLog, lease *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	for into, query := range map[**sql.Stmt]string{
		&s.head:      `SELECT seq, kept, expires FROM last WHERE subject = ?`,
		&s.appendLog: `INSERT INTO log (seq, subject, time, data, crc) VALUES (?, ?, ?, ?, ?)`,
		&s.putLast: `INSERT INTO last (subject, seq, kept, time, expires, data, crc) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (subject) DO UPDATE SET seq = excluded.seq, kept = excluded.kept, time = excluded.time,
			expires = excluded.expires, data = excluded.data, crc = excluded.crc`,
		&s.dropLast: `DELETE FROM last WHERE subject = ?`,
		&s.dropLog:  `DELETE FROM log WHERE subject = ?`, // reads all history: only for deleting a subject with history
		&s.lease:    `UPDATE lease SET next = ?`,
	} {
		stmt, err := conn.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		*into = stmt
	}
	return nil
}

func (s *statements) insertLog(row stored) error {
	_, err := s.appendLog.Exec(row.seq, row.subject, row.time, row.data, row.crc)
	return err
}

// insertLast replaces what last says about the subject.
func (s *statements) insertLast(row stored) error {
	_, err := s.putLast.Exec(row.subject, row.seq, row.part == asHead, row.time, row.expires, row.data, row.crc)
	return err
}

// close is needed: a connection with a statement left open keeps its file and its locks after Close.
func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.head, s.appendLog, s.putLast, s.dropLast, s.dropLog, s.lease} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// statementError is a failed statement: the transaction cannot be trusted any more. Errors that are not one are a
// batch's own.
type statementError struct{ err error }

func (e *statementError) Error() string { return e.err.Error() }
func (e *statementError) Unwrap() error { return e.err }

func statement(err error) error {
	if err == nil {
		return nil
	}
	return &statementError{err}
}

// attempt applies a batch in a savepoint, so that one that is refused leaves nothing in the group's transaction.
func (w *writer) attempt(b Batch) (uint64, error) {
	before := w.seq
	if err := w.exec("SAVEPOINT batch"); err != nil {
		return 0, statement(err)
	}
	err := w.apply(b)
	var fatal *statementError
	if errors.As(err, &fatal) {
		return 0, err
	}
	if err != nil {
		w.seq = before
		if err := w.exec("ROLLBACK TO batch"); err != nil {
			return 0, statement(err)
		}
	}
	if err := w.exec("RELEASE batch"); err != nil {
		return 0, statement(err)
	}
	return uint64(w.seq.next - 1), err
}

func (w *writer) apply(b Batch) error {
	for _, c := range b.If {
		subject := w.seals.mask(c.Subject)
		h, err := w.head(subject)
		if err != nil {
			return err
		}
		if h.seq != 0 && expired(h.expires, b.Now) {
			if h.seq, err = w.unlessGone(subject, h); err != nil {
				return err
			}
		}
		if have := uint64(h.seq); have != c.Last {
			return &ConflictError{Subject: c.Subject, Want: c.Last, Have: have}
		}
	}
	for _, write := range b.Writes {
		if err := w.put(write); err != nil {
			return err
		}
	}
	return nil
}

// head is what last says about a subject, which is masked from here on; seq 0: nothing.
type head struct {
	seq     int64
	kept    bool
	expires int64
}

func (w *writer) head(subject string) (h head, err error) {
	err = w.stmt.head.QueryRow(subject).Scan(&h.seq, &h.kept, &h.expires)
	if errors.Is(err, sql.ErrNoRows) {
		return head{}, nil
	}
	return h, statement(err)
}

// unlessGone is the sequence of a row that says that it has expired: 0 if it opens. A damaged one counts as there, or a
// changed date would let an event be committed twice.
func (w *writer) unlessGone(subject string, h head) (int64, error) {
	row := stored{part: inLast, subject: subject}
	if h.kept {
		row.part = asHead
	}
	err := w.conn.QueryRowContext(context.Background(), "SELECT seq, time, expires, data, crc FROM last WHERE subject = ?",
		subject).Scan(&row.seq, &row.time, &row.expires, &row.data, &row.crc)
	if err != nil {
		return 0, statement(err)
	}
	if _, ok := row.open(w.seals); ok {
		return 0, nil
	}
	return h.seq, nil
}

func (w *writer) put(write Write) error {
	subject := w.seals.mask(write.Subject)
	h, err := w.head(subject)
	if err != nil {
		return err
	}
	if h.seq != 0 && !write.Delete && h.kept == write.Last {
		return errKind(write)
	}
	seq, err := w.take()
	if err != nil {
		return err
	}
	if write.Delete {
		return w.drop(subject, h)
	}
	row := stored{part: inLog, seq: seq, subject: subject, time: micros(write.Time), expires: deadline(write.Expires)}
	if write.Last {
		row.part = inLast
		return w.putLast(sealed(w.seals, row, write.Subject, write.Data))
	}
	row = sealed(w.seals, row, write.Subject, write.Data)
	if err := w.stmt.insertLog(row); err != nil {
		return statement(err)
	}
	return w.putLast(sealedHead(w.seals, row))
}

func (w *writer) putLast(row stored) error {
	return statement(w.stmt.insertLast(row))
}

func (w *writer) drop(subject string, h head) error {
	if h.seq == 0 {
		return nil
	}
	if h.kept {
		if _, err := w.stmt.dropLog.Exec(subject); err != nil {
			return statement(err)
		}
	}
	_, err := w.stmt.dropLast.Exec(subject)
	return statement(err)
}

// take gives the next sequence, and leases more before it gives out one that the file does not know as given.
func (w *writer) take() (int64, error) {
	if w.seq.next >= w.seq.leased {
		if _, err := w.stmt.lease.Exec(w.seq.next + lease); err != nil {
			return 0, statement(err)
		}
		w.seq.leased = w.seq.next + lease
	}
	seq := w.seq.next
	w.seq.next++
	return seq, nil
}
