package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gatefold/engine"
	"gatefold/internal/journal"
)

// remembered is a header line about what was kept before the story begins.
type remembered struct {
	account string
	entry   engine.Write  // of the rule state; no Key: none
	ttl     time.Duration // of the entry; 0: for good
	holder  string        // a device that was seen before
	id      string        // of the device
	first   time.Duration // how long before the story it was seen first
}

// stateLine reads `key="guests" value="[1, 2]" ttl=30m account=home`.
func (p *parser) stateLine(_ int, ws *words) error {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return err
	}
	r := remembered{account: account}
	key, given := ws.take("key")
	value, valued := ws.take("value")
	if !given || !valued || key.value == "" {
		return wrongAt(ws.end, `what is kept? Like: state key="plays" value="12" ttl=1h (the value as JSON)`)
	}
	if _, err := engine.DecodeValue(json.RawMessage(value.value)); err != nil {
		return wrongAt(value.col, "the value is no JSON: write a string as value=\"\\\"text\\\"\", a number as value=12")
	}
	r.entry = engine.Write{Key: key.value, Value: json.RawMessage(value.value)}
	if !r.entry.Readable() {
		return wrongAt(key.col, "no rule can read such a key")
	}
	if w, ok := ws.take("ttl"); ok {
		if r.ttl, err = w.duration(); err != nil {
			return err
		}
	}
	p.t.past = append(p.t.past, r)
	return nil
}

// knownLine reads `key="speaker:Kitchen" id=abc for=240h account=home`.
func (p *parser) knownLine(_ int, ws *words) error {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return err
	}
	r := remembered{account: account}
	key, given := ws.take("key")
	if !given || key.value == "" {
		return wrongAt(ws.end, `which device? Like: known key="speaker:Kitchen" id=abc for=240h`)
	}
	r.holder = key.value
	id, _ := ws.take("id")
	if r.id = id.value; r.id == "none" {
		r.id = ""
	}
	w, ok := ws.take("for")
	if !ok {
		return wrongAt(ws.end, "for how long? Like: for=240h")
	}
	if r.first, err = w.duration(); err != nil {
		return err
	}
	p.t.past = append(p.t.past, r)
	return nil
}

// remember keeps what the header says was kept before.
func (r *run) remember() error {
	ledgers := map[string]engine.Ledger{}
	state := map[string][]engine.Write{}
	for _, m := range r.t.past {
		if m.holder != "" {
			if ledgers[m.account] == nil {
				ledgers[m.account] = engine.Ledger{}
			}
			ledgers[m.account][m.holder] = met(ledgers[m.account][m.holder], m, r.t.Start)
			continue
		}
		w := m.entry
		if m.ttl > 0 {
			w.Expires, w.Length = r.t.Start.Add(m.ttl).Round(0), m.ttl
		}
		state[m.account] = append(state[m.account], w)
	}
	for account, ledger := range ledgers {
		for holder, k := range ledger {
			state[account] = append(state[account], engine.LedgerRow{Holder: holder, Known: k}.Write())
		}
	}
	j := journal.New(r.store, r.clock.Now)
	for account, writes := range state {
		if _, err := j.Commit(context.Background(), engine.Record{Account: account, At: r.t.Start, State: writes}); err != nil {
			return fmt.Errorf("%s: what was kept before: %w", r.t.Name, err)
		}
	}
	return nil
}

// met is what is known of a device with one more id.
func met(k engine.Known, m remembered, start time.Time) engine.Known {
	first := start.Add(-m.first).UTC()
	if k.First.IsZero() || first.Before(k.First) {
		k.First = first
	}
	if first.After(k.Last) {
		k.Last = first
	}
	k.Targets = append(k.Targets, engine.Sighting{Target: m.id, First: first, Last: first, Spell: first})
	return k
}
