package engine

import "time"

// doubt is a pause that was refused in words that are known to be wrong at
// times, or that say too little: what they mean is for the next look to tell.
type doubt struct {
	done  PauseDone
	got   time.Time // of the look behind the pause
	due   time.Time // the look that tells
	looks int       // that were asked for before it: one on its way may show what was before the pause
}

const doubtLook = time.Second

// Fixed is implemented by a Held that can say that its device takes no commands.
type Fixed interface {
	Restricted() bool
}

// doubts has the player looked at a second after a refused pause.
func (l *Loop) doubts(now time.Time, in PauseDone) {
	l.doubt = &doubt{done: in, got: l.pause.got, due: now.Add(doubtLook), looks: l.look.n}
	l.plan(now)
}

// toldBy says whether the nth look can tell what the refusal means.
func (d *doubt) toldBy(n int) bool { return d != nil && n > d.looks }

// resolve says what a refused pause was, by what a look shows. Where the same
// device still plays, and the refusal may have been a passing one, the next
// pause goes out at once instead of after its cadence, once.
func (l *Loop) resolve(now time.Time, held Held) {
	d := l.doubt
	if !d.toldBy(l.look.n) {
		return
	}
	l.doubt = nil
	outcome := d.done.Outcome
	switch plays := held.Active() && held.Holder() == d.done.Holder; {
	case !plays:
		outcome = "already" // whoever it was, it is silent
	case outcome == "already":
		outcome = "failed" // it is said to be paused, and plays on
	}
	if fixed, ok := held.(Fixed); ok && fixed.Restricted() && outcome == "failed" {
		outcome = "restricted"
	}
	if l.pause.repeated != d.done.Holder && outcome != "already" && outcome != "restricted" {
		l.pause.repeated = d.done.Holder
		l.facts = l.facts.Paused(d.done.Holder, time.Time{}, false) // due at once
	}
	l.tellPause(d.done, outcome, d.got)
	if outcome == "restricted" {
		l.cannotBePaused(now, d.done.Holder, l.pause.target)
	}
}

// unresolved tells a refused pause as it was answered: no look will tell its
// meaning, or not soon.
func (l *Loop) unresolved() {
	if d := l.doubt; d != nil {
		l.doubt = nil
		l.tellPause(d.done, d.done.Outcome, d.got)
	}
}

func (l *Loop) tellPause(in PauseDone, outcome string, got time.Time) {
	l.tell(PauseReport{Holder: in.Holder, Outcome: outcome, Message: in.Message, Reaction: in.Sent.Sub(got), Sent: in.Sent})
}
