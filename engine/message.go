package engine

import (
	"encoding/json"
	"time"
)

// Messages is what a module can do with a message beyond sending it. All of it is pure.
type Messages interface {
	// Offers are the buttons under a message, in order; none: it is no message, or has none.
	Offers(Effect) []Offer
	// Follow gives what brings a message that was sent up to date, in order. What has not been answered yet is
	// replaced by a newer one with the same key.
	Follow(Effect, Following) []Effect
	// Merge makes one message of the first of several that waited, and says how many it holds; under two: they cannot
	// be merged. Away says that they could not be sent for a while; else there were too many at once.
	Merge(several []Merging, away bool) (one Effect, holds int)
}

// Offer is a button: what it says, and what a press publishes.
type Offer struct {
	Label  string
	Topic  string
	Fields []Field
}

// Decided says how a message with buttons was answered.
type Decided struct {
	Label string    `json:"label"`
	By    string    `json:"by"` // "slack:U123"
	At    time.Time `json:"at"`
}

// Following is what has come of a message since it was sent.
type Following struct {
	Receipt json.RawMessage // what sending it gave
	Merged  bool            // it was sent as part of another one, to which the receipt belongs
	Sent    time.Time       // when that was
	Decided *Decided        // nil: nobody has pressed a button
	Story   *Story          // of the intruder that it tells of, if it is the one that tells it; nil: of nobody
	News    bool            // the story has taken a turn that people should hear of
	Loud    bool            // and it may be shown where everybody sees it
}

// Merging is one of the messages that are merged.
type Merging struct {
	Effect Effect
	Story  *Story // of the intruder that it tells of; nil: of nobody
}

// Story is what has come of an intruder since the first message about him.
type Story struct {
	Holder  string
	Phase   Phase
	Began   time.Time     // when he was first denied
	Lasted  time.Duration // from then until he was last seen playing
	Pauses  int           // that took effect
	Returns int           // how often he came back after he had given up
	Away    time.Duration // how long he was silent before he last came back
}

// Phase is where a story stands.
type Phase string

// The phases.
const (
	PhasePlaying Phase = "playing"
	PhaseGaveUp  Phase = "gave up" // silent for a minute
	PhaseOver    Phase = "over"    // not denied for ten minutes
	PhaseAllowed Phase = "allowed" // somebody allowed him
)

func (p Phase) ended() bool { return p == PhaseOver || p == PhaseAllowed }
