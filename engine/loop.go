package engine

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// LoopOptions make a loop. Account and Pacer are required.
type LoopOptions struct {
	Account   string
	Enforce   bool // as configured at the start; an order may switch it. false: nothing is paused or posted
	Pacer     Pacer
	Zone      *time.Location                         // of the times that rules see; nil: UTC
	Decode    func(json.RawMessage) (Payload, error) // reads a kept snapshot back
	Parse     func(text string) (Effect, error)      // reads a kept message back
	Stopwatch func() time.Duration                   // measures evaluations; nil: not
	Jitter    func(time.Duration) time.Duration      // spreads waits after failures: gives a shorter one; nil: as they are
	Restored  func(kind string, err error)           // what could not be read back; nil: ignored
	Modules   []Module                               // whose messages are followed up; nil: none are
	Context   context.Context                        // ends an evaluation early; nil: never
	FirstLook time.Duration                          // how long after the first ruleset: a host spreads the starts of its accounts
}

// Loop is one account as a state machine: Step takes what happened and gives
// what is to be done and when to come back. It has no clock, does no I/O and
// starts nothing; a thin shell drives it (Runner, or a timeline). It belongs to
// one goroutine.
type Loop struct {
	o        LoopOptions
	out      []Action
	early    []Action  // of the restoring, for the first Step
	keptAt   time.Time // when facts were last handed to the journal
	later    func()    // what the next Step begins with: the record of a turn that paused
	enforce  bool      // switched on, and not on hold
	switched bool      // as configured, or as an order switched it
	hold     holding
	override overriding
	waited   *waiter     // who waits for the turn that is kept next; nil: nobody does
	jobs     []job       // turns that wait for the one that asks
	asking   *asking     // nil: no turn waits for an answer
	asks     int         // counts them
	answers  []served    // of the last seconds
	doubt    *doubt      // a pause whose outcome the next look tells; nil: none
	check    *unverified // a pause that looks have still to show to have worked; nil: none
	facts    Facts
	rules    *Ruleset
	good     map[string]bool     // kinds that rules decided without failing
	before   map[string]*Ruleset // kind -> the newest older one that did
	proven   bool
	stopped  bool

	sight  sight
	look   schedule
	pause  pausing
	stands Stands
	told   Stands // what show was asked about last
	shown  string // what was shown last, as text
	fault  string

	kept     kept      // what the journal has
	state    State     // and with what is on its way
	expires  time.Time // when the next entry of it runs out; zero: none does
	pending  []pending
	commits  int
	owed     []Write           // reserved rows that the journal has still to take, beside those of the ledger
	written  map[string]Known  // rows of the ledger that the journal has, or is about to have
	habits   Habits            // that the journal has, or is about to have
	lastSign map[string]string // kind -> the decision committed last
	dirty    bool              // facts changed since the last commit
	lostRun  json.RawMessage   // of a commit that failed; nil: none
	unmarked []DoneNow         // the journal could not take them yet

	timers  map[string]time.Time // next run
	box     outbox
	posts   map[string]*post  // by id
	stories map[string]*story // by key
	rows    map[string]bool   // keys of posts that the journal has
	unsaid  bool              // some posts do not say yet who decided
	moved   bool              // the facts have, since the stories went on
}

// NewLoop makes a loop from what the journal kept. Nothing happens before the
// first Step.
func NewLoop(o LoopOptions, kept Recovered, now time.Time) *Loop {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	if o.Restored == nil {
		o.Restored = func(string, error) {}
	}
	l := &Loop{
		o:        o,
		good:     map[string]bool{},
		before:   map[string]*Ruleset{},
		lastSign: map[string]string{},
		written:  map[string]Known{},
		timers:   map[string]time.Time{},
		box:      newOutbox(),
		posts:    map[string]*post{},
		stories:  map[string]*story{},
		stands:   Stands{Condition: ConditionUnknown},
	}
	l.switched = o.Enforce
	l.restore(kept, now)
	l.look.due = now
	return l
}

// Step takes what happened and gives what is to be done, in order, and when to
// come back with Wake at the latest. The actions are valid until the next Step.
func (l *Loop) Step(now time.Time, in Input) (actions []Action, wake time.Time) {
	clear(l.out) // a record that lies here until the next look is memory of every account
	l.out = append(l.out[:0], l.early...)
	l.early = nil
	if l.stopped {
		l.sentLast(now, in)
		return l.out, time.Time{}
	}
	l.keepNow()
	switch in := in.(type) {
	case Looked:
		l.looked(now, in)
	case LookFailed:
		l.lookFailed(now, in)
	case GateWaits:
		l.gateWaits(now, in)
	case PauseDone:
		l.pauseDone(now, in)
	case Applied:
		l.applied(now, in)
	case CommitDone:
		l.commitDone(now, in)
	case MarkFailed:
		l.markFailed(in)
	case Answered:
		l.answered(now, in)
	case Approve:
		l.approve(now, in)
	case Enforce:
		l.switchEnforcement(now, in)
	case Configured:
		l.configured(now, in)
	case Replan:
		l.replan(now)
	case GateOpens:
		l.gateOpens()
	case Hold:
		l.takeHold(now, in)
	case Override:
		l.takeOverride(now, in)
	case Publish:
		l.publish(now, in)
	case Press:
		l.press(now, in)
	case Notice:
		l.notice(now, in)
	case Refreshed:
		l.refreshed(now, in)
	case Installed:
		l.install(now, in)
	case LookSoon:
		l.lookSoon(now)
	case AskPresent:
		l.tell(PresentReport{ID: in.ID, Present: l.present(now)})
	case Ping:
		l.tell(OrderReport{ID: in.ID})
	case Stop:
		l.stop(now)
		return l.out, time.Time{}
	}
	if l.rules == nil {
		return l.out, time.Time{}
	}
	l.show()
	l.advance(now)
	return l.out, l.wake(now)
}

