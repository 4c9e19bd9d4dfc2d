package main

import (
	"regexp"
	"strings"
	"testing"

	"gatefold/internal/sim"
)

const (
	allowAll  = "def on_playback(now):\n    allow()\n"
	sameRules = testRules + "# another comment\n"
	greenBob  = `
def on_playback(now):
    if now.device == None:
        blink1.set("white", brightness=5)
    elif now.device.name == "Kitchen":
        allow()
        blink1.set("green")
    else:
        deny("not a household device")
        blink1.set("purple")
        if now.playing:
            pause(every="10s")
            slack.post("*%s* is playing" % now.device.name, every="30m")
`
)

var logLine = regexp.MustCompile(`msg="rules reloaded" .*`)

// reloaded saves rules, and gives what the log says of them.
func (p *process) reloaded(rules string) string {
	p.h.t.Helper()
	before := len(logLine.FindAllString(p.log.String(), -1))
	p.h.write("rules/home.star", rules)
	p.until("the edit is in force", func() bool { return len(logLine.FindAllString(p.log.String(), -1)) > before })
	all := logLine.FindAllString(p.log.String(), -1)
	return all[before]
}

// Each edit says on one line what it changes: now, and of the turns of late.
func TestEditSaysWhatItChanges(t *testing.T) {
	h := newHouse(t)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the kitchen is allowed", func() bool { return p.account().Verdict == "allow" })
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("bob is denied, and paused", func() bool { a := p.account(); return a.Verdict == "deny" && !a.Playing })
	p.looks(1)
	contains(t, "a comment", p.reloaded(sameRules), "by=save", `changes="nothing changes now or for the last `)
	contains(t, "a colour", p.reloaded(greenBob), `now: Bob's Laptop: deny as before, blink1.set(color=\"#800080\") instead of blink1.set(color=\"#ff0000\"); of the last `, " would differ (0 in the verdict), the newest ")
	contains(t, "a verdict", p.reloaded(allowAll), "now: Bob's Laptop: deny -> allow (home.star:2); of the last ", " would differ (", " Bob's Laptop: deny -> allow (home.star:2)")
	h.write("rules/home.star", testRules)
	out, code := h.gatefold("reload")
	if code != 0 || !strings.Contains(out, "installed: ruleset ") && !strings.Contains(out, "unchanged: ruleset ") {
		t.Errorf("gatefold reload: %d\n%s", code, out)
	}
	p.stop()
}

// With confirm: diff an edit that would change a past verdict waits, over a restart; another one does not.
func TestEditsWaitToBeAccepted(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", h.config("true")+"reload: {confirm: diff}\n")
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	p.reloaded(greenBob) // no verdict differs
	first := p.status().Rules.Hash
	waits := func() {
		t.Helper()
		p.until("the edit waits", func() bool { return p.status().Rules.Waiting != nil })
		st := p.status().Rules
		if st.Hash != first || st.Error != "" {
			t.Errorf("in force is %+v", st)
		}
		contains(t, "what waits", st.Waiting.Changes, "Bob's Laptop: deny -> allow (home.star:2)")
		contains(t, "the metrics", p.metrics(), "gatefold_rules_waiting 1", "gatefold_rules_last_reload_successful 1")
	}
	h.write("rules/home.star", allowAll)
	waits()
	p.looks(2)
	if v := p.account().Verdict; v != "deny" {
		t.Fatalf("the verdict is %s before anybody accepted that", v)
	}
	out, code := h.gatefold("reload")
	if code != 0 {
		t.Errorf("gatefold reload: %d", code)
	}
	contains(t, "gatefold reload", out, "waiting: ruleset "+short(first), " waits for gatefold rules accept: now: Bob's Laptop: deny -> allow")
	out, _ = h.gatefold("status")
	contains(t, "gatefold status", out, "WAITING: ruleset ", "for gatefold rules accept: ")
	p.kill()
	out, code = h.gatefold("rules", "list") // from the journal, without a daemon
	if code != 0 {
		t.Errorf("list: %d", code)
	}
	contains(t, "list without a daemon", out, "waits: now: Bob's Laptop: deny -> allow", short(first)+" ", "in force")

	p = h.run()
	waits()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	out, _ = h.gatefold("rules", "show", "--diff")
	contains(t, "the difference", out, "--- a/home.star\n+++ b/home.star\n", "-        deny(\"not a household device\")\n", "+    allow()\n")
	out, code = h.gatefold("rules", "accept", "beef")
	if code != exitFailed || !strings.Contains(out, "waits, not beef") {
		t.Errorf("another one is accepted: %d\n%s", code, out)
	}
	waiting := p.status().Rules.Waiting.Hash
	out, code = h.gatefold("rules", "accept", waiting[:8])
	if code != 0 {
		t.Fatalf("accept: %d\n%s", code, out)
	}
	contains(t, "accept", out, "installed: ruleset "+short(waiting))
	p.until("bob is allowed", func() bool { return p.account().Verdict == "allow" })
	contains(t, "the metrics", p.metrics(), "gatefold_rules_waiting 0", `gatefold_rules_info{hash="`+waiting)
	if out, code = h.gatefold("rules", "accept"); code != exitFailed || !strings.Contains(out, "no rules wait") {
		t.Errorf("accepted twice: %d\n%s", code, out)
	}

	h.write("rules/home.star", testRules) // the newer waits instead of the older
	p.until("an edit waits", func() bool { return p.status().Rules.Waiting != nil })
	h.write("rules/home.star", allowAll+"# again\n")
	p.until("one that changes nothing is in force", func() bool {
		st := p.status().Rules
		return st.Waiting == nil && st.Hash != waiting
	})
	p.stop()

	// An edit while nobody runs has to be accepted as well: the journal knows what was decided.
	h.write("rules/home.star", testRules)
	p = h.run()
	p.until("the edit waits", func() bool { return p.status().Rules.Waiting != nil })
	contains(t, "what waits", p.status().Rules.Waiting.Changes, " would differ", "Bob's Laptop: allow -> deny (home.star:")
	p.until("bob is allowed", func() bool { return p.account().Verdict == "allow" })
	p.stop()
}

