package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatefold/engine"
)

func engineOutcome() engine.Outcome { return engine.Outcome{At: epoch, Result: "sent"} }

// fillHistory commits one event a minute in two accounts.
func fillHistory(t testing.TB, h *house, events int) {
	t.Helper()
	for i := range events {
		h.set(epoch.Add(time.Duration(i) * time.Minute))
		id := fmt.Sprint(i)
		h.commit(t, engine.Record{
			Event: event(id), Decision: json.RawMessage(id), Run: json.RawMessage(id),
			Outbox: []engine.Message{{ID: id, Time: h.now()}},
		})
		h.done(t, id, "sent")
		h.commit(t, engine.Record{Account: "work", Event: event(id)})
	}
}

func shown(entries []Entry) []string {
	var out []string
	for _, e := range entries {
		text := e.Account + " " + e.Kind + " " + string(e.Data)
		if e.Kind == "event" || e.Kind == "outcome" {
			var with struct{ ID string }
			if err := json.Unmarshal(e.Data, &with); err != nil {
				text += err.Error()
			}
			text = e.Account + " " + e.Kind + " " + with.ID
		}
		out = append(out, text)
	}
	return out
}

func TestEntries(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		fillHistory(t, h, 3)
		last := func(q EntryQuery) []Entry {
			t.Helper()
			entries, err := h.Entries(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return entries
		}
		all := last(EntryQuery{Accounts: []string{"home", "work"}})
		same(t, shown(all)[5:10], "home run 1", "home event 1", "home decision 1", "home outcome 1", "work event 1")
		if len(all) != 15 || !all[5].Time.Equal(epoch.Add(time.Minute)) {
			t.Errorf("%d entries, %+v", len(all), all[5])
		}
		home := []string{"home"}
		same(t, shown(last(EntryQuery{Accounts: home, Kinds: []string{"decision", "outcome"}})),
			"home decision 0", "home outcome 0", "home decision 1", "home outcome 1", "home decision 2", "home outcome 2")
		same(t, shown(last(EntryQuery{Accounts: home, Limit: 2})), "home decision 2", "home outcome 2")
		same(t, shown(last(EntryQuery{Accounts: home, Since: epoch.Add(2 * time.Minute), Kinds: []string{"event"}})), "home event 2")
		same(t, shown(last(EntryQuery{Accounts: []string{"work"}, After: all[9].Seq})), "work event 2")
		same(t, shown(last(EntryQuery{Accounts: []string{"nobody"}})))
		for name, q := range map[string]EntryQuery{
			"no account": {}, "not an account": {Accounts: []string{"Home"}}, "the house's": {Accounts: []string{"_"}},
			"not a kind": {Accounts: home, Kinds: []string{"facts"}},
		} {
			if _, err := h.Entries(t.Context(), q); err == nil {
				t.Errorf("%s: read", name)
			}
		}
	})
}

func TestEntriesOverPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	j := openDir(t, dir, newClock())
	defer closing(t, j)
	var writes []Write
	for i := range 2*entryPage + 1 {
		writes = append(writes, keep("home.decision", fmt.Sprint(i)))
	}
	commit(t, j.store, writes...)
	q := EntryQuery{Accounts: []string{"home"}}
	entries, err := j.Entries(t.Context(), q)
	if err != nil || len(entries) != 2*entryPage+1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, i := range []int{0, 1, entryPage - 1, entryPage, 2 * entryPage} {
		damageRow(t, filepath.Join(dir, "journal.db"), "UPDATE log SET data = 'x' WHERE seq = ?", entries[i].Seq)
	}
	q.Limit = 3
	newest, err := j.Entries(t.Context(), q)
	var damaged *DamagedRowsError
	if !errors.As(err, &damaged) || len(damaged.Rows) != 5 {
		t.Errorf("damage: %v", err)
	}
	same(t, shown(newest), fmt.Sprint("home decision ", 2*entryPage-3), fmt.Sprint("home decision ", 2*entryPage-2), fmt.Sprint("home decision ", 2*entryPage-1))
}

func TestValues(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		for range 2 {
			for _, name := range []string{"", "enforce", "a.b/\xfe"} {
				if data, at, err := h.Value(t.Context(), name); data != nil || !at.IsZero() || err != nil {
					t.Errorf("%q: %q %v %v", name, data, at, err)
				}
				for i, value := range []string{"old", name + strings.Repeat("x", 100), ""} {
					h.set(epoch.Add(time.Duration(i) * time.Minute))
					if err := h.SetValue(t.Context(), name, []byte(value), epoch.Add(time.Hour)); err != nil {
						t.Fatal(err)
					}
					h.restart()
					data, at, err := h.Value(t.Context(), name)
					if data == nil || string(data) != value || !at.Equal(h.now()) || err != nil {
						t.Errorf("%q: %q %v %v", name, data, at, err)
					}
				}
				if err := h.SetValue(t.Context(), name, nil, time.Time{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := h.SetValue(t.Context(), "x", []byte("1"), h.now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		h.advance(time.Minute)
		if data, _, err := h.Value(t.Context(), "x"); data != nil || err != nil {
			t.Errorf("expired: %q, %v", data, err)
		}
	})
}

func TestStateIsRead(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		h.commit(t, engine.Record{State: []engine.Write{{Key: "a.b", Value: json.RawMessage(`1`)}, {Key: "dies", Value: json.RawMessage(`2`), Expires: epoch.Add(time.Minute)}}})
		h.advance(time.Minute)
		state, err := h.State(t.Context(), "home")
		if err != nil || len(state) != 1 || state[0].Key != "a.b" || string(state[0].Value) != "1" {
			t.Errorf("%+v, %v", state, err)
		}
		if _, err := h.State(t.Context(), "home.state"); err == nil {
			t.Error("not an account")
		}
	})
}
