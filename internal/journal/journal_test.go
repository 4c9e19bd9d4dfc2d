package journal

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatefold/engine"

	"github.com/google/go-cmp/cmp"
)

// clock is a clock that a test sets.
type clock struct{ at atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	c.set(epoch)
	return c
}

func (c *clock) set(at time.Time)        { c.at.Store(&at) }
func (c *clock) now() time.Time          { return *c.at.Load() }
func (c *clock) advance(d time.Duration) { c.set(c.now().Add(d)) }

// house is a journal that can be restarted.
type house struct {
	*Journal
	*clock
	restart func()
}

func (h *house) now() time.Time { return h.clock.now() }

// eachJournal runs a test over every store. A restart closes and opens the file again; memory stays as it is.
func eachJournal(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		h := &house{Journal: New(NewMemory(), c.now), clock: c, restart: func() {}}
		defer closing(t, h)
		test(t, h)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		dir := filepath.Join(t.TempDir(), "data")
		h := &house{Journal: openDir(t, dir, c), clock: c}
		h.restart = func() {
			closing(t, h.Journal)
			h.Journal = openDir(t, dir, c)
		}
		defer func() { closing(t, h.Journal) }()
		test(t, h)
	})
}

func openDir(t testing.TB, dir string, c *clock) *Journal {
	t.Helper()
	j, err := Open(dir, Options{Now: c.now, Key: testKey()})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (h *house) commit(t testing.TB, rec engine.Record) engine.Receipt {
	t.Helper()
	if rec.Account == "" {
		rec.Account = "home"
	}
	if rec.At.IsZero() {
		rec.At = h.now()
	}
	receipt, err := h.Commit(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func (h *house) recovered(t testing.TB) engine.Recovered {
	t.Helper()
	rec, err := h.Recover(t.Context(), "home")
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func (h *house) events(t testing.TB) []string {
	t.Helper()
	entries, err := h.Events(t.Context(), "home", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Kind+" "+string(e.Data))
	}
	return out
}

func event(id string) *engine.EventRecord {
	return &engine.EventRecord{ID: id, Kind: "playback", Time: epoch, Data: json.RawMessage(`{}`)}
}

func (h *house) outcomes(t testing.TB) []string {
	t.Helper()
	var out []string
	rows, err := h.store.Tail(t.Context(), Query{Under: []string{"home.outcome"}, Now: h.now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		var o outcome
		if err := decode(row, &o); err != nil {
			t.Fatal(err)
		}
		out = append(out, o.ID+" "+o.Result)
	}
	return out
}

func TestFreshJournalIsEmpty(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		want := engine.Recovered{Throttles: map[string]time.Time{}}
		if diff := cmp.Diff(want, h.recovered(t)); diff != "" {
			t.Error(diff)
		}
		if got := h.events(t); len(got) != 0 {
			t.Errorf("events %q", got)
		}
		if err := h.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCommitIsRecovered(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		messages := []engine.Message{
			{ID: "e1/1", Call: `slack.post(text="<b> & x")`, Pos: "home.star:1:2", Time: epoch, Expires: epoch.Add(24 * time.Hour), Every: time.Hour, Key: "k\xff.*", Lane: "slack #music"},
			{ID: "e1/0", Call: "x()", Time: epoch},
		}
		h.commit(t, engine.Record{
			Event:    event("e1"),
			Decision: json.RawMessage(`{"verdict":"deny"}`),
			Run:      json.RawMessage(`{"count":3}`),
			Facts:    json.RawMessage(`{"n":1}`),
			Stands:   json.RawMessage(`["red"]`),
			State: []engine.Write{
				{Key: "a.b/\xfe", Value: json.RawMessage(`[1,"<"]`), Expires: epoch.Add(time.Hour)},
				{Key: "", Value: json.RawMessage(`null`)},
				{Key: "twice", Value: json.RawMessage(`1`)},
				{Key: "twice", Value: json.RawMessage(`2`)},
				{Key: "gone", Value: json.RawMessage(`1`)},
				{Key: "gone"},
			},
			Outbox: messages,
		})
		h.commit(t, engine.Record{Facts: json.RawMessage(`{"n":2}`)})
		want := engine.Recovered{
			Facts:  json.RawMessage(`{"n":2}`),
			Stands: json.RawMessage(`["red"]`),
			State: []engine.Write{
				{Key: "a.b/\xfe", Value: json.RawMessage(`[1,"<"]`), Expires: epoch.Add(time.Hour)},
				{Key: "", Value: json.RawMessage(`null`)},
				{Key: "twice", Value: json.RawMessage(`2`)},
			},
			Throttles: map[string]time.Time{"k\xff.*": epoch},
			Outbox:    messages,
		}
		for range 2 {
			if diff := cmp.Diff(want, h.recovered(t)); diff != "" {
				t.Error(diff)
			}
			same(t, h.events(t), `run {"count":3}`,
				`event {"id":"e1","kind":"playback","time":"2026-03-01T12:00:00Z","data":{}}`, `decision {"verdict":"deny"}`)
			h.restart()
		}
		h.advance(time.Hour)
		want.State = want.State[1:]
		if diff := cmp.Diff(want, h.recovered(t)); diff != "" {
			t.Errorf("after the ttl: %s", diff)
		}
		if other, err := h.Recover(t.Context(), "home-2"); err != nil || len(other.State)+len(other.Outbox) != 0 {
			t.Errorf("another account's: %+v, %v", other, err)
		}
	})
}

func TestEventIsCommittedOnce(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		first := engine.Record{Event: event("e.1"), Decision: json.RawMessage(`1`)}
		again := engine.Record{
			Event:    event("e.1"),
			Decision: json.RawMessage(`2`),
			Facts:    json.RawMessage(`{"second":true}`),
			State:    []engine.Write{{Key: "k", Value: json.RawMessage(`1`)}},
			Outbox:   []engine.Message{{ID: "m", Key: "k", Every: time.Hour, Time: epoch}},
		}
		if r := h.commit(t, first); r.Duplicate {
			t.Fatal("the first is no duplicate")
		}
		before := h.events(t)
		duplicate := func(when string, history ...string) {
			t.Helper()
			if r := h.commit(t, again); !r.Duplicate || r.Throttled != nil {
				t.Errorf("%s: %+v", when, r)
			}
			if rec := h.recovered(t); rec.Facts != nil || rec.State != nil || rec.Outbox != nil || len(rec.Throttles) != 0 {
				t.Errorf("%s: a duplicate was written: %+v", when, rec)
			}
			same(t, h.events(t), history...)
		}
		duplicate("at once", before...)
		h.restart()
		duplicate("after a restart", before...)
		h.advance(15 * 24 * time.Hour)
		if n, err := h.Purge(t.Context(), h.now().Add(-14*24*time.Hour)); n != 2 || err != nil {
			t.Fatalf("purged %d: %v", n, err)
		}
		h.restart()
		duplicate("after a purge")
		h.advance(RememberIDs)
		if n, err := h.Purge(t.Context(), epoch); n != 1 || err != nil {
			t.Fatalf("purged %d: %v", n, err)
		}
		if r := h.commit(t, again); r.Duplicate {
			t.Error("ids are remembered for ever")
		}
		other := first
		other.Account = "home-2"
		if r := h.commit(t, other); r.Duplicate {
			t.Error("another account's event is another event")
		}
	})
}

func TestCommitRefusesWhatItCannotKeep(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		for name, rec := range map[string]engine.Record{
			"no account":         {Event: event("x")},
			"account with a dot": {Account: "home.state", Event: event("x")},
			"the house's own":    {Account: "_", Event: event("x")},
			"upper case":         {Account: "Home", Event: event("x")},
			"no event id":        {Account: "home", Event: event("")},
			"no message id":      {Account: "home", Event: event("x"), Outbox: []engine.Message{{}}},
			"state is no JSON":   {Account: "home", Event: event("x"), State: []engine.Write{{Key: "k", Value: json.RawMessage("{")}}},
		} {
			if _, err := h.Commit(t.Context(), rec); err == nil {
				t.Errorf("%s: committed", name)
			}
		}
		if got := h.events(t); len(got) != 0 {
			t.Errorf("events %q", got)
		}
		if r := h.commit(t, engine.Record{}); r.Duplicate || r.Throttled != nil {
			t.Errorf("an empty record: %+v", r)
		}
	})
}

