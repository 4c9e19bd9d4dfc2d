package replay

import (
	"context"
	"errors"
	"fmt"

	"gatefold/engine"
	"gatefold/internal/journal"
)

// Source is a journal, for reading.
type Source interface {
	Newest(ctx context.Context, account string, n int) ([]journal.Entry, error)
	State(ctx context.Context, account string) ([]engine.Write, error)
}

// Recent gives the newest n turns of an account that the journal has, oldest first. Where rows are damaged it gives the
// other turns, and says so with its error.
func Recent(ctx context.Context, from Source, account string, n int, o Options) ([]Turn, error) {
	entries, damaged := from.Newest(ctx, account, n)
	if damaged != nil && entries == nil {
		return nil, damaged
	}
	kept, err := from.State(ctx, account)
	if err != nil && kept == nil {
		return nil, errors.Join(damaged, err)
	}
	bad := []error{damaged, err}
	var moments []moment
	g := gathering{
		give: func(m moment) error { moments = append(moments, m); return nil },
		bad:  func(seq uint64, err error) { bad = append(bad, fmt.Errorf("history at %d: %w", seq, err)) },
	}
	touched := map[string]bool{}
	for _, e := range entries {
		_ = g.add(e) // give never fails
	}
	_ = g.end()
	for _, m := range moments {
		m.touches(touched)
	}
	past := newMemory(o, account, kept, touched)
	var turns []Turn
	for _, m := range moments {
		t, ok, err := past.turn(m)
		if err != nil {
			bad = append(bad, fmt.Errorf("history at %d: %w", m.seq, err))
		}
		past.goOn(m, t, ok)
		if ok {
			turns = append(turns, t)
		}
	}
	return turns, errors.Join(bad...)
}

// touches notes the keys of the state that a moment writes.
func (m moment) touches(keys map[string]bool) {
	if w, ok := m.event.Written(); ok {
		keys[w.Key] = true
	}
	if m.decision != nil {
		for _, w := range m.decision.State {
			keys[w.Key] = true
		}
	}
}
