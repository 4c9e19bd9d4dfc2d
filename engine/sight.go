package engine

import "time"

const (
	blindAfter = 30 * time.Second // of failing
	lookHangs  = 15 * time.Second // of a look that does not come back: longer than one request may take
	pastDue    = 5 * time.Second  // a wait that puts the next look later than this is blindness
	confirmIn  = time.Second      // a failure that may be spurious is looked at again
	verifyFor  = 2 * time.Minute  // after a pause
)

// retries is how long to wait after the nth failure in a row, at most: the host may
// spread them (Jitter), so that accounts do not knock all at once. The first two
// come within five seconds; an outage of hours must not eat the day's budget.
var retries = [...]time.Duration{2, 5, 5, 10, 20, 30, 60}

// sight is whether the player can be seen.
type sight struct {
	failures int       // in a row
	since    time.Time // of the first of them, or of the wait
	blind    string    // kind; "": not blind
	problem  Blind
}

func (s sight) failing() bool { return s.failures > 0 }

// schedule is when the player is looked at.
type schedule struct {
	due      time.Time // by the pacer, or because of LookSoon
	planned  time.Time // by the pacer, while LookSoon has moved due; zero: it has not
	not      time.Time // the gate or an answer says: not before
	told     time.Time // the part of it that an answer said
	asked    time.Time // when the last look was asked for
	n        int       // looks asked for
	inFlight bool
	deciding bool      // the turn of one that is there waits for its decision
	waits    GateWaits // what the gate said meanwhile
	soon     bool      // look again when the one on its way is there, and decided
	anew     time.Time // until then no turn puts itself before a look that is to be decided at once
	answered bool      // at least one look came back since the start
	plan     Plan      // that due comes from
	pace     Pace
}

func (s schedule) next() (time.Time, bool) {
	if s.inFlight {
		return time.Time{}, false
	}
	if s.not.After(s.due) {
		return s.not, true
	}
	return s.due, true
}

// looked takes a look that succeeded.
func (l *Loop) looked(now time.Time, in Looked) {
	if !l.look.inFlight {
		return
	}
	l.look.inFlight, l.look.answered = false, true
	l.look.not, l.look.told, l.look.planned, l.look.anew = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	if l.sight.blind != "" || l.sight.failing() {
		was := l.sight.blind
		l.sight = sight{}
		if was != "" {
			l.lastSign[KindBlind] = ""
			l.tell(SightReport{})
		}
	}
	l.look.deciding = true
	j := always(l.event(now, KindPlayback, CauseLook, in.Data))
	j.after = func(now time.Time, ev Event, keep func()) { l.lookDecided(now, in, ev, keep) }
	l.first(now, j)
}

// lookDecided goes on from a look once its turn is decided, perhaps after answers.
func (l *Loop) lookDecided(now time.Time, in Looked, ev Event, keep func()) {
	l.look.deciding = false
	l.paceAfter(now, in)
	l.resolve(now, in.Data)
	l.verify(now, in.Data)
	paused := l.pauseIfDue(now, in)
	l.plan(now)
	if now.After(ev.Time) && now.Sub(in.Got) > PauseWithin && l.pauseDue(now) {
		l.lookAnew(now, ev.Answers)
	}
	waits := l.look.waits
	if l.look.waits = (GateWaits{}); waits.Until.After(now) {
		l.gateWaits(now, waits)
	}
	switch {
	case keep == nil:
		l.keepEpisode(now, in.Data.Holder())
	case paused:
		l.later = keep // writing the record must not hold up the pause
	default:
		keep()
	}
	l.judgeFixed(now)
}

// lookAnew looks at once, because the answers took too long for a pause on the
// look that asked for them. They serve the next one however long they took, and
// the turns that wait do so for it too.
func (l *Loop) lookAnew(now time.Time, answers []Answer) {
	l.look.due = now
	l.look.anew = now.Add(PauseWithin)
	for _, a := range answers {
		l.serve(a, now)
	}
}

// lookFirst says whether the turns that wait do so for a look.
func (l *Loop) lookFirst(now time.Time) bool {
	wait := l.look.anew.Sub(now)
	return wait > 0 && wait <= PauseWithin // longer: the clock was set back
}

