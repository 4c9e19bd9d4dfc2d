package spotify

import (
	"slices"
	"sort"
	"time"
)

// window counts calls over a rolling span. Times are offsets from the gate's base.
type window struct {
	span  time.Duration
	limit int
	calls []time.Duration // ascending; at most limit of them matter
}

// drop forgets the calls that no span of this length shares with a call made at now.
func (w *window) drop(at time.Duration) {
	n := sort.Search(len(w.calls), func(i int) bool { return w.calls[i]+w.span > at })
	w.calls = w.calls[n:]
}

// add counts a call at a time not before the latest one.
func (w *window) add(at time.Duration) { w.calls = append(w.calls, at) }

// free gives the earliest time at which fewer than share calls count, given that none is
// added; 0, false: that is so already. share is at least 1.
func (w *window) free(share int) (time.Duration, bool) {
	if len(w.calls) < share {
		return 0, false
	}
	return w.calls[len(w.calls)-share] + w.span, true
}

func (w *window) left() int { return max(0, w.limit-len(w.calls)) }

// notAfter moves calls of the future to at.
func (w *window) notAfter(at time.Duration) {
	for i := len(w.calls) - 1; i >= 0 && w.calls[i] > at; i-- {
		w.calls[i] = at
	}
}

// restore sets what counted before a restart. More than limit calls say no more than the
// newest limit of them.
func (w *window) restore(calls []time.Duration) {
	slices.Sort(calls)
	w.calls = slices.Clone(calls[max(0, len(calls)-w.limit):])
}
