package replay

import (
	"context"
	"slices"
	"time"

	"gatefold/engine"
)

// Difference is a turn that comes out differently.
type Difference struct {
	Turn Turn
	Is   engine.DecisionRecord
}

// Differ has a ruleset decide turns anew, the newest first, until it has tried all or the time is up. What it gives is
// in the order of time.
func Differ(ctx context.Context, turns []Turn, rules engine.Decider, within time.Duration) (found []Difference, tried int) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for _, t := range slices.Backward(turns) {
		if ctx.Err() != nil {
			break
		}
		tried++
		is := engine.RecordOf(rules.Decide(ctx, t.Event, t.Facts, t.State))
		if !Same(t.Was, is) {
			found = append(found, Difference{t, is})
		}
	}
	slices.Reverse(found)
	return found, tried
}

// Same says that two decisions want the same: verdict and calls, wherever in the rules they stand.
func Same(a, b engine.DecisionRecord) bool {
	return a.Err == b.Err && a.Verdict.String() == b.Verdict.String() && slices.Equal(a.Standing, b.Standing) && slices.Equal(a.Once, b.Once)
}
