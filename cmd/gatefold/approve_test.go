package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatefold/internal/sim"
)

const approvalRules = `
def on_playback(now):
    device = now.device
    if device == None:
        return
    if device.approved:
        allow("approved")
    else:
        deny("blocked" if device.blocked else "not approved")
        pause(every="1s")
        slack.post("*%s* waits" % device.name, every="30m")
`

// Somebody says that a device may play, for good and for a while, takes it back,
// and says that it may not; all of it is kept, listed, and acted on at once.
func TestApprovals(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", approvalRules)
	h.home.Stubborn(10 * time.Millisecond)
	h.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b1"}, sim.Item{Name: "Blue Train"})
	d := h.run()
	d.until("it is denied", func() bool { return d.account().Verdict == "deny" })

	out, code := h.gatefold("allow", "Bobs Laptop")
	if code != 2 {
		t.Errorf("a typo: %d", code)
	}
	contains(t, "a typo", out, `no device called "Bobs Laptop"`, `did you mean "Bob's Laptop"?`)
	if out, code = h.gatefold("allow", "Bob's Laptop"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "allow", out, "computer:Bob's Laptop is allowed", `gatefold devices --undo "computer:Bob's Laptop"`)
	d.until("it is allowed", func() bool { return d.account().Verdict == "allow" })
	out, _ = h.gatefold("devices")
	contains(t, "devices", out, "NAME", "Bob's Laptop", "computer", "allowed (cli ")
	out, _ = h.gatefold("devices", "--rules")
	contains(t, "devices --rules", out, "HOUSEHOLD = {\n    \"Bob's Laptop\": \"green\",  # computer, since ")

	d.kill()
	d = h.run()
	d.until("it is allowed over a crash", func() bool { return d.account().Verdict == "allow" })
	if out, code = h.gatefold("block", "Bob's Laptop"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d.until("it is blocked", func() bool { return d.account().Reason == "blocked" })
	out, _ = h.gatefold("devices")
	contains(t, "devices", out, "blocked (cli ")
	if out, _ = h.gatefold("devices", "--rules"); strings.Contains(out, "Bob") {
		t.Errorf("what is blocked is proposed:\n%s", out)
	}
	if out, code = h.gatefold("devices", "--undo", "Bob's Laptop"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d.until("nothing is said of it", func() bool { return d.account().Reason == "not approved" })
	if out, code = h.gatefold("devices", "--undo", "Bob's Laptop"); code != 2 || !strings.Contains(out, "nothing is said") {
		t.Errorf("undone twice: %d\n%s", code, out)
	}

	if out, code = h.gatefold("allow", "Bob's Laptop", "--for", "1s"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "allow --for", out, "is allowed until ")
	d.until("it was allowed", func() bool { return strings.Contains(d.log.String(), `allow(reason=\"approved\")`) })
	d.until("its time has ended", func() bool { return d.account().Reason == "not approved" })

	if code, _ := d.stop(); code != 0 {
		t.Errorf("ended with %d", code)
	}
	// Without a daemon the journal is read. It is sealed: no name stands in it.
	out, code = h.gatefold("devices")
	if code != 0 {
		t.Errorf("without a daemon: %d", code)
	}
	contains(t, "devices", out, "Bob's Laptop")
	out, _ = h.gatefold("journal")
	contains(t, "journal", out, `event     approval: approve(device_key="computer:Bob's Laptop", for_="1s") (by cli `,
		"event     Bob's Laptop (computer) plays Blue Train by John Coltrane\n", `decision  deny(reason="not approved") pause(every="1s")`,
		"event     token: ok, until ", "outcome   sent")
	for _, name := range []string{"journal.db", "journal.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(h.dir, "data", name))
		if err != nil {
			continue
		}
		for _, told := range []string{"Bob's", "Bob%27s", "Laptop", "Blue Train"} { // no three letters: sealed bytes hold any of those by chance
			if strings.Contains(string(raw), told) {
				t.Errorf("%s tells who listened to what: %s", name, told)
			}
		}
	}
}

// Learning: nothing happens until somebody says so, and that holds until the file
// says something else.
func TestEnforceSwitch(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", h.config("false"))
	h.home.Stubborn(10 * time.Millisecond)
	h.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b1"}, sim.Item{Name: "Blue Train"})
	d := h.run()
	d.until("it is denied", func() bool { return d.account().Verdict == "deny" })
	d.looks(3)
	out, _ := h.gatefold("status")
	contains(t, "status", out, "dry run: nothing is paused or posted (enforce: false)",
		`would  pause()`, `would  slack.post(text="*Bob's Laptop* is playing", every="30m")`)
	contains(t, "the log", d.log.String(), "dry_run=true", `slack.post(text=\"*Bob's Laptop* is playing\"`)
	if n := len(h.home.Pauses()) + len(h.slack.Messages()); n != 0 {
		t.Fatalf("%d things were done", n)
	}
	if out, code := h.gatefold("enforce", "home", "on"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d.until("it acts", func() bool { return len(h.home.Pauses()) > 0 && len(h.slack.Messages()) == 1 })
	d.measures(`gatefold_enforcing{account="home"} 1`)
	d.kill()

	pauses := len(h.home.Pauses())
	d = h.run()
	d.until("it acts after a crash", func() bool { return len(h.home.Pauses()) > pauses })
	out, _ = h.gatefold("status")
	contains(t, "status", out, "enforcing (by gatefold enforce; the configuration says enforce: false)")
	d.stop()

	h.write("gatefold.yaml", h.config("true"))
	d = h.run()
	out, _ = h.gatefold("status")
	contains(t, "status", out, "home: enforcing\n")
	if out, code := h.gatefold("enforce", "home", "off"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d.until("it is off", func() bool { return !d.account().Enforce })
	d.stop()
	h.write("gatefold.yaml", h.config("false"))
	d = h.run()
	d.looks(2)
	d.stop()
	h.write("gatefold.yaml", h.config("true")) // the value has changed since it was switched
	d = h.run()
	if !d.account().Enforce {
		t.Error("a switch outlived the value that it was set against")
	}
}

// A stranger's device may be called what it likes: what is not seen in a name is
// shown, and each device has a handle that can be typed.
func TestOddNames(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", approvalRules)
	h.home.Stubborn(10 * time.Millisecond)
	const odd = "Kitchen\u200b "
	h.home.Play(sim.Device{Name: odd, Type: "Speaker", ID: "x1"}, sim.Item{Name: "Blue Train"})
	d := h.run()
	d.until("it is denied", func() bool { return d.account().Verdict == "deny" })
	handle := handleOf("speaker:" + odd)
	out, _ := h.gatefold("devices", "--ids")
	contains(t, "devices", out, `"Kitchen\u200b "`, handle, "\n  x1 ")
	if out, code := h.gatefold("allow", "Kitchen"); code != 2 {
		t.Errorf("allowed another one: %d\n%s", code, out)
	}
	out, code := h.gatefold("allow", handle)
	if code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "allow", out, `"speaker:Kitchen\u200b " is allowed`, "gatefold devices --undo "+handle+")")
	d.until("it is allowed", func() bool { return d.account().Verdict == "allow" })
	if out, code := h.gatefold("devices", "--undo", handle); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d.until("nothing is said of it", func() bool { return d.account().Reason == "not approved" })

	if out, code := h.gatefold("block", "Speaker: new"); code != 2 {
		t.Errorf("no key: %d\n%s", code, out)
	}
	if out, code = h.gatefold("block", "speaker:new"); code != 0 {
		t.Errorf("%d\n%s", code, out)
	}
	contains(t, "block", out, "speaker:new was never seen so far", "speaker:new is blocked")
}
