package poller

import "time"

// Slots is how many parts a day of calls is counted in, and Slot how long one is.
const (
	Slots = 144
	Slot  = 24 * time.Hour / Slots
)

// Budget is what may be spent on one account. The zero Budget is not known: then
// the longest intervals are the pace. Without PerDay only the 30 s count.
type Budget struct {
	Per30s int          // calls in 30 s, for everybody behind the gate
	Share  float64      // of them that this account gets when all want more; 0: all
	PerDay float64      // calls in 24 h for this account
	Left   float64      // that ordinary looks of everybody may still make now
	Day    Spent        // ordinary looks of this account in the last 24 h
	Urgent float64      // its other calls in them: pauses, and looks that verify
	Look   time.Time    // when the next ordinary look fits
	Pair   time.Time    // when a look and a pause fit together
	More   [2]time.Time // and with them one, two more calls

	stretch float64 // of the longest intervals, where the day cannot pay for them; 0: it can
}

// Spent counts calls by slots, the oldest first; the last is the present one.
type Spent [Slots]uint16

// rates says whether the budget of the 30 s is known, days whether that of the day is.
func (b Budget) rates() bool { return b.Per30s > 0 }
func (b Budget) days() bool  { return b.rates() && b.PerDay > 0 }

// kept is the part of the day that ordinary looks leave to pauses: the gate keeps
// it back.
const kept = 0.1

// looks is how many of the day's calls ordinary looks may make.
func (b Budget) looks() float64 { return b.PerDay * (1 - kept) }

// unspent is how many calls of any sort are left of the day. Of several accounts one
// may not take what the others have not spent yet.
func (b Budget) unspent() float64 {
	left := b.PerDay - b.Urgent
	for _, n := range b.Day {
		left -= float64(n)
	}
	return min(left, b.Left+max(0, b.PerDay*kept-b.Urgent))
}

// shortest is the least time between looks that nobody has asked for, by a longest
// interval below it or otherwise.
const shortest = 2 * time.Second

// left is how many ordinary looks this account may still make now.
func (b Budget) left() float64 {
	own := b.looks()
	for _, n := range b.Day {
		own -= float64(n)
	}
	return max(min(own, b.Left), 0)
}

// floor is the shortest time between ordinary looks that can be kept up: two calls of
// the 30 s are kept for a pause and the look before it.
func (b Budget) floor() time.Duration {
	return 30 * time.Second / time.Duration(max(b.Per30s-2, 1))
}

// crowded is the longest that an account waits for its turn when all behind the gate
// look as often as they may: it may just have missed one.
func (b Budget) crowded() time.Duration {
	if b.Share <= 0 || b.Share >= 1 || !b.rates() {
		return 0
	}
	return 2 * time.Duration(float64(b.floor())/b.Share)
}

// pair is the shortest time between looks that are each followed by a pause.
func (b Budget) pair() time.Duration {
	return 60 * time.Second / time.Duration(max(b.Per30s, 1))
}

// agesOfMean is the longest age of a look, in mean intervals of the day's budget: a
// wrong model must not leave an hour unwatched.
const agesOfMean = 3

// slowest is the longest time between looks however little is left.
func (b Budget) slowest() time.Duration {
	return time.Duration(agesOfMean * 24 * float64(time.Hour) / b.looks())
}

// longest is the longest time between looks in silence, as long as the day can pay.
func (b Budget) longest(configured time.Duration) time.Duration {
	if !b.days() {
		return configured
	}
	return max(min(configured, max(b.slowest(), shortest)), b.floor())
}

// stretched is an interval made longer where the day cannot pay for it.
func (b Budget) stretched(every time.Duration) time.Duration {
	if b.stretch <= 1 {
		return every
	}
	return max(every, min(time.Duration(float64(every)*b.stretch), b.slowest()))
}
