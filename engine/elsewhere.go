package engine

import (
	"context"
	"slices"
)

// Decider decides turns by one ruleset, wherever that runs: a *Ruleset in this process, or a worker. It may be asked by
// several goroutines at once. A decision that it cannot give has Err; it never waits for ever.
type Decider interface {
	Decide(ctx context.Context, ev Event, facts Facts, state State) Decision
}

// Description is what has to be known of a ruleset that is loaded in another process: plain data.
type Description struct {
	Hash     string    `json:"hash"`
	Warnings []Problem `json:"warnings,omitempty"`
	Logs     []Line    `json:"logs,omitempty"`
	Calls    []Call    `json:"calls,omitempty"`
	Kinds    []string  `json:"kinds"` // of event, that it handles
	Timers   []*Timer  `json:"timers,omitempty"`
}

// Describe says of a ruleset what Elsewhere needs.
func (r *Ruleset) Describe() Description {
	d := Description{Hash: r.Hash, Warnings: r.Warnings, Logs: r.Logs, Calls: r.Calls, Timers: r.timers}
	for kind := range r.handlers {
		d.Kinds = append(d.Kinds, kind)
	}
	slices.Sort(d.Kinds)
	return d
}

// Elsewhere is a ruleset that somebody else has loaded and decides by. What is described must be true of the files.
func Elsewhere(files Snapshot, d Description, by Decider) *Ruleset {
	r := &Ruleset{
		Hash: d.Hash, Files: files, Warnings: d.Warnings, Logs: d.Logs, Calls: d.Calls,
		handlers: map[string][]handler{}, timers: d.Timers, elsewhere: by,
	}
	for _, kind := range d.Kinds {
		r.handlers[kind] = []handler{{}}
	}
	return r
}

// Decide is Evaluate: a ruleset decides by itself.
func (r *Ruleset) Decide(ctx context.Context, ev Event, facts Facts, state State) Decision {
	return r.Evaluate(ctx, ev, facts, state)
}

var _ Decider = (*Ruleset)(nil)

// By is who decides by a ruleset that is Elsewhere; nil: it decides in this process.
func (r *Ruleset) By() Decider { return r.elsewhere }