// What was in force before is so again, until the folder holds something new, and over a restart: the folder is never
// flipped back to in silence.
func TestRollback(t *testing.T) {
	h := newHouse(t)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	denying := p.status().Rules.Hash
	if out, code := h.gatefold("rules", "rollback"); code != exitFailed || !strings.Contains(out, "no older ruleset is kept") {
		t.Errorf("nothing to go back to: %d\n%s", code, out)
	}
	p.reloaded(allowAll)
	allowing := p.status().Rules.Hash
	p.reloaded(allowAll + "# once more\n")
	out, code := h.gatefold("rules", "rollback")
	if code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "rollback", out, "installed: ruleset "+short(allowing), "nothing changes now", "which gatefold rules rollback took back: ", "until another edit or gatefold reload")
	out, code = h.gatefold("rules", "rollback") // goes on backwards
	if code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "rollback", out, "installed: ruleset "+short(denying), "now: Bob's Laptop: allow -> deny")
	rolledBack := func() {
		t.Helper()
		p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
		if st := p.status().Rules; st.Hash != denying || st.Aside == "" || st.Error != "" {
			t.Errorf("status: %+v", st)
		}
	}
	rolledBack()
	p.kill()
	out, _ = h.gatefold("rules", "list")
	contains(t, "list", out, "rollback  1 file", "in force", "which gatefold rules rollback took back: ")
	if first, _, _ := strings.Cut(out, "\n"); !strings.Contains(first, "rollback") {
		t.Errorf("the newest is not the first:\n%s", out)
	}
	p = h.run()
	rolledBack()
	contains(t, "the log", p.log.String(), "the rules that were in force last decide")
	out, _ = h.gatefold("status")
	contains(t, "status", out, "ROLLED BACK: the folder holds ruleset ")
	if out, code = h.gatefold("rules", "rollback", denying); code != exitFailed || !strings.Contains(out, "is in force") {
		t.Errorf("to what is in force: %d\n%s", code, out)
	}
	if out, code = h.gatefold("rules", "rollback", "beef"); code != exitFailed || !strings.Contains(out, "no ruleset beef is kept") {
		t.Errorf("to nothing: %d\n%s", code, out)
	}
	// reload takes the folder again, and so does an edit.
	if out, code = h.gatefold("reload"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	p.until("bob is allowed", func() bool { return p.account().Verdict == "allow" })
	h.gatefold("rules", "rollback", denying[:6])
	rolledBack()
	p.reloaded(allowAll + "# another\n")
	p.until("bob is allowed", func() bool { return p.account().Verdict == "allow" && p.status().Rules.Aside == "" })
	p.stop()
}

