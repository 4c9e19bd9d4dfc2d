package control

import (
	"context"
	"net/http"
	"time"
)

// Plans say when each account is looked at, and why.
type Plans struct {
	Now      time.Time `json:"now"` // by the daemon's clock
	Accounts []Plan    `json:"accounts"`
}

// Plan is what the next look of an account follows from.
type Plan struct {
	Account string        `json:"account"`
	Cause   string        `json:"cause"`
	Worst   time.Duration `json:"worst_ns"`      // until somebody is seen who begins now; 0: that cannot be said
	Learned bool          `json:"learned"`       // false: the configured intervals alone are the pace
	Price   float64       `json:"price_seconds"` // exposure that a look has to be expected to find
	Stretch float64       `json:"stretch"`       // of the longest intervals, where the budget cannot pay for them
	PerDay  float64       `json:"calls_a_day"`   // that this account may make
	Looks   int           `json:"looks_24h"`     // ordinary ones
	Urgent  int           `json:"urgent_24h"`    // pauses, and looks that verify
	Watched time.Duration `json:"watched_ns"`    // what was learned from
	Visits  float64       `json:"visits"`        // in it
	Returns float64       `json:"returns"`       // share of visits that another follows within an hour
	Hour    float64       `json:"visits_a_day"`  // first visits, by this hour of the week and what plays
	State   float64       `json:"state_factor"`  // in it
	Return  float64       `json:"returns_a_day"` // by the time since the last visit
	Hours   []PlanHour    `json:"hours"`         // the next 24
}

// PlanHour is what is expected of an hour while nothing plays.
type PlanHour struct {
	Begins time.Time     `json:"begins"`
	Visits float64       `json:"visits_a_day"`
	Every  time.Duration `json:"every_ns"`
}

// Plans asks when each account is looked at, and why.
func (c Client) Plans(ctx context.Context) (Plans, error) {
	var out Plans
	return out, c.ask(ctx, http.MethodGet, "/plans", nil, &out)
}
