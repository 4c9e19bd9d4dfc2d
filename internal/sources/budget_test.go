package sources

import (
	"testing"
	"time"

	"gatefold/internal/spotify"
)

// What all the accounts behind a gate may plan to spend is no more than what is left.
func TestAccountsShareWhatIsLeft(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	gate := spotify.NewGate(spotify.Limits{Per30s: 8, PerDay: 6000}, spotify.GateState{}, now, nil)
	names := []string{"home", "office", "studio"}
	for _, name := range names {
		gate.Lane(name)
	}
	if err := gate.Lane("home").Take(now, spotify.Look); err != nil {
		t.Fatal(err)
	}
	left, day := 0.0, 0.0
	for _, name := range names {
		b := Budget(gate.Lane(name))(now)
		left, day = left+b.Left, day+b.PerDay
		if b.Left < 1700 {
			t.Errorf("%s may plan with %g calls", name, b.Left)
		}
	}
	if all := gate.Lane("home").Afford(now).Left; left > float64(all)+1e-6 || day > 6000+1e-6 {
		t.Errorf("together they may plan with %g calls of %g, and %d are left of 6000", left, day, all)
	}
}
