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
	calls []time.Duration // ascending; the first of them, as many as past, count no more
	past  int
	lines [classes]line // who was refused, by class
}

// slack is how much closer calls may arrive than they were sent. What a 429 teaches is
// counted over so much more than the span, and so is what is sent once one has.
const slack = time.Second

func (w *window) late() time.Duration {
	if w.law == &dayLaw {
		return 0
	}
	return slack
}

// reach is how long a call counts.
func (w *window) reach() time.Duration {
	if w.failed > 0 {
		return w.span + w.late()
	}
	return w.span
}

// drop forgets the calls that no span of this length shares with a call made at now.
func (w *window) drop(at time.Duration) {
	n, reach := w.n(), w.reach()
	n = sort.Search(n, func(i int) bool { return w.calls[w.past+i]+reach > at })
	w.past += n
	n = sort.Search(w.past, func(i int) bool { return w.calls[i]+w.span+w.late() > at })
	w.calls, w.past = w.calls[n:], w.past-n
}

// n is how many calls count.
func (w *window) n() int { return len(w.calls) - w.past }

// add counts a call at a time not before the latest one.
func (w *window) add(at time.Duration) { w.calls = append(w.calls, at) }

// share is how many calls may be in the window after one of this class was added.
func (w *window) share(c Class) int {
	limit := w.limit()
	return max(1, limit-w.law.keep(limit, c))
}

// opens gives the earliest time, not before at, at which fewer than share calls count,
// given that as many as are ahead take theirs first.
func (w *window) opens(at time.Duration, share, ahead int) time.Duration {
	rounds := time.Duration(ahead / share)
	if n := share - ahead%share; w.n() >= n {
		at = max(at, w.calls[len(w.calls)-n]+w.reach())
	}
	return at + rounds*w.reach()
}

func (w *window) left() int { return max(0, w.limit()-w.n()) }

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
