package engine

import (
	"encoding/json"
	"time"

	"go.starlark.net/starlark"
)

// The kinds of event that the engine itself knows. Every other kind is a topic
// that a rule published.
const (
	KindPlayback = "playback" // a look at the player that succeeded
	KindBlind    = "blind"    // the player cannot be seen
	KindTimer    = "timer"    // a function given to every() or at()
)

// What made a playback event happen; rules read it as now.cause.
const (
	CauseLook   = "look"   // the player was looked at
	CauseReload = "reload" // another ruleset came into force
	CauseState  = "state"  // rule state changed or ran out, or a topic was handled
	CauseClock  = "clock"  // a timer ran
)

// Event is one thing that happened on one account.
type Event struct {
	ID      string    // unique; the journal drops a second one with the same id
	Account string    // the partition: one account's events are handled in order
	Kind    string    // "playback" is handled by every on_playback
	Time    time.Time // the only clock a rule can see, in the configured zone
	Cause   string    // one of the Cause constants, or ""
	Data    Payload
	Answers []Answer // to the questions that its handlers put so far
}

// Payload is what an event carries: an immutable Starlark value that marshals
// to JSON, and from which the argument of a handler is made.
type Payload interface {
	starlark.Value
	json.Marshaler
	// Bind gives the value that handlers of ev are called with: the payload
	// together with what the facts say about the past.
	Bind(ev Event, facts Facts) starlark.Value
}

// Held is the payload of a look: who holds the thing that is watched. The
// engine knows no devices; this is all it asks about one.
type Held interface {
	Payload
	// Holder names who holds it, stable over changing ids; "" is nobody.
	Holder() string
	// Active says whether it is in use right now (it plays).
	Active() bool
	// Target is what a pause has to name; "" means it cannot be paused.
	Target() string
	// Same says that b shows nothing new: the same holder, item and activity.
	Same(b Held) bool
}
