package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gatefold/engine"
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
	p.until("the metrics count three deaths", func() bool { return p.deaths() >= 3 })
	if s := p.status().Worker; s.Isolation != "process" {
		t.Errorf("%+v", s)
	}
	p.stop()
	p = h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	if s := p.status().Rules; s.Hash != old || s.AsideBy != byDeath || !strings.Contains(s.Aside, "on_playback (home.star:2:1) killed the rule worker") {
		t.Errorf("after a restart: %+v", s)
	}
	out, _ := h.gatefold("rules", "list")
	contains(t, "rules list", out, "which ends the process that rules run in", " death ")
	p.stop()
}

var restarts = regexp.MustCompile(`(?m)^gatefold_rule_worker_restarts_total\{reason="\w+"\} (\d+)$`)

// deaths is how many rule workers had to be replaced: how one comes to its end is not always the same.
func (p *process) deaths() (n int) {
	p.h.t.Helper()
	for _, m := range restarts.FindAllStringSubmatch(p.metrics(), -1) {
		of, err := strconv.Atoi(m[1])
		if err != nil {
			p.h.t.Fatal(err)
		}
		n += of
	}
	return n
}

// Whatever rules do at the sight of an intruder, he is paused, gatefold lives and looks on, and lets the household in.
func TestDaemonOutlivesHostileRules(t *testing.T) {
	for name, does := range map[string]string{
		"memory": "x = [0] * ((1 << 30) - 1)",
		"growth": "a = 'x' * 100000000\n        b = (a + a).replace('x', 'yyyy')",
		"stack":  "x = []\n        for i in range(40000):\n            x = [[[[[[[[[[x]]]]]]]]]]\n        log(x)",
		"time":   "t = (1,)\n        for i in range(40):\n            t = (t, t)\n        x = {t: 1}",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.home.Play(kitchen, sim.Item{Name: "So What"})
			p := h.run()
			p.until("the kitchen is let in", func() bool { return p.account().Verdict == "allow" })
			old := p.status().Rules.Hash
			p.reloaded(strings.Replace(killsAtBob, "x = [0] * ((1 << 30) - 1)", does, 1))
			p.looks(2)
			h.home.Play(bob, sim.Item{Name: "Blue Train"})
			p.until("a pause", func() bool { return len(h.home.Pauses()) > 0 })
			for n := range 3 {
				p.until("a death", func() bool { return p.deaths() > n })
			}
			p.until("the rules are set aside", func() bool {
				s := p.status().Rules
				return s.Hash == old && strings.Contains(s.Aside, "on_playback (home.star:2:1) killed the rule worker")
			})
			paused := len(h.home.Pauses())
			h.home.Play(bob, sim.Item{Name: "Blue Train"})
			p.until("the rules before them pause", func() bool { return len(h.home.Pauses()) > paused })
			h.home.Play(kitchen, sim.Item{Name: "So What"})
			p.until("the kitchen is let in again", func() bool { return p.account().Verdict == "allow" })
			p.looks(2)
			p.stop()
		})
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

// killsAtBob are testRules with something that ends their process at the sight of Bob's Laptop.
var killsAtBob = strings.Replace(testRules, `    else:
        deny(`, `    elif now.device.name == "Bob's Laptop":
        x = [0] * ((1 << 30) - 1)
        allow()
    else:
        deny(`, 1)

// An edit that ends its process on the past is refused as often as it is tried, and what is in force goes on.
func TestKillerOfThePastIsRefused(t *testing.T) {
	h := newHouse(t)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	old := p.status().Rules.Hash
	h.write("rules/home.star", killsAtBob)
	p.until("it is refused", func() bool { return strings.Contains(p.status().Rules.Error, "on_playback (home.star:2:1)") })
	for range 4 {
		out, code := h.gatefold("reload")
		if code != exitFailed || !strings.Contains(out, "tried on the recent past: ") || !strings.Contains(out, "on_playback (home.star:2:1) killed the rule worker") {
			t.Fatalf("gatefold reload: %d\n%s", code, out)
		}
	}
	p.looks(2)
	if s := p.status().Rules; s.Hash != old || s.Aside != "" {
		t.Errorf("%+v", s)
	}
	p.stop()
}

// A shadow that ends its process three times decides nothing any more: nobody else notices, not even the same rules in
// force.
func TestKillingShadow(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", h.config("true")+"shadow: next\n")
	h.write("rules/home.star", killsAtBob)
	h.write("next/home.star", killsAtBob)
	p := h.run()
	p.until("the shadow sees", func() bool { s := p.status().Shadow; return s != nil && s.Hash == p.status().Rules.Hash })
	h.write("rules/home.star", testRules)
	p.until("the edit is in force", func() bool { return p.status().Rules.Hash != p.status().Shadow.Hash })
	good := p.status().Rules.Hash
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	p.until("the shadow is set aside", func() bool {
		s := p.status().Shadow
		return s.Error == "" && strings.Contains(s.Aside, "is set aside until it changes")
	})
	out, _ := h.gatefold("status")
	contains(t, "gatefold status", out, "SET ASIDE: ")
	p.looks(2)
	if s := p.status().Rules; s.Hash != good || s.Error != "" {
		t.Errorf("%+v", s)
	}
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p.until("the kitchen is allowed", func() bool { return p.account().Verdict == "allow" })
	h.write("next/home.star", testRules)
	p.until("another shadow sees", func() bool { s := p.status().Shadow; return s.Hash == good && s.Error == "" && s.Aside == "" })
	p.stop()
}