// keepEpisode has the facts kept while a denied device shows nothing new: after
// a crash its episode must not have ended long ago.
func (l *Loop) keepEpisode(now time.Time, holder string) {
	if l.stands.Verdict.Kind == Deny && holder != "" && now.Sub(l.keptAt) >= episodeGap/2 {
		l.commitFacts(now)
	}
}

// lookSoon makes a look due. When the gate refuses it the next one comes when it
// was planned: a look that need not be does not lead to blindness.
func (l *Loop) lookSoon(now time.Time) {
	if l.look.soon = l.look.inFlight || l.look.deciding; !l.look.soon && l.look.due.After(now) {
		l.look.due, l.look.planned = now, l.look.due
	}
}

// paceAfter updates what the pacer goes by.
func (l *Loop) paceAfter(now time.Time, in Looked) {
	p := &l.look.pace
	held := in.Data.Holder() != ""
	switch {
	case !p.Seen || l.facts.Run.Count == 1:
		p.Changed, p.Followed = now, !p.Seen
	case !p.Followed:
		p.Followed = true
	}
	switch {
	case held:
		p.QuietSince = time.Time{}
	case p.QuietSince.IsZero():
		p.QuietSince = now
	}
	p.Seen, p.Held, p.Playing, p.Surplus = true, held, in.Data.Active(), in.Surplus
	p.Looked, p.Ends = l.look.asked, time.Time{}
	if e, ok := in.Data.(Ending); ok && p.Playing {
		if left, ok := e.Left(); ok {
			p.Ends = in.Got.Add(left)
		}
	}
}

// plan asks the pacer when to look next.
func (l *Loop) plan(now time.Time) {
	if l.look.inFlight || l.sight.failing() || l.sight.blind != "" {
		return
	}
	p := l.look.pace
	p.Now = now.In(l.o.Zone)
	p.Verdict = l.stands.Verdict.Kind
	if p.Verdict == Unknown && l.pause.holder != "" && cadence(l.stands.Effects, CallPause) > 0 {
		p.Verdict = Deny // a failed turn: the pause stands as it stood
	}
	p.PauseEvery = cadence(l.stands.Effects, CallPause)
	p.PollEvery = cadence(l.stands.Effects, CallPoll)
	p.Paused = l.pause.last
	p.Resumes = l.facts.Episodes[l.pause.holder].Resume()
	p.Habits, p.Commands = l.facts.Habits, l.box.commands()
	l.look.planned = time.Time{}
	plan := l.o.Pacer.Next(p)
	if d := l.doubt; d != nil && plan.Due.After(d.due) {
		plan.Due, plan.Cause, plan.Why = d.due, "verify", "what a refused pause means"
	}
	if plan != l.look.plan || !plan.Due.Equal(l.look.due) {
		l.look.due, l.look.plan = plan.Due, plan
		l.tell(PaceReport{Plan: plan, Interval: plan.Due.Sub(p.Looked)})
	}
}

// verifying says whether the next look serves enforcement.
func (l *Loop) verifying(now time.Time) bool {
	if !l.enforce {
		return false
	}
	denied := l.stands.Verdict.Kind == Deny && l.look.pace.Playing
	return denied || !l.pause.last.IsZero() && now.Sub(l.pause.last) < verifyFor
}

// lookFailed takes a look that showed nothing.
func (l *Loop) lookFailed(now time.Time, in LookFailed) {
	if !l.look.inFlight {
		return
	}
	l.look.inFlight, l.look.soon = false, false
	l.look.answered = l.look.answered || !in.Refused
	if in.Refused {
		if !in.RetryAt.After(now) {
			in.RetryAt = now.Add(confirmIn) // a gate that does not say when must not be asked without end
		}
		l.gateWaits(now, GateWaits{Kind: in.Kind, Until: in.RetryAt, Reason: in.Message})
		return
	}
	l.look.planned = time.Time{}
	if l.doubt.toldBy(l.look.n) {
		l.unresolved()
	}
	s := &l.sight
	if !s.failing() && s.blind == "" {
		s.since = now
		l.unseen()
	}
	s.failures++
	wait := retries[min(s.failures, len(retries))-1] * time.Second
	if s.failures == 1 && (in.Kind == BlindUnauthorized || in.Kind == BlindForbidden) {
		wait = confirmIn
	} else if l.o.Jitter != nil {
		wait = l.o.Jitter(wait)
	}
	l.look.due = now.Add(wait)
	l.look.not, l.look.told = in.RetryAt, in.RetryAt
	l.tell(PaceReport{Plan: Plan{Due: l.look.due, Cause: "failure", Why: "after a failure"}, Interval: wait})
	l.tell(SightReport{Blind: Blind{Kind: s.blind}, Failure: in.Kind + ": " + in.Message})
	problem := Blind{Kind: in.Kind, Since: s.since, RetryAt: in.RetryAt, Message: in.Message}
	waits := in.RetryAt.Sub(now) > pastDue
	if s.blind != "" || s.failures >= 2 || waits || in.Kind == BlindQuota || now.Sub(s.since) >= blindAfter {
		l.goBlind(now, problem)
	} else {
		s.problem = problem
	}
}

