package reload

import "time"

// Outcome is what a look at the folder came to.
type Outcome string

const (
	Installed Outcome = "installed" // something new is in force
	Failed    Outcome = "failed"    // the folder or file cannot be used; what was in force stays
	Waiting   Outcome = "waiting"   // good, and to be accepted first (ErrWaits); what was in force stays
	LeftAside Outcome = "aside"     // Barred: what was in force stays
	Restored  Outcome = "restored"  // after a failure it is again what is in force
	Unchanged Outcome = "unchanged" // nothing new, good or bad
)

// Result is one look at the folder.
type Result struct {
	Outcome Outcome
	Hash    string // of what was read; empty if the folder could not be read
	InForce string // hash of what is in force now; empty if nothing is
	Err     error  // why it failed or waits, or still does (Unchanged); nil if all is well
	Time    time.Time
	Took    time.Duration // reading, building and installing
}

// Status is a Watcher's present state.
type Status struct {
	Hash      string    // in force; empty if nothing is
	Since     time.Time // when it was installed
	Err       error     // why the folder is not what is in force; nil if it is
	ErrSince  time.Time
	Watching  string // "inotify" (with the scan beside it) or "scan"
	Why       string // why not by events, or not every folder; empty if all is well
	Installed uint64 // reloads that put a ruleset in force
	Failed    uint64 // reloads that failed
}

const (
	byEvents = "inotify"
	byScan   = "scan"
)
