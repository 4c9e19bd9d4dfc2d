package engine

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

const maxPending = 64 // commits on their way before a turn is not kept any more

// kept is what the journal has of what turns write and reserve. Together with
// the commits on their way it makes what the next turn is told: so a commit that
// fails takes nothing back but its own.
type kept struct {
	state    State
	repeats  map[string][]string
	throttle map[string]time.Time
}

// pending is a commit on its way.
type pending struct {
	n        int
	writes   []Write
	outbox   []Effect
	messages []Message
	kind     string   // whose repeats it replaces; "": it replaces none
	asked    []string // calls without every
	fresh    []string // those of them that it carries out
	keys     []string // of throttles that it reserves
	at       time.Time
	run      json.RawMessage
	house    []Write                        // the houseNews in it
	order    string                         // id of what somebody waits for; "": nobody does
	did      Did                            // what they are told of it
	end      func(now time.Time, err error) // hears what became of it; nil: nobody does
}

// commitTurn asks to keep a turn: event, decision, facts, state, outbox. Until
// the answer is there the loop goes on as if it had succeeded.
func (l *Loop) commitTurn(now time.Time, t turned) {
	d, ev := t.settled, t.settled.Event
	run := marshalRun(t.told.Held, t.ended)
	raw, err := ev.Data.MarshalJSON()
	if err != nil || len(l.pending) >= maxPending {
		fault := "journal: too many commits are waiting"
		if err != nil {
			fault = "journal: " + err.Error()
		}
		l.setFault(fault)
		l.unkept(run)
		return
	}
	l.lastSign[ev.Kind] = t.sign
	p := pending{writes: d.State, at: ev.Time}
	if d.Err == nil {
		if ev.Kind == KindPlayback || ev.Kind == KindBlind {
			p.kind, p.asked = ev.Kind, t.asked
		}
		if l.enforce {
			p.fill(d)
			l.posted(now, d, p.outbox)
		}
	}
	p.house = l.houseNews()
	if w := l.waited; w != nil {
		p.order, p.did, p.end, l.waited = w.order, w.did, w.end, nil
	}
	decision := RecordOf(d)
	decision.Past = t.past(run, raw)
	kept, _ := json.Marshal(decision)
	l.submit(now, p, Record{
		Event:    &EventRecord{ID: ev.ID, Kind: ev.Kind, Time: ev.Time, Cause: ev.Cause, Data: raw, Answers: ev.Answers},
		Decision: kept,
		Run:      run,
		State:    append(slices.Clone(d.State), p.house...),
		Outbox:   p.messages,
	})
}

func marshalRun(was Held, ended Run) json.RawMessage {
	if ended.Count == 0 || was == nil {
		return nil
	}
	data, err := was.MarshalJSON()
	if err != nil {
		return nil
	}
	raw, _ := json.Marshal(RunRecord{ended.First, ended.Last, ended.Count, data})
	return raw
}

// fill makes messages of what happens once, and reserves their throttles.
func (p *pending) fill(d Decision) {
	for _, e := range d.Once {
		text := e.String()
		if e.Every > 0 && e.Key != "" {
			if slices.Contains(p.keys, e.Key) {
				continue
			}
			p.keys = append(p.keys, e.Key)
		} else {
			p.fresh = append(p.fresh, text)
		}
		p.outbox = append(p.outbox, e)
		p.messages = append(p.messages, Message{
			ID: e.ID, Call: text, Pos: e.Pos, Time: e.Time, Expires: e.Expires,
			Every: e.Every, Key: e.Key, Lane: e.Lane, Answer: e.Answer,
		})
	}
}

// reserve takes up what the turn asked for. A call that an earlier turn was to
// carry out, and did not because it was not kept, was not asked for yet.
func (p pending) reserve(f Facts) Facts {
	if p.kind != "" {
		before := f.Repeats[p.kind]
		var asked []string
		for _, text := range p.asked {
			if slices.Contains(p.fresh, text) || slices.Contains(before, text) {
				asked = append(asked, text)
			}
		}
		f = f.withRepeats(p.kind, asked)
	}
	return f.reserved(p.keys, p.at)
}

