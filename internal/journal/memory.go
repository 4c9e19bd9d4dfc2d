package journal

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Memory is a Store that forgets everything when the process ends.
type Memory struct {
	mu       sync.Mutex
	seq      uint64
	subjects map[string]*subjectRows
	closed   bool
}

type subjectRows struct {
	last bool // keeps only its last row
	rows []Row
}

var _ Store = (*Memory)(nil)

// NewMemory gives an empty store.
func NewMemory() *Memory { return &Memory{subjects: map[string]*subjectRows{}} }

// Commit is Store.Commit.
func (m *Memory) Commit(ctx context.Context, b Batch) (uint64, error) {
	if err := b.check(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	for _, c := range b.If {
		if have := m.last(c.Subject, b.Now).Seq; have != c.Last {
			return 0, &ConflictError{Subject: c.Subject, Want: c.Last, Have: have}
		}
	}
	if err := m.checkKinds(b.Writes); err != nil {
		return 0, err
	}
	for _, w := range b.Writes {
		m.apply(w)
	}
	return m.seq, nil
}

// checkKinds finds a write of the wrong kind before anything is written.
func (m *Memory) checkKinds(writes []Write) error {
	kinds := map[string]bool{}
	gone := map[string]bool{}
	for _, w := range writes {
		if w.Delete {
			delete(kinds, w.Subject)
			gone[w.Subject] = true
			continue
		}
		last, known := kinds[w.Subject]
		if s := m.subjects[w.Subject]; !known && s != nil && !gone[w.Subject] {
			last, known = s.last, true
		}
		if known && last != w.Last {
			return errKind(w)
		}
		kinds[w.Subject] = w.Last
	}
	return nil
}

func errKind(w Write) error {
	if w.Last {
		return fmt.Errorf("write on %s: the subject keeps its history", w.Subject)
	}
	return fmt.Errorf("write on %s: the subject keeps only its last row", w.Subject)
}

func (m *Memory) apply(w Write) {
	m.seq++
	if w.Delete {
		delete(m.subjects, w.Subject)
		return
	}
	s := m.subjects[w.Subject]
	if s == nil {
		s = &subjectRows{last: w.Last}
		m.subjects[w.Subject] = s
	}
	if w.Last {
		s.rows = s.rows[:0]
	}
	s.rows = append(s.rows, Row{
		Seq:     m.seq,
		Subject: w.Subject,
		Data:    append([]byte{}, w.Data...),
		Time:    fromMicros(micros(w.Time)),
		Expires: fromDeadline(deadline(w.Expires)),
	})
}

// Last is Store.Last.
func (m *Memory) Last(ctx context.Context, subject string, now time.Time) (Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return Row{}, err
	}
	return m.last(subject, now).clone(), nil
}

// LastUnder is Store.LastUnder.
func (m *Memory) LastUnder(ctx context.Context, prefix string, now time.Time) ([]Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	var rows []Row
	for subject := range m.subjects {
		if !below(subject, prefix) {
			continue
		}
		if row := m.last(subject, now); row.Seq != 0 {
			rows = append(rows, row.clone())
		}
	}
	slices.SortFunc(rows, bySeq)
	return rows, nil
}

// Tail is Store.Tail.
func (m *Memory) Tail(ctx context.Context, q Query) ([]Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	var rows []Row
	for subject, s := range m.subjects {
		if !slices.ContainsFunc(q.Under, func(prefix string) bool { return below(subject, prefix) }) {
			continue
		}
		first, _ := slices.BinarySearchFunc(s.rows, q.After+1, func(r Row, seq uint64) int { return cmp.Compare(r.Seq, seq) })
		for _, row := range s.rows[first:] {
			if !expired(deadline(row.Expires), q.Now) {
				rows = append(rows, row)
			}
		}
	}
	slices.SortFunc(rows, bySeq)
	if q.Limit > 0 && len(rows) > q.Limit {
		rows = rows[:q.Limit]
	}
	for i := range rows {
		rows[i] = rows[i].clone()
	}
	return rows, nil
}

// Purge is Store.Purge.
func (m *Memory) Purge(ctx context.Context, before, now time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	n := 0
	for subject, s := range m.subjects {
		kept := slices.DeleteFunc(s.rows, func(row Row) bool {
			if s.last {
				return expired(deadline(row.Expires), now)
			}
			return micros(row.Time) < micros(before)
		})
		n += len(s.rows) - len(kept)
		if s.rows = kept; len(kept) == 0 {
			delete(m.subjects, subject)
		}
	}
	return n, nil
}

// Check is Store.Check: memory has no damage to look for.
func (m *Memory) Check(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usable(ctx)
}

// Close is Store.Close.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func (m *Memory) usable(ctx context.Context) error {
	if m.closed {
		return ErrClosed
	}
	return ctx.Err()
}

func (m *Memory) last(subject string, now time.Time) Row {
	s := m.subjects[subject]
	if s == nil {
		return Row{}
	}
	row := s.rows[len(s.rows)-1]
	if expired(deadline(row.Expires), now) {
		return Row{}
	}
	return row
}

func (r Row) clone() Row {
	r.Data = bytes.Clone(r.Data)
	return r
}

func bySeq(a, b Row) int { return cmp.Compare(a.Seq, b.Seq) }
