// Package poller turns what was seen, what was learned and what may still be
// spent into the time of the next look.
//
//	Intervals  the longest time between looks in each state, from the configuration
//	Budget     what the gate affords one account
//	Hazard     how likely it is, each second, that a denied device begins to play
//	Price      what a look must be worth, so that the day's calls last and go where they find most
//	Plan       (Intervals, Pace, Budget, price) -> when to look next and why
//	Pacer      an engine.Pacer of these, for a daemon
//
// A look that comes s seconds after the last one finds exposure: the time that
// somebody who began in between went unseen. With a hazard h that is the integral
// of s*h(s), and a look is due when it reaches the price. For a constant h that is
// every sqrt(2*price/h) seconds; after a visit, when a return is likely, sooner.
//
// Promises. Everything but Pacer is a pure function: no clock, no I/O. A look is
// never later than the longest interval of its state, unless the budget cannot pay
// for that. A standing pause is never slowed down by a rule or an operator, only by
// the budget. Without a Budget the longest intervals are the pace, to the
// nanosecond: timelines rely on that.
package poller
