package engine

import (
	"encoding/json"
	"strings"
	"time"

	"go.starlark.net/starlark"
)

// The calls that the loop itself acts on.
const (
	CallPause = "pause"
	CallPoll  = "poll"
)

// Effect is a call that a rule made and nobody has carried out yet.
type Effect struct {
	ID      string        // of what happens once: event id + "/" + n, so that doing it twice is detectable
	Account string        // the account of the turn
	Call    string        // "blink1.set"
	Args    Args          // typed until printed or committed
	Pos     string        // "home.star:12:9"
	Time    time.Time     // of the event that led to it
	Expires time.Time     // zero: never; a message: 24 h
	Every   time.Duration // cadence of a pause or look, throttle of a message; 0: none
	Key     string        // what the throttle counts by; "" without a throttle
	Lane    string        // effects of one lane are carried out in order ("slack #music")
	Player  bool          // a command to the player: after the pause of its turn, out of the same budget
	Answer  bool          // answers a person: it is carried out whether anything is enforced or not

	// Thread and Quiet are given when a message is carried out: it belongs below the message with this receipt (nil:
	// it stands alone), and need not be shown beside it.
	Thread json.RawMessage
	Quiet  bool
}

// Args are the typed arguments of a call.
type Args interface {
	// Arguments lists them in signature order, without those at their default.
	Arguments() []Argument
}

// Argument is one named argument as it prints.
type Argument struct {
	Name  string
	Value starlark.Value
}

// Slotted is implemented by the arguments of calls of which the last in a turn
// wins, slot by slot (a light: one slot per LED).
type Slotted interface {
	Slots() []string
}

// String is valid Starlark that records the same effect again: every argument
// by name, in signature order, without those at their default.
func (e Effect) String() string {
	var b strings.Builder
	b.WriteString(e.Call)
	b.WriteByte('(')
	if e.Args != nil {
		for i, a := range e.Args.Arguments() {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(a.Name)
			b.WriteByte('=')
			b.WriteString(a.Value.String())
		}
	}
	b.WriteByte(')')
	return b.String()
}