// Many accounts' first looks at once, and one event that several bring.
func TestConcurrentCommits(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		const accounts, each = 6, 10
		var taken atomic.Int32
		var wg sync.WaitGroup
		for a := range accounts {
			wg.Go(func() {
				for i := range each {
					r := h.commit(t, engine.Record{Account: fmt.Sprintf("a-%d", a), Event: event(fmt.Sprint(i)), Facts: json.RawMessage(fmt.Sprint(i))})
					if r.Duplicate {
						t.Errorf("a-%d: event %d is no duplicate", a, i)
					}
					if r := h.commit(t, engine.Record{Event: event(fmt.Sprint("shared", i))}); !r.Duplicate {
						taken.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if n := taken.Load(); n != each {
			t.Errorf("%d of %d shared events were committed", n, each)
		}
		for a := range accounts {
			entries, err := h.Events(t.Context(), fmt.Sprintf("a-%d", a), 0, 0)
			if err != nil || len(entries) != each {
				t.Errorf("a-%d: %d entries, %v", a, len(entries), err)
			}
		}
	})
}

func TestEventsInPages(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		for i := range 4 {
			h.commit(t, engine.Record{Event: event(fmt.Sprint(i)), Decision: json.RawMessage(fmt.Sprint(i)), Facts: json.RawMessage(`1`)})
			h.commit(t, engine.Record{Account: "home-2", Event: event(fmt.Sprint(i))})
		}
		var kinds []string
		for after := uint64(0); ; {
			page, err := h.Events(t.Context(), "home", after, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				kinds = append(kinds, e.Kind)
				after = e.Seq
			}
			if len(page) < 3 {
				break
			}
		}
		same(t, kinds, "event", "decision", "event", "decision", "event", "decision", "event", "decision")
		if _, err := h.Events(t.Context(), "home.state", 0, 0); err == nil {
			t.Error("not an account")
		}
	})
}

func TestGateIsKept(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		if got, err := h.Gate(t.Context(), "dev"); got != nil || err != nil {
			t.Errorf("fresh: %q, %v", got, err)
		}
		for developer, state := range map[string]string{"dev": `{"retry_at":1}`, "dev.x": "2", "": "3"} {
			for _, s := range []string{"old", state} {
				if err := h.SaveGate(t.Context(), developer, []byte(s)); err != nil {
					t.Fatal(err)
				}
			}
		}
		h.restart()
		for developer, state := range map[string]string{"dev": `{"retry_at":1}`, "dev.x": "2", "": "3"} {
			if got, err := h.Gate(t.Context(), developer); string(got) != state || err != nil {
				t.Errorf("%q: %q, %v", developer, got, err)
			}
		}
	})
}
