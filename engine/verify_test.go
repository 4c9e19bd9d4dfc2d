package engine

import (
	"testing"
	"time"
)

func (h *house) verified() []string {
	var out []string
	for _, r := range reported[VerifiedReport](h) {
		text := r.Holder + " " + r.Outcome
		if r.After > 0 {
			text += " " + FormatDuration(r.After)
		}
		out = append(out, text)
	}
	return out
}

// What the looks after a pause show is what it came to.
func TestPausesAreVerified(t *testing.T) {
	began := start.Add(-time.Minute)
	plays := func(since time.Duration) snap { return snap{Who: "bob", Plays: true, Since: start.Add(since)} }
	for name, c := range map[string]struct {
		looks []snap // after 5, 10, ... seconds
		want  []string
	}{
		"it worked":              {[]snap{{Who: "bob"}, {Who: "bob"}}, []string{"bob silent"}},
		"he left":                {[]snap{{}, {}}, []string{"bob silent"}},
		"the owner took over":    {[]snap{ann, ann}, []string{"bob silent"}},
		"he pressed play again":  {[]snap{plays(3 * time.Second)}, []string{"bob silent", "bob resumed 3s"}},
		"and after it was seen":  {[]snap{{Who: "bob"}, plays(7 * time.Second)}, []string{"bob silent", "bob resumed 7s"}},
		"it plays on":            {[]snap{{Who: "bob", Plays: true, Since: began}}, []string{"bob failed"}},
		"he leaves, comes later": {[]snap{{}, plays(9 * time.Second)}, []string{"bob silent"}},
		"a clock that is behind": {[]snap{plays(-3 * time.Second)}, []string{"bob silent", "bob resumed"}},
		"without a time stamp":   {[]snap{bob}, []string{"bob unseen"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, houseOptions{first: snap{Who: "bob", Plays: true, Since: began}, rules: []string{denier}, pace: 5 * time.Second})
			h.pauses = nil // one is enough
			for _, s := range c.looks {
				h.plays(s)
				h.until(h.now.Sub(start) + 5*time.Second)
			}
			equals(t, "verified", h.verified(), c.want...)
		})
	}
}

// A look shows what was up to three seconds ago: one that comes sooner cannot say
// that a pause did nothing.
func TestAnEarlyLookAccusesNobody(t *testing.T) {
	playing := snap{Who: "bob", Plays: true, Since: start.Add(-time.Minute)}
	h := newHouse(t, houseOptions{first: playing, rules: []string{denier}, pace: 2 * time.Second})
	h.until(2 * time.Second)
	equals(t, "after two seconds", h.verified())
	h.until(4 * time.Second)
	equals(t, "after four", h.verified(), "bob failed")
}

// What no look can tell of any more is said too: each pause has an end.
func TestAPauseThatIsNotSeen(t *testing.T) {
	for name, end := range map[string]func(*house){
		"stop":  func(h *house) { h.step(Stop{}) },
		"blind": func(h *house) { h.step(GateWaits{Kind: BlindQuota, Until: start.Add(time.Hour)}) },
	} {
		h := newHouse(t, houseOptions{rules: []string{denier}})
		end(h)
		equals(t, name, h.verified(), "bob unseen")
	}
}

// How long he usually takes is learned, and the pacer is told.
func TestResumesAreLearned(t *testing.T) {
	h := newHouse(t, houseOptions{first: snap{Who: "bob", Plays: true, Since: start.Add(-time.Minute)}, rules: []string{denier}})
	for i := range 12 {
		h.plays(snap{Who: "bob", Plays: true, Since: h.now.Add(time.Duration(i+1) * 500 * time.Millisecond)})
		h.until(h.now.Sub(start) + 10*time.Second)
	}
	e := h.l.facts.Episode("bob", h.now)
	equal(t, "kept", len(e.Resumes), keptResumes)
	equal(t, "usual", e.Resume(), 6*time.Second)
	equal(t, "nobody's", Episode{}.Resume(), 0)
}

// A device that takes no commands is said once, is known to the rules, and is tried
// ever more seldom.
func TestADeviceThatCannotBePaused(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		first  snap
		pauses int // in five minutes
	}{
		"refused": {"restricted", bob, 2},
		"no id":   {"paused", snap{Who: "bob", Plays: true, NoID: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, houseOptions{first: ann, rules: []string{denier}})
			h.pauses = func() string { return c.answer }
			h.plays(c.first)
			h.until(5 * time.Minute)
			equal(t, "told", h.told()[0], "bob restricted")
			equal(t, "the rules know", h.l.facts.Fixed("bob", c.first.Target(), h.now), true)
			h.only("pause")
			equal(t, "pauses", len(h.trace), c.pauses)
			h.until(time.Hour)
			h.only("pause")
			if n := len(h.trace); n > 9 {
				t.Errorf("%d pauses in an hour", n)
			}
			h.plays(snap{})
			h.until(75 * time.Minute)
			h.told()
			h.plays(c.first)
			h.until(76 * time.Minute)
			equal(t, "told again in the next episode", h.told()[0], "bob restricted")
		})
	}
}

// It may have been wrong, or another device of that name: it is paused again as soon
// as that shows.
func TestADeviceThatCanBePausedAfterAll(t *testing.T) {
	for name, c := range map[string]struct {
		answers string
		first   snap
	}{
		"the answer was spurious": {"restricted", bob},
		"it has an id now":        {"paused", snap{Who: "bob", Plays: true, NoID: true}},
		"another of that name":    {"restricted", snap{Who: "bob", Plays: true, ID: "another"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, houseOptions{first: ann, rules: []string{denier}})
			h.pauses = func() string { return c.answers }
			h.plays(c.first)
			h.until(70 * time.Second)
			h.pauses = func() string { return "paused" }
			h.plays(bob)
			h.trace = nil
			h.until(10 * time.Minute)
			h.only("pause")
			if n := len(h.trace); n < 20 {
				t.Errorf("%d pauses", n)
			}
			equal(t, "the rules know", h.l.facts.Fixed("bob", bob.Target(), h.now), false)
		})
	}
}

// Each pause is a row of the journal.
func TestPausesAreKept(t *testing.T) {
	h := newHouse(t, houseOptions{first: snap{Who: "bob", Plays: true, Since: start.Add(-time.Minute)}, rules: []string{denier}})
	h.plays(snap{Who: "bob", Plays: true, Since: start.Add(2 * time.Second)})
	h.until(10 * time.Second)
	var got []string
	for _, r := range h.records {
		if r.Event != nil && r.Event.Kind == KindPause {
			got = append(got, string(r.Event.Data))
		}
	}
	equals(t, "rows", got, `{"by":"gatefold","what":"bob: paused"}`, `{"by":"gatefold","what":"bob: paused; after the pause before it was played again in 2s"}`)
}
