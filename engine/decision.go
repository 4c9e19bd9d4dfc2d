package engine

import (
	"encoding/json"
	"fmt"
	"time"
)

// VerdictKind says what was decided about who holds the player. The zero value
// is Unknown, so that what nobody decided is never authorized.
type VerdictKind uint8

// The verdicts.
const (
	Unknown VerdictKind = iota // not seen, or no rule said anything
	Idle                       // nobody holds the player
	Allow
	Deny
)

var verdictNames = [...]string{Unknown: "unknown", Idle: "idle", Allow: "allow", Deny: "deny"}

// VerdictNames lists every verdict's name: the closed set of a metric's label.
func VerdictNames() []string { return append([]string(nil), verdictNames[:]...) }

func (k VerdictKind) String() string { return verdictNames[k] }

// MarshalText writes the name.
func (k VerdictKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name.
func (k *VerdictKind) UnmarshalText(text []byte) error {
	for i, name := range verdictNames {
		if name == string(text) {
			*k = VerdictKind(i)
			return nil
		}
	}
	return fmt.Errorf("no such verdict: %q", text)
}

// Verdict is a turn's judgement on who holds the player.
type Verdict struct {
	Kind   VerdictKind `json:"kind"`
	Reason string      `json:"reason,omitempty"`
	Pos    string      `json:"pos,omitempty"` // of the call that gave it
	Given  bool        `json:"given,omitempty"`
}

// String is the call that gives the verdict, or its name when no rule gave it.
func (v Verdict) String() string {
	switch {
	case !v.Given:
		return v.Kind.String()
	case v.Reason == "":
		return v.Kind.String() + "()"
	default:
		return fmt.Sprintf("%s(reason=%s)", v.Kind, quote(v.Reason))
	}
}

// Decision is all that the rules want done about one turn.
type Decision struct {
	Event    Event
	Ruleset  string   // hash
	Degraded string   // hash of the ruleset that failed, when an older one decided
	Verdict  Verdict  // reason and position included
	Standing []Effect // light, pause, poll: replaces what stood
	Once     []Effect // what happens once, in order
	State    []Write
	Asks     []Ask // questions without an answer: nothing else of the decision counts
	Logs     []Line
	Reads    Reads // what the rules read of the past
	Steps    uint64
	Err      error // the turn is void
}

// Line is something that a rule logged.
type Line struct {
	Pos  string `json:"pos,omitempty"`
	Text string `json:"text"`
}

// Write sets or deletes one key of the rule state.
type Write struct {
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value,omitempty"` // nil: deleted
	Expires time.Time       `json:"expires,omitzero"`
	Length  time.Duration   `json:"length,omitempty"` // of the ttl, in nanoseconds: a clock set back must not stretch it
}

// Condition is what an account's light has to tell, in rising rank.
type Condition uint8

// The conditions, lowest rank first: where several accounts share one light,
// the highest wins.
const (
	ConditionIdle Condition = iota
	ConditionAllow
	ConditionUnknown
	ConditionBlind
	ConditionDeny
	ConditionFault
)

var conditionNames = [...]string{"idle", "allow", "unknown", "blind", "deny", "fault"}

func (c Condition) String() string { return conditionNames[c] }

func (k VerdictKind) condition() Condition {
	switch k {
	case Idle:
		return ConditionIdle
	case Allow:
		return ConditionAllow
	case Deny:
		return ConditionDeny
	}
	return ConditionUnknown
}

// Stands is everything that stands on an account: it is replaced as a whole.
type Stands struct {
	Condition Condition
	Verdict   Verdict
	Effects   []Effect // light, pause, poll; no light among them: the built-in one shows
}
