package sources

import (
	"time"

	"gatefold/internal/poller"
	"gatefold/internal/spotify"
)

// Budget is what a lane of the gate affords, as a poller goes by: of what is left for
// everybody it is this lane's share, or each account would plan to spend all of it.
func Budget(lane *spotify.Lane) func(now time.Time) poller.Budget {
	return func(now time.Time) poller.Budget {
		a := lane.Afford(now)
		return poller.Budget{
			Per30s: a.Per30s,
			Share:  a.Share,
			PerDay: float64(a.PerDay) * a.Share,
			Left:   float64(a.Left) * a.Share,
			Day:    a.Day,
			Urgent: float64(a.Urgent) * a.Share,
			Look:   a.Look,
			Pair:   a.Pair,
			More:   a.More,
		}
	}
}

// Rates is the part of a Budget that counts within seconds: a story on a virtual
// clock has no day to learn from, and looks at the configured pace.
func Rates(lane *spotify.Lane) func(now time.Time) poller.Budget {
	return func(now time.Time) poller.Budget {
		a := lane.Afford(now)
		return poller.Budget{Per30s: a.Per30s, Look: a.Look, Pair: a.Pair, More: a.More}
	}
}
