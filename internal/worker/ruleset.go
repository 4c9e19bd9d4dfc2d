package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"gatefold/engine"
)

// ruleset decides by one ruleset: an engine.Decider.
type ruleset struct {
	w     *Worker
	hash  string
	files engine.Snapshot

	at      atomic.Pointer[pool]
	adopted atomic.Bool // it is in force, or was
	own     record      // while it is not
}

// Decide has a child decide. A turn that ends the child has the error of its handler. A child that somebody else has
// ended is nobody's fault: then the turn is decided by the next one.
func (r *ruleset) Decide(ctx context.Context, ev engine.Event, facts engine.Facts, state engine.State) engine.Decision {
	failed := func(err error) engine.Decision {
		return engine.Decision{Event: ev, Ruleset: r.hash, Err: err}
	}
	if err := r.w.asideError(r, r.adopted.Load()); err != nil {
		return failed(&asideTurn{err})
	}
	var d engine.Decision
	err := retried(func() error {
		return r.at.Load().use(ctx, func(_ *seat, c *child) (err error) {
			d, err = r.decide(ctx, c, ev, facts, state)
			return err
		})
	})
	var death *Death
	switch {
	case err == nil:
		return d
	case killedOutside(err):
		return failed(&outside{fmt.Errorf("no rule worker could decide this turn: %s", reasonOf(err))})
	case errors.As(err, &death):
		if death.Rule == (Place{}) { // before or after the handlers
			death.Rule.Handler = "on_" + ev.Kind
		}
		r.w.died(r, death)
		return failed(death.ruleError(r.files))
	case errors.As(err, new(*engine.LoadError)):
		return failed(err)
	}
	return failed(&outside{err})
}

// ErrAside is what the error of a turn wraps that was asked of a ruleset that is set aside.
var ErrAside = errors.New("set aside")

// asideTurn is such an error: the turn would kill its process.
type asideTurn struct{ error }

func (e *asideTurn) Unwrap() []error { return []error{e.error, ErrAside, engine.ErrKilled} }

func (r *ruleset) decide(ctx context.Context, c *child, ev engine.Event, facts engine.Facts, state engine.State) (engine.Decision, error) {
	e, err := eventOut(ev)
	if err != nil {
		return engine.Decision{}, err
	}
	got, writes, err := r.ask(ctx, c, e, ev, facts, state)
	if err != nil {
		return engine.Decision{}, err
	}
	got.State = append(got.State, writes...)
	d, err := r.w.calls.decision(ev, r.hash, *got)
	if err != nil {
		c.kill(DiedOfProtocol)
		return d, c.dead(ctx, allowance{}, err)
	}
	return d, nil
}

// ask tells the child what it does not know yet, and has it decide.
func (r *ruleset) ask(ctx context.Context, c *child, e event, ev engine.Event, facts engine.Facts, state engine.State) (got *decided, writes []engine.Write, err error) {
	limit := r.w.o.Limits.turn()
	c.makeRoom(ev.Account)
	for range 3 {
		if !c.has[r.hash] {
			if _, err := r.w.loadInto(ctx, c, r.files, false); err != nil {
				return nil, nil, err
			}
			c.has[r.hash] = true
		}
		parts, last, err := c.told(ev, facts, state)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range parts {
			if _, err := c.call(ctx, limit, request{Tell: &p, Decide: &decide{Event: event{Account: ev.Account}}}); err != nil {
				return nil, nil, err
			}
		}
		unloaded, problem := false, ""
		q := request{Decide: &decide{Ruleset: r.hash, Event: e, Past: last}}
		err = c.ask(ctx, limit, q, func(in reply) {
			unloaded, problem = unloaded || in.Unloaded, problem+in.Err
			if in.Decided != nil {
				got = in.Decided
			}
			writes = append(writes, in.Writes...)
		})
		switch {
		case err != nil:
			return nil, nil, err
		case problem != "":
			return nil, nil, c.lied(ctx, errors.New(problem))
		case got != nil && !unloaded:
			c.mirrors[ev.Account].saw(ev)
			return got, writes, nil
		case !unloaded:
			return nil, nil, c.lied(ctx, errors.New("an answer without a decision"))
		}
		c.has[r.hash] = false
	}
	return nil, nil, c.lied(ctx, errors.New("it forgets rulesets"))
}

// lied ends a child that answers what cannot be.
func (c *child) lied(ctx context.Context, err error) error {
	c.kill(DiedOfProtocol)
	return c.dead(ctx, allowance{}, err)
}

// told is what an account's next turn has to be told.
func (c *child) told(ev engine.Event, facts engine.Facts, state engine.State) ([]past, past, error) {
	m := c.mirrors[ev.Account]
	if m == nil {
		m = &mirror{}
		c.mirrors[ev.Account] = m
	}
	c.turns++
	m.used = c.turns
	before := m.size
	parts, last, err := m.differ(ev.Time, facts, state)
	c.size += m.size - before
	return parts, last, err
}

// mirrorsMost is how much of what accounts were told is kept at both sides.
const mirrorsMost = 48 << 20

// makeRoom gives up what accounts were told whose turn is longest ago. The other side hears of it with the next request,
// whatever that is.
func (c *child) makeRoom(keep string) {
	for c.size > mirrorsMost {
		oldest := ""
		for name, m := range c.mirrors {
			if name != keep && (oldest == "" || m.used < c.mirrors[oldest].used) {
				oldest = name
			}
		}
		if oldest == "" {
			break
		}
		c.size -= c.mirrors[oldest].size
		delete(c.mirrors, oldest)
		c.gone = append(c.gone, oldest)
	}
}

// loadInto has a child load a ruleset. An *engine.LoadError says what is wrong with it.
func (w *Worker) loadInto(ctx context.Context, c *child, files engine.Snapshot, try bool) (engine.Description, error) {
	var d engine.Description
	r, err := c.call(ctx, w.o.Limits.load(), request{Load: &load{
		Files: filesOut(files), Try: try, Now: w.o.Now(), Zone: w.o.Zone.String(),
	}})
	switch {
	case err != nil:
		return d, err
	case r.Loaded == nil:
		return d, c.lied(ctx, errors.New("an answer without a ruleset"))
	case len(r.Loaded.Problems) > 0:
		return d, &engine.LoadError{Problems: r.Loaded.Problems}
	}
	if err := json.Unmarshal(r.Loaded.Description, &d); err != nil {
		return d, c.lied(ctx, fmt.Errorf("a description that cannot be read: %w", err))
	}
	if hash := files.Hash(); d.Hash != hash {
		return d, c.lied(ctx, errors.New("another ruleset than it was given"))
	}
	return d, nil
}
