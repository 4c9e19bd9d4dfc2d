package spotify

import (
	"slices"
	"sort"
	"time"
)

// window counts calls over a rolling span. Times are offsets from the gate's base.
type window struct {
	bound // how many calls it may hold
	span  time.Duration
	calls []time.Duration // ascending
	lanes []*Lane         // whose they are, in the window that counts for turns; nil: of an earlier process
}

// drop forgets the calls that no span of this length shares with a call made at now.
func (w *window) drop(at time.Duration) {
	n := sort.Search(len(w.calls), func(i int) bool { return w.calls[i]+w.span > at })
	for _, l := range w.lanes[:min(n, len(w.lanes))] {
		if l != nil {
			l.recent--
		}
	}
	w.calls, w.lanes = w.calls[n:], w.lanes[min(n, len(w.lanes)):]
}

// add counts a call at a time not before the latest one.
func (w *window) add(at time.Duration, l *Lane) {
	w.calls = append(w.calls, at)
	if w.lanes != nil {
		w.lanes = append(w.lanes, l)
	}
}

// share is how many calls may be in the window after one of this class was added.
func (w *window) share(c Class) int {
	limit := w.limit()
	return max(1, limit-w.law.keep(limit, c))
}

// opens gives the earliest time, not before at, at which fewer than share calls count,
// given that as many as are ahead take theirs first.
func (w *window) opens(at time.Duration, share, ahead int) time.Duration {
	rounds := time.Duration(ahead / share)
	if n := share - ahead%share; len(w.calls) >= n {
		at = max(at, w.calls[len(w.calls)-n]+w.span)
	}
	return at + rounds*w.span
}

func (w *window) left() int { return max(0, w.limit()-len(w.calls)) }

// notAfter moves calls of the future to at.
func (w *window) notAfter(at time.Duration) {
	w.bound.notAfter(at)
	for i := len(w.calls) - 1; i >= 0 && w.calls[i] > at; i-- {
		w.calls[i] = at
	}
}

// restore sets what counted before a restart. More calls than the configuration allows say
// no more than the newest of them.
func (w *window) restore(calls []time.Duration) {
	slices.Sort(calls)
	w.calls = slices.Clone(calls[max(0, len(calls)-w.most):])
}
