package engine

import "time"

// pausing is the pause that stands and the one that is on its way.
type pausing struct {
	holder   string // whom the last turn denied; "" nobody
	inFlight bool
	got      time.Time     // of the look behind the pause on its way
	changed  time.Time     // ChangedAt of that look
	target   string        // of the newest
	last     time.Time     // when one was last sent
	before   time.Time     // and before that to the same holder, for one that was refused
	again    time.Duration // after how long a device was played again, of which no record says anything yet
	fixed    bool          // it has turned out that a device takes no commands, and the rules are to hear of it
	repeated string        // the holder to whom a doubtful pause was repeated, once until one works
}

// pauseIfDue sends a pause on the look that just came: for as long as a pause
// stands, the denied device plays, and none was sent less than its cadence ago.
func (l *Loop) pauseIfDue(now time.Time, in Looked) (sent bool) {
	every := cadence(l.stands.Effects, CallPause)
	holder := in.Data.Holder()
	if every == 0 || !in.Data.Active() || holder == "" || holder != l.pause.holder {
		return false
	}
	if !l.enforce || l.pause.inFlight || now.Sub(in.Got) > PauseWithin {
		return false
	}
	last := l.facts.Episodes[holder].LastPause                       // also of an episode that turns fail to go on with
	if !last.IsZero() && now.Sub(last) < every && !last.After(now) { // one in the future: the clock was set back
		return false
	}
	if until := l.facts.fixedUntil(holder, in.Data.Target()); now.Before(until) && until.Sub(now) <= ReturnWithin {
		return false // said, and not tried for ever
	}
	if in.Data.Target() == "" {
		if l.cannotBePaused(now, holder, "") {
			l.tell(PauseReport{Holder: holder, Outcome: "restricted", Message: "the device has no id: it cannot be paused from here"})
		}
		return false
	}
	l.pause.inFlight, l.pause.target = true, in.Data.Target()
	l.pause.got, l.pause.changed = in.Got, changedAt(in.Data)
	l.pause.before = last
	l.facts = l.facts.Paused(holder, now, false)
	l.act(PauseNow{Holder: holder, Target: in.Data.Target(), Got: in.Got})
	return true
}

// pauseWaits is how long a pause may be kept back by the 30 s without anybody being
// blind: what calls for it was just seen.
const pauseWaits = 15 * time.Second

// pauseDone takes the outcome. A pause that the gate refused was not sent: the
// next look comes as soon as the gate opens, and decides anew.
func (l *Loop) pauseDone(now time.Time, in PauseDone) {
	if !l.pause.inFlight {
		return
	}
	l.pause.inFlight = false
	if in.Sent.IsZero() {
		l.facts = l.facts.Paused(in.Holder, l.pause.before, false)
		l.look.due = later(now, in.RetryAt)
		if in.RetryAt.Sub(now) > pauseWaits {
			l.look.due = now
			l.gateWaits(now, GateWaits{Kind: in.Kind, Until: in.RetryAt, Reason: in.Message})
		}
		l.tell(PauseReport{Holder: in.Holder, Message: "not sent: " + in.Message})
		return
	}
	l.pause.last = in.Sent
	l.facts = l.facts.Paused(in.Holder, in.Sent, in.Outcome == "paused")
	l.moved = true
	if l.unresolved(); in.Doubtful {
		l.doubts(now, in)
		l.keepPause(now, in)
		return
	}
	l.pause.repeated = ""
	l.tellPause(in, in.Outcome, l.pause.got)
	if in.Outcome == "paused" {
		l.facts = l.facts.mended(in.Holder, now)
		l.expectSilence(in)
	}
	l.plan(now)
	l.keepPause(now, in)
	if in.Outcome == "restricted" {
		l.cannotBePaused(now, in.Holder, l.pause.target)
	}
	l.judgeFixed(now)
}

// keepPause has the journal keep that a pause was sent, and how it was answered.
// What looks showed of the one before is said with it: a commit for each is enough.
func (l *Loop) keepPause(now time.Time, in PauseDone) {
	what := in.Holder + ": " + in.Outcome
	if in.Message != "" {
		what += " (" + in.Message + ")"
	}
	if l.pause.again > 0 {
		what += "; after the pause before it was played again in " + FormatDuration(l.pause.again.Round(100*time.Millisecond))
	}
	l.pause.again = 0
	if !l.order(now, "", KindPause, Order{By: "gatefold", What: what}) {
		l.dirty = true
	}
}

// cannotBePaused takes up that a device takes no commands, which is tried again ever
// more seldom, and says whether that is news.
func (l *Loop) cannotBePaused(now time.Time, holder, target string) (first bool) {
	l.facts, first = l.facts.fixed(holder, target, now)
	l.pause.fixed = l.pause.fixed || first
	return first
}

// judgeFixed has the rules told of it: once the turn that found it out is kept, or what
// both ask for would be done twice.
func (l *Loop) judgeFixed(now time.Time) {
	if l.pause.fixed {
		l.pause.fixed = false
		l.again(now, CauseState)
	}
}

// pauseDue says whether a pause stands that the last snapshot would call for:
// after an edit or a timer it needs a fresh look first.
func (l *Loop) pauseDue(now time.Time) bool {
	every := cadence(l.stands.Effects, CallPause)
	h := l.facts.Held
	if every == 0 || !l.enforce || l.pause.inFlight || h == nil || !h.Active() || h.Target() == "" || h.Holder() != l.pause.holder {
		return false
	}
	last := l.facts.Episodes[h.Holder()].LastPause
	return last.IsZero() || now.Sub(last) >= every || last.After(now)
}
