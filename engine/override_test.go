package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// paces are the intervals that were told, and why.
func (h *house) paces() []string {
	var out []string
	for _, r := range reported[PaceReport](h) {
		out = append(out, r.Interval.String())
	}
	return out
}

func TestOverride(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tallow()\n\tpoll(every='20s')"}})
	h.now = h.now.Add(3 * time.Second)
	h.reports, h.trace = nil, nil
	h.step(Override{ID: "1", Every: 5 * time.Second, For: 10 * time.Minute, By: "cli ann"})
	equal(t, "told", fmt.Sprint(h.reports[0]), fmt.Sprint(OverrideReport{5 * time.Second, start.Add(10*time.Minute + 3*time.Second).In(zone), "cli ann"}))
	equals(t, "at once, whatever poll() says", h.paces(), "5s")
	equal(t, "what", h.ordered(KindOverride), `{"by":"cli ann","what":"every 5s for 10m"}`)
	h.until(65 * time.Second)
	h.only("look")
	equal(t, "looks in a minute", len(h.trace), 13)

	h.until(10*time.Minute + 2*time.Second)
	h.reports, h.trace = nil, nil
	h.until(10*time.Minute + 3*time.Second)
	equals(t, "as planned again when it ends", h.paces(), "20s")
	h.until(11 * time.Minute)
	h.only("look")
	equal(t, "looks", len(h.trace), 3)
}

func TestOverrideEndsByCommand(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.step(Override{ID: "1", Every: 5 * time.Minute, For: time.Hour})
	h.until(time.Minute)
	h.only("look").expect("slower than planned", "look")
	h.reports = nil
	h.step(Override{ID: "2", By: "cli ann"})
	equal(t, "told", fmt.Sprint(reported[OverrideReport](h)), fmt.Sprint([]OverrideReport{{}}))
	equal(t, "what", h.ordered(KindOverride), `{"by":"cli ann","what":"auto"}`)
	h.only("look").expect("at once", "look")
	n := len(h.records)
	h.step(Override{ID: "3"})
	equals(t, "there is none", h.orders(), "3 <nil>")
	equal(t, "and nothing to keep", len(h.records), n)
	h.restarts()
	equal(t, "over a restart", h.l.look.pace.Override, 0)
}

// While a denied device plays it slows no pause down.
func TestOverrideAndPauses(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.step(Override{Every: 5 * time.Minute, For: time.Hour})
	h.until(time.Minute)
	h.only("pause")
	equal(t, "pauses in a minute", len(h.trace), 7)
}

func TestOverrideOverRestarts(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.step(Override{Every: 5 * time.Second, For: 10 * time.Minute, By: "cli ann"})
	h.now = h.now.Add(4 * time.Minute)
	h.restarts()
	equal(t, "told", fmt.Sprint(h.reports[0]), fmt.Sprint(OverrideReport{5 * time.Second, start.Add(10 * time.Minute).In(zone), "cli ann"}))
	h.trace = nil
	h.until(5 * time.Minute)
	h.only("look")
	equal(t, "looks in a minute", len(h.trace), 12)
	h.now = start.Add(10 * time.Minute)
	h.restarts()
	equal(t, "over", h.l.look.pace.Override, 0)
}

// It changes nothing about a look that is on its way, one that fails, or a wait of
// the gate; it counts for the look after.
func TestOverrideWhileNotSeeing(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	h.sees = nil
	h.step(LookSoon{})
	h.step(Override{Every: 2 * time.Second, For: 2 * time.Hour})
	h.reports = nil
	h.step(LookFailed{Kind: BlindUnreachable})
	equals(t, "after a failure", h.paces(), "2s")
	h.fails(BlindUnreachable)
	h.until(time.Minute)
	h.plays(ann)
	h.step(GateWaits{Kind: BlindQuota, Until: start.Add(time.Hour)})
	h.trace = nil
	h.until(time.Hour - time.Second)
	h.only("look").expect("the gate is shut")
	h.until(time.Hour + 10*time.Second)
	h.only("look")
	equal(t, "looks", len(h.trace), 6)
}

func TestOverrideBounds(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{intruder}})
	n := len(h.records)
	for want, in := range map[string]Override{
		"at least 1s, at most 1h apart": {Every: 999 * time.Millisecond, For: time.Hour},
		"every 1h0m1s: at least 1s":     {Every: time.Hour + time.Second, For: 2 * time.Hour},
		"at most 7d":                    {Every: time.Minute, For: 8 * 24 * time.Hour},
		"that is not one look":          {Every: time.Minute, For: 59 * time.Second},
		"ends by itself":                {Every: time.Minute},
	} {
		in.ID = "1"
		h.step(in)
		if told := strings.Join(h.orders(), "|"); !strings.Contains(told, want) {
			t.Errorf("%v: told %q", in, told)
		}
	}
	equal(t, "commits", len(h.records), n)
	equal(t, "in force", h.l.look.pace.Override, 0)
}
