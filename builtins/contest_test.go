package builtins

import (
	"testing"

	"pgregory.net/rapid"
)

// The first is who a walk over all of them would find.
func TestContestFindsTheFirstOfTheBest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var c contest
		var all []standing
		drawn := rapid.Custom(func(rt *rapid.T) standing {
			return standing{rapid.Bool().Draw(rt, "sets"), rapid.IntRange(0, 5).Draw(rt, "rank")}
		})
		for range rapid.IntRange(1, 300).Draw(rt, "moves") {
			s := drawn.Draw(rt, "standing")
			if i := rapid.IntRange(0, 150).Draw(rt, "place"); i < len(all) {
				c.move(i, all[i], s)
				all[i] = s
			} else {
				c.join(len(all), s)
				all = append(all, s)
			}
			best := 0
			for i, s := range all {
				if s.before(all[best]) {
					best = i
				}
			}
			if got := c.first(); got != best {
				rt.Fatalf("place %d is first, want %d of %v", got, best, all)
			}
		}
	})
}
