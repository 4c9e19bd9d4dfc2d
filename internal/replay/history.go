package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatefold/internal/journal"
)

// Journal is one, for reading.
type Journal interface {
	Source
	Events(ctx context.Context, account string, afterSeq uint64, limit int) ([]journal.Entry, error)
}

var _ Journal = (*journal.Journal)(nil)

const page = 512

// keptDamage is how many errors about damaged rows are kept: more of them say nothing more.
const keptDamage = 20

// history reads an account's moments in their order, a page at a time.
type history struct {
	Options
	from    Journal
	account string

	damaged int
	errs    []error // the first of them
}

func (h *history) bad(seq uint64, err error) {
	if h.damaged++; len(h.errs) < keptDamage {
		h.errs = append(h.errs, fmt.Errorf("history at %d: %w", seq, err))
	}
}

// each gives all moments. Damaged rows are noted and left out.
func (h *history) each(ctx context.Context, give func(moment) error) error {
	h.damaged, h.errs = 0, nil
	g := gathering{give: give, bad: h.bad}
	for after := uint64(0); ; {
		entries, err := h.from.Events(ctx, h.account, after, page)
		var rows *journal.DamagedRowsError
		switch {
		case errors.As(err, &rows):
			h.damaged += len(rows.Rows)
			if len(h.errs) < keptDamage {
				h.errs = append(h.errs, err)
			}
		case err != nil:
			return err
		}
		for _, e := range entries {
			after = e.Seq
			if err := g.add(e); err != nil {
				return err
			}
		}
		if len(entries) < page {
			return g.end()
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
	}
}

// remember makes the memory that goes along with the moments. What the journal has of the state now was there before, but
// for what history writes: so it is read once to see what that is.
func (h *history) remember(ctx context.Context) (*memory, error) {
	kept, err := h.from.State(ctx, h.account)
	var rows *journal.DamagedRowsError
	if err != nil && !errors.As(err, &rows) {
		return nil, err
	}
	touched := map[string]bool{}
	err = h.each(ctx, func(m moment) error {
		m.touches(touched)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return newMemory(h.Options, h.account, kept, touched), nil
}

// turns goes through history with what each turn was told.
func (h *history) turns(ctx context.Context, visit func(moment, *Turn) error) error {
	past, err := h.remember(ctx)
	if err != nil {
		return err
	}
	return h.each(ctx, func(m moment) error {
		t, ok, err := past.turn(m)
		if err != nil {
			h.bad(m.seq, err)
		}
		given := &t
		if !ok {
			given = nil
		}
		if err := visit(m, given); err != nil {
			return err
		}
		past.goOn(m, t, ok)
		return nil
	})
}

// Turns gives the turns of an account since a time, oldest first, and how many rows of history are damaged, with errors
// that name the first of them.
func Turns(ctx context.Context, from Journal, account string, since time.Time, o Options, give func(Turn) error) (damaged int, errs []error, err error) {
	h := &history{Options: o, from: from, account: account}
	err = h.turns(ctx, func(_ moment, t *Turn) error {
		if t == nil || t.Event.Time.Before(since) {
			return nil
		}
		return give(*t)
	})
	return h.damaged, h.errs, err
}
