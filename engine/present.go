package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Present is what a turn would be told that began now: for whoever wants to know what rules would make of it.
type Present struct {
	Account string
	Event   Event  // on_playback's or on_blind's; Data nil: there is nothing to evaluate
	Why     string // then
	Facts   Facts
	State   State
}

// AskPresent asks for it: it changes nothing, and is told by a PresentReport with its ID.
type AskPresent struct{ ID string }

// PresentReport answers an AskPresent.
type PresentReport struct {
	ID      string
	Present Present
}

func (AskPresent) input()     {}
func (PresentReport) report() {}

// present is the event that would be evaluated again now, with what it would be told.
func (l *Loop) present(now time.Time) Present {
	p := Present{Account: l.o.Account, Facts: l.facts, State: l.state}
	p.Event = Event{ID: l.o.Account + "/present", Account: l.o.Account, Kind: KindPlayback, Cause: CauseState, Time: now.In(l.o.Zone)}
	switch {
	case l.sight.blind != "":
		p.Event.Kind, p.Event.Data = KindBlind, l.sight.problem
	case l.sight.failing():
		p.Why = "the last look failed: " + l.sight.problem.Message
	case !l.look.answered || l.facts.Held == nil:
		p.Why = "nobody has looked at the player yet"
	default:
		p.Event.Data = l.facts.Held
	}
	return p
}

// keptPresent is a Present as plain data.
type keptPresent struct {
	Account string           `json:"account"`
	Kind    string           `json:"kind"`
	Cause   string           `json:"cause"`
	Time    time.Time        `json:"time"`
	Data    json.RawMessage  `json:"data,omitempty"`
	Why     string           `json:"why,omitempty"`
	Facts   json.RawMessage  `json:"facts"`
	Ledger  map[string]Known `json:"ledger,omitempty"`

	Throttle map[string]time.Time `json:"throttle,omitempty"`
	State    []Write              `json:"state,omitempty"`
}

// MarshalJSON writes all of it but habits, posts and the like: what a turn can read.
func (p Present) MarshalJSON() ([]byte, error) {
	k := keptPresent{
		Account: p.Account, Kind: p.Event.Kind, Cause: p.Event.Cause, Time: p.Event.Time, Why: p.Why,
		Facts: marshalFacts(p.Facts), Ledger: p.Facts.Ledger, Throttle: p.Facts.Throttle,
	}
	if p.Event.Data != nil {
		raw, err := p.Event.Data.MarshalJSON()
		if err != nil {
			return nil, err
		}
		k.Data = raw
	}
	for key, e := range p.State {
		if readable(key) {
			k.State = append(k.State, Write{Key: key, Value: e.Value, Expires: e.Expires})
		}
	}
	return json.Marshal(k)
}

// readable says whether a turn can read the key: a rule's own, or an approval.
func readable(key string) bool { return !isReserved(key) || strings.HasPrefix(key, reservedApproval) }

// ReadPresent reads back what MarshalJSON wrote. Snapshots are read by decode, and times are in zone.
func ReadPresent(raw json.RawMessage, decode func(json.RawMessage) (Payload, error), zone *time.Location) (Present, error) {
	var k keptPresent
	if err := json.Unmarshal(raw, &k); err != nil {
		return Present{}, fmt.Errorf("reading the present: %w", err)
	}
	p := Present{
		Account: k.Account, Why: k.Why, State: State{}.With(k.State, time.Time{}),
		Event: Event{ID: k.Account + "/present", Account: k.Account, Kind: k.Kind, Cause: k.Cause, Time: k.Time.In(zone)},
	}
	var err error
	if p.Facts, err = readFacts(k.Facts, decode); err != nil {
		return Present{}, err
	}
	p.Facts.Ledger, p.Facts.Throttle = k.Ledger, k.Throttle
	switch {
	case len(k.Data) == 0:
	case k.Kind == KindBlind:
		p.Event.Data, err = DecodeBlind(k.Data)
	default:
		p.Event.Data, err = decode(k.Data)
	}
	if err != nil {
		return Present{}, fmt.Errorf("reading the present: %w", err)
	}
	return p, nil
}

// readFacts reads back what marshalFacts wrote.
func readFacts(raw json.RawMessage, decode func(json.RawMessage) (Payload, error)) (Facts, error) {
	var k keptFacts
	if len(raw) == 0 {
		return Facts{}, nil
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return Facts{}, fmt.Errorf("reading the facts: %w", err)
	}
	f := Facts{HeldAt: k.HeldAt, Run: k.Run, Verdict: k.Verdict, Repeats: k.Repeats, LastID: k.LastID, Episodes: k.Episodes}
	if len(k.Held) > 0 {
		held, err := decode(k.Held)
		if err != nil {
			return Facts{}, fmt.Errorf("reading the snapshot: %w", err)
		}
		f.Held, _ = held.(Held)
	}
	return f, nil
}

// Last is the present as a journal has kept it: when the player was last seen, and what was known then.
func (r Recovered) Last(account string, decode func(json.RawMessage) (Payload, error), zone *time.Location) (Present, error) {
	f, err := readFacts(r.Facts, decode)
	if err != nil {
		return Present{}, err
	}
	p := Present{Account: account, Facts: f, State: State{}.With(r.State, time.Time{})}
	maps.DeleteFunc(p.State, func(key string, _ Entry) bool { return !readable(key) })
	p.Facts.Ledger, p.Facts.Throttle = Ledger{}, r.Throttles
	for _, row := range LedgerRows(r.State) {
		p.Facts.Ledger[row.Holder] = row.Known
	}
	p.Event = Event{ID: account + "/present", Account: account, Kind: KindPlayback, Cause: CauseState, Time: f.HeldAt.In(zone)}
	if p.Event.Data = f.Held; f.Held == nil {
		p.Event.Data, p.Why = nil, "the journal has seen nobody look at the player yet"
	}
	return p, nil
}

// HeldBack says why an effect that a rule asks for now would not be carried out; "": it would.
func (p Present) HeldBack(e Effect) string {
	switch {
	case e.Every > 0 && e.Key != "":
		if p.Facts.Throttled(e.Key, e.Every, p.Event.Time) {
			return "held back: it was less than " + FormatDuration(e.Every) + " ago"
		}
	case slices.Contains(p.Facts.Repeats[p.Event.Kind], e.String()):
		return "held back: it was the same at the last look"
	}
	return ""
}
