package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatefold/internal/sim"
)

var (
	kitchen = sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"}
	bob     = sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}
	eve     = sim.Device{Name: "Eve's Phone", Type: "Smartphone", ID: "e"}
)

// The main job over real sockets: see, decide, pause, tell, measure.
func TestIntruderIsPausedAndAnnounced(t *testing.T) {
	h := newHouse(t)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the owner is allowed", func() bool { return p.account().Verdict == "allow" })
	if n := len(h.home.Pauses()); n != 0 {
		t.Fatalf("the owner was paused %d times", n)
	}
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("a pause", func() bool { return len(h.home.Pauses()) > 0 })
	p.until("a message", func() bool { return len(h.slack.Messages()) > 0 })
	if got := h.home.Pauses()[0]; got.DeviceID != "b" || !got.TookEffect {
		t.Errorf("pause: %+v", got)
	}
	if got := h.slack.Messages()[0]; got.Text != "*Bob's Laptop* is playing" || got.Channel != "#music" {
		t.Errorf("message: %+v", got)
	}
	p.looks(5)
	if n := len(h.home.Pauses()); n != 1 {
		t.Errorf("a paused device was paused %d times", n)
	}
	// A second intruder within the half hour is announced as well.
	h.home.Play(eve, sim.Item{Name: "Naima"})
	p.until("a second message", func() bool { return len(h.slack.Messages()) == 2 })
	p.until("a pause of the second", func() bool { ps := h.home.Pauses(); return ps[len(ps)-1].DeviceID == "e" })
	p.measures(
		`gatefold_verdict{account="home",verdict="deny"} 1`,
		`gatefold_pauses_total{account="home",outcome="paused"} 2`,
		`gatefold_alerts_total{outcome="sent"} 2`,
		`gatefold_rules_last_reload_successful 1`,
	)
	if out, code := h.gatefold("status"); code != 0 || !strings.Contains(out, "deny (not a household device)") {
		t.Errorf("status (%d): %s", code, out)
	}
	if code, took := p.stop(); code != 0 || took > 10*time.Second {
		t.Errorf("SIGTERM: exit code %d after %s", code, took)
	}
	if out, code := h.gatefold("status"); code != exitNotRunning || !strings.Contains(out, "is not running") {
		t.Errorf("status of a stopped daemon (%d): %s", code, out)
	}
}

// Weakness 11: throttles live over restarts, also over kill -9.
func TestRestartAnnouncesNothingAgain(t *testing.T) {
	h := newHouse(t)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("a message", func() bool { return len(h.slack.Messages()) == 1 })
	p.stop()
	h.home.Resume()
	p = h.run()
	p.until("the intruder is seen again", func() bool { return p.account().Verdict == "deny" })
	p.looks(3)
	p.stop()
	if n := len(h.slack.Messages()); n != 1 {
		t.Errorf("%d messages after a restart, want 1", n)
	}
}