// Rules that end the process of their timelines are set aside at once, and not in force again for another try.
func TestKillerOfTimelinesIsSetAside(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.timeline", "at 0s playback device.name=\"Bob's Laptop\" item.name=\"Blue Train\"\n\tallow()\n")
	p := h.run()
	old := p.status().Rules.Hash
	h.write("rules/home.star", killsAtBob)
	p.until("they are set aside", func() bool {
		s := p.status().Rules
		return s.Hash == old && strings.Contains(s.Aside, "on_playback (home.star:2:1) in home.timeline killed the rule worker")
	})
	out, _ := h.gatefold("status")
	contains(t, "gatefold status", out, "SET ASIDE: the folder holds ruleset ")
	out, code := h.gatefold("reload")
	if code != exitFailed || !strings.Contains(out, "in home.timeline killed the rule worker") {
		t.Errorf("gatefold reload: %d\n%s", code, out)
	}
	if out, code := h.gatefold("check", "rules"); code != exitFailed || !strings.Contains(out, "in home.timeline killed the rule worker") {
		t.Errorf("check: %d\n%s", code, out)
	}
	p.stop()
}

// A timeline that ends the process of the edit and of the rules before it: the edit is set aside once, and that is all. Who
// knows better says so with its hash.
func TestTimelineThatKillsBoth(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", killsAtBob)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the kitchen is let in", func() bool { return p.account().Verdict == "allow" })
	old := p.status().Rules.Hash
	h.write("rules/home.timeline", "at 0s playback device.name=\"Bob's Laptop\" item.name=\"Blue Train\"\n\tallow()\n")
	h.write("rules/home.star", killsAtBob+"# an edit\n")
	p.until("the edit is set aside", func() bool { return p.status().Rules.Aside != "" })
	p.looks(3)
	if s := p.status().Rules; s.Hash != old {
		t.Errorf("%+v", s)
	}
	if all := logLine.FindAllString(p.log.String(), -1); len(all) != 2 || !strings.Contains(all[1], "by=death") || strings.Contains(all[1], `\n`) {
		t.Errorf("in force were, one after the other:\n%s", strings.Join(all, "\n"))
	}
	out, code := h.gatefold("reload")
	if code != exitFailed || !strings.Contains(out, "if it was not these rules: gatefold rules rollback ") {
		t.Errorf("gatefold reload: %d\n%s", code, out)
	}
	edit := engine.Snapshot{{Path: "home.star", Data: []byte(killsAtBob + "# an edit\n")}}.Hash()
	out, code = h.gatefold("rules", "rollback", edit)
	if s := p.status().Rules; code != 0 || !strings.Contains(out, "that it was set aside is forgotten; ") || s.Hash != edit || s.Aside != "" {
		t.Errorf("%d\n%s%+v", code, out, s)
	}
	p.stop()
}

// Rules that were proven and end their process after a restart: those that were kept before them pause, and are in force
// in the end, also over the next restart. What waits goes on waiting.
func TestKillerAfterARestart(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", h.config("true")+"reload: {confirm: diff}\n")
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the kitchen is let in", func() bool { return p.account().Verdict == "allow" })
	old := p.status().Rules.Hash
	p.reloaded(killsAtBob)
	p.looks(3)
	p.stop()
	p = h.run()
	p.until("the kitchen is let in", func() bool { return p.account().Verdict == "allow" })
	h.write("rules/home.star", "def on_playback(now):\n    deny('all')\n")
	p.until("an edit waits", func() bool { return p.status().Rules.Waiting != nil })
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("a pause", func() bool { return len(h.home.Pauses()) > 0 })
	p.until("they are set aside", func() bool { return p.status().Rules.Hash == old })
	if s := p.status().Rules; s.Waiting == nil || s.Aside != "" || s.Error != "" {
		t.Errorf("an edit waited: %+v", s)
	}
	out, _ := h.gatefold("rules", "list")
	contains(t, "rules list", out, " death ", "waits: ", "on_playback (home.star:2:1) killed the rule worker")
	p.stop()
	h.write("rules/home.star", killsAtBob)
	p = h.run()
	p.until("they are kept out at a start", func() bool {
		return strings.Contains(p.status().Rules.Aside, "which ends the process that rules run in")
	})
	if s := p.status().Rules; s.Hash != old || s.Waiting == nil {
		t.Errorf("%+v", s)
	}
	out, code := h.gatefold("reload")
	if code != exitFailed || !strings.Contains(out, "tried on the recent past: ") {
		t.Errorf("gatefold reload: %d\n%s", code, out)
	}
	p.stop()
}

// The only rules there are end their process at the sight of Bob's Laptop: he is not judged, whoever plays after him is.
func TestOnlyRulesKill(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", killsAtBob)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the kitchen is let in", func() bool { return p.account().Verdict == "allow" })
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("three deaths", func() bool { return p.deaths() >= 3 })
	p.until("it is said that there are none before", func() bool { return strings.Contains(p.log.String(), "there are no rules before them") })
	if a := p.account(); a.Verdict == "allow" || a.Verdict == "deny" || len(h.home.Pauses()) > 0 {
		t.Errorf("%+v", a)
	}
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p.until("the kitchen is let in again", func() bool { return p.account().Verdict == "allow" })
	p.stop()
}
