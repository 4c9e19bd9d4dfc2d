package control

import "time"

// Rulesets are those that are kept, the newest first.
type Rulesets struct {
	Now      time.Time `json:"now"`
	Rulesets []Ruleset `json:"rulesets"`
	Aside    string    `json:"aside,omitempty"`   // why the folder holds another one than is in force
	Damaged  string    `json:"damaged,omitempty"` // what of them cannot be read
}

// Ruleset is one that was in force, or waits to be.
type Ruleset struct {
	Hash    string    `json:"hash"`
	At      time.Time `json:"at"`           // when it was put in force, or began to wait
	By      string    `json:"by,omitempty"` // what did that: "start", "save", "reload", "accept", "rollback", "death" (the one before was set aside); "" while it waits
	Files   []string  `json:"files"`
	Before  string    `json:"before,omitempty"` // hash of the one kept before it, which these count against
	Added   int       `json:"lines_added"`
	Removed int       `json:"lines_removed"`
	InForce bool      `json:"in_force,omitempty"`
	Waiting string    `json:"waiting,omitempty"` // what it would change, of one that waits
	Failed  string    `json:"failed,omitempty"`  // why an older ruleset had to decide for it
}

// RulesetRequest names one by its hash or the beginning of it; "" is the one that suits.
type RulesetRequest struct {
	Hash string `json:"hash,omitempty"`
}

// RulesetFiles are the files of one, and of the one kept before it.
type RulesetFiles struct {
	Ruleset
	Content map[string]string `json:"content"`
	Was     map[string]string `json:"was,omitempty"`
}

// Waiting is a ruleset that waits to be accepted.
type Waiting struct {
	Hash    string    `json:"hash"`
	Since   time.Time `json:"since"`
	Changes string    `json:"changes"` // what it would change
}

// Shadow are rules that see everything and do nothing.
type Shadow struct {
	Folder    string    `json:"folder"`
	Hash      string    `json:"hash,omitempty"` // "": none could be loaded yet
	Since     time.Time `json:"since,omitzero"`
	Error     string    `json:"error,omitempty"` // why the folder is not what decides
	Aside     string    `json:"aside,omitempty"` // why they decide nothing any more
	Seen      uint64    `json:"turns"`           // since the start of the daemon
	Disagreed uint64    `json:"disagreed"`
	Untold    uint64    `json:"untold,omitempty"`  // they ask what nobody asked
	Dropped   uint64    `json:"dropped,omitempty"` // they were behind
}

// Disagreements are the newest turns that the shadow rules would have decided differently, the newest first.
type Disagreements struct {
	Now    time.Time      `json:"now"`
	Shadow *Shadow        `json:"shadow,omitempty"` // nil: there are none
	Turns  []Disagreement `json:"disagreements"`
}

// Disagreement is one of them.
type Disagreement struct {
	At      time.Time `json:"at"`
	Account string    `json:"account"`
	What    string    `json:"what"` // "verdict", "calls", "error"
	Text    string    `json:"text"` // "Kitchen: allow -> deny (home.star:14)"
	Shadow  string    `json:"shadow"`
}
