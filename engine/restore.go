package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// keptFacts is how facts are written to the journal. Throttles and rule state
// are rows of their own.
type keptFacts struct {
	Held     json.RawMessage     `json:"held,omitempty"`
	HeldAt   time.Time           `json:"held_at,omitzero"`
	Run      Run                 `json:"run,omitzero"`
	Verdict  Verdict             `json:"verdict,omitzero"`
	Episodes map[string]Episode  `json:"episodes,omitempty"`
	Repeats  map[string][]string `json:"repeats,omitempty"`
	LastID   int64               `json:"last_id,omitempty"`
}

func marshalFacts(f Facts) json.RawMessage {
	k := keptFacts{
		HeldAt: f.HeldAt, Run: f.Run, Verdict: f.Verdict,
		Episodes: f.Episodes, Repeats: f.Repeats, LastID: f.LastID,
	}
	if f.Held != nil {
		k.Held, _ = f.Held.MarshalJSON()
	}
	raw, _ := json.Marshal(k)
	return raw
}

// keptStands is what stood, for people who read the journal: it is derived anew
// after a start.
type keptStands struct {
	Condition string   `json:"condition"`
	Verdict   string   `json:"verdict"`
	Calls     []string `json:"calls,omitempty"`
}

func marshalStands(s Stands) json.RawMessage {
	raw, _ := json.Marshal(keptStands{s.Condition.String(), s.Verdict.String(), calls(s.Effects)})
	return raw
}

// DecisionRecord is a decision as the journal keeps it.
type DecisionRecord struct {
	Ruleset  string   `json:"ruleset"`
	Degraded string   `json:"degraded,omitempty"`
	Verdict  Verdict  `json:"verdict"`
	Standing []string `json:"standing,omitempty"`
	Once     []string `json:"once,omitempty"`
	State    []Write  `json:"state,omitempty"`
	Steps    uint64   `json:"steps,omitempty"`
	Err      string   `json:"error,omitempty"`
	Past     *Past    `json:"past,omitempty"` // what the turn read of the past; nil: nobody has kept it
}

// RecordOf is a decision as plain data, without its past: two that are equal decided the same.
func RecordOf(d Decision) DecisionRecord {
	rec := DecisionRecord{
		Ruleset: d.Ruleset, Degraded: d.Degraded, Verdict: d.Verdict,
		Standing: calls(d.Standing), Once: calls(d.Once), State: d.State, Steps: d.Steps,
	}
	if d.Err != nil {
		rec.Err = d.Err.Error()
	}
	return rec
}

func calls(effects []Effect) []string {
	var out []string
	for _, e := range effects {
		out = append(out, e.String())
	}
	return out
}

// restore takes up what the journal kept. What cannot be read back is said
// through Restored and left out: a loop that watches without its past is better
// than none.
func (l *Loop) restore(kept Recovered, now time.Time) {
	var k keptFacts
	if len(kept.Facts) > 0 {
		if err := json.Unmarshal(kept.Facts, &k); err != nil {
			l.o.Restored("facts", err)
		}
	}
	l.facts = Facts{
		HeldAt: k.HeldAt, Run: k.Run, Verdict: k.Verdict, Repeats: k.Repeats, LastID: k.LastID,
		Episodes: map[string]Episode{},
	}
	if len(k.Held) > 0 && l.o.Decode != nil {
		if p, err := l.o.Decode(k.Held); err != nil {
			l.o.Restored("snapshot", err)
		} else if h, ok := p.(Held); ok {
			l.facts.Held = h
		}
	}
	// A clock that was set back must not stretch what was kept: nothing lies
	// in the future.
	l.facts.HeldAt = notAfter(l.facts.HeldAt, now)
	l.facts.Run.First, l.facts.Run.Last = notAfter(l.facts.Run.First, now), notAfter(l.facts.Run.Last, now)
	for holder, e := range k.Episodes {
		e.Began, e.LastDeny, e.LastPause = notAfter(e.Began, now), notAfter(e.LastDeny, now), notAfter(e.LastPause, now)
		for i, at := range e.Pauses {
			e.Pauses[i] = notAfter(at, now)
		}
		l.facts.Episodes[holder] = e
		if e.LastPause.After(l.pause.last) {
			l.pause.last = e.LastPause
		}
	}
	l.kept.repeats, l.kept.throttle = k.Repeats, map[string]time.Time{}
	for key, at := range kept.Throttles {
		l.kept.throttle[key] = notAfter(at, now)
	}
	for i, w := range kept.State {
		if w.Length > 0 && w.Expires.After(now.Add(w.Length)) {
			kept.State[i].Expires = now.Add(w.Length)
		}
	}
	l.kept.state = State{}.With(l.unledgered(kept.State, now), now)
	l.restoreHabits(now)
	l.restorePosts(now)
	l.restoreEnforcement()
	l.weigh()
	l.restoreHold()
	l.restoreOverride()
	l.rebuild(now)
	l.restoreOutbox(kept.Outbox, now)
	l.restoreStories()
}

