package poller

import "time"

// Slots is how many parts a day of calls is counted in, and Slot how long one is.
const (
	Slots = 144
	Slot  = 24 * time.Hour / Slots
)

// Budget is what may be spent on one account. The zero Budget is not known: then
// the longest intervals are the pace.
type Budget struct {
	Per30s int       // calls in 30 s, for everybody behind the gate
	PerDay float64   // calls in 24 h for this account
	Left   float64   // of them, that ordinary looks may still use
	Day    Spent     // this account's calls in the last 24 h
	Look   time.Time // when the next ordinary look fits
	Pair   time.Time // when a look and a pause fit together
}

// Spent counts calls by slots, the oldest first; the last is the present one.
type Spent [Slots]uint16

func (b Budget) known() bool { return b.Per30s > 0 && b.PerDay > 0 }

// kept is the part of the day that ordinary looks leave to enforcement (the gate
// keeps it back).
const kept = 0.1

// looks is how many of the day's calls ordinary looks may use.
func (b Budget) looks() float64 { return b.PerDay * (1 - kept) }

// floor is the shortest time between ordinary looks that can be kept up: two calls
// of the 30 s are kept for a pause.
func (b Budget) floor() time.Duration {
	return 30 * time.Second / time.Duration(max(b.Per30s-2, 1))
}

// pair is the shortest time between looks that are each followed by a pause.
func (b Budget) pair() time.Duration {
	return 60 * time.Second / time.Duration(max(b.Per30s, 1))
}