// With timelines: require an edit whose timelines fail, or hang, is kept out, also one that was made while nobody ran;
// a timeline that is mended is reason enough to try it again.
func TestTimelinesAreRequired(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", h.config("true")+"reload: {timelines: require}\n")
	denied := "at 0s playback device.name=\"Eve\" playing=false\n\tdeny(reason=\"not a household device\")\n\tblink1.set(color=\"#ff0000\")\nat 30s\n"
	h.write("rules/home.timeline", strings.ReplaceAll(denied, "deny", "allow"))
	if out, code := h.gatefold("run"); code != exitFailed || !strings.Contains(out, "the timelines have to pass first") {
		t.Fatalf("a first start: %d\n%s", code, out)
	}
	h.write("rules/home.timeline", denied)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	first := p.status().Rules.Hash
	keptOut := func() {
		t.Helper()
		p.until("it is kept out", func() bool { return p.status().Rules.Error != "" })
		st := p.status().Rules
		contains(t, "status", st.Error, "reload: {timelines: require}", "1 failing timeline: home.timeline")
		if st.Hash != first {
			t.Errorf("in force is %+v", st)
		}
		contains(t, "the metrics", p.metrics(), "gatefold_rules_last_reload_successful 0")
	}
	h.write("rules/home.star", allowAll+"    blink1.set(\"green\")\n")
	keptOut()
	p.looks(1)
	if out, code := h.gatefold("reload"); code != exitFailed || !strings.Contains(out, "1 failing timeline: home.timeline") || p.account().Verdict != "deny" {
		t.Errorf("reload: %d\n%s", code, out)
	}
	p.stop()
	p = h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	keptOut()
	h.write("rules/home.timeline", "at 0s playback device.name=\"Eve\" playing=false\n\tallow()\n\tblink1.set(color=\"#008000\")\nat 30s\n")
	p.until("the mended timeline lets it in", func() bool { return p.account().Verdict == "allow" && p.status().Rules.Error == "" })
	p.stop()
}

// Shadow rules see every turn, disagree, and do nothing.
func TestSecondSetSeesAndDoesNothing(t *testing.T) {
	h := newHouse(t)
	h.write("next/home.star", strings.ReplaceAll(allowAll, "    allow()", "    allow()\n    slack.post(\"hello\")\n    state.set(\"n\", state.get(\"n\", 0) + 1)\n    log(\"not heard of\")"))
	h.write("gatefold.yaml", h.config("true")+"shadow: next\n")
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the kitchen is allowed", func() bool { return p.account().Verdict == "allow" })
	p.until("they saw it", func() bool { return p.status().Shadow.Seen > 0 })
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("bob is paused", func() bool { return len(h.home.Pauses()) == 1 })
	p.until("they disagree", func() bool { return strings.Contains(p.log.String(), "deny -> allow") })
	out, code := h.gatefold("rules", "shadow")
	if code != 0 {
		t.Errorf("%d\n%s", code, out)
	}
	contains(t, "the list", out, "decided differently", "home Bob's Laptop: deny -> allow (home.star:2)")
	contains(t, "the metrics", p.metrics(), `gatefold_shadow_dropped_total 0`)
	if !regexp.MustCompile(`gatefold_shadow_disagreements_total\{account="home",what="verdict"\} [1-9]`).MatchString(p.metrics()) {
		t.Error("the metrics do not count")
	}
	if n := strings.Count(p.log.String(), "Bob's Laptop: deny -> allow"); n != 1 {
		t.Errorf("said %d times", n)
	}
	// Their edits count at once, broken ones do not; what agrees is no disagreement.
	h.write("next/home.star", "def on_playback(now):\n    blonk()\n")
	p.until("the edit is refused", func() bool { return p.status().Shadow.Error != "" })
	h.write("next/home.star", testRules)
	hash := p.status().Rules.Hash
	p.until("the same rules", func() bool { return p.status().Shadow.Hash == hash && p.status().Shadow.Error == "" })
	h.home.Play(eve, sim.Item{Name: "Naima"})
	p.until("eve is announced", func() bool { return len(h.slack.Messages()) == 2 })
	p.looks(2)
	before := p.status().Shadow
	p.until("they saw five more", func() bool { return p.status().Shadow.Seen >= before.Seen+5 })
	if after := p.status().Shadow; after.Disagreed != before.Disagreed {
		t.Errorf("the same rules disagree: %+v, %+v", before, after)
	}
	if m := h.slack.Messages(); len(m) != 2 || strings.Contains(p.log.String(), "not heard of") {
		t.Errorf("the shadow rules did something: %v", m)
	}
	p.stop()
	out, _ = h.gatefold("journal")
	if strings.Contains(out, `"n"`) {
		t.Error("their state was written")
	}
}