// houseNews are the rows beside those of the rules that the journal does not have
// yet, or has still to forget.
func (l *Loop) houseNews() []Write {
	out := slices.Clone(l.owed)
	for holder, k := range l.facts.Ledger {
		if old, ok := l.written[holder]; !ok || !k.same(old) {
			out = append(out, ledgerWrite(holder, k))
			l.written[holder] = k
		}
	}
	for holder := range l.written {
		if _, ok := l.facts.Ledger[holder]; !ok {
			out = append(out, Write{Key: reservedLedger + holder})
			delete(l.written, holder)
		}
	}
	if l.facts.Habits.news(l.habits) {
		l.habits = l.facts.Habits
		out = append(out, l.habits.write())
	}
	slices.SortFunc(out, func(a, b Write) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// commitFacts keeps the facts alone: a pause was counted, or the loop stops.
func (l *Loop) commitFacts(now time.Time) {
	if l.dirty = len(l.pending) >= maxPending; !l.dirty {
		news := l.houseNews()
		l.submit(now, pending{house: news}, Record{State: news})
	}
}

// housed takes the houseNews of a commit off what is owed to the journal.
func (l *Loop) housed(news []Write) {
	for _, w := range news {
		l.owed = slices.DeleteFunc(l.owed, func(o Write) bool { return o.Key == w.Key && string(o.Value) == string(w.Value) })
		l.keptRow(w)
	}
}

// unhoused owes the journal again what was in a commit that it did not take.
func (l *Loop) unhoused(p pending) {
	for _, w := range p.house {
		if holder, ok := strings.CutPrefix(w.Key, reservedLedger); ok {
			l.written[holder] = Known{} // as nobody is: it is written, or forgotten, with the next
		}
		if w.Key == reservedHabits {
			l.habits = Habits{}
		}
	}
	l.unkeptSwitches(p)
	l.lostRows(p.house)
}

// submit asks for a commit with the facts as they are with it.
func (l *Loop) submit(now time.Time, p pending, rec Record) {
	l.keptAt = now
	if rec.Run == nil {
		rec.Run, l.lostRun = l.lostRun, nil
	}
	l.commits++
	p.n, p.run = l.commits, rec.Run
	l.pending = append(l.pending, p)
	l.rebuild(now)
	l.dirty = false
	rec.Account, rec.At, rec.Facts, rec.Stands = l.o.Account, now, marshalFacts(l.facts), marshalStands(l.stands)
	l.act(CommitNow{N: p.n, Record: rec})
}

// rebuild is what the journal has, with what is on its way.
func (l *Loop) rebuild(now time.Time) {
	l.state = l.kept.state
	l.facts.Repeats, l.facts.Throttle = l.kept.repeats, l.kept.throttle
	for _, p := range l.pending {
		if len(p.writes) > 0 {
			l.state = l.state.With(p.writes, now)
		}
		l.facts = p.reserve(l.facts)
	}
	if l.expires.IsZero() || l.expires.After(now) { // one that is due is still to be handled
		l.expires = l.state.NextExpiry()
	}
}

// commitDone takes the journal's answer. When a commit failed nothing of the
// turn happens once, and the next look tries again.
func (l *Loop) commitDone(now time.Time, in CommitDone) {
	i := slices.IndexFunc(l.pending, func(p pending) bool { return p.n == in.N })
	if i < 0 {
		return
	}
	p := l.pending[i]
	defer l.concluded(now, p, in)
	if l.pending = append(l.pending[:i:i], l.pending[i+1:]...); len(l.pending) == 0 {
		l.pending = nil // and not the array with what was in it
	}
	l.report(p, in)
	switch {
	case in.Err != nil:
		l.setFault("journal: " + in.Err.Error())
		l.unhoused(p)
		l.unkept(p.run)
		l.rebuild(now)
		if p.order != "" { // what stands may follow from it
			l.again(now, CauseState)
		}
		return
	case in.Receipt.Duplicate:
		l.dirty = true
		l.unhoused(p)
		l.rebuild(now)
	default:
		l.housed(p.house)
		l.keep(now, p)
		for i, e := range p.outbox {
			if slices.Contains(in.Receipt.Throttled, e.ID) {
				l.forgetPost(e.ID)
			} else {
				l.enqueue(now, e, p.messages[i])
			}
		}
		if !l.enforce { // switched off, or put on hold, while it was on its way
			l.discard(now)
		}
		l.sayAgain(now)
	}
	l.setFault("")
	l.markAgain()
}

// concluded comes last: messages of a commit that failed are not sent, and whoever waits for it goes on.
func (l *Loop) concluded(now time.Time, p pending, in CommitDone) {
	if in.failure() != nil {
		for _, e := range p.outbox {
			l.forgetPost(e.ID)
		}
	}
	if p.end != nil {
		p.end(now, in.failure())
	}
}

// failure is why nothing of a commit happens.
func (in CommitDone) failure() error {
	if in.Err == nil && in.Receipt.Duplicate {
		return errors.New("the journal has another event with this id")
	}
	return in.Err
}

// report tells the one who waits for an order.
func (l *Loop) report(p pending, in CommitDone) {
	if p.order == "" {
		return
	}
	err := in.failure()
	if err != nil {
		p.did = Did{}
	}
	l.tell(OrderReport{ID: p.order, Err: err, Did: p.did})
}

// keep takes up what the journal has now.
func (l *Loop) keep(now time.Time, p pending) {
	if len(p.writes) > 0 {
		l.kept.state = l.kept.state.With(p.writes, now)
	}
	f := p.reserve(Facts{Repeats: l.kept.repeats, Throttle: l.kept.throttle})
	l.kept.repeats, l.kept.throttle = f.Repeats, f.Throttle
	l.rebuild(now)
}

// unkept makes the next turn of every kind one to be kept.
func (l *Loop) unkept(run json.RawMessage) {
	l.dirty = true
	clear(l.lastSign)
	if run != nil {
		l.lostRun = run
	}
}

// markFailed remembers a message that is off the outbox here and not in the
// journal: after a start it would be sent again.
func (l *Loop) markFailed(in MarkFailed) {
	l.setFault("journal: " + in.Err.Error())
	clear(l.lastSign)
	if l.unmarked = append(l.unmarked, DoneNow{in.ID, in.Outcome}); len(l.unmarked) > outboxSize {
		l.unmarked = l.unmarked[1:]
	}
}

func (l *Loop) markAgain() {
	for _, done := range l.unmarked {
		l.act(done)
	}
	l.unmarked = nil
}
