package engine

import (
	"slices"
	"testing"
	"time"
)

const blindRules = `
def on_playback(now):
	allow()
	light.set("green")
	log("playback", now.cause)

def on_blind(problem):
	light.set("amber")
	log("blind", problem.kind, problem.account, problem.message, problem.retry_at == None, problem.since <= problem.time, dir(problem))
	mail.send("blind: " + problem.kind)
every("1h", lambda e: log("tick"))
`

func blindHouse(t *testing.T) *house {
	h := newHouse(t, houseOptions{rules: []string{blindRules}, first: ann})
	h.until(30 * time.Second)
	h.trace, h.reports = nil, nil
	return h
}

const amber = `blind unknown light.set(color="amber")`

func TestBlindAfterTwoFailures(t *testing.T) {
	h := blindHouse(t)
	h.fails(BlindUnreachable)
	h.until(time.Minute)
	h.expect("unknown from the first failure", "look", "show unknown unknown")
	h.until(62 * time.Second)
	h.expect("blind with the second", "look", "commit blind", "show "+amber, `apply mail.send(text="blind: unreachable")`, "done sent")
	sights := reported[SightReport](h)
	equal(t, "a failure", sights[0].Failure, "unreachable: no")
	equal(t, "not yet blind", sights[0].Blind.Kind, "")
	equal(t, "blind", sights[2].Blind.Kind, BlindUnreachable)
	equal(t, "since", sights[2].Blind.Since, start.Add(time.Minute))
	// The looks go on, ever less often, and nothing is evaluated.
	h.until(10 * time.Minute)
	for _, line := range h.trace {
		equal(t, "while blind", line, "look")
	}
	if n := len(h.trace); n < 8 || n > 16 {
		t.Errorf("%d looks in nine minutes", n)
	}
	h.trace = nil
	h.plays(ann)
	h.until(11 * time.Minute)
	h.expect("sight again", "look", `show allow allow() light.set(color="green")`)
	last := reported[SightReport](h)
	equal(t, "regained", last[len(last)-1], SightReport{})
	// Blind again: the same call as in the on_blind turn before is no news.
	h.until(12 * time.Minute)
	h.trace = nil
	h.fails(BlindUnreachable)
	h.until(14 * time.Minute)
	h.only("show", "apply", "commit").expect("again", "show unknown unknown", "commit blind", "show "+amber)
}

func TestOneFailureIsNoBlindness(t *testing.T) {
	h := blindHouse(t)
	h.fails(BlindMalformed)
	h.until(time.Minute)
	h.plays(ann)
	h.until(2 * time.Minute)
	h.only("show", "look").expect("one failure", "look", "show unknown unknown", "look", `show allow allow() light.set(color="green")`)
	for _, r := range reported[TurnReport](h) {
		equal(t, "turns", r.Decision.Event.Kind, KindPlayback)
	}
}

func TestBlindAfterHalfAMinute(t *testing.T) {
	h := blindHouse(t)
	h.fails(BlindUnreachable)
	h.until(time.Minute)
	h.sees = nil // the next look hangs
	h.until(89 * time.Second)
	h.only("show").expect("until then", "show unknown unknown")
	h.until(90 * time.Second)
	h.only("show").expect("then", "show "+amber)
	h.step(LookFailed{Kind: BlindUnreachable})
	h.only("show", "apply").expect("the same kind is no news")
}

func TestKindsOfBlindness(t *testing.T) {
	for _, c := range []struct {
		name   string
		failed LookFailed
		first  bool          // blind at once
		again  time.Duration // when the next look comes
	}{
		{"unauthorized is confirmed", LookFailed{Kind: BlindUnauthorized}, false, time.Second},
		{"forbidden is confirmed", LookFailed{Kind: BlindForbidden}, false, time.Second},
		{"unreachable", LookFailed{Kind: BlindUnreachable}, false, 2 * time.Second},
		{"malformed", LookFailed{Kind: BlindMalformed}, false, 2 * time.Second},
		{"a short wait", LookFailed{Kind: BlindRateLimited, RetryAt: start.Add(65 * time.Second)}, false, 5 * time.Second},
		{"a long wait", LookFailed{Kind: BlindRateLimited, RetryAt: start.Add(66 * time.Second)}, true, 6 * time.Second},
		{"quota", LookFailed{Kind: BlindQuota}, true, 2 * time.Second},
		{"no kind", LookFailed{}, false, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := blindHouse(t)
			h.sees = func() Input { return c.failed }
			h.until(time.Minute)
			equal(t, "at once", h.shown.Condition == ConditionBlind, c.first)
			h.trace = nil
			h.until(time.Minute + c.again - 1)
			h.only("look").expect("not before")
			h.until(time.Minute + c.again)
			h.only("look").expect("then", "look")
			equal(t, "with the second", h.shown.Condition, ConditionBlind)
		})
	}
}

