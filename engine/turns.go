package engine

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// event makes an event with an id that no other of this account has.
func (l *Loop) event(now time.Time, kind, cause string, data Payload) Event {
	l.facts.LastID = max(l.facts.LastID+1, now.UnixNano())
	return Event{
		ID:      l.o.Account + "/" + kind + "/" + strconv.FormatInt(l.facts.LastID, 36),
		Account: l.o.Account, Kind: kind, Time: now.In(l.o.Zone), Cause: cause, Data: data,
	}
}

// conclude makes a decision true. What it gives has to be called before the next
// turn to have the decision kept; nil: it brings no news.
func (l *Loop) conclude(now time.Time, ev Event, d Decision, took time.Duration, failed error) (report TurnReport, keep func()) {
	ended := l.facts.Run
	told, state := l.facts, l.state
	l.facts = Fold(l.facts, ev, d)
	l.moved = true
	news := ev.Kind != KindPlayback || ev.Cause == CauseLook && l.facts.Run.Count == 1
	if !news || told.Held == nil || ev.Kind != KindPlayback {
		ended = Run{}
	}
	if ev.Cause == CauseLook {
		l.dirty = true
	}
	report = TurnReport{Decision: d, Failed: failed, DryRun: !l.enforce, OnHold: l.hold.on(), Took: took, Facts: told, State: state}
	if h, ok := ev.Data.(Held); ok {
		report.Held = h
	}
	if d.Err == nil {
		l.prove(ev.Kind, d)
	}
	states := ev.Kind == KindPlayback || ev.Kind == KindBlind
	if states {
		l.stand(ev, d)
	}
	full := d
	d, asked, throttled := l.settle(d)
	report.Throttled = throttled
	report.Decision = d
	sign := signature(d, asked)
	report.News = news || sign != l.lastSign[ev.Kind] || len(d.State) > 0 || l.enforce && len(d.Once) > 0
	l.tell(report)
	if !report.News {
		return report, nil
	}
	return report, func() {
		l.commitTurn(now, turned{told: told, state: state, full: full, settled: d, asked: asked, sign: sign, ended: ended})
	}
}

// evaluate decides a turn: by the ruleset in force, and when that fails by the
// newest one before it that decided such turns without failing. Where the ruleset in force has decided such turns itself,
// that is only so for a turn that killed its process, and an older ruleset does not let anybody in.
func (l *Loop) evaluate(ev Event) (d Decision, took time.Duration, failed error) {
	begin := l.stopwatch()
	defer func() { took = l.stopwatch() - begin }()
	d = l.rules.Evaluate(l.o.Context, ev, l.facts, l.state)
	if d.Err == nil { // it may have asked
		return d, 0, nil
	}
	older := l.before[ev.Kind]
	killed := errors.Is(d.Err, ErrKilled)
	if l.good[ev.Kind] && !killed {
		older = nil // the newest that decided such a turn is the one that fails now: a stranger may have made it fail
	}
	if tick, ok := ev.Data.(Tick); ok && older != nil && older.timer(tick.Timer) == nil {
		older = nil
	}
	if older == nil {
		return d, 0, d.Err
	}
	again := older.Evaluate(l.o.Context, ev, l.facts, l.state)
	switch {
	case again.Err != nil:
		return d, 0, d.Err
	case len(again.Asks) > 0:
		return again, 0, nil
	case l.good[ev.Kind] && again.Verdict.Kind == Allow:
		return d, 0, d.Err // rules that were replaced may deny; but whoever kills the newest must not choose who lets him
	}
	again.Degraded = l.rules.Hash
	return again, 0, d.Err
}

func (l *Loop) stopwatch() time.Duration {
	if l.o.Stopwatch == nil {
		return 0
	}
	return l.o.Stopwatch()
}

// prove remembers that the ruleset in force decides such turns.
func (l *Loop) prove(kind string, d Decision) {
	if d.Degraded != "" || d.Ruleset != l.rules.Hash {
		return
	}
	l.good[kind] = true
	if !l.proven && kind == KindPlayback {
		l.proven = true
		l.tell(ProvenReport{l.rules})
	}
}

// stand makes true what stands after an on_playback or on_blind turn. After a
// void one pause and poll stand as they stood, and the light shows the fault.
func (l *Loop) stand(ev Event, d Decision) {
	if d.Err != nil {
		l.stands = Stands{Condition: ConditionFault, Effects: l.lasting()}
		return
	}
	s := Stands{Verdict: d.Verdict, Effects: d.Standing, Condition: d.Verdict.Kind.condition()}
	if ev.Kind == KindBlind {
		s.Condition = ConditionBlind
	}
	l.stands = s
	l.pause.holder = ""
	if h, ok := ev.Data.(Held); ok && d.Verdict.Kind == Deny {
		l.pause.holder = h.Holder()
	}
}

