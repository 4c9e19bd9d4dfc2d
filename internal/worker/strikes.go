package worker

import (
	"fmt"
	"slices"
	"time"

	"gatefold/engine"
)

const (
	strikes   = 3              // children that a ruleset may end before it is set aside
	forgotten = 24 * time.Hour // after so long without a death those before it do not count
)

// record is what is held against a ruleset. One that nobody has adopted has its own: what it does in the shadow, or when it
// is tried on the past, is not held against the same rules in force.
type record struct {
	deaths int
	last   *Death
	at     time.Time // of the last
}

// of is what is held against a ruleset now. Who calls it has the lock.
func (w *Worker) of(r *ruleset, adopted bool) *record {
	rec := &r.own
	if adopted {
		if rec = w.records[r.hash]; rec == nil {
			return &record{}
		}
	}
	if rec.deaths < strikes && w.o.Now().Sub(rec.at) > forgotten {
		rec.deaths = 0
	}
	return rec
}

// died counts a death.
func (w *Worker) died(r *ruleset, d *Death) {
	adopted := r.adopted.Load()
	w.mu.Lock()
	rec := w.of(r, adopted)
	rec.deaths++
	rec.last, rec.at = d, w.o.Now()
	if adopted {
		w.records[r.hash] = rec
	}
	loss := Loss{Ruleset: r.hash, Adopted: adopted, Death: d, Deaths: rec.deaths, Aside: rec.deaths == strikes}
	w.mu.Unlock()
	w.o.Died(loss)
}

// Pardon forgets the deaths of a ruleset in force: it decides again.
func (w *Worker) Pardon(hash string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.records, hash)
}

// asideError is why a ruleset decides nothing any more; nil: it does.
func (w *Worker) asideError(r *ruleset, adopted bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rec := w.of(r, adopted)
	if rec.deaths < strikes {
		return nil
	}
	p := rec.last.problem(r.files)
	p.Text = fmt.Sprintf("this ruleset has ended the rule worker %d times and is set aside until it changes; the last time: %s", rec.deaths, p.Text)
	return &engine.LoadError{Problems: []engine.Problem{p}}
}

// Aside lists the rulesets that were in force and are set aside, by hash.
func (w *Worker) Aside() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for hash, r := range w.records {
		if r.deaths >= strikes {
			out = append(out, hash)
		}
	}
	slices.Sort(out)
	return out
}
