package journal

import (
	"context"
	"database/sql"
	"errors"
)

// A group is what waits at the same time, up to these bounds.
const (
	groupJobs  = 1024
	groupBytes = 8 << 20
)

// job is something that only the writer's goroutine may do: a batch, or a maintenance step.
type job struct {
	batch *Batch
	step  func(*writer) error // instead of batch; does its own transaction
	done  chan struct{}       // closed when last and err are set
	last  uint64
	err   error
}

// Commit is Store.Commit.
func (s *SQLite) Commit(ctx context.Context, b Batch) (uint64, error) {
	if err := b.check(); err != nil {
		return 0, err
	}
	j := &job{batch: &b}
	err := s.submit(ctx, j)
	return j.last, s.explain("writing to the journal", err)
}

// submit hands a job over and waits for its end. The channel has no buffer: what the writer has not taken can be
// withdrawn, and what it has taken is always answered.
func (s *SQLite) submit(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case s.closed():
		return ErrClosed
	case s.jobs == nil:
		return ErrReadOnly
	}
	j.done = make(chan struct{})
	select {
	case s.jobs <- j:
		<-j.done
		return j.err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.quit:
		return ErrClosed
	}
}

// write is the writer's goroutine.
func (s *SQLite) write() {
	defer close(s.stopped)
	for {
		select {
		case j := <-s.jobs:
			s.work(j)
		case <-s.quit:
			return
		}
	}
}

// work does the job, together with all the batches that wait by now.
func (s *SQLite) work(first *job) {
	next := first
	for next != nil {
		if next.step != nil {
			next.err = next.step(s.writer)
			close(next.done)
			return
		}
		var group []*job
		group, next = s.gather(next)
		s.commit(group)
		for _, j := range group {
			close(j.done)
		}
	}
}

// gather takes the batches that wait already. It gives a job that has to be done by itself as next.
func (s *SQLite) gather(first *job) (group []*job, next *job) {
	group = []*job{first}
	for bytes := first.batch.size(); len(group) < groupJobs && bytes < groupBytes; {
		select {
		case j := <-s.jobs:
			if j.step != nil {
				return group, j
			}
			group = append(group, j)
			bytes += j.batch.size()
		default:
			return group, nil
		}
	}
	return group, nil
}

func (b Batch) size() int {
	n := 0
	for _, w := range b.Writes {
		n += len(w.Subject) + len(w.Data)
	}
	return n
}

// commit writes a group in one transaction. SQLite may give up a whole transaction for one statement (a full disk); then
// each batch gets a transaction of its own, so that none fails for another.
func (s *SQLite) commit(group []*job) {
	err := s.transaction(group)
	if err != nil && len(group) > 1 {
		for _, j := range group {
			s.commit([]*job{j})
		}
		return
	}
	for _, j := range group {
		if err != nil {
			j.err = err
		}
		if j.err == nil {
			s.commits.Add(1)
		} else {
			j.last = 0
		}
	}
}

// transaction tries a group. A batch that is refused has its own error; an error of the transaction means that nothing
// was written.
func (s *SQLite) transaction(group []*job) error {
	w := s.writer
	wrote := 0
	err := w.atomically(func() error {
		for _, j := range group {
			j.last, j.err = w.attempt(*j.batch)
			var fatal *statementError
			if errors.As(j.err, &fatal) {
				return fatal.err
			}
			if j.err == nil {
				wrote++
			}
		}
		return nil
	})
	if err == nil && wrote > 0 {
		s.transactions.Add(1)
	}
	return err
}

// writer owns the connection that writes, and the sequence.
type writer struct {
	conn  *sql.Conn
	stmt  statements
	seq   sequence
	seals sealer
}

func newWriter(ctx context.Context, db *sql.DB, seals sealer) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, seals: seals}
	if err := w.stmt.prepare(ctx, conn); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if err := conn.QueryRowContext(ctx, "SELECT next FROM lease").Scan(&w.seq.next); err != nil {
		return nil, errors.Join(err, w.close())
	}
	w.seq.leased = w.seq.next
	return w, nil
}

func (w *writer) close() error { return errors.Join(w.stmt.close(), w.conn.Close()) }

// atomically runs fn in a transaction. It is not bound to any caller's context: what was begun is ended.
func (w *writer) atomically(fn func() error) error {
	before := w.seq
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = w.exec("COMMIT")
	}
	if err != nil {
		w.seq = before
		// Fails when SQLite has rolled back by itself, and then there is nothing to do.
		_ = w.exec("ROLLBACK")
	}
	return err
}

func (w *writer) exec(query string) error {
	_, err := w.conn.ExecContext(context.Background(), query)
	return err
}

// sequence gives out numbers that were leased in the file before.
type sequence struct{ next, leased int64 }
