package main

import (
	"strings"
	"testing"

	"gatefold/internal/sim"
)

// An edit that kills its process at the sight of an intruder: the rules before it pause him, in the first turns one by one
// and then in force again, and gatefold looks on.
func TestIntruderIsPausedThoughRulesKill(t *testing.T) {
	h := newHouse(t)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the kitchen is let in", func() bool { return p.account().Verdict == "allow" })
	h.write("rules/home.star", strings.Replace(testRules, `    else:
        deny(`, `    elif now.device.name == "Bob's Laptop":
        x = [0] * ((1 << 30) - 1)
    else:
        deny(`, 1))
	old := p.status().Rules.Hash
	p.until("the edit is in force", func() bool { return p.status().Rules.Hash != old })
	p.looks(2)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("a pause", func() bool { return len(h.home.Pauses()) > 0 })
	p.until("the intruder is denied", func() bool { return p.account().Verdict == "deny" })
	p.until("the rules are set aside", func() bool {
		s := p.status()
		return s.Rules.Hash == old && strings.Contains(s.Rules.Aside, "on_playback (home.star:2:1)")
	})
	p.looks(3)
	if !strings.Contains(p.metrics(), `gatefold_rule_worker_restarts_total{reason="memory"} 3`) {
		t.Error("the metrics do not count three deaths")
	}
	if s := p.status().Worker; s.Isolation != "process" {
		t.Errorf("%+v", s)
	}
}

// What kills its process at every look is refused, and says which handler it was.
func TestKillingCandidateIsRefused(t *testing.T) {
	h := newHouse(t)
	p := h.run()
	old := p.status().Rules.Hash
	h.write("rules/home.star", "def on_playback(now):\n    x = [0] * ((1 << 30) - 1)\n")
	p.until("it is refused", func() bool {
		return strings.Contains(p.status().Rules.Error, "on_playback (home.star:1:1) killed the rule worker")
	})
	if p.status().Rules.Hash != old {
		t.Error("and yet it is in force")
	}
	if out, code := h.gatefold("check", "rules"); code != exitFailed || !strings.Contains(out, "killed the rule worker: it wanted more memory") {
		t.Errorf("check: %d\n%s", code, out)
	}
}
