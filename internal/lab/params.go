package lab

import (
	"fmt"
	"time"
)

// Params are the numbers of the model. Habits and Flat give the two that are used; tests change single ones.
type Params struct {
	Seed       uint64
	Days       int
	Population string // "habits" or "flat"

	// Intruders.
	VisitsFrom, VisitsTo int     // first visits a day: uniform
	Stray                float64 // share of first visits by somebody new at a time that is uniform over the day
	Within               float64 // share of visits that begin while an owner listens, as planned
	Return               float64 // probability that somebody whom a pause made give up comes back ...
	ReturnMedian         time.Duration
	ReturnSigma          float64 // ... after a lognormal time: a visit of its own
	StayMedian           time.Duration
	StaySigma            float64 // a visit that nobody disturbs: lognormal
	Burners              int     // most visits of 3 to 8 hours by somebody who presses play 2 s after every pause; 1 to this many in 28 days
	Habits               bool    // false: first visits are uniform over the day

	// Spotify.
	LatencyLeast, LatencyMore time.Duration // of a request, there and back: least + more*u^2, u uniform
	Lag                       time.Duration // until looks see a change: Lag*u^4
	Per30s, PerDay            int           // calls that are allowed in rolling spans
	IgnoreID                  bool          // PUT pause of a device that is not active pauses what plays

	span time.Duration // instead of Days; 0: Days counts
}

// Habits is a household with intruders who have habits and come back: one or two first visits a day, of which one in
// ten is a stray's; who gave up comes back with a probability of 0.7, after 4 min (median; sigma 1).
func Habits(seed uint64, days int) Params {
	return Params{
		Seed: seed, Days: days, Population: "habits", Habits: true,
		VisitsFrom: 1, VisitsTo: 2, Stray: 0.1, Within: 1.0 / 3,
		Return: 0.7, ReturnMedian: 4 * time.Minute, ReturnSigma: 1,
		StayMedian: 25 * time.Minute, StaySigma: 0.8, Burners: 2,
		LatencyLeast: 80 * time.Millisecond, LatencyMore: 520 * time.Millisecond, Lag: 3 * time.Second,
		Per30s: 10, PerDay: 6400,
	}
}

// Flat is the same household with intruders of whom nothing can be learned: they come at any hour, three to five times
// a day (about as many visits as Habits has with its returns), and nobody comes back.
func Flat(seed uint64, days int) Params {
	p := Habits(seed, days)
	p.Population, p.Habits, p.Return, p.VisitsFrom, p.VisitsTo = "flat", false, 0, 3, 5
	return p
}

// Population gives the parameters of a name: "habits" or "flat".
func Population(name string, seed uint64, days int) (Params, error) {
	switch name {
	case "habits":
		return Habits(seed, days), nil
	case "flat":
		return Flat(seed, days), nil
	}
	return Params{}, fmt.Errorf("there is no population %q: habits and flat are", name)
}

// Start is when every story begins: a Monday.
func Start() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

const day = 24 * time.Hour

// Span is how long the story is.
func (p Params) Span() time.Duration {
	if p.span > 0 {
		return p.span
	}
	return time.Duration(p.Days) * day
}
