package journal

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatefold/engine"
)

// post is a message with a throttle.
func post(id, key string, every time.Duration, at time.Time) engine.Message {
	return engine.Message{ID: id, Call: "slack.post()", Key: key, Every: every, Time: at}
}

func TestThrottle(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		const every = 30 * time.Minute
		at := func(d time.Duration) time.Time { return epoch.Add(d) }
		for _, c := range []struct {
			name      string
			messages  []engine.Message
			throttled []string
		}{
			{"the first goes", []engine.Message{post("1", "k", every, at(0))}, nil},
			{"too soon", []engine.Message{post("2", "k", every, at(every-time.Nanosecond))}, []string{"2"}},
			{"another key", []engine.Message{post("3", "k.x", every, at(time.Minute))}, nil},
			{"no key", []engine.Message{post("4", "", every, at(0)), post("5", "", every, at(0))}, nil},
			{"no every", []engine.Message{post("6", "k", 0, at(0)), post("7", "k", 0, at(0))}, nil},
			{"exactly at its time", []engine.Message{post("8", "k", every, at(every))}, nil},
			{"the throttle was shortened", []engine.Message{post("9", "k", time.Minute, at(every+time.Minute))}, nil},
			{"and lengthened", []engine.Message{post("10", "k", 24*time.Hour, at(24*time.Hour))}, []string{"10"}},
			{"two with one key", []engine.Message{post("11", "new", every, at(0)), post("12", "other", every, at(0)), post("13", "new", every, at(0))}, []string{"13"}},
		} {
			for _, m := range c.messages {
				h.set(m.Time)
			}
			if got := h.commit(t, engine.Record{Outbox: c.messages}); !equal(got.Throttled, c.throttled) {
				t.Errorf("%s: throttled %q", c.name, got.Throttled)
			}
			h.restart()
		}
		var ids []string
		for _, m := range h.recovered(t).Outbox {
			ids = append(ids, m.ID)
		}
		same(t, ids, "1", "3", "4", "5", "6", "7", "8", "9", "11", "12")
	})
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// The clock was an hour ahead when the reservation was made: it holds for its own length from now, not for an hour more.
func TestThrottleAfterClockWasSetBack(t *testing.T) {
	const every = 10 * time.Minute
	for _, recoverFirst := range []bool{false, true} {
		eachJournal(t, func(t *testing.T, h *house) {
			ahead := epoch.Add(time.Hour)
			h.set(ahead)
			h.commit(t, engine.Record{Outbox: []engine.Message{post("1", "k", every, ahead)}})
			h.set(epoch)
			if recoverFirst {
				h.restart()
				if got := h.recovered(t).Throttles["k"]; !got.Equal(epoch) {
					t.Errorf("recovered as reserved at %v", got)
				}
			} else if r := h.commit(t, engine.Record{Outbox: []engine.Message{post("2", "k", every, epoch)}}); len(r.Throttled) != 1 {
				t.Errorf("cut, and not held: %+v", r)
			}
			for _, c := range []struct {
				after time.Duration
				held  bool
			}{{every - time.Second, true}, {every, false}} {
				h.set(epoch.Add(c.after))
				r := h.commit(t, engine.Record{Outbox: []engine.Message{post("3", "k", every, h.now())}})
				if held := len(r.Throttled) == 1; held != c.held {
					t.Errorf("after %v: held %v", c.after, held)
				}
			}
		})
	}
}

func TestThrottlesDoNotPileUp(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		for _, key := range []string{"a", "b", "c"} {
			h.commit(t, engine.Record{Outbox: []engine.Message{post(key, key, time.Hour, epoch)}})
		}
		h.advance(time.Hour + keepReservation)
		if got := h.recovered(t).Throttles; len(got) != 0 {
			t.Errorf("recovered %v", got)
		}
		if n, err := h.Purge(t.Context(), epoch); n != 3 || err != nil {
			t.Errorf("purged %d: %v", n, err)
		}
	})
}

// However many try at once, one gets through.
func TestThrottleRace(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		const rounds, workers = 5, 8
		var sent, held atomic.Int32
		for round := range rounds {
			at := epoch.Add(time.Duration(round) * time.Hour)
			h.set(at)
			var wg sync.WaitGroup
			for worker := range workers {
				wg.Go(func() {
					id := string(rune('a'+round)) + string(rune('a'+worker))
					r := h.commit(t, engine.Record{Event: event(id), Outbox: []engine.Message{post(id, "k", time.Hour, at)}})
					held.Add(int32(len(r.Throttled)))
					sent.Add(int32(1 - len(r.Throttled)))
				})
			}
			wg.Wait()
		}
		if sent.Load() != rounds || held.Load() != rounds*(workers-1) {
			t.Errorf("%d sent, %d held", sent.Load(), held.Load())
		}
		if n := len(h.recovered(t).Outbox); n != rounds {
			t.Errorf("%d on the outbox", n)
		}
	})
}