// What was committed and not done is done after a crash.
func TestOutboxSurvivesKill(t *testing.T) {
	h := newHouse(t)
	h.slack.Fault(sim.Fault{Path: "post", Kind: sim.KindStatus, Status: 500})
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("a message waits", func() bool { return p.account().Waiting == 1 })
	p.kill()
	h.slack.ClearFaults()
	h.home.Stop()
	p = h.run()
	p.until("the message is sent", func() bool { return len(h.slack.Messages()) == 1 })
	p.until("nothing waits", func() bool { return p.account().Waiting == 0 })
	p.stop()
	p = h.run()
	p.until("a look", func() bool { return !p.account().LastLook.IsZero() })
	p.stop()
	if n := len(h.slack.Messages()); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// Nothing is enforced before the owner says so.
func TestDryRun(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", h.config("false"))
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("the intruder is seen", func() bool { return p.account().Verdict == "deny" })
	p.looks(3)
	if len(h.home.Pauses()) != 0 || len(h.slack.Messages()) != 0 {
		t.Errorf("%d pauses and %d messages in a dry run", len(h.home.Pauses()), len(h.slack.Messages()))
	}
	if log := p.log.String(); !strings.Contains(log, "dry_run=true") || !strings.Contains(log, "pause()") {
		t.Errorf("the log does not say what would have been done:\n%s", log)
	}
	p.stop()
}

// A failing edit changes nothing; its fix counts; watching goes on.
func TestEditsWhileItRuns(t *testing.T) {
	h := newHouse(t)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	h.write("rules/home.star", "def on_playback(now)\n    allow()\n")
	p.until("the edit is refused", func() bool { return p.status().Rules.Error != "" })
	if got := p.status().Rules.Error; !strings.Contains(got, "home.star:1:21") {
		t.Errorf("the error does not say where: %s", got)
	}
	p.looks(2)
	if got := p.account().Verdict; got != "deny" {
		t.Errorf("after a broken edit the verdict is %s", got)
	}
	p.measures("gatefold_rules_last_reload_successful 0")
	out, code := h.gatefold("reload")
	if code != exitFailed || !strings.Contains(out, "home.star:1:21") {
		t.Errorf("gatefold reload (%d): %s", code, out)
	}
	h.write("rules/home.star", "def on_playback(now):\n    allow('everybody')\n")
	p.until("the fix counts", func() bool { return p.account().Verdict == "allow" })
	// A handler that fails at run time: the rules before it decide.
	h.write("rules/home.star", "def on_playback(now):\n    if now.device:\n        fail('not so')\n    allow('x')\n")
	p.until("the rules are degraded", func() bool { return p.status().Rules.Degraded != "" })
	if got := p.account(); got.Verdict != "allow" || got.Reason != "everybody" {
		t.Errorf("degraded: %+v", got)
	}
	// SIGHUP reads the folder too.
	h.write("rules/home.star", testRules)
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.until("the rules are mended", func() bool { return p.account().Verdict == "deny" && p.status().Rules.Degraded == "" })
	p.stop()
}

// A start with broken rules runs on the newest that worked, and says so.
func TestStartWithBrokenRules(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", "def on_playback(now):\n    blonk()\n")
	out, code := h.gatefold("run")
	if code != exitFailed || !strings.Contains(out, "home.star:2:5: undefined: blonk") {
		t.Fatalf("a first start with broken rules (%d): %s", code, out)
	}
	h.write("rules/home.star", testRules)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("a verdict", func() bool { return p.account().Verdict == "allow" })
	p.stop()
	h.write("rules/home.star", "def on_playback(now):\n    blonk()\n")
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p = h.run()
	p.until("the old rules decide", func() bool { return p.account().Verdict == "deny" })
	p.until("status says that the folder is broken", func() bool { return strings.Contains(p.status().Rules.Error, "blonk") })
	h.write("rules/home.star", "def on_playback(now):\n    allow('mended')\n")
	p.until("the mended rules decide", func() bool { return p.account().Reason == "mended" })
	p.stop()
}

func TestSecondInstanceIsRefused(t *testing.T) {
	h := newHouse(t)
	p := h.run()
	out, code := h.gatefold("run")
	if code != exitFailed || !strings.Contains(out, "hint: gatefold status") {
		t.Errorf("a second instance (%d): %s", code, out)
	}
	p.looks(1)
	p.stop()
}

// Weakness 12: a call that hangs blocks nothing, and is blindness.
func TestHangingSpotify(t *testing.T) {
	h := newHouse(t)
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	p := h.run()
	p.until("the owner is allowed", func() bool { return p.account().Verdict == "allow" })
	h.spotify.Fault(sim.Fault{Path: "player", Kind: sim.KindHang})
	p.until("the verdict is unknown", func() bool { return p.account().Verdict == "unknown" })
	if out, code := h.gatefold("status"); code != 0 {
		t.Errorf("status hangs with Spotify (%d): %s", code, out)
	}
	if code, took := p.stop(); code != 0 || took > 10*time.Second {
		t.Errorf("SIGTERM during a hanging look: %d after %s", code, took)
	}
}

// Weakness 10, and DNS rebinding: what is served is read only, on loopback, and
// only under our own name.
func TestServedReadOnly(t *testing.T) {
	h := newHouse(t)
	p := h.run()
	base := strings.TrimSuffix(p.status().Metrics, "/metrics")
	get := func(method, path, host string) int {
		req, err := http.NewRequest(method, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := (&http.Client{Timeout: patience}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, c := range []struct {
		method, path, host string
		want               int
	}{
		{"GET", "/metrics", "", 200}, {"GET", "/healthz", "", 200}, {"GET", "/metrics", "localhost:1", 200},
		{"GET", "/metrics", "evil.example", 421}, {"POST", "/metrics", "", 405}, {"GET", "/status", "", 404}, {"DELETE", "/healthz", "", 405},
	} {
		if got := get(c.method, c.path, c.host); got != c.want {
			t.Errorf("%s %s as %q: %d, want %d", c.method, c.path, c.host, got, c.want)
		}
	}
	p.until("it is ready", func() bool { return get("GET", "/readyz", "") == 200 })
	for name, mode := range map[string]os.FileMode{"data": 0o700, "data/journal.db": 0o600, "data/gatefold.sock": 0o600} {
		info, err := os.Stat(filepath.Join(h.dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s is %v, %v; want %v", name, info.Mode(), err, mode)
		}
	}
	p.stop()
	// Promise 8: no secret in the log or the journal.
	for _, secret := range []string{"refresh-home", "xoxb-test"} {
		if strings.Contains(p.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
		filepath.WalkDir(filepath.Join(h.dir, "data"), func(path string, _ os.DirEntry, _ error) error {
			if raw, err := os.ReadFile(path); err == nil && strings.Contains(string(raw), secret) {
				t.Errorf("%s holds %s", path, secret)
			}
			return nil
		})
	}
}

// Weakness 4: a refresh token that is dead asks nobody on standard input and
// blocks nothing; it is blindness that says why. Weakness 3: it is not asked for
// again at every look.
func TestDeadRefreshToken(t *testing.T) {
	h := newHouse(t)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	h.home.Revoke()
	p := h.run()
	p.until("blindness", func() bool { return p.account().Blind == "unauthorized" })
	if got := p.account(); got.Verdict != "unknown" || !strings.Contains(got.Message, "invalid_grant") {
		t.Errorf("status: %+v", got)
	}
	tokens := 0
	for _, r := range h.spotify.Requests() {
		if r.Path == "/api/token" {
			tokens++
		}
	}
	if tokens > 1 {
		t.Errorf("%d token requests within seconds", tokens)
	}
	if code, took := p.stop(); code != 0 || took > 10*time.Second {
		t.Errorf("SIGTERM: %d after %s", code, took)
	}
}
