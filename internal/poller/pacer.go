package poller

import (
	"sync"
	"time"

	"gatefold/engine"
)

// Pacer plans for one account. It may be asked by its loop and explained to others
// at the same time.
type Pacer struct {
	budget func(time.Time) Budget // nil: not known

	// Weigh hears how much this account has to expect from looks, against others
	// behind the same gate. Set before the first Next; nil: nobody asks.
	Weigh func(float64)

	mu        sync.Mutex
	intervals Intervals
	price     float64
	stretch   float64
	priced    time.Time
	last      engine.Pace
	spent     Budget
	plan      engine.Plan
}

var _ engine.Pacer = (*Pacer)(nil)

// New makes a pacer. budget says what may be spent at a moment; nil: the longest
// intervals are the pace.
func New(i Intervals, budget func(time.Time) Budget) *Pacer {
	return &Pacer{intervals: i, budget: budget}
}

// pricedFor is how long a price holds.
const pricedFor = time.Minute

// Next implements engine.Pacer.
func (p *Pacer) Next(s engine.Pace) engine.Plan {
	var b Budget
	if p.budget != nil {
		b = p.budget(s.Now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := s.Now.Sub(p.priced); b.days() && (p.priced.IsZero() || age < 0 || age >= pricedFor) {
		p.price, p.stretch = Price(p.intervals, s, b)
		p.priced = s.Now
		if p.Weigh != nil {
			p.Weigh(Weight(s.Habits))
		}
	}
	b.stretch = p.stretch
	p.last, p.spent = s, b
	p.plan = p.intervals.Plan(s, b, p.price)
	return p.plan
}

// Worst is the longest that somebody who begins now goes unseen, as the last plan
// says; 0: that cannot be said.
func (p *Pacer) Worst() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plan.Worst
}

// Set replaces the longest intervals.
func (p *Pacer) Set(i Intervals) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intervals, p.priced = i, time.Time{}
}
