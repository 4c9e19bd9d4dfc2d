package spotify

import (
	"fmt"
	"time"
)

// Class says what a request is for; the gate serves the more urgent one first.
type Class int

const (
	Pause  Class = iota // may use the whole budget
	Verify              // a look while a denied device plays: all but the last call, which is its pause's
	Look                // any other look: nothing of the reserve
	Other               // everything else, like Look
)

func (c Class) String() string {
	switch c {
	case Pause:
		return "pause"
	case Verify:
		return "verify"
	case Look:
		return "look"
	}
	return "other"
}

// WaitError is the gate's refusal. Nothing was sent and nothing was counted.
type WaitError struct {
	Until  time.Time // asking again then succeeds, unless others were first
	Kind   string    // RateLimited (30 s window, 429) or Quota (day, QUOTA_EXCEEDED)
	Reason string    // for people
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("held back until %s: %s", e.Until.Format(time.RFC3339), e.Reason)
}
