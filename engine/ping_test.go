package engine

import "testing"

// A ping is answered and changes nothing, with rules and before there are any.
func TestPing(t *testing.T) {
	for _, idle := range []bool{true, false} {
		h := newHouse(t, houseOptions{idle: idle, rules: []string{"def on_playback(now):\n    allow()\n"}})
		trace, wake := len(h.trace), h.wake
		reports := len(h.reports)
		h.step(Ping{ID: "7"})
		got := h.reports[reports:]
		if len(got) != 1 {
			t.Fatalf("idle %v: told %+v", idle, got)
		}
		if r, ok := got[0].(OrderReport); !ok || r.ID != "7" || r.Err != nil {
			t.Errorf("idle %v: told %+v", idle, got)
		}
		if len(h.trace) != trace || !h.wake.Equal(wake) {
			t.Errorf("idle %v: it did %q, and wakes at %s", idle, h.trace[trace:], h.wake)
		}
	}
}