func TestKindChange(t *testing.T) {
	h := blindHouse(t)
	h.fails(BlindUnreachable)
	h.until(2 * time.Minute)
	h.fails(BlindUnauthorized)
	h.until(4 * time.Minute)
	h.fails(BlindUnreachable)
	h.until(6 * time.Minute)
	h.only("apply").expect("on_blind at each change", `apply mail.send(text="blind: unreachable")`, `apply mail.send(text="blind: unauthorized")`, `apply mail.send(text="blind: unreachable")`)
}

func TestGateWaits(t *testing.T) {
	const due = time.Minute // of the next look; now it is 30 s
	for _, c := range []struct {
		name  string
		until time.Duration
		blind bool
	}{
		{"shorter than the pace", 50 * time.Second, false}, {"five seconds past due", due + 5*time.Second, false},
		{"more than that", due + 5*time.Second + 1, true}, {"over already", 10 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := blindHouse(t)
			h.step(GateWaits{Kind: BlindQuota, Until: start.Add(c.until)})
			if c.blind {
				h.shows(amber)
			} else {
				h.expect("nothing")
			}
			h.trace = nil
			h.until(max(c.until, due) - 1)
			h.only("look").expect("not before")
			h.until(max(c.until, due))
			h.only("look", "show").expect("then", slices.Concat([]string{"look"}, map[bool][]string{true: {`show allow allow() light.set(color="green")`}}[c.blind])...)
		})
	}
}

func TestBlindFromTheStart(t *testing.T) {
	for _, first := range []bool{true, false} { // the gate speaks before the rules are there, or after
		h := &house{t: t, now: start, commits: func() error { return nil }, mails: func(ApplyNow) Input { return nil }}
		h.boot(houseOptions{idle: true})
		wait := GateWaits{Kind: BlindRateLimited, Until: start.Add(time.Hour)}
		if first {
			h.step(wait)
			h.step(Installed{Ruleset: rules(t, blindRules)})
		} else {
			h.sees = func() Input { return LookFailed{Kind: BlindRateLimited, RetryAt: wait.Until, Refused: true} }
			h.step(Installed{Ruleset: rules(t, blindRules)})
		}
		h.shows(amber)
		h.only("apply").expect("said", `apply mail.send(text="blind: rate_limited")`)
		h.plays(ann)
		h.until(time.Hour)
		equal(t, "and seen", h.shown.Verdict.Kind, Allow)
	}
	h := &house{t: t, now: start}
	h.boot(houseOptions{idle: true})
	h.step(GateWaits{Kind: BlindRateLimited, Until: start.Add(5 * time.Second)})
	h.plays(ann)
	h.step(Installed{Ruleset: rules(t, blindRules)})
	h.only("look", "apply").expect("a short wait")
	h.until(5 * time.Second)
	h.only("look", "apply").expect("then", "look")
}

// The gate refuses a look: no request was made, so nothing failed.
func TestRefusedLook(t *testing.T) {
	h := blindHouse(t)
	n := 0
	h.sees = func() Input {
		if n++; n > 3 {
			return Looked{Data: ann, Got: h.now}
		}
		return LookFailed{Kind: BlindRateLimited, Refused: true, RetryAt: h.now.Add(time.Second)}
	}
	h.until(70 * time.Second)
	h.expect("three short waits", "look", "look", "look", "look")

	// A gate that does not say when is not asked without end.
	h = blindHouse(t)
	h.sees = func() Input { return LookFailed{Kind: BlindRateLimited, Refused: true} }
	h.until(61 * time.Second)
	h.only("look", "show").expect("a second of it", "look", "look")
	h.until(2 * time.Minute)
	h.shows(amber)

	// A look that need not be, and is refused, does not lead to blindness.
	h = blindHouse(t)
	h.sees = func() Input {
		return LookFailed{Kind: BlindRateLimited, Refused: true, RetryAt: start.Add(50 * time.Second)}
	}
	h.step(LookSoon{})
	h.plays(ann)
	h.until(time.Minute)
	h.only("look", "show").expect("when it was planned", "look", "look")
}

