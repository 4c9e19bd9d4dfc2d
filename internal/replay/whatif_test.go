package replay

import (
	"slices"
	"testing"
	"time"

	"gatefold/engine"
	"gatefold/internal/lab"
)

// edited are the rules of a month with another text in home.star.
func edited(t testing.TB, rules *engine.Ruleset, changes ...string) *engine.Ruleset {
	t.Helper()
	files := slices.Clone(rules.Files)
	for i, f := range files {
		if f.Path != "home.star" {
			continue
		}
		text := string(f.Data)
		for n := 0; n+1 < len(changes); n += 2 {
			text = replaced(t, text, changes[n], changes[n+1])
		}
		files[i].Data = []byte(text)
	}
	set, err := engine.Load(files, engine.Limits{}, modules()...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestWhatIf(t *testing.T) {
	m := live(t, 10, inMemory)
	do := func(rules *engine.Ruleset, all bool) Report {
		t.Helper()
		r, err := Do(t.Context(), m.journal, Run{
			Account: "home", Since: lab.Start(), Rules: rules, Hash: rules.Hash, All: all,
			Kept: func(hash string) engine.Decider {
				if hash == m.rules.Hash {
					return m.rules
				}
				return nil
			},
		}, options())
		if err != nil {
			t.Fatal(err)
		}
		if r.Exact != r.Turns || r.Same != r.Turns || r.Turns < 1000 || r.Damaged > 0 {
			t.Fatalf("%d turns, %d exact, %d the same, %d damaged rows", r.Turns, r.Exact, r.Same, r.Damaged)
		}
		return r
	}
	t.Run("the same rules", func(t *testing.T) {
		r := do(m.rules, true)
		if r.Differ > 0 || r.Was != r.Is || r.Was.Denied == 0 || r.Was.Pauses == 0 || r.Was.Messages == 0 {
			t.Errorf("%d differ: %+v", r.Differ, r)
		}
		t.Logf("%+v %+v looks %d turns %d", r.Was, r.Is, r.Looks, r.Turns)
	})
	t.Run("another text, the same meaning", func(t *testing.T) {
		r := do(edited(t, m.rules, "# Who may play", "# who may play"), true)
		for i, c := range r.Changes {
			if i < 10 {
				t.Errorf("%s to %s: %s", c.From.Format(time.DateTime), c.To.Format(time.DateTime), c)
			}
		}
		t.Logf("%d of %d differ; %+v %+v", r.Differ, r.Turns+r.Looks, r.Was, r.Is)
	})
}
