package engine

import (
	"slices"
	"time"
)

const (
	outboxSize   = 1000
	retryFirst   = 2 * time.Second
	retryLongest = time.Minute
)

// outbox holds what was committed and not yet carried out, lane by lane in
// order.
type outbox struct {
	lanes map[string][]*waiting
	order []string // lanes, in the order they came up
	count int
}

type waiting struct {
	effect   Effect
	message  Message
	attempts int
	next     time.Time
	inFlight bool
	with     []*waiting // that are on their way as part of the same message; nil: it goes alone
}

func newOutbox() outbox { return outbox{lanes: map[string][]*waiting{}} }

// next is when something can be tried; zero: nothing waits.
func (o outbox) next(now time.Time) time.Time {
	var next time.Time
	for _, lane := range o.lanes {
		if len(lane) == 0 || lane[0].inFlight {
			continue
		}
		at := lane[0].next
		if at.IsZero() {
			at = now
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// enqueue puts a committed message into its lane. One that waits there with the
// same key is replaced: two reminders that come together are one too many.
func (l *Loop) enqueue(now time.Time, e Effect, m Message) {
	if m.Key != "" {
		for _, w := range slices.Clone(l.box.lanes[e.Lane]) {
			if w.message.Key == m.Key && !w.inFlight {
				l.finish(w, Outcome{At: now, Result: "replaced"})
			}
		}
	}
	if _, ok := l.box.lanes[e.Lane]; !ok {
		l.box.order = append(l.box.order, e.Lane)
	}
	l.box.lanes[e.Lane] = append(l.box.lanes[e.Lane], &waiting{effect: e, message: m})
	l.box.count++
	for l.box.count > outboxSize && l.dropOldest(now) {
	}
	l.tell(OutboxReport{Waiting: l.box.count})
}

func (l *Loop) dropOldest(now time.Time) bool {
	var old *waiting
	for _, name := range l.box.order {
		for _, w := range l.box.lanes[name] {
			if !w.inFlight && (old == nil || w.message.Time.Before(old.message.Time)) {
				old = w
			}
		}
	}
	if old == nil {
		return false
	}
	l.finish(old, Outcome{At: now, Result: "discarded", Error: "too many messages wait"})
	return true
}

// deliver asks to carry out the first message of each lane.
func (l *Loop) deliver(now time.Time) {
	for _, name := range slices.Clone(l.box.order) {
		for {
			lane := l.box.lanes[name]
			if len(lane) == 0 || lane[0].inFlight || lane[0].next.After(now) {
				break
			}
			w := lane[0]
			if !w.message.Expires.IsZero() && !now.Before(w.message.Expires) {
				l.finish(w, Outcome{At: now, Result: "expired"})
				continue
			}
			if w.effect.Player && l.playerBusy(now) {
				w.next = now.Add(playerWaits)
				break
			}
			l.send(now, lane)
		}
	}
}

// playerPatience is the slowest pause that commands to the player wait for: they are
// given up after 30 s.
const playerPatience = 20 * time.Second

// playerWaits is how soon a command to the player that had to wait is looked at again.
const playerWaits = 250 * time.Millisecond

// playerBusy says that commands to the player have to wait: a pause goes before them,
// that is on its way, or to follow a look that is; and where a pause stands and its
// device was seen playing, they go within PauseWithin after one. Music that is taken
// to another device without it would play on there.
func (l *Loop) playerBusy(now time.Time) bool {
	if l.pause.inFlight || l.look.inFlight && l.verifying(now) {
		return true
	}
	h := l.facts.Held
	every := cadence(l.stands.Effects, CallPause)
	stands := every > 0 && h != nil && h.Active() && h.Holder() == l.pause.holder
	if !stands || every > playerPatience || h.Target() == "" || l.facts.Fixed(h.Holder(), h.Target(), now) {
		return false
	}
	since := now.Sub(l.facts.Episodes[h.Holder()].LastPause)
	return since < 0 || since > PauseWithin
}

// commands counts the commands to the player that wait.
func (o outbox) commands() int {
	n := 0
	for _, lane := range o.lanes {
		for _, w := range lane {
			if w.effect.Player {
				n++
			}
		}
	}
	return n
}

// applied takes the outcome of one.
func (l *Loop) applied(now time.Time, in Applied) {
	w := l.box.find(in.ID)
	if w == nil {
		return
	}
	with := w.with
	w.inFlight, w.with = false, nil
	for _, o := range with {
		o.inFlight = false
	}
	l.plan(now) // it may have cost calls
	if in.Outcome.Result == "sent" {
		l.sent(now, w, with, in.Outcome)
		return
	}
	if in.Final {
		if l.standsAlone(w) {
			l.tell(OutboxReport{Message: w.message, Outcome: Outcome{Error: in.Outcome.Error}, Waiting: l.box.count})
		} else {
			l.finish(w, in.Outcome) // those that went with it are tried without it
		}
		if !l.enforce { // switched off, or put on hold, while they were tried
			l.discard(now)
		}
		return
	}
	if !l.enforce && !w.effect.Answer { // switched off, or put on hold, while it was tried
		l.discard(now)
		return
	}
	if in.RetryAt.After(now) && in.Outcome.Error == "" { // told to wait: not a failure
		w.next = in.RetryAt
		return
	}
	wait := min(retryFirst<<min(w.attempts, 10), retryLongest)
	if l.o.Jitter != nil {
		wait = l.o.Jitter(wait)
	}
	w.attempts++
	if w.next = now.Add(wait); in.RetryAt.After(w.next) {
		w.next = in.RetryAt
	}
	l.tell(OutboxReport{Message: w.message, Outcome: Outcome{Error: in.Outcome.Error}, Waiting: l.box.count})
}

func (o outbox) find(id string) *waiting {
	for _, lane := range o.lanes {
		for _, w := range lane {
			if w.message.ID == id {
				return w
			}
		}
	}
	return nil
}

// discard gives up what waits: nothing is enforced any more.
func (l *Loop) discard(now time.Time) {
	for _, name := range slices.Clone(l.box.order) {
		for _, w := range slices.Clone(l.box.lanes[name]) {
			if !w.inFlight && !w.effect.Answer {
				l.finish(w, Outcome{At: now, Result: "discarded", Error: l.unenforced()})
			}
		}
	}
}

// finish takes a message off the outbox, here and in the journal.
func (l *Loop) finish(w *waiting, outcome Outcome) {
	lane := w.effect.Lane
	left := slices.DeleteFunc(l.box.lanes[lane], func(x *waiting) bool { return x == w })
	if l.box.lanes[lane] = left; len(left) == 0 { // rules may name any number of channels
		delete(l.box.lanes, lane)
		l.box.order = slices.DeleteFunc(l.box.order, func(name string) bool { return name == lane })
	}
	l.box.count--
	if r := outcome.Result; r != "sent" && r != "merged" {
		l.forgetPost(w.message.ID)
	}
	l.act(DoneNow{ID: w.message.ID, Outcome: outcome})
	l.tell(OutboxReport{Message: w.message, Outcome: outcome, Waiting: l.box.count})
}