func TestNothingIsEvaluatedWhileBlindButOnBlind(t *testing.T) {
	h := blindHouse(t)
	h.fails(BlindUnreachable)
	h.until(2 * time.Minute)
	h.reports = nil
	h.step(Installed{Ruleset: rules(t, blindRules+"\n# edited")})
	h.until(2 * time.Hour)
	var got []string
	for _, r := range reported[TurnReport](h) {
		for _, l := range r.Decision.Logs {
			got = append(got, l.Text)
		}
	}
	blind := `blind unreachable home no True True ["account", "kind", "message", "retry_at", "since", "time"]`
	equals(t, "turns", got, blind, "tick", blind, "tick", blind)
	h.only("apply").expect("said once", `apply mail.send(text="blind: unreachable")`)
}

// Between the first failure and blindness nothing is evaluated at all.
func TestReloadWhileFailing(t *testing.T) {
	h := blindHouse(t)
	h.fails(BlindUnreachable)
	h.until(time.Minute)
	h.reports = nil
	h.step(Installed{Ruleset: rules(t, blindRules+"\n# edited")})
	equal(t, "turns", len(reported[TurnReport](h)), 0)
	h.shows("unknown unknown")
	h.plays(ann)
	h.until(2 * time.Minute)
	h.shows(`allow allow() light.set(color="green")`)
}

func TestBlindPayload(t *testing.T) {
	b := Blind{Kind: BlindQuota, Since: start, RetryAt: start.Add(time.Hour), Message: "x"}
	raw, err := b.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeBlind(raw)
	if err != nil || !back.(Blind).Since.Equal(b.Since) || !back.(Blind).RetryAt.Equal(b.RetryAt) || back.(Blind).Kind != b.Kind || back.(Blind).Message != b.Message {
		t.Errorf("%+v became %+v, %v", b, back, err)
	}
	d := rules(t, "def on_blind(p):\n\tlog(p.kind, p.since.hour, p.retry_at.hour, p.message, str(p), type(p), bool(p))").Evaluate(t.Context(),
		Event{Kind: KindBlind, Time: start.UTC(), Data: b}, Facts{}, nil)
	equals(t, "read", logs(d), "quota 11 12 x blind(quota) problem True")
	equal(t, "kinds", len(BlindKinds()), 6)
	if d := rules(t, "def on_blind(p):\n\t{p: 1}").Evaluate(t.Context(), Event{Kind: KindBlind, Time: start, Data: b}, Facts{}, nil); d.Err == nil {
		t.Error("a payload is a key")
	}
}

// Whatever keeps a look (a disk that does not answer, a token, a proxy), what was
// seen before it must not stay authorized for ever.
func TestLookThatDoesNotComeBack(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}, first: ann})
	h.shows("allow allow()")
	h.sees = nil
	h.until(90 * time.Second)
	h.shows(`blind unknown light.set(color="amber")`)
	if h.l.sight.blind != BlindUnreachable {
		t.Errorf("blind: %q", h.l.sight.blind)
	}
	h.looking = false
	h.step(Looked{Data: ann, Got: h.now})
	h.shows("allow allow()")
}

// Waits after failures are spread as the host wants it; the confirming look is not.
func TestJitter(t *testing.T) {
	h := blindHouse(t)
	h.l.o.Jitter = func(d time.Duration) time.Duration { return d / 2 }
	h.fails(BlindUnreachable)
	h.until(time.Minute)
	h.trace = nil
	h.until(time.Minute + 1*time.Second)
	h.only("look").expect("after half of 2 s", "look")
	h.until(time.Minute + 3500*time.Millisecond)
	h.only("look").expect("after half of 5 s", "look")
}