// unledgered takes up the ledger and gives the rest of the state.
func (l *Loop) unledgered(state []Write, now time.Time) []Write {
	l.facts.Ledger = Ledger{}
	for _, row := range LedgerRows(state) {
		k := row.notAfter(now)
		l.facts.Ledger[row.Holder], l.written[row.Holder] = k, k
	}
	return slices.DeleteFunc(slices.Clone(state), func(w Write) bool { return strings.HasPrefix(w.Key, reservedLedger) })
}

// restoreHabits takes up what was learned: it is no state of the rules.
func (l *Loop) restoreHabits(now time.Time) {
	e, ok := l.kept.state[reservedHabits]
	if !ok {
		return
	}
	delete(l.kept.state, reservedHabits)
	var h Habits
	if err := json.Unmarshal(e.Value, &h); err != nil {
		l.o.Restored("habits", err)
		return
	}
	l.facts.Habits = h.notAfter(now)
	l.habits = l.facts.Habits
}

// restoreEnforcement takes up the switch, if the configuration still says what
// it said when the switch was thrown.
func (l *Loop) restoreEnforcement() {
	e, ok := l.kept.state[reservedEnforce]
	if !ok {
		return
	}
	var k keptEnforce
	if err := json.Unmarshal(e.Value, &k); err != nil {
		l.o.Restored("enforcement", err)
		return
	}
	if k.Configured != l.o.Enforce { // for good: not only until the configuration changes back
		l.owe(Write{Key: reservedEnforce})
		l.kept.state = l.kept.state.With(l.owed, time.Time{})
		return
	}
	if k.On != l.o.Enforce {
		l.switched = k.On
		l.early = append(l.early, Tell{EnforceReport{On: k.On, Configured: l.o.Enforce}})
	}
}

func (l *Loop) restoreOutbox(kept []Message, now time.Time) {
	for _, m := range kept {
		outcome := Outcome{At: now, Result: "failed"}
		var e Effect
		var err error
		switch {
		case !l.enforce && !m.Answer:
			outcome.Result = "discarded"
			outcome.Error = l.unenforced()
		case l.o.Parse == nil:
			continue
		default:
			if e, err = l.o.Parse(m.Call); err == nil {
				e.ID, e.Account, e.Pos, e.Time = m.ID, l.o.Account, m.Pos, m.Time
				e.Expires, e.Every, e.Key, e.Lane, e.Answer = m.Expires, m.Every, m.Key, m.Lane, m.Answer
				l.enqueue(now, e, m)
				continue
			}
			l.o.Restored("message", err)
			outcome.Error = err.Error()
		}
		l.forgetPost(m.ID)
		l.early = append(l.early, DoneNow{ID: m.ID, Outcome: outcome}, Tell{OutboxReport{Message: m, Outcome: outcome, Waiting: l.box.count}})
	}
	l.early = append(l.early, l.out...)
	l.out = nil
}

func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}
