package engine

import (
	"slices"
	"time"
)

// job is a turn together with what follows from it. Turns are decided one after
// the other; while one waits for answers the others wait behind it.
type job struct {
	event func(now time.Time) (ev Event, wanted bool) // made when its turn has come
	after func(now time.Time, ev Event, keep func())  // keep may be nil; nil: keep and no more
	told  func(TurnReport)                            // hears what was decided, before after; nil: nobody does
	again string                                      // the cause, if it only evaluates anew what stands
	asked time.Time                                   // when it first put a question; zero: it has not
}

// always is the job of an event that is wanted whenever its turn comes.
func always(ev Event) job {
	return job{event: func(time.Time) (Event, bool) { return ev, true }}
}

func keepIt(f func()) {
	if f != nil {
		f()
	}
}

// asking is a turn that waits for answers.
type asking struct {
	n     int
	job   job
	event Event
	asks  []Ask
}

// first decides the turn of a look: before those that wait, because what is seen
// comes before what is asked.
func (l *Loop) first(now time.Time, j job) {
	l.jobs = append([]job{j}, l.jobs...)
	l.work(now)
}

// turn decides an event, makes its decision true and has it kept: now, or after
// the turns that wait.
func (l *Loop) turn(now time.Time, j job) {
	l.jobs = append(l.jobs, j)
	l.work(now)
}

// work decides the turns that wait, up to one that needs an answer.
func (l *Loop) work(now time.Time) {
	for l.asking == nil && len(l.jobs) > 0 && !l.lookFirst(now) {
		j := l.jobs[0]
		l.jobs[0] = job{} // the array keeps what it holds until the next turn
		l.jobs = l.jobs[1:]
		if ev, wanted := j.event(now); wanted {
			l.decide(now, j, ev)
		}
	}
}

// decide evaluates an event until it is decided, or puts its questions.
func (l *Loop) decide(now time.Time, j job, ev Event) {
	l.keepNow() // it has to know what the turn before asked for
	for {
		d, took, failed := l.evaluate(ev)
		if len(d.Asks) == 0 {
			report, keep := l.conclude(now, ev, d, took, failed)
			if j.told != nil {
				j.told(report)
			}
			if j.after == nil {
				keepIt(keep)
			} else {
				j.after(now, ev, keep)
			}
			return
		}
		known := l.known(now, d.Asks)
		if j.asked.IsZero() {
			j.asked = now
		}
		q := &asking{job: j, event: ev, asks: d.Asks}
		switch {
		case len(known) > 0:
		case !now.Before(q.patience()): // its questions together have that long
			known = q.pick(nil, now)
		default:
			l.asks++
			q.n = l.asks
			l.asking = q
			l.act(AskNow{N: q.n, Asks: q.asks})
			return
		}
		ev.Answers = append(slices.Clone(ev.Answers), known...)
	}
}

// served is an answer that later turns may have as well, and since when.
type served struct {
	Answer
	since time.Time
}

// known gives the answers that are not too old to serve again: a look that is
// repeated because its answer took long must not take as long again.
func (l *Loop) known(now time.Time, asks []Ask) []Answer {
	l.answers = slices.DeleteFunc(l.answers, func(a served) bool { return now.Sub(a.since) >= askFresh || a.since.After(now) })
	var out []Answer
	for _, q := range asks {
		if i := slices.IndexFunc(l.answers, func(a served) bool { return a.Call == q.Call }); i >= 0 {
			out = append(out, l.answers[i].Answer)
		}
	}
	return out
}

// serve keeps answers for later turns.
func (l *Loop) serve(a Answer, since time.Time) {
	l.answers = slices.DeleteFunc(l.answers, func(old served) bool { return old.Call == a.Call })
	l.answers = append(l.answers, served{a, since})
}

// answered takes the answers, and decides the turn that waits for them.
func (l *Loop) answered(now time.Time, in Answered) {
	q := l.asking
	if q == nil || q.n != in.N {
		return
	}
	l.asking = nil
	if q.event.Kind == KindPlayback && q.event.Cause != CauseLook && (l.sight.failing() || l.sight.blind != "") {
		l.work(now) // what stood with it is not seen any more
		return
	}
	answers := q.pick(in.Answers, now)
	for _, a := range answers {
		l.serve(a, a.At)
	}
	q.event.Answers = append(slices.Clone(q.event.Answers), answers...)
	l.decide(now, q.job, q.event)
	l.work(now)
}

// unanswered ends the wait for an answer that does not come.
func (l *Loop) unanswered(now time.Time) {
	q := l.asking
	if q == nil || now.Before(q.patience()) {
		return
	}
	l.answered(now, Answered{N: q.n})
}

// pick gives an answer to each question: one without would be put again and again.
func (q *asking) pick(answers []Answer, now time.Time) []Answer {
	out := make([]Answer, len(q.asks))
	for i, ask := range q.asks {
		out[i] = Answer{Call: ask.Call, Err: "no answer within " + FormatDuration(askWithin), At: now.Round(0)}
		if j := slices.IndexFunc(answers, func(a Answer) bool { return a.Call == ask.Call }); j >= 0 {
			out[i] = answers[j]
		}
	}
	return out
}

// patience is until when a turn waits for the answers to all its questions.
func (q *asking) patience() time.Time { return q.job.asked.Add(askWithin) }
