package engine

import "time"

// What a pause that was answered with success turned out to be.
const (
	VerifiedSilent  = "silent"  // the next look showed that it does not play
	VerifiedResumed = "resumed" // it was silent, and was played again
	VerifiedFailed  = "failed"  // it plays on as if nothing had been sent
	VerifiedUnseen  = "unseen"  // no look could tell
)

// settles is how old a pause must be for a look to say that it did nothing: what
// a look shows may be three seconds behind.
const settles = 3 * time.Second

// unverified is a pause that was answered with success, until a look has shown
// what became of it.
type unverified struct {
	holder string
	sent   time.Time
	before time.Time // ChangedAt of the look behind the pause
	looks  int       // that were asked for before it
	silent bool      // seen; it may still be played again
}

// expectSilence has the next looks tell what a pause came to.
func (l *Loop) expectSilence(in PauseDone) {
	l.unseenPause()
	l.check = &unverified{holder: in.Holder, sent: in.Sent, before: l.pause.changed, looks: l.look.n}
}

// verify says what a look tells of the pause before it.
func (l *Loop) verify(now time.Time, held Held) {
	c := l.check
	if c == nil || l.look.n <= c.looks {
		return
	}
	if !held.Active() || held.Holder() != c.holder {
		if !c.silent {
			c.silent = true
			l.tellVerified(c, VerifiedSilent, 0)
		}
		if held.Holder() != c.holder {
			l.check = nil // whoever plays it again later does so unasked
		}
		return
	}
	at := changedAt(held)
	switch {
	case !c.silent && l.look.asked.Sub(c.sent) < settles && !at.After(c.sent):
		return // what it shows may be from before the pause
	case !c.silent && !at.IsZero() && at.Equal(c.before):
		l.tellVerified(c, VerifiedFailed, 0)
	case !c.silent && at.IsZero():
		l.tellVerified(c, VerifiedUnseen, 0)
	case !at.IsZero():
		l.resumed(now, c, at.Sub(c.sent))
	case !c.silent && l.look.asked.Sub(c.sent) < settles:
		return // it says nothing of when: this may be what was before the pause
	default:
		l.resumed(now, c, now.Sub(c.sent))
	}
	l.check = nil
}

// resumed takes up that the device plays again.
func (l *Loop) resumed(now time.Time, c *unverified, after time.Duration) {
	after = min(max(after, 0), now.Sub(c.sent))
	if at := changedAt(l.facts.Held); at.After(c.sent) { // else it is when we looked, and would teach to look later
		l.facts = l.facts.resumed(c.holder, after, now)
	}
	l.pause.again = after
	if !c.silent {
		l.tellVerified(c, VerifiedSilent, 0)
	}
	l.tellVerified(c, VerifiedResumed, after)
}

// unverified gives up on a pause that no look will tell of.
func (l *Loop) unseenPause() {
	if c := l.check; c != nil {
		l.check = nil
		if !c.silent {
			l.tellVerified(c, VerifiedUnseen, 0)
		}
	}
}

func (l *Loop) tellVerified(c *unverified, outcome string, after time.Duration) {
	l.tell(VerifiedReport{Holder: c.holder, Outcome: outcome, After: after})
}