// keepNow writes the record that a pause went before.
func (l *Loop) keepNow() {
	if keep := l.later; keep != nil {
		l.later = nil
		keep()
	}
}

// Enforcing says whether enforcement is switched on, before the first Step: as
// configured, or as it was switched to. A hold comes on top of it.
func (l *Loop) Enforcing() bool { return l.switched }

func (l *Loop) act(a Action)  { l.out = append(l.out, a) }
func (l *Loop) tell(r Report) { l.act(Tell{r}) }

// advance does what the time has come for.
func (l *Loop) advance(now time.Time) {
	l.unanswered(now)
	l.work(now)
	l.goOn(now)
	l.staysBlind(now)
	l.endHold(now)
	l.endOverride(now)
	if l.look.answered {
		l.runTimers(now)
		l.expireState(now)
	}
	if l.look.soon && !l.look.inFlight && !l.look.deciding {
		l.lookSoon(now)
	}
	if at, ok := l.look.next(); ok && !l.look.deciding && !now.Before(at) {
		l.look.inFlight = true
		l.look.asked = now
		l.look.n++
		l.act(LookNow{Verify: l.verifying(now)})
	}
	l.deliver(now)
	l.show()
}

// wake is the next moment at which advance has something to do.
func (l *Loop) wake(now time.Time) time.Time {
	var next time.Time
	earlier := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if l.later != nil {
		return now
	}
	if at, ok := l.look.next(); ok && !l.look.deciding {
		earlier(at)
	}
	if l.asking != nil {
		earlier(l.asking.patience())
	}
	if l.asking == nil && len(l.jobs) > 0 {
		earlier(l.look.anew)
	}
	if l.hanging() {
		earlier(l.look.asked.Add(lookHangs))
	}
	if l.look.answered {
		for _, at := range l.timers {
			earlier(at)
		}
		earlier(l.expires)
	}
	earlier(l.hold.Until)
	earlier(l.override.Until)
	if l.sight.failing() && l.sight.blind == "" {
		earlier(l.sight.since.Add(blindAfter))
	}
	earlier(l.box.next(now))
	return next
}

// install puts a ruleset in force and decides anew what stands.
func (l *Loop) install(now time.Time, in Installed) {
	if in.Ruleset == nil || l.rules != nil && l.rules.Hash == in.Ruleset.Hash {
		return
	}
	if l.rules != nil {
		for kind := range l.good {
			if !slices.Contains(in.Not, l.rules.Hash) {
				l.before[kind] = l.rules
			}
		}
	} else if in.Before != nil && in.Before.Hash != in.Ruleset.Hash {
		for kind := range in.Before.handlers {
			l.before[kind] = in.Before
		}
	}
	for kind, older := range l.before {
		if older.Hash == in.Ruleset.Hash || slices.Contains(in.Not, older.Hash) {
			delete(l.before, kind)
		}
	}
	first := l.rules == nil
	l.rules, l.proven = in.Ruleset, false
	clear(l.good)
	if first && in.Proven {
		for kind := range in.Ruleset.handlers {
			l.good[kind] = true
		}
	}
	l.planTimers(now)
	if first {
		l.look.due = now.Add(l.o.FirstLook)
		l.tell(StandsReport{l.stands})
	}
	l.again(now, CauseReload) // at a start only when the gate said already that nothing can be seen
}

// stop commits what is not kept yet.
func (l *Loop) stop(now time.Time) {
	l.unresolved()
	l.unseenPause()
	if l.dirty {
		l.commitFacts(now)
	}
	l.markAgain()
	l.stopped = true
}

// show says what stands, when it changed.
func (l *Loop) show() {
	s := l.stands
	if l.fault != "" {
		s.Condition = ConditionFault
	}
	if s.is(l.told) {
		return // nothing was decided since: most steps come here twice
	}
	l.told = s
	text := s.Condition.String() + "\n" + s.Verdict.String() + "\n" + texts(s.Effects)
	if text == l.shown {
		return
	}
	l.shown = text
	l.act(ShowNow{s})
	l.tell(StandsReport{s})
}

// is says that both are of the same decision; false says nothing.
func (s Stands) is(o Stands) bool {
	return s.Condition == o.Condition && s.Verdict == o.Verdict && len(s.Effects) == len(o.Effects) &&
		(len(s.Effects) == 0 || &s.Effects[0] == &o.Effects[0])
}

func texts(effects []Effect) string {
	out := ""
	for _, e := range effects {
		out += e.String() + "\n"
	}
	return out
}

// setFault shows or clears that something of ours is broken.
func (l *Loop) setFault(fault string) {
	if l.fault != fault {
		l.fault = fault
		l.tell(FaultReport{fault})
	}
}
