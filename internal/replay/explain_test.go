package replay

import (
	"strings"
	"testing"

	"gatefold/engine"
	"gatefold/internal/lab"
)

// Noting why must change nothing of what is decided.
func TestExplainingDecidesTheSame(t *testing.T) {
	t.Parallel()
	m := fiveDays(t)
	x, err := engine.Explaining(m.rules.Files, engine.Limits{}, modules()...)
	if err != nil {
		t.Fatal(err)
	}
	turns, tried, denied := 0, 0, 0
	_, errs, err := Turns(t.Context(), m.journal, "home", lab.Start(), options(), func(turn Turn) error {
		d, why := x.Explain(t.Context(), turn.Event, turn.exact.facts, turn.exact.state)
		is := engine.RecordOf(d)
		is.Steps = turn.Was.Steps // noting takes steps
		if !Identical(turn.Was, is) {
			t.Fatalf("at %s %s was decided\n%s\nand explained\n%s", turn.Event.Time, turn.Event.Data, text(turn.Was), text(is))
		}
		turns, tried = turns+1, tried+len(why)
		if turn.Was.Verdict.Kind == engine.Deny {
			denied++
			if turn.Event.Kind != engine.KindPlayback || len(why) < 3 || why[1].True || why[1].Source != "device.name in HOUSEHOLD and not device.blocked" {
				t.Fatalf("why %s was denied: %+v", turn.Event.Data, why)
			}
			if r := why[1].Read; len(r) < 2 || r[0].Name != "device.name" || !strings.Contains(turn.Event.Data.String(), strings.Trim(r[0].Value, `"`)) || !strings.HasPrefix(r[1].Value, "{") {
				t.Fatalf("what was read: %+v", r)
			}
			if denied == 1 {
				for _, c := range why {
					t.Logf("%+v", c)
				}
			}
		}
		return nil
	})
	if err != nil || len(errs) > 0 {
		t.Fatal(err, errs)
	}
	if turns < 500 || tried < turns || denied < 10 {
		t.Errorf("%d turns, %d conditions, %d denied", turns, tried, denied)
	}
}
