package engine

import "time"

// Pacer says when the player is looked at next.
type Pacer interface {
	Next(Pace) Plan
}

// Plan is when to look next, and why.
type Plan struct {
	Due   time.Time
	Cause string        // of a closed set, for metrics
	Why   string        // for people
	Worst time.Duration // the longest that somebody who begins to play now goes unseen; 0: that cannot be said
}

// Pace is what a pacer goes by.
type Pace struct {
	Now        time.Time // in the account's zone
	Seen       bool      // false: nothing was seen yet
	Verdict    VerdictKind
	Held       bool // somebody holds the player
	Playing    bool
	Looked     time.Time     // when the last look was due
	Changed    time.Time     // when the last change was seen
	Followed   bool          // the change was looked at once more
	QuietSince time.Time     // since when nobody holds it; zero: somebody does
	Ends       time.Time     // when what plays comes to its end; zero: not known
	Paused     time.Time     // when a pause was last sent; zero: never
	Resumes    time.Duration // after how long the denied device is usually played again; 0: not known
	PauseEvery time.Duration // 0: no pause stands
	PollEvery  time.Duration // 0: no rule says
	Override   time.Duration // an operator's, which outranks the rule; 0: none. It slows no pause that stands
	Commands   int           // commands to the player that wait to be sent
	Surplus    bool          // the budget affords an extra look
	Habits     Habits
}

// Ending is implemented by a Held that knows how long what it plays goes on.
type Ending interface {
	Left() (time.Duration, bool)
}

// Dated is implemented by a Held that knows when its player last did something:
// played, paused, skipped. The zero time: it does not.
type Dated interface {
	ChangedAt() time.Time
}

func changedAt(h Held) time.Time {
	if d, ok := h.(Dated); ok {
		return d.ChangedAt()
	}
	return time.Time{}
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