// settle takes away what happens once but not now: messages under their
// throttle, calls that repeat those of the last committed turn, and writes that
// change nothing. asked is what the turn asked for, for the next comparison.
func (l *Loop) settle(d Decision) (out Decision, asked []string, throttled int) {
	kind := d.Event.Kind
	repeats := kind == KindPlayback || kind == KindBlind
	var once []Effect
	for _, e := range d.Once {
		if e.Every > 0 && e.Key != "" {
			if l.enforce && l.facts.Throttled(e.Key, e.Every, d.Event.Time) {
				throttled++
				continue
			}
			if !l.enforce {
				asked = append(asked, e.String())
			}
		} else if repeats {
			text := e.String()
			asked = append(asked, text)
			if l.enforce && slices.Contains(l.facts.Repeats[kind], text) {
				continue
			}
		}
		once = append(once, e)
	}
	var writes []Write
	for _, w := range d.State {
		if !l.changesNothing(w, d.Event.Time) || len(d.State) > 1 && wroteBefore(writes, w.Key) {
			writes = append(writes, w)
		}
	}
	d.Once, d.State = once, writes
	return d, asked, throttled
}

func wroteBefore(writes []Write, key string) bool {
	return slices.ContainsFunc(writes, func(w Write) bool { return w.Key == key })
}

func (l *Loop) changesNothing(w Write, now time.Time) bool {
	old, ok := l.state.Live(w.Key, now)
	if w.Value == nil {
		return !ok
	}
	return ok && string(old.Value) == string(w.Value) && old.Expires.IsZero() && w.Expires.IsZero()
}

// signature is what two decisions have in common when neither brings news.
func signature(d Decision, asked []string) string {
	var b strings.Builder
	b.WriteString(d.Verdict.String())
	if d.Err != nil {
		b.WriteString("!" + d.Err.Error())
	}
	b.WriteString(d.Degraded)
	for _, e := range d.Standing {
		b.WriteByte('\n')
		b.WriteString(e.String())
	}
	for _, text := range asked {
		b.WriteString("\n+")
		b.WriteString(text)
	}
	return b.String()
}

// again evaluates anew what stands, with the last snapshot: after a reload, a
// timer, a topic, a change of state.
func (l *Loop) again(now time.Time, cause string) {
	l.turn(now, job{
		again: cause,
		event: func(now time.Time) (Event, bool) {
			switch {
			case !l.look.answered || l.rules == nil:
			case slices.ContainsFunc(l.jobs, func(j job) bool { return j.again == cause }): // and so does a later one
			case l.sight.blind != "":
				return l.event(now, KindBlind, cause, l.sight.problem), true
			case !l.sight.failing() && l.facts.Held != nil:
				return l.event(now, KindPlayback, cause, l.facts.Held), true
			}
			return Event{}, false
		},
		after: func(now time.Time, ev Event, keep func()) {
			keepIt(keep)
			if ev.Kind != KindPlayback {
				return
			}
			l.plan(now)
			if l.pauseDue(now) && l.look.due.After(now) {
				l.look.due = now
			}
		},
	})
}

// planTimers keeps the next runs of timers that stay, plans new ones and
// forgets those that are gone.
func (l *Loop) planTimers(now time.Time) {
	next := map[string]time.Time{}
	for _, t := range l.rules.Timers() {
		if at, ok := l.timers[t.ID]; ok {
			next[t.ID] = at
		} else {
			next[t.ID] = t.Next(now.In(l.o.Zone))
		}
	}
	l.timers = next
}

const missed = time.Minute // a run that is later than this is skipped

func (l *Loop) runTimers(now time.Time) {
	ran := false
	for _, t := range l.rules.Timers() {
		at := l.timers[t.ID]
		if now.Before(at) && at.Sub(now) > t.longest() { // the clock was set back
			l.timers[t.ID] = t.Next(now.In(l.o.Zone))
			continue
		}
		if at.IsZero() || now.Before(at) {
			continue
		}
		l.timers[t.ID] = t.Next(now.In(l.o.Zone))
		if now.Sub(at) > missed {
			continue
		}
		ev := Event{
			ID:      l.o.Account + "/timer/" + t.ID + "/" + strconv.FormatInt(at.Unix(), 10),
			Account: l.o.Account, Kind: KindTimer, Time: now.In(l.o.Zone), Data: Tick{Timer: t.ID},
		}
		l.turn(now, job{event: func(now time.Time) (Event, bool) { return ev, now.Sub(at) <= missed }})
		ran = true
	}
	if ran {
		l.again(now, CauseClock)
	}
}

// expireState evaluates anew when a ttl has ended.
func (l *Loop) expireState(now time.Time) {
	if l.expires.IsZero() || now.Before(l.expires) {
		return
	}
	l.kept.state = l.kept.state.With(nil, now)
	l.expires = time.Time{}
	l.rebuild(now)
	l.again(now, CauseState)
}
