package replay

import (
	"encoding/json"
	"fmt"

	"gatefold/engine"
	"gatefold/internal/journal"
)

// moment is one record of an account's history: what happened, and how it was decided.
type moment struct {
	seq      uint64
	run      *engine.RunRecord // the run that ended with it; nil: none did, or it cannot be read
	event    engine.EventRecord
	decision *engine.DecisionRecord // nil: no rule decided it, or it cannot be read
}

// gathering puts the rows of history together again. A record's rows have sequences of their own, one after the other (the
// mark of an event lies before it), so that a damaged row takes nothing of another record with it.
type gathering struct {
	runs []sequenced // that no event was seen for yet: one, unless rows are damaged
	open *moment
	give func(moment) error
	bad  func(seq uint64, err error)
}

type sequenced struct {
	seq uint64
	run engine.RunRecord
}

func (g *gathering) add(e journal.Entry) error {
	switch e.Kind {
	case "run":
		var run engine.RunRecord
		if err := json.Unmarshal(e.Data, &run); err != nil {
			g.bad(e.Seq, fmt.Errorf("reading a run: %w", err))
			return nil
		}
		if err := g.end(); err != nil {
			return err
		}
		g.runs = append(g.runs[:0], sequenced{e.Seq, run})
	case "event":
		if err := g.end(); err != nil {
			return err
		}
		m := &moment{seq: e.Seq}
		if err := json.Unmarshal(e.Data, &m.event); err != nil {
			g.bad(e.Seq, fmt.Errorf("reading an event: %w", err))
			return nil
		}
		if len(g.runs) > 0 && g.runs[0].seq+2 == e.Seq {
			m.run = &g.runs[0].run
			g.runs = nil
		}
		g.open = m
	case "decision":
		if g.open == nil || g.open.seq+1 != e.Seq {
			g.bad(e.Seq, fmt.Errorf("a decision without its event"))
			return nil
		}
		var d engine.DecisionRecord
		if err := json.Unmarshal(e.Data, &d); err != nil {
			g.bad(e.Seq, fmt.Errorf("reading a decision: %w", err))
			return nil
		}
		g.open.decision = &d
		return g.end()
	}
	return nil
}

// end gives the record whose rows have all been seen.
func (g *gathering) end() error {
	m := g.open
	if g.open = nil; m == nil {
		return nil
	}
	if m.decision == nil && !m.event.Ordered() {
		g.bad(m.seq, fmt.Errorf("a %s without its decision", m.event.Kind))
	}
	return g.give(*m)
}
