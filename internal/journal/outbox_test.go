package journal

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"gatefold/engine"
)

func (h *house) waiting(t testing.TB) []string {
	t.Helper()
	var ids []string
	for _, m := range h.recovered(t).Outbox {
		ids = append(ids, m.ID)
	}
	return ids
}

func send(ids ...string) engine.Record {
	var rec engine.Record
	for _, id := range ids {
		rec.Outbox = append(rec.Outbox, engine.Message{ID: id, Call: "x()", Time: epoch})
	}
	return rec
}

func (h *house) done(t testing.TB, id, result string) {
	t.Helper()
	o := engine.Outcome{At: h.now(), Result: result, Detail: json.RawMessage(`{"ts":"1"}`)}
	if err := h.Done(t.Context(), "home", id, o); err != nil {
		t.Fatal(err)
	}
}

func TestOutboxKeepsOrderUntilDone(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		h.commit(t, send("z/0", "a/1"))
		h.commit(t, send("m.x/0", "b/0"))
		same(t, h.waiting(t), "z/0", "a/1", "m.x/0", "b/0")
		h.done(t, "a/1", "sent")
		h.done(t, "m.x/0", "failed")
		h.restart()
		same(t, h.waiting(t), "z/0", "b/0")
		same(t, h.outcomes(t), "a/1 sent", "m.x/0 failed")
		for _, id := range []string{"a/1", "never was", ""} {
			h.done(t, id, "sent")
		}
		same(t, h.outcomes(t), "a/1 sent", "m.x/0 failed")
		if err := h.Done(t.Context(), "Not An Account", "x", engine.Outcome{}); err == nil {
			t.Error("not an account")
		}
	})
}

func TestMessageIsDoneOnce(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		h.commit(t, send("x"))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { h.done(t, "x", "sent") })
		}
		wg.Wait()
		same(t, h.outcomes(t), "x sent")
	})
}

func TestOutboxGivesExpiredForADay(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		rec := send("short", "long", "never")
		rec.Outbox[0].Expires = epoch.Add(time.Minute)
		rec.Outbox[1].Expires = epoch.Add(time.Hour)
		h.commit(t, rec)
		h.set(epoch.Add(time.Minute + keepExpired - time.Second))
		same(t, h.waiting(t), "short", "long", "never")
		h.advance(time.Second)
		h.restart()
		same(t, h.waiting(t), "long", "never")
		same(t, h.outcomes(t), "short expired")
		h.advance(365 * 24 * time.Hour)
		same(t, h.waiting(t), "never")
		same(t, h.outcomes(t), "short expired", "long expired")
	})
}

func TestOutboxIsBounded(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		numbers := func(from, to int) (ids []string) {
			for i := from; i < to; i++ {
				ids = append(ids, fmt.Sprint(i))
			}
			return ids
		}
		h.commit(t, send(numbers(0, MaxWaiting)...))
		same(t, h.waiting(t), numbers(0, MaxWaiting)...)
		h.commit(t, send(numbers(MaxWaiting, MaxWaiting+2)...))
		same(t, h.waiting(t), numbers(2, MaxWaiting+2)...)
		same(t, h.outcomes(t), "0 discarded", "1 discarded")
		h.done(t, "0", "sent")
		same(t, h.outcomes(t), "0 discarded", "1 discarded")
		h.commit(t, engine.Record{Account: "home-2", Outbox: send("other").Outbox})
		same(t, h.waiting(t), numbers(2, MaxWaiting+2)...)
		h.commit(t, send(numbers(2000, 2000+MaxWaiting+3)...))
		same(t, h.waiting(t), numbers(2003, 2003+MaxWaiting)...)
		if n := len(h.outcomes(t)); n != 2+MaxWaiting+3 {
			t.Errorf("%d outcomes", n)
		}
	})
}
