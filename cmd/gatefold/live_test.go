package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatefold/internal/sim"
)

const partyRules = `
def on_playback(now):
    if now.device == None:
        return
    if now.device.name == "Kitchen" or state.get("party"):
        allow()
        return
    deny("no party")
    pause(every="1s")
    slack.post("*%s* is playing" % now.device.name, every="30m")

def on_party(event):
    if event.minutes > 99:
        fail("too long: %d" % event.minutes)
    log("by", event.by, event.who)
    state.set("party", True, ttl="%dm" % event.minutes)
    slack.post("a party", every="1h")

def on_over(event):
    state.delete("party")
`

// On hold an intruder is seen and left alone, over a crash, and whatever is
// switched; when the hold is ended he is paused and announced.
func TestHoldCommand(t *testing.T) {
	h := newHouse(t)
	h.home.Stubborn(10 * time.Millisecond)
	d := h.run()
	out, code := h.gatefold("hold", "3h")
	if code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "hold", out, "account home: on hold until ", "nothing is paused or posted")
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	d.until("he is denied", func() bool { return d.account().Verdict == "deny" })
	d.looks(3)
	out, _ = h.gatefold("status")
	contains(t, "status", out, "home: on hold until ", "(by cli ", "would  pause()")
	out, _ = h.gatefold("poll")
	contains(t, "poll", out, "  hold   on hold until ")
	out, _ = h.gatefold("doctor")
	contains(t, "doctor", out, "on hold until ", "gatefold hold off home")
	contains(t, "the log", d.log.String(), "on hold: nothing is paused or posted", "on_hold=true")
	d.measures(`gatefold_held{account="home"} 1`, `gatefold_enforcing{account="home"} 1`)

	d.kill()
	d = h.run()
	d.until("he is denied after a crash", func() bool { return d.account().Verdict == "deny" })
	d.looks(3)
	d.measures(`gatefold_held{account="home"} 1`)
	h.gatefold("enforce", "home", "off")
	out, _ = h.gatefold("status")
	contains(t, "status", out, "home: on hold until ", "; and a dry run after it")
	out, _ = h.gatefold("hold", "2h")
	contains(t, "hold on a dry run", out, "it is a dry run besides")
	out, _ = h.gatefold("enforce", "home", "on")
	contains(t, "enforce on hold", out, "but on hold until ")
	d.looks(3)
	if n := len(h.home.Pauses()) + len(h.slack.Messages()); n != 0 {
		t.Fatalf("%d things were done on hold", n)
	}

	if out, code = h.gatefold("hold", "off", "home"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "hold off", out, "account home: not on hold")
	d.until("he is paused and announced", func() bool { return len(h.home.Pauses()) > 0 && len(h.slack.Messages()) == 1 })
	d.measures(`gatefold_held{account="home"} 0`)
	if out, code = h.gatefold("hold", "off"); code != 0 {
		t.Errorf("ended twice: %d\n%s", code, out)
	}
	d.stop()
	out, _ = h.gatefold("journal")
	contains(t, "journal", out, "event     hold: for 3h (by cli ", "event     hold: for 2h (by cli ", "event     hold: off (by cli ")
}

var gauge = regexp.MustCompile(`gatefold_poll_interval_seconds\{account="home"\} (\S+)`)

