package replay

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gatefold/engine"
)

const (
	away     = 15 * time.Minute // without a sign of life: the daemon was not running
	lateness = time.Minute      // a timer that would run later than this is skipped, as the loop does
	asked    = 4                // questions of a turn
)

// Rules are a ruleset that turns are decided by, wherever it runs.
type Rules interface {
	engine.Decider
	Timers() []*engine.Timer
}

// alternative is how it would have gone by other rules: the world did what history says, and they remember what they
// themselves have written.
type alternative struct {
	Options
	ctx     context.Context
	account string
	rules   Rules

	facts   engine.Facts
	state   engine.State
	timers  map[string]time.Time
	expires time.Time
	now     time.Time
	seen    engine.Held   // the last snapshot
	blind   *engine.Blind // while not seeing
	answers map[string]engine.Answer

	unanswered int
	decided    func(engine.Event, engine.Decision) // hears of what rules decide by themselves: after a timer, a ttl
}

// begin takes up what history says of the past.
func (a *alternative) begin(now time.Time, facts engine.Facts, state engine.State) {
	a.now, a.facts, a.state = now, facts, state
	a.seen = facts.Held
	a.expires = a.state.NextExpiry()
	a.timers = map[string]time.Time{}
	for _, t := range a.rules.Timers() {
		a.timers[t.ID] = t.Next(now.In(a.Zone))
	}
}

// until lets happen what the rules do by themselves up to a moment: timers, and what follows when a ttl ends.
func (a *alternative) until(now time.Time) {
	absent := now.Sub(a.now) > away && a.blind == nil
	for {
		at, what := now, ""
		for id, due := range a.timers {
			if !due.IsZero() && (due.Before(at) || due.Equal(at) && (what == "" || id < what)) {
				at, what = due, id
			}
		}
		if !a.expires.IsZero() && a.expires.Before(at) {
			at, what = a.expires, "ttl"
		}
		if what == "" {
			break
		}
		running := !absent || at.Sub(a.now) <= lateness
		if what == "ttl" {
			a.state = a.state.With(nil, at)
			a.expires = a.state.NextExpiry()
			if running {
				a.again(at, engine.CauseState)
			}
			continue
		}
		for _, t := range a.rules.Timers() {
			if t.ID == what {
				a.timers[what] = t.Next(at.In(a.Zone))
			}
		}
		if running {
			ev := engine.Event{
				ID: a.account + "/timer/" + what + "/" + strconv.FormatInt(at.Unix(), 10), Account: a.account,
				Kind: engine.KindTimer, Time: at.In(a.Zone), Data: engine.Tick{Timer: what},
			}
			a.decided(ev, a.turn(ev))
			a.again(at, engine.CauseClock)
		}
	}
	a.now = now
}

// again evaluates anew what stands, as the loop does.
func (a *alternative) again(at time.Time, cause string) {
	ev := engine.Event{
		ID: a.account + "/again/" + strconv.FormatInt(at.UnixNano(), 36), Account: a.account,
		Kind: engine.KindPlayback, Time: at.In(a.Zone), Cause: cause,
	}
	switch {
	case a.blind != nil:
		ev.Kind, ev.Data = engine.KindBlind, *a.blind
	case a.seen != nil:
		ev.Data = a.seen
	default:
		return
	}
	a.decided(ev, a.turn(ev))
}

// turn decides an event and takes up what comes of it.
func (a *alternative) turn(ev engine.Event) engine.Decision {
	for _, answer := range ev.Answers {
		a.answers[answer.Call] = answer
	}
	d := a.rules.Decide(a.ctx, ev, a.facts, a.state)
	for range asked {
		if len(d.Asks) == 0 {
			break
		}
		ev.Answers = slices.Clone(ev.Answers)
		for _, ask := range d.Asks {
			ev.Answers = append(ev.Answers, a.answer(ask.Call, ev.Time))
		}
		d = a.rules.Decide(a.ctx, ev, a.facts, a.state)
	}
	a.facts = engine.Fold(a.facts, ev, d)
	switch data := ev.Data.(type) {
	case engine.Held:
		a.seen, a.blind = data, nil
	case engine.Blind:
		a.blind = &data
	}
	if d.Err == nil && len(d.State) > 0 {
		a.write(d.State, ev.Time)
	}
	return d
}

// answer is the newest one on record to the same question.
func (a *alternative) answer(call string, at time.Time) engine.Answer {
	if known, ok := a.answers[call]; ok {
		return known
	}
	a.unanswered++
	return engine.Answer{Call: call, Err: "nobody had asked that then: there is no answer on record", At: at}
}

// write changes the state: of the rules themselves, or by what somebody outside of them said.
func (a *alternative) write(writes []engine.Write, at time.Time) {
	a.state = a.state.With(writes, at)
	a.expires = a.state.NextExpiry()
}

// said takes up what somebody outside of the rules did.
func (a *alternative) said(ev engine.EventRecord) {
	if w, ok := ev.Written(); ok {
		a.write([]engine.Write{w}, ev.Time)
		a.again(ev.Time, engine.CauseState)
	}
	if a.seen == nil {
		return
	}
	if outcome, ok := ev.PauseOf(a.seen.Holder()); ok {
		a.facts = a.facts.Paused(a.seen.Holder(), ev.Time, outcome == "paused")
	}
}
