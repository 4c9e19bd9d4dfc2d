package worker

import "gatefold/engine"

// Trial decides as rules do that Load gave, but where rules are tried: their children are not asked, nobody waits for it who
// has a turn decided, and what it ends is nobody's strike. Its own count begins with it. Rules that decide elsewhere are
// given back.
func (w *Worker) Trial(rules *engine.Ruleset) engine.Decider { return w.onTrial(rules, w.trying) }

// TrialBeside is Trial among those that look on.
func (w *Worker) TrialBeside(rules *engine.Ruleset) engine.Decider { return w.onTrial(rules, w.beside) }

func (w *Worker) onTrial(rules *engine.Ruleset, at *pool) engine.Decider {
	of, ok := rules.By().(*ruleset)
	if !ok || of.w != w {
		return rules
	}
	r := &ruleset{w: w, hash: of.hash, files: of.files}
	r.at.Store(at)
	return r
}
