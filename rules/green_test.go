package rules_test

import (
	"testing"
	"time"

	"gatefold/engine"
)

// watch fails the test when an account that cannot be seen is judged, or shows that all is well.
func watch(t *testing.T) func(time.Time, string, engine.Report) {
	blind, stands := map[string]time.Time{}, map[string]engine.Stands{}
	return func(now time.Time, account string, r engine.Report) {
		s := stands[account]
		if since, ok := blind[account]; ok && now.After(since) && (s.Verdict.Kind != engine.Unknown || s.Condition < engine.ConditionUnknown) {
			t.Errorf("%s at %s: cannot be seen, and is judged %s", account, now.Format(time.TimeOnly), s.Verdict)
		}
		switch r := r.(type) {
		case engine.SightReport:
			if delete(blind, account); r.Blind.Kind != "" || r.Failure != "" {
				blind[account] = now
			}
		case engine.TurnReport:
			if ev := r.Decision.Event; ev.Kind == engine.KindPlayback && ev.Cause == engine.CauseLook {
				delete(blind, account)
			}
		case engine.StandsReport:
			stands[account] = r.Stands
		}
	}
}
