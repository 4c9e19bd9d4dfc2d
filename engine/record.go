package engine

import (
	"context"
	"encoding/json"
	"time"
)

// Journal keeps what happened and what was decided. All its methods may be
// called from several goroutines.
type Journal interface {
	// Recover gives what the account's loop has to know after a start.
	Recover(ctx context.Context, account string) (Recovered, error)
	// Commit writes a record wholly or not at all. When it returns without an
	// error the record survives a power cut. In the same transaction the
	// throttles of rec.Outbox are checked and reserved.
	Commit(ctx context.Context, rec Record) (Receipt, error)
	// Done takes a message off the outbox and keeps what became of it.
	Done(ctx context.Context, account, id string, outcome Outcome) error
}

// Record is one commit: all of it is plain data.
type Record struct {
	Account  string
	At       time.Time       // the loop's clock when it was made
	Event    *EventRecord    // nil: nothing happened, only facts changed
	Decision json.RawMessage // how the event was decided; nil without an event
	Run      json.RawMessage // a snapshot's run that has ended (RunRecord); nil: none
	Facts    json.RawMessage // replaces the facts kept before
	Stands   json.RawMessage // replaces what stood
	State    []Write
	Outbox   []Message // what happens once; those over their throttle are left out
}

// EventRecord is an event as the journal keeps it.
type EventRecord struct {
	ID    string          `json:"id"`
	Kind  string          `json:"kind"`
	Time  time.Time       `json:"time"`
	Cause string          `json:"cause,omitempty"`
	Data  json.RawMessage `json:"data"`

	Answers []Answer `json:"answers,omitempty"` // to the questions of its handlers
}

// RunRecord is one snapshot together with how long it was seen: so a replay
// knows when we looked although only changes are kept.
type RunRecord struct {
	First time.Time       `json:"first"`
	Last  time.Time       `json:"last"`
	Count int             `json:"count"` // looks that showed it
	Data  json.RawMessage `json:"data"`
}

// Message is an effect that waits to be carried out, as text.
type Message struct {
	ID      string        `json:"id"`
	Call    string        `json:"call"` // Effect.String
	Pos     string        `json:"pos,omitempty"`
	Time    time.Time     `json:"time"`
	Expires time.Time     `json:"expires,omitzero"`
	Every   time.Duration `json:"every,omitempty"` // nanoseconds
	Key     string        `json:"key,omitempty"`
	Lane    string        `json:"lane,omitempty"`
	Answer  bool          `json:"answer,omitempty"` // Effect.Answer
}

// Receipt says what a commit did.
type Receipt struct {
	Duplicate bool     // the event was already there: nothing was written
	Throttled []string // ids of messages that were left out
}

// Outcome is what became of a message.
type Outcome struct {
	At     time.Time       `json:"at"`
	Result string          `json:"result"` // "sent", "merged" (sent, as part of another one), "failed", "expired", "replaced", "discarded"
	Detail json.RawMessage `json:"detail,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// Recovered is what a loop knows after a start. On a fresh journal all of it
// is empty.
type Recovered struct {
	Facts     json.RawMessage
	Stands    json.RawMessage
	State     []Write              // live keys only
	Throttles map[string]time.Time // by key: when it was last reserved
	Outbox    []Message            // in the order of their commit
}