// gateWaits takes the news that no look may pass until a moment.
func (l *Loop) gateWaits(now time.Time, in GateWaits) {
	if l.look.deciding { // when the next look is due is not known yet
		if in.Until.After(l.look.waits.Until) {
			l.look.waits = in
		}
		return
	}
	if in.Reserve && l.verifying(now) {
		return // it may use what is kept back
	}
	if in.Until.After(l.look.not) {
		l.look.not = in.Until
	}
	if !l.look.inFlight && !l.look.planned.IsZero() {
		l.look.due, l.look.planned = l.look.planned, time.Time{}
	}
	if l.look.inFlight || in.Until.Sub(l.look.due) <= pastDue {
		return
	}
	l.look.answered = true
	if l.sight.blind == "" && !l.sight.failing() {
		l.sight.since = now
		l.unseen()
	}
	l.goBlind(now, Blind{
		Kind: in.Kind, Since: l.sight.since, RetryAt: in.Until,
		Message: waitingFor(in, now, l.o.Zone),
	})
}

// waitingFor says until when, with the day when it is another one, and why.
func waitingFor(in GateWaits, now time.Time, zone *time.Location) string {
	layout := time.TimeOnly
	if until := in.Until.In(zone); until.YearDay() != now.In(zone).YearDay() {
		layout = time.DateTime
	}
	text := "the next look has to wait until " + in.Until.In(zone).Format(layout)
	if in.Reason != "" {
		text += ": " + in.Reason
	}
	return text
}

// hanging says whether a look is on its way that could still turn out well:
// whatever keeps it, what was seen before it must not stand for ever.
func (l *Loop) hanging() bool {
	return l.look.inFlight && !l.sight.failing() && l.sight.blind == ""
}

// staysBlind turns failing for too long, and a look that does not come back,
// into blindness.
func (l *Loop) staysBlind(now time.Time) {
	if l.hanging() && now.Sub(l.look.asked) >= lookHangs {
		l.sight.since, l.look.answered = l.look.asked, true
		l.unseen()
		l.goBlind(now, Blind{Kind: BlindUnreachable, Since: l.look.asked, Message: "a look does not come back"})
	}
	if l.sight.failing() && l.sight.blind == "" && now.Sub(l.sight.since) >= blindAfter {
		l.goBlind(now, l.sight.problem)
	}
}

// unseen is the state from the first failure on: the verdict is unknown, and the
// light says so. Pause and pace stand until the next turn; without a look at
// most two seconds old no pause goes out.
func (l *Loop) unseen() {
	l.stands = Stands{Condition: ConditionUnknown, Effects: l.lasting()}
}

// lasting is what of the standing effects outlives a turn that failed.
func (l *Loop) lasting() []Effect {
	var out []Effect
	for _, e := range l.stands.Effects {
		if e.Call == CallPause || e.Call == CallPoll {
			out = append(out, e)
		}
	}
	return out
}

// goBlind evaluates on_blind when blindness begins or its kind changes, and again
// when that turn could not be kept.
func (l *Loop) goBlind(now time.Time, b Blind) {
	if b.Kind == "" {
		b.Kind = BlindUnreachable
	}
	b.Since = wallTime(now, b.Since)
	changed := l.sight.blind != b.Kind
	l.sight.blind, l.sight.problem = b.Kind, b
	if changed {
		l.tell(SightReport{Blind: b})
	}
	l.unresolved()
	l.unseenPause()
	if l.rules != nil && (changed || l.lastSign[KindBlind] == "") {
		ev := l.event(now, KindBlind, "", b)
		l.turn(now, job{event: func(time.Time) (Event, bool) {
			return ev, changed || l.lastSign[KindBlind] == "" // one that waited before it may have been kept by now
		}})
	}
}
