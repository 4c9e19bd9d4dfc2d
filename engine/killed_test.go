package engine

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// mortal decides by a ruleset until its process is killed.
type mortal struct {
	rules *Ruleset
	dead  bool
}

func (m *mortal) Decide(ctx context.Context, ev Event, facts Facts, state State) Decision {
	if m.dead {
		return Decision{Event: ev, Ruleset: m.rules.Hash, Err: &RuleError{Handler: "on_playback", Cause: fmt.Errorf("it: %w", ErrKilled)}}
	}
	return m.rules.Evaluate(ctx, ev, facts, state)
}

// A turn that kills its process goes to the ruleset before, although the one in force has decided such turns: but that
// lets nobody in.
func TestKilledTurn(t *testing.T) {
	for _, c := range []struct{ name, before, want string }{
		{"denied by the rules before", good, `deny deny(reason="good") light.set(color="red") pause(every="5s") poll(every="20s")`},
		{"let in by them", "def on_playback(now):\n\tallow('anybody')\n", "fault deny"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, houseOptions{rules: []string{c.before}})
			newest := rules(t, "def on_playback(now):\n\tdeny('newest')\n")
			m := &mortal{rules: newest}
			h.step(Installed{Ruleset: Elsewhere(newest.Files, newest.Describe(), m)})
			h.until(time.Minute)
			h.shows(`deny deny(reason="newest")`)
			m.dead = true
			h.trace = nil
			h.until(2 * time.Minute)
			if c.want == "fault deny" {
				equal(t, "the light", h.l.stands.Condition, ConditionFault)
				equal(t, "the verdict", h.l.stands.Verdict.Kind, Unknown)
				return
			}
			h.shows(c.want)
			r := reported[TurnReport](h)
			equal(t, "degraded", r[len(r)-1].Decision.Degraded, newest.Hash)
		})
	}
}
