package engine

import (
	"encoding/json"
	"maps"
	"time"
)

const maxPending = 64 // commits on their way before a turn is not kept any more

// pending is a commit on its way: what has to be undone if it fails.
type pending struct {
	n        int
	kind     string
	writes   []Write
	outbox   []Effect
	messages []Message
	repeats  []string // before
	throttle map[string]time.Time
	turn     bool
}

// commitTurn asks to keep a turn: event, decision, facts, state, outbox. Until
// the answer is there the loop goes on as if it had succeeded.
func (l *Loop) commitTurn(now time.Time, d Decision, asked []string, sign string, was Held, ended Run) {
	ev := d.Event
	p := pending{turn: true, kind: ev.Kind, writes: d.State, repeats: l.facts.Repeats[ev.Kind]}
	if d.Err == nil && l.o.Enforce {
		l.fill(&p, d, now)
		l.facts = l.facts.withRepeats(ev.Kind, asked)
	}
	if len(l.pending) >= maxPending {
		l.setFault("journal: too many commits are waiting")
		l.undo(p)
		return
	}
	l.lastSign[ev.Kind] = sign
	rec := l.record(now)
	raw, err := ev.Data.MarshalJSON()
	if err != nil {
		l.setFault("journal: " + err.Error())
		l.undo(p)
		return
	}
	rec.Event = &EventRecord{ID: ev.ID, Kind: ev.Kind, Time: ev.Time, Cause: ev.Cause, Data: raw}
	rec.Decision = marshalDecision(d)
	rec.State = d.State
	rec.Outbox = p.messages
	if ended.Count > 0 && was != nil {
		if raw, err := was.MarshalJSON(); err == nil {
			rec.Run, _ = json.Marshal(RunRecord{ended.First, ended.Last, ended.Count, raw})
		}
	}
	l.submit(p, rec, now)
}

// fill makes messages of what happens once, and reserves their throttles.
func (l *Loop) fill(p *pending, d Decision, now time.Time) {
	p.throttle = map[string]time.Time{}
	var keys []string
	for _, e := range d.Once {
		if e.Every > 0 && e.Key != "" {
			if _, twice := p.throttle[e.Key]; twice {
				continue
			}
			p.throttle[e.Key] = l.facts.Throttle[e.Key]
			keys = append(keys, e.Key)
		}
		p.outbox = append(p.outbox, e)
		p.messages = append(p.messages, Message{
			ID: e.ID, Call: e.String(), Pos: e.Pos, Time: e.Time, Expires: e.Expires,
			Every: e.Every, Key: e.Key, Lane: e.Lane,
		})
	}
	l.facts = l.facts.reserved(keys, d.Event.Time)
}

// commitFacts keeps the facts alone: a pause was counted, or the loop stops.
func (l *Loop) commitFacts(now time.Time) {
	if len(l.pending) < maxPending {
		l.submit(pending{}, l.record(now), now)
	}
}

func (l *Loop) record(now time.Time) Record {
	l.dirty = false
	return Record{Account: l.o.Account, At: now, Facts: marshalFacts(l.facts), Stands: marshalStands(l.stands)}
}

func (l *Loop) submit(p pending, rec Record, now time.Time) {
	l.commits++
	p.n = l.commits
	l.pending = append(l.pending, p)
	l.rebuildState(now)
	l.act(CommitNow{N: p.n, Record: rec})
}

// rebuildState is what the journal has, with what is on its way.
func (l *Loop) rebuildState(now time.Time) {
	l.state = l.committed
	for _, p := range l.pending {
		if len(p.writes) > 0 {
			l.state = l.state.With(p.writes, now)
		}
	}
}

// commitDone takes the journal's answer. When a commit failed nothing of the
// turn happens once, and the next look tries again.
func (l *Loop) commitDone(now time.Time, in CommitDone) {
	var p pending
	found := false
	for i := range l.pending {
		if l.pending[i].n == in.N {
			p, found = l.pending[i], true
			l.pending = append(l.pending[:i:i], l.pending[i+1:]...)
			break
		}
	}
	if !found {
		return
	}
	if in.Err != nil {
		l.setFault("journal: " + in.Err.Error())
		l.dirty = true
		if p.turn {
			l.undo(p)
		}
		l.rebuildState(now)
		return
	}
	l.setFault("")
	if in.Receipt.Duplicate {
		l.rebuildState(now)
		return
	}
	l.committed = l.committed.With(p.writes, now)
	l.rebuildState(now)
	for i, e := range p.outbox {
		if !contains(in.Receipt.Throttled, e.ID) {
			l.enqueue(now, e, p.messages[i])
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// undo takes back what a turn that is not kept had reserved.
func (l *Loop) undo(p pending) {
	l.lastSign[p.kind] = ""
	l.facts = l.facts.withRepeats(p.kind, p.repeats)
	if len(p.throttle) > 0 {
		l.facts.Throttle = maps.Clone(l.facts.Throttle)
		for key, before := range p.throttle {
			if before.IsZero() {
				delete(l.facts.Throttle, key)
			} else {
				l.facts.Throttle[key] = before
			}
		}
	}
}
