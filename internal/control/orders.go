package control

import (
	"encoding/json"
	"time"
)

// Done is the answer to an order that was carried out.
type Done struct {
	Note  string    `json:"note,omitempty"` // what whoever asked should know
	Until time.Time `json:"until,omitzero"` // of what ends by itself; zero: it is ended
}

// AccountRequest names an account.
type AccountRequest struct {
	Account string `json:"account"`
}

// ApproveRequest is somebody's word about a device.
type ApproveRequest struct {
	Account string        `json:"account"`
	Key     string        `json:"key"` // device.key: type and name
	Allowed bool          `json:"allowed,omitempty"`
	Undo    bool          `json:"undo,omitempty"` // take back what was said
	For     time.Duration `json:"for_ns,omitempty"`
	By      string        `json:"by,omitempty"` // the user who asks, as the command sees it
}

// EnforceRequest switches enforcement.
type EnforceRequest struct {
	Account string `json:"account"`
	On      bool   `json:"on"`
	By      string `json:"by,omitempty"`
}

// HoldRequest has an account left alone for a while.
type HoldRequest struct {
	Account string        `json:"account"`
	For     time.Duration `json:"for_ns,omitempty"` // 0: it ends now
	By      string        `json:"by,omitempty"`
}

// OverrideRequest sets the pace of an account for a while.
type OverrideRequest struct {
	Account string        `json:"account"`
	Every   time.Duration `json:"every_ns,omitempty"` // 0: it ends now
	For     time.Duration `json:"for_ns,omitempty"`
	By      string        `json:"by,omitempty"`
}

// LightRequest has a light show something for a while: a meaning, or a pattern in
// a blink(1)'s notation.
type LightRequest struct {
	Light   string        `json:"light,omitempty"` // its label; "" is all of them
	Meaning string        `json:"meaning,omitempty"`
	Pattern string        `json:"pattern,omitempty"`
	For     time.Duration `json:"for_ns"`
}

// PublishRequest is an event for the rules of an account.
type PublishRequest struct {
	Account string  `json:"account"`
	Topic   string  `json:"topic"`
	Fields  []Field `json:"fields,omitempty"`
}

// Field is a field of it.
type Field struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// Published is what an event came to. Its turn is kept.
type Published struct {
	Did      []string `json:"did"`                // calls
	Would    []string `json:"would,omitempty"`    // calls that a dry run or a hold leaves out
	Held     int      `json:"held,omitempty"`     // messages that their throttle held back
	Logs     []string `json:"logs,omitempty"`     // what the rules logged
	Degraded string   `json:"degraded,omitempty"` // why older rules decided
}

// LeaveRequest asks for leave to make calls of the API: one at a time.
type LeaveRequest struct {
	Calls int `json:"calls"`
}

// Leave is the answer: Until zero, and the calls count as made; otherwise none
// does, and asking again is worth it from then on.
type Leave struct {
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"` // for people
}

// LimitedRequest tells of a 429 that a call got for which leave was given.
type LimitedRequest struct {
	Kind string        `json:"kind"`   // "rate_limited" or "quota"
	For  time.Duration `json:"for_ns"` // how long nothing may be sent
}

// Devices are those of all accounts.
type Devices struct {
	Now     time.Time `json:"now"` // by the daemon's clock
	Devices []Device  `json:"devices"`
}

// Device is one device of an account, and what was said about it.
type Device struct {
	Account   string    `json:"account"`
	Key       string    `json:"key"`
	Type      string    `json:"type"`
	Name      string    `json:"name"`
	Handle    string    `json:"handle"` // a short name of the key, for typing
	FirstSeen time.Time `json:"first_seen,omitzero"`
	LastSeen  time.Time `json:"last_seen,omitzero"`
	IDs       []ID      `json:"ids"` // in the order in which they were first seen
	Said      *Said     `json:"said,omitempty"`
}

// ID is one id of a device; "" is none.
type ID struct {
	ID        string    `json:"id"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// Said is an approval, or a block.
type Said struct {
	Allowed bool      `json:"allowed"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Until   time.Time `json:"until,omitzero"` // zero: until it is undone
}
