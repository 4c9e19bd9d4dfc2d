package engine

import "time"

// Pacer says when the player is looked at next. It is pure.
type Pacer interface {
	Next(Pace) (due time.Time, why string)
}

// Pace is what a pacer goes by.
type Pace struct {
	Now        time.Time
	Seen       bool // false: nothing was seen yet
	Verdict    VerdictKind
	Held       bool // somebody holds the player
	Playing    bool
	Looked     time.Time     // when the last look was due
	Changed    time.Time     // when the last change was seen
	Followed   bool          // the change was looked at once more
	QuietSince time.Time     // since when nobody holds it; zero: somebody does
	Paused     time.Time     // when a pause was last sent; zero: never
	PauseEvery time.Duration // 0: no pause stands
	PollEvery  time.Duration // 0: no rule says
	Override   time.Duration // an operator's, which outranks the rule; 0: none. It slows no pause that stands
	Surplus    bool          // the budget affords an extra look
}

// cadence is the smallest Every among the effects with this call; 0: none.
func cadence(effects []Effect, call string) time.Duration {
	var out time.Duration
	for _, e := range effects {
		if e.Call == call && (out == 0 || e.Every < out) {
			out = e.Every
		}
	}
	return out
}
