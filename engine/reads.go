package engine

import (
	"slices"
	"time"
)

// Reads is what a turn read of the past: with that much of it and the answers, the same rules decide the same again.
type Reads struct {
	Before  bool          // the snapshot before (Facts.Before)
	Holders []string      // whose episode, row of the ledger or approval
	Keys    []string      // of the rule state, as they are kept
	Pauses  time.Duration // how far back it looked for the pauses of an episode
	Full    bool          // the state was, so that the turn had to give something of it up
}

func (r *Reads) holder(holder string) {
	if r != nil && !slices.Contains(r.Holders, holder) {
		r.Holders = append(r.Holders, holder)
	}
}

func (r *Reads) key(key string) {
	if !slices.Contains(r.Keys, key) {
		r.Keys = append(r.Keys, key)
	}
}

// clone is what a decision keeps: the turn is used again.
func (r *Reads) clone() Reads {
	return Reads{Before: r.Before, Holders: slices.Clone(r.Holders), Keys: slices.Clone(r.Keys), Pauses: r.Pauses, Full: r.Full}
}

// reuse is an empty one in the same memory.
func (r *Reads) reuse() Reads {
	clear(r.Holders)
	clear(r.Keys)
	return Reads{Holders: r.Holders[:0], Keys: r.Keys[:0]}
}
