package replay

import (
	"context"
	"encoding/json"

	"gatefold/engine"
)

// Turn is one turn of the past, with all that its rules were told.
type Turn struct {
	Seq   uint64                // of its event in the journal; 0: not from there
	Event engine.Event          // with the answers that it had
	Facts engine.Facts          // before it: as recorded what its rules read, the rest as history has it
	State engine.State          // before it, likewise
	Was   engine.DecisionRecord // all that the rules wanted, also what was held back by a throttle or was no news

	Lacks string // why deciding it again need not come to the same; "": it does
	exact told
}

// told is what the rules read and no more.
type told struct {
	facts engine.Facts
	state engine.State
}

// Again decides the turn anew on exactly what was recorded of it: by the rules that decided it then, this gives Was. Other
// rules may read what was not recorded; they are asked with Facts and State.
func (t Turn) Again(ctx context.Context, rules engine.Decider) engine.DecisionRecord {
	return engine.RecordOf(t.decide(ctx, rules))
}

func (t Turn) decide(ctx context.Context, rules engine.Decider) engine.Decision {
	return rules.Decide(ctx, t.Event, t.exact.facts, t.exact.state)
}

// Identical says that two records are the same to the byte, but for which ruleset failed before an older one decided.
func Identical(a, b engine.DecisionRecord) bool {
	a.Degraded, b.Degraded, a.Past, b.Past = "", "", nil, nil
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
