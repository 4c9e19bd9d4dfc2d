package replay

import "gatefold/engine"

// Turn is one turn of the past, with all that its rules were told.
type Turn struct {
	Seq   uint64       // in the journal; 0: not from there
	Event engine.Event // with the answers that it had
	Facts engine.Facts // before it
	State engine.State // before it
	Was   engine.DecisionRecord
}
