package engine

import "time"

// Action is something that a loop wants done.
type Action interface{ action() }

// LookNow asks for a look at the player; the answer is Looked or LookFailed.
type LookNow struct {
	Verify bool // a denied device plays or was just paused: it may use the reserve
}

// PauseNow asks for a pause; the answer is PauseDone. It must not be sent more
// than PauseWithin after Got.
type PauseNow struct {
	Holder string
	Target string    // names the device
	Got    time.Time // when the look was there that shows it playing
}

// PauseWithin is how old a look may be when a pause is sent on it.
const PauseWithin = 2 * time.Second

// ApplyNow asks to carry out what happens once; the answer is Applied.
type ApplyNow struct {
	Effect Effect
}

// AskNow asks to fetch the answers to questions of a turn; the answer is
// Answered. It should come within five seconds.
type AskNow struct {
	N    int
	Asks []Ask
}

// CommitNow asks to write a record, in order; the answer is CommitDone.
type CommitNow struct {
	N      int
	Record Record
}

// DoneNow takes a message off the outbox.
type DoneNow struct {
	ID      string
	Outcome Outcome
}

// ShowNow says what stands now.
type ShowNow struct {
	Stands Stands
}

// Tell is for the observer: metrics, log, status.
type Tell struct {
	Report Report
}

func (LookNow) action()   {}
func (PauseNow) action()  {}
func (ApplyNow) action()  {}
func (AskNow) action()    {}
func (CommitNow) action() {}
func (DoneNow) action()   {}
func (ShowNow) action()   {}
func (Tell) action()      {}

// Report is something that an observer may want to know.
type Report interface{ report() }

// TurnReport is a turn that was decided, or failed.
type TurnReport struct {
	Decision  Decision
	Held      Held          // what was seen; nil in on_blind
	Failed    error         // the newest ruleset failed; Decision may be an older one's
	News      bool          // it differs from the turn before
	DryRun    bool          // nothing of it is enforced
	OnHold    bool          // because of a hold, whatever the switch says
	Throttled int           // messages held back by their throttle
	Took      time.Duration // of the evaluation, by the stopwatch
	Facts     Facts         // that the turn was told, before it: whoever wants to know what other rules would have decided
	State     State         // likewise; neither is ever changed
}

// SightReport is a change of what can be seen: Blind.Kind is "" with sight
// regained. Failure is a look that failed without (yet) leading to blindness.
type SightReport struct {
	Blind   Blind
	Failure string
}

// PauseReport is a pause that was tried.
type PauseReport struct {
	Holder   string
	Outcome  string
	Message  string
	Reaction time.Duration // answer received to pause sent; 0: not sent
	Sent     time.Time     // zero: it was not
}

// VerifiedReport is what looks showed of a pause that was answered with success:
// VerifiedSilent, then perhaps VerifiedResumed; or one of the others.
type VerifiedReport struct {
	Holder  string
	Outcome string
	After   time.Duration // of VerifiedResumed: from the pause to its being played again
}

// OutboxReport is a message that left the outbox, or how many wait.
type OutboxReport struct {
	Message Message
	Outcome Outcome // zero: only the number changed, or it will be tried again
	Waiting int
}

// PaceReport is when the next look is due, and why.
type PaceReport struct {
	Plan
	Interval time.Duration // from the last look to the next
}

// FaultReport says that something of ours is broken, or works again (Fault "").
type FaultReport struct {
	Fault string
}

// OrderReport says what became of an order (Approve, Enforce, Hold, Override,
// Publish): it is kept, or why it is not. A Ping is answered with one too.
type OrderReport struct {
	ID  string
	Err error
	Did Did // of a Publish
}

// EnforceReport says whether enforcement is switched on, when that is or becomes
// another than configured, or another is configured. A hold comes on top of it
// (HoldReport).
type EnforceReport struct {
	On         bool
	Configured bool // what the configuration says
}

// ProvenReport says that a ruleset decided its first turn without failing.
type ProvenReport struct {
	Ruleset *Ruleset
}

// StandsReport is what stands now, and the verdict in force.
type StandsReport struct {
	Stands Stands
}

func (TurnReport) report()     {}
func (SightReport) report()    {}
func (PauseReport) report()    {}
func (VerifiedReport) report() {}
func (OutboxReport) report()   {}
func (PaceReport) report()     {}
func (FaultReport) report()    {}
func (ProvenReport) report()   {}
func (OrderReport) report()    {}
func (EnforceReport) report()  {}
func (StandsReport) report()   {}
