package poller

import (
	"time"

	"gatefold/engine"
)

// Explanation is why a plan is what it is.
type Explanation struct {
	Plan    engine.Plan
	Learned bool // false: the budget is not known, and the longest intervals are the pace

	Price   float64 // exposed seconds that a look has to be expected to find
	Stretch float64 // of the longest intervals, where the day cannot pay for them; else 1
	PerDay  float64 // calls in 24 h that this account may make
	Looks   int     // ordinary looks in the last 24 h
	Urgent  int     // pauses, and looks that verify

	Watched time.Duration // what was learned from, faded
	Visits  float64       // of denied devices in it, faded
	Returns float64       // share of visits that are followed by another within an hour
	Hour    float64       // first visits a day at this hour of the week, from the present state
	State   float64       // of it: how much more than in the mean of both states
	Return  float64       // the same for a return now
	Hours   [24]Hour      // from the present hour on
}

// Hour is what is expected of one of the next hours, in silence.
type Hour struct {
	Begins time.Time
	Visits float64       // first visits a day, if all hours were like this one
	Every  time.Duration // looks, if nothing happens
}

// explain is pure.
func explain(i Intervals, s engine.Pace, b Budget, price float64, plan engine.Plan) Explanation {
	e := Explanation{Plan: plan, Learned: b.days(), Price: price, Stretch: max(b.stretch, 1), PerDay: b.PerDay, Urgent: int(b.Urgent)}
	for _, n := range b.Day {
		e.Looks += int(n)
	}
	z := HazardOf(s.Habits)
	const day = 86400
	e.Watched = time.Duration(s.Habits.Watched * float64(time.Second))
	e.Visits, e.Returns = s.Habits.Visits, z.Returns()
	e.State = z.State(s.Playing)
	e.Hour = z.Hour(engine.HourOfWeek(s.Now)) * e.State * day
	e.Return = z.Return(s.Now.Sub(s.Habits.Left)) * day
	quiet := s
	quiet.Playing, quiet.Held, quiet.Habits.Left, quiet.QuietSince = false, false, time.Time{}, time.Time{}
	for k := range e.Hours {
		at := s.Now.Add(time.Duration(k) * time.Hour)
		begins := at.Add(-time.Duration(at.Minute())*time.Minute - time.Duration(at.Second())*time.Second).Truncate(time.Second)
		quiet.Now = at
		h := Hour{Begins: begins, Visits: z.Hour(engine.HourOfWeek(at)) * z.State(false) * day, Every: i.IdleMax}
		if b.days() {
			every, _ := worth(z, quiet, price, max(b.floor(), min(shortest, i.IdleMax)), b.longest(i.IdleMax))
			h.Every = b.stretched(every)
		}
		e.Hours[k] = h
	}
	return e
}

// Explain says why the last plan is what it is.
func (p *Pacer) Explain() Explanation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return explain(p.intervals, p.last, p.spent, p.price, p.plan)
}
