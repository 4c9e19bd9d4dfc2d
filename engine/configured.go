package engine

import "time"

// Configured says what the configuration says of enforcement now. If that is
// something else than before it is in force, and an earlier Enforce is forgotten.
type Configured struct {
	Enforce bool
	By      string // "/etc/gatefold.yaml:20:14"
}

// Replan says that the pacer goes by something else than before: the next look is
// planned anew at once.
type Replan struct{}

// GateOpens says that what GateWaits said may not hold any more: a budget was
// raised. The gate is asked again.
type GateOpens struct{}

func (Configured) input() {}
func (Replan) input()     {}
func (GateOpens) input()  {}

// configured follows the configuration; the journal has it as an order.
func (l *Loop) configured(now time.Time, in Configured) {
	if in.Enforce != l.o.Enforce {
		l.o.Enforce = in.Enforce
		l.switchEnforcement(now, Enforce{On: in.Enforce, By: in.By})
	}
}

// gateOpens asks the gate again; what an answer has said of when to come back
// stands.
func (l *Loop) gateOpens() {
	l.look.waits = GateWaits{}
	l.look.not = l.look.told
}
