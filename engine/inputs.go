package engine

import "time"

// Input is something that happened to a loop: the outcome of an action, or news
// from outside. Wake is the input of a loop whose time has come.
type Input interface{ input() }

// Wake says that the time has come that Step asked for.
type Wake struct{}

// Looked is a look at the player that succeeded.
type Looked struct {
	Data    Held
	Got     time.Time // when the answer was there
	Surplus bool      // the budget affords an extra look
}

// LookFailed is a look that showed nothing.
type LookFailed struct {
	Kind    string    // one of BlindKinds
	Message string    // for people, without secrets
	RetryAt time.Time // not before then; zero: whenever
	Refused bool      // the gate refused it: no request was made
}

// GateWaits says that nothing may pass the gate for a while.
type GateWaits struct {
	Kind    string // BlindRateLimited or BlindQuota
	Until   time.Time
	Reason  string // for people; may be empty
	Reserve bool   // only what may not use the reserve has to wait
}

// PauseDone is the outcome of a PauseNow.
type PauseDone struct {
	Holder   string
	Sent     time.Time // when the request was written; zero: it was not
	Outcome  string    // "paused", "already", "restricted", "gone", "premium", "failed"
	Message  string
	Doubtful bool      // the answer is known to be wrong at times, or to say too little: a look tells
	RetryAt  time.Time // the gate refused it until then
	Kind     string    // why the gate refused it: BlindRateLimited or BlindQuota
}

// Answered is the outcome of an AskNow, an answer for each question.
type Answered struct {
	N       int
	Answers []Answer
}

// Approve is somebody's word about a holder, from outside of the rules. Whether
// it is kept is told by an OrderReport with its ID.
type Approve struct {
	ID      string
	Holder  string
	Allowed bool
	Undo    bool          // forget what was said; Allowed and For do not count
	For     time.Duration // 0: until it is undone
	By      string        // "cli ann"
}

// Enforce switches enforcement. It holds over restarts, for as long as the
// configuration says what it says now. Told by an OrderReport.
type Enforce struct {
	ID string
	On bool
	By string
}

// Notice asks to carry out something once that no rule asked for: a message
// about gatefold itself. Its Key and Every keep it from coming twice.
type Notice struct {
	Effect Effect
}

// Refreshed says that an access token was fetched, or could not be: for the journal.
type Refreshed struct {
	What string // for people, without secrets
}

// Applied is the outcome of an ApplyNow.
type Applied struct {
	ID      string
	Outcome Outcome   // Result "sent" or "failed"
	RetryAt time.Time // not before then
	Final   bool      // do not try again
}

// CommitDone is the outcome of a CommitNow.
type CommitDone struct {
	N       int
	Receipt Receipt
	Err     error
}

// MarkFailed says that the journal could not take a message off the outbox. It
// is told so again after the next commit that succeeds.
type MarkFailed struct {
	ID      string
	Outcome Outcome
	Err     error
}

// Installed puts a ruleset in force.
type Installed struct {
	Ruleset *Ruleset
	Before  *Ruleset // that was in force before it, for a start; it may be nil
	Not     []string // hashes of rulesets that must not decide any more, also not a turn that this one fails at
	Proven  bool     // Ruleset has decided without failing before this start: what fails now, a stranger may have made fail
}

// LookSoon asks for a look now, whatever the pace says. One that is on its way may
// show what was before, so another one follows it.
type LookSoon struct{}

// Stop asks for a last commit of what is not kept yet.
type Stop struct{}

func (Wake) input()       {}
func (Looked) input()     {}
func (LookFailed) input() {}
func (GateWaits) input()  {}
func (PauseDone) input()  {}
func (Applied) input()    {}
func (CommitDone) input() {}
func (Answered) input()   {}
func (Approve) input()    {}
func (Enforce) input()    {}
func (Notice) input()     {}
func (Refreshed) input()  {}
func (MarkFailed) input() {}
func (Installed) input()  {}
func (LookSoon) input()   {}
func (Stop) input()       {}
