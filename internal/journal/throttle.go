package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatefold/engine"
)

// A reservation is kept a day longer than it holds: after an edit that makes `every` longer, the new one counts.
const keepReservation = 24 * time.Hour

// reservation is when a throttle's last message went out.
type reservation struct {
	At    time.Time     `json:"at"`
	Every time.Duration `json:"every"` // nanoseconds
}

// cut is the reservation as of now: one in the future was made before the clock was set back, and counts as made now.
func (r reservation) cut(now time.Time) reservation {
	if r.At.After(now) {
		r.At = now
	}
	return r
}

// slot is a throttle while a record is drafted.
type slot struct {
	subject  string
	seq      uint64 // of the row that was read; 0: none
	damaged  bool
	reserved bool
	changed  bool
	now      reservation
}

// throttle gives the messages that may go, reserves their throttles and puts the others on the receipt.
func (j *Journal) throttle(ctx context.Context, d *draft, messages []engine.Message) ([]engine.Message, error) {
	slots := map[string]*slot{}
	var order []*slot
	var free []engine.Message
	for _, m := range messages {
		if m.Key == "" || m.Every <= 0 {
			free = append(free, m)
			continue
		}
		s := slots[m.Key]
		if s == nil {
			var err error
			if s, err = j.slot(ctx, d, m.Key); err != nil {
				return nil, err
			}
			slots[m.Key] = s
			order = append(order, s)
		}
		if s.take(m) {
			free = append(free, m)
		} else {
			d.receipt.Throttled = append(d.receipt.Throttled, m.ID)
		}
	}
	for _, s := range order {
		if err := d.reserve(s); err != nil {
			return nil, err
		}
	}
	return free, nil
}

// slot reads a throttle. A damaged one counts as free: a message too many is better than none ever again. Recover and
// Check name it.
func (j *Journal) slot(ctx context.Context, d *draft, key string) (*slot, error) {
	s := &slot{subject: join(d.account, "throttle", escape(key))}
	row, err := j.store.Last(ctx, s.subject, d.batch.Now)
	switch {
	case onlyDamaged(err):
		s.damaged = true
		return s, nil
	case err != nil:
		return nil, err
	case row.Seq == 0:
		return s, nil
	}
	s.seq, s.reserved = row.Seq, true
	return s, decode(row, &s.now)
}

// take reserves the throttle for a message, or tells that it is still held.
func (s *slot) take(m engine.Message) bool {
	if s.reserved {
		if s.now.At.After(m.Time) {
			s.now, s.changed = s.now.cut(m.Time), true
		}
		if m.Time.Sub(s.now.At) < m.Every {
			return false
		}
	}
	s.now = reservation{At: m.Time, Every: m.Every}
	s.reserved, s.changed = true, true
	return true
}

// reserve writes a changed throttle, on condition that nobody else has changed it.
func (d *draft) reserve(s *slot) error {
	if !s.changed {
		return nil
	}
	data, err := encode(s.now)
	if err != nil {
		return err
	}
	if !s.damaged { // of a damaged row not even the expiry is known, so no condition would hold for sure
		d.batch.If = append(d.batch.If, Condition{Subject: s.subject, Last: s.seq})
	}
	d.last(s.subject, data, s.now.expires())
	return nil
}

func (r reservation) expires() time.Time { return r.At.Add(r.Every).Add(keepReservation) }

// throttles reads all reservations of an account, as of now, and adds those that were cut to the batch.
func (j *Journal) throttles(ctx context.Context, d *draft) (map[string]time.Time, error) {
	prefix := join(d.account, "throttle")
	rows, damaged := j.store.LastUnder(ctx, prefix, d.batch.Now)
	if damaged != nil && !onlyDamaged(damaged) {
		return nil, damaged
	}
	byKey := map[string]time.Time{}
	for _, row := range rows {
		key, err := keyUnder(prefix, row.Subject)
		if err != nil {
			return nil, err
		}
		var r reservation
		if err := decode(row, &r); err != nil {
			return nil, fmt.Errorf("throttle %q: %w", key, err)
		}
		s := &slot{subject: row.Subject, seq: row.Seq, now: r.cut(d.batch.Now)}
		if s.changed = !s.now.At.Equal(r.At); s.changed {
			if err := d.reserve(s); err != nil {
				return nil, errors.Join(err, damaged)
			}
		}
		byKey[key] = s.now.At
	}
	return byKey, damaged
}
