package worker

import "gatefold/engine"

// Trial decides as a ruleset that Load gave does, where rules are tried and never where those in force decide. What it
// ends is held against nobody.
func (w *Worker) Trial(rules *engine.Ruleset) engine.Decider {
	r, ok := rules.By().(*ruleset)
	if !ok || r.w != w {
		return rules
	}
	t := &ruleset{w: w, hash: r.hash, files: r.files}
	t.seat.Store(w.trying)
	t.record.Store(&record{})
	return t
}
