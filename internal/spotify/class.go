package spotify

import (
	"fmt"
	"time"
)

// Class says what a request is for; the gate serves the more urgent one first.
//
// Of both windows each class leaves something to those before it:
//
//	        of 30 s            of the day
//	Pause   nothing            nothing
//	Verify  the last call      the last call
//	Look    the last 2 calls   the last tenth, at most 600
//	Other   the last 3 calls   the last two tenths, at most 1,200
//
// However small the limit, one call is possible.
type Class int

const (
	Pause  Class = iota // a command that cannot wait
	Verify              // a look while a denied device plays
	Look                // any other look
	Other               // everything else: devices, what was played, volume, playlists
	classes
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

func keepOfShort(_ int, c Class) int { return int(min(c, Other)) }

func keepOfDay(limit int, c Class) int {
	tenth := min((limit+9)/10, 600)
	switch c {
	case Pause:
		return 0
	case Verify:
		return 1
	case Look:
		return tenth
	}
	return 2 * tenth
}

// WaitError is the gate's refusal. Nothing was sent and nothing was counted.
type WaitError struct {
	Until  time.Time // asking again then succeeds, unless others were first
	Common time.Time // until then no account gets a request of this class; zero: only this one has to wait
	Kind   string    // RateLimited (30 s window, 429) or Quota (day, QUOTA_EXCEEDED)
	Reason string    // for people
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("held back until %s: %s", e.Until.Format(time.RFC3339), e.Reason)
}
