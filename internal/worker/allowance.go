package worker

import "time"

// allowance is how long a child is waited for over one request.
type allowance struct {
	part  time.Duration // without going on to another handler; 0: as long as the whole
	whole time.Duration // in all
	spare time.Duration // and beyond, while it gets no time to compute
}

// watch tells whether a child that still computes is to be ended. It measures by its own ticks: a parent that was stopped
// with its child has not counted, and the time of the system does not matter.
type watch struct {
	allowed allowance
	tick    time.Duration

	begun time.Duration // since the first tick, as all that follows
	mark  uint64        // what it was about to run
	same  time.Duration // for how long it has been that
	spent pair          // time to compute that it had got when it began: with the request, with that
	known bool
}

type pair struct{ whole, part time.Duration }

// sample is what is seen of a child that computes.
type sample struct {
	mark   uint64        // another one with each handler that it begins
	worked time.Duration // the processor's time that it has got; of no meaning unless known
	known  bool
	large  bool // it has got most of the memory that it may have: what keeps it may be its own doing
}

// The verdicts of a watch.
type waiting uint8

const (
	waitOn  waiting = iota
	overdue         // it computes, and comes to no end
	starved         // it was stopped, or others have the processor
)

func newWatch(a allowance) *watch {
	if a.part == 0 {
		a.part = a.whole
	}
	return &watch{allowed: a, tick: max(a.part/12, time.Millisecond)}
}

// look is called every tick.
func (w *watch) look(s sample) waiting {
	if w.begun == 0 {
		w.known, w.spent = s.known, pair{s.worked, s.worked}
	}
	w.begun += w.tick
	if s.mark != w.mark {
		w.mark, w.same, w.spent.part = s.mark, 0, s.worked
	}
	w.same += w.tick
	w.known = w.known && s.known
	verdict := waitOn
	for _, m := range []struct{ has, got, limit time.Duration }{
		{w.same, s.worked - w.spent.part, w.allowed.part}, {w.begun, s.worked - w.spent.whole, w.allowed.whole},
	} {
		switch {
		case m.has < m.limit:
		case !w.known || s.large || m.got >= m.limit/2:
			return overdue
		case m.has >= m.limit+w.allowed.spare:
			verdict = starved
		}
	}
	return verdict
}
