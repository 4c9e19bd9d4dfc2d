package engine

import (
	"fmt"
	"testing"
	"time"
)

// What the configuration says anew is in force, and outranks the switch.
func TestConfiguredEnforcement(t *testing.T) {
	h := newHouse(t, houseOptions{dry: true, rules: []string{intruder}})
	h.until(5 * time.Second)
	h.trace, h.reports = nil, nil
	h.step(Configured{Enforce: false, By: "gatefold.yaml"})
	h.expect("it says the same")
	h.step(Configured{Enforce: true, By: "gatefold.yaml:9:14"})
	equal(t, "told", fmt.Sprint(reported[EnforceReport](h)), "[{true true}]")
	h.only("pause", "commit enforce").expect("at once", "commit enforce", "pause bob")
	for _, rec := range h.kept {
		if rec.Event != nil && rec.Event.Kind == KindEnforce {
			equal(t, "in the journal", string(rec.Event.Data), `{"by":"gatefold.yaml:9:14","what":"on"}`)
		}
	}
}

// A switch that was thrown before is forgotten, over restarts too; one that is
// thrown after it counts.
func TestConfiguredOutranksTheSwitch(t *testing.T) {
	h := newHouse(t, houseOptions{dry: true, rules: []string{intruder}})
	h.step(Enforce{On: true})
	h.step(Configured{Enforce: false})
	h.enforces(t, "it says the same: the switch counts", true)
	h.step(Configured{Enforce: true})
	h.enforces(t, "as switched and configured", true)
	h.step(Configured{Enforce: false})
	h.enforces(t, "as configured", false)
	h.restarts()
	h.enforces(t, "over a restart", false)

	h.step(Configured{Enforce: true})
	h.step(Enforce{On: false})
	h.enforces(t, "switched after it", false)
	h.options.dry = false
	h.restarts()
	h.enforces(t, "over a restart with that configuration", false)
	h.options.dry = true
	h.restarts()
	h.options.dry = false
	h.until(h.now.Sub(start) + time.Minute)
	h.restarts()
	h.enforces(t, "forgotten when the configuration changed in between", true)
}

// A journal that does not answer keeps nobody from following the configuration.
func TestConfiguredWithoutAJournal(t *testing.T) {
	h := newHouse(t, houseOptions{dry: true, rules: []string{intruder}})
	h.step(Enforce{On: true})
	h.step(Configured{Enforce: true})
	h.step(Enforce{On: false})
	h.commits = func() error { return errDisk }
	h.step(Configured{Enforce: false})
	h.enforces(t, "off", false)
	h.commits = func() error { return nil }
	h.until(2 * time.Minute)
	for _, w := range h.recovered().State {
		if w.Key == reservedEnforce {
			t.Errorf("the journal has %s", w.Value)
		}
	}
}

// repace has the loop go by another pace.
func (h *house) repace(every time.Duration) {
	h.l.o.Pacer = pacer(every)
	h.step(Replan{})
}

// Another pace counts at once: a look that is due by it comes now.
func TestReplan(t *testing.T) {
	h := newHouse(t, houseOptions{pace: time.Minute, first: ann, rules: []string{intruder}})
	h.until(20 * time.Second)
	h.trace, h.reports = nil, nil
	h.repace(30 * time.Second)
	h.expect("not due yet")
	paces := reported[PaceReport](h)
	if len(paces) != 1 || paces[0].Interval != 30*time.Second || !paces[0].Due.Equal(start.Add(30*time.Second)) {
		t.Fatalf("told: %+v", paces)
	}
	h.until(31 * time.Second)
	h.only("look").expect("then", "look")
	h.reports = nil
	h.repace(time.Second)
	h.only("look").expect("due", "look")
	if paces := reported[PaceReport](h); len(paces) == 0 || paces[0].Interval != time.Second {
		t.Fatalf("told: %+v", paces)
	}
	h.until(36 * time.Second)
	h.only("look").expect("each second", "look", "look", "look", "look", "look")
	h.repace(time.Hour)
	h.until(10 * time.Minute)
	h.only("look").expect("slower")
}

// While a look is on its way, and while one cannot be seen, the new pace waits
// until there is something to plan.
func TestReplanMeanwhile(t *testing.T) {
	h := newHouse(t, houseOptions{pace: time.Minute, first: ann, rules: []string{intruder}})
	h.sees = nil
	h.until(time.Minute)
	h.trace, h.reports = nil, nil
	h.repace(5 * time.Second)
	h.only("look").expect("one is on its way")
	equal(t, "told", len(reported[PaceReport](h)), 0)
	h.plays(ann)
	h.step(Looked{Data: ann, Got: h.now})
	equal(t, "told", reported[PaceReport](h)[0].Interval, 5*time.Second)

	h.fails(BlindUnreachable)
	h.until(2 * time.Minute)
	h.trace, h.reports = nil, nil
	h.repace(time.Millisecond)
	h.only("look").expect("not faster than the back-off")
	equal(t, "told", len(reported[PaceReport](h)), 0)
}

// A look that somebody asked for is not put off by another pace.
func TestReplanKeepsALookThatIsWanted(t *testing.T) {
	h := newHouse(t, houseOptions{pace: time.Minute, first: ann, rules: []string{intruder}})
	h.step(GateWaits{Kind: BlindRateLimited, Until: h.now.Add(3 * time.Second)})
	h.step(LookSoon{})
	h.repace(50 * time.Second)
	h.trace = nil
	h.until(4 * time.Second)
	h.only("look").expect("as soon as it may", "look")
}

// A budget that is raised ends a wait for it, and no other wait.
func TestGateOpens(t *testing.T) {
	h := newHouse(t, houseOptions{pace: time.Minute, first: ann, rules: []string{intruder}})
	h.step(GateWaits{Kind: BlindQuota, Until: h.now.Add(5 * time.Hour)})
	equal(t, "blind", h.l.sight.blind, BlindQuota)
	h.until(2 * time.Minute)
	h.trace = nil
	h.step(GateOpens{})
	h.only("look").expect("at once", "look")
	equal(t, "blind", h.l.sight.blind, "")

	refused := func() Input {
		return LookFailed{Kind: BlindQuota, Refused: true, RetryAt: start.Add(6 * time.Hour)}
	}
	h.sees = refused
	h.until(4 * time.Minute)
	h.trace = nil
	h.step(GateOpens{})
	h.only("look").expect("asked once", "look")
	equal(t, "next", h.wake.Equal(start.Add(6*time.Hour)), true)
}

// What Spotify said of when to come back outlasts a budget that is raised, also when
// the gate had a longer wait on top of it.
func TestGateOpensOntoAWaitOfSpotify(t *testing.T) {
	h := newHouse(t, houseOptions{pace: time.Minute, first: ann, rules: []string{intruder}})
	var told time.Time
	h.sees = func() Input {
		told = h.now.Add(time.Hour)
		return LookFailed{Kind: BlindUnreachable, RetryAt: told}
	}
	h.until(2 * time.Minute)
	h.plays(ann)
	h.trace = nil
	h.step(GateOpens{})
	h.until(10 * time.Minute)
	h.only("look").expect("too early")
	h.step(GateWaits{Kind: BlindQuota, Until: h.now.Add(9 * time.Hour)})
	equal(t, "blind", h.l.sight.blind, BlindQuota)
	h.step(GateOpens{})
	h.until(told.Sub(start) - time.Second)
	h.only("look").expect("still too early")
	h.until(told.Sub(start) + time.Second)
	h.only("look").expect("then", "look")
	equal(t, "blind", h.l.sight.blind, "")
}