// The pace is overridden at once, over a crash, and as planned again when that ends.
func TestPollCommand(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", strings.ReplaceAll(h.config("true"), "100ms", "200s"))
	h.home.Play(kitchen, sim.Item{Name: "So What", Duration: time.Hour})
	d := h.run()
	d.until("a look", func() bool { return d.account().Verdict == "allow" })
	d.measures("gatefold_poll_interval_seconds{account=\"home\"} ")
	interval := func() string { return gauge.FindStringSubmatch(d.metrics())[1] }
	out, code := h.gatefold("poll")
	if code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "poll", out, "home: next look in ", "  pace   every ", " of 5000 calls left in 30 s", " of 1000000 in 24 h")

	if out, code = h.gatefold("poll", "home", "300s", "--for", "10m"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "override", out, "account home: looked at every 5m until ", "the budget outranks that")
	if got := interval(); got != "300" {
		t.Errorf("the gauge is %s, as soon as the command has ended", got)
	}
	out, _ = h.gatefold("poll")
	contains(t, "poll", out, "  pace   every 5m: an operator's override", "  set    every 5m until ", "(by cli ", "to end it: gatefold poll home auto")
	out, _ = h.gatefold("status")
	contains(t, "status", out, "  pace   every 5m until ")
	var shown polls
	out, _ = h.gatefold("poll", "home", "--json")
	if err := json.Unmarshal([]byte(out), &shown); err != nil || len(shown.Accounts) != 1 || shown.Accounts[0].Override.Every != 5*time.Minute || shown.Budget.OfDay != 1000000 {
		t.Errorf("poll --json: %v\n%s", err, out)
	}

	d.kill()
	d = h.run()
	d.until("a look after a crash", func() bool { return d.account().Verdict == "allow" })
	d.measures("gatefold_poll_interval_seconds{account=\"home\"} ")
	if got := interval(); got != "300" {
		t.Errorf("the gauge after a crash is %s", got)
	}
	out, _ = h.gatefold("poll", "1s")
	contains(t, "override", out, "looked at every 1s until ", "an hour as nothing else was said")
	d.looks(2)
	if out, code = h.gatefold("poll", "home", "auto"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "auto", out, "account home: looked at as planned")
	if got, err := strconv.ParseFloat(interval(), 64); err != nil || got < 1.5 || got > 200 { // as short as a budget of a million allows
		t.Errorf("the gauge is %s when it has ended (%v)", interval(), err)
	}
	contains(t, "the log", d.log.String(), "the pace is overridden", "the pace is no longer overridden")
	d.stop()
	out, _ = h.gatefold("journal")
	contains(t, "journal", out, "event     override: every 5m for 10m (by cli ", "event     override: auto (by cli ")
}

// An event from the command line: what its turn did is printed, on_playback is
// evaluated again, and a turn that fails fails the command.
func TestPublishCommand(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", partyRules)
	h.home.Stubborn(10 * time.Millisecond)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	d := h.run()
	d.until("he is denied", func() bool { return d.account().Verdict == "deny" })
	out, code := h.gatefold("publish", "party", "minutes=30", "who=Ann")
	if code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "publish", out, "log    by cli Ann (home.star:15:", `did    state.set(key="party", value=True, ttl="30m")`, `did    slack.post(text="a party", every="1h")`)
	d.until("he is allowed", func() bool { return d.account().Verdict == "allow" })
	out, _ = h.gatefold("publish", "party", "minutes=29", "who=Ann")
	contains(t, "within the hour", out, "1 message held back, because of every=")

	out, code = h.gatefold("publish", "party", "minutes=100", "who=Ann")
	if code != 1 {
		t.Errorf("a turn that fails: %d", code)
	}
	contains(t, "a turn that fails", out, "home.star:14:", "too long: 100")
	out, code = h.gatefold("publish", "parti")
	if code != 1 {
		t.Errorf("a typo: %d", code)
	}
	contains(t, "a typo", out, `no rule handles "parti"`, `did you mean "party"? Handled: over, party`)
	out, _ = h.gatefold("publish", "playback")
	contains(t, "reserved", out, `"playback" is reserved`)
	out, _ = h.gatefold("publish", "over", "by=me")
	contains(t, "a field that is there already", out, "a field cannot be called by")
	out, _ = h.gatefold("publish", "party", `minutes="30"`, "who=Ann")
	contains(t, "a quoted number", out, "string > int not implemented")

	h.gatefold("hold", "1h")
	out, _ = h.gatefold("publish", "party", "minutes=3", "who=Ann")
	contains(t, "on hold", out, `did    state.set(`, `would  slack.post(text="a party", every="1h")`)
	h.gatefold("hold", "off")
	if out, code = h.gatefold("publish", "over"); code != 0 {
		t.Errorf("%d\n%s", code, out)
	}
	contains(t, "over", out, `did    state.delete(key="party")`)
	d.until("it is over", func() bool { return d.account().Verdict == "deny" })
	d.stop()
	out, _ = h.gatefold("journal")
	contains(t, "journal", out, `event     party {"by":"cli","fields":{"minutes":30,"who":"Ann"}}`)
}
