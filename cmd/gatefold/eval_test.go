package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gatefold/internal/sim"
)

const rememberingRules = `
def on_playback(now):
    if now.device == None:
        return
    if now.device.name == "Kitchen":
        allow()
        return
    deny("not a household device")
    pause(every = "1h")
    slack.post("*%s* is playing" % now.device.name, every = "30m")

def on_guest(event):
    state.set("guest", event.name)

def on_blind(problem):
    blink1.blink("amber", every = "2s")
`

// What eval shows is what the daemon knows at that moment, by the rules that it decides by; and nothing happens by it.
func TestEvalOnTheLiveSnapshot(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", rememberingRules)
	h.home.Play(sim.Device{ID: "b1", Name: "Bob\x1b[2J\n would: allow()", Type: "Computer"}, sim.Item{Name: "Blue Train"})
	d := h.run()
	d.until("he is denied and announced", func() bool { return d.account().Verdict == "deny" && len(h.slack.Messages()) > 0 })
	if out, code := h.gatefold("publish", "guest", "name=Ann"); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	h.gatefold("allow", "speaker:Kitchen")
	// All messages but the one that ends the story of the pause: on a slow machine it comes meanwhile, by itself.
	messages := func() int {
		return len(slices.DeleteFunc(h.slack.Messages(), func(m sim.Message) bool {
			return m.Thread != "" && strings.Contains(m.Text, "gave up after")
		}))
	}
	paused, posted := len(h.home.Pauses()), messages()

	for expr, want := range map[string][]string{
		`state.get("guest")`:              {"\"Ann\"\n"},
		`now.device.name`:                 {`"Bob\x1b[2J\n would: allow()"`},
		`now.device`:                      {"Bob[2J  would: allow() (computer)\n"},
		`now.device.id_known, now.pauses`: {"(False, 1)\n"},
		`now.previous.device == now.device, now.changed, now.cause`: {"(True, (), \"state\")\n"},
		`on_playback(now)`: {
			"would: deny(reason=\"not a household device\")\n", "would: pause(every=\"1h\")\n",
			"every=\"30m\")  # held back: it was less than 30m ago\n",
		},
		`state.set("guest", "Eve")`:                   {"would: state.set(key=\"guest\", value=\"Eve\")\n"},
		`[state.delete("guest"), state.get("guest")]`: {"[None, None]\n", "would: state.delete(key=\"guest\")\n"},
		`spotify.volume(0)`:                           {"would: spotify.volume(percent=0)\n"},
		`approve(now.device), now.device.approved`:    {"would: approve("},
		`time.now() == now.time`:                      {"True\n"},
	} {
		out, code := h.gatefold("eval", expr)
		if code != 0 {
			t.Errorf("%s: %d", expr, code)
		}
		contains(t, expr, out, want...)
	}
	out, _ := h.gatefold("eval", "--json", `state.get("guest")`)
	var said evaluated
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Source != "daemon" || string(said.Value) != `"Ann"` || time.Since(said.Time) > time.Minute {
		t.Errorf("%v: %s", err, out)
	}

	// Rules that were saved and are broken do not count, and neither does what eval was told.
	h.write("rules/home.star", "def on_playback(now):\n    allow(")
	h.gatefold("reload")
	out, _ = h.gatefold("eval", "on_playback(now)")
	contains(t, "the rules in force", out, `would: deny(reason="not a household device")`)
	out, _ = h.gatefold("eval", `state.get("guest")`)
	contains(t, "the state", out, `"Ann"`)
	if len(h.home.Pauses()) != paused || messages() != posted {
		t.Errorf("eval has paused or posted: %d and %d pauses, %d and %d messages", paused, len(h.home.Pauses()), posted, messages())
	}
	if out, code := h.gatefold("eval", "--account", "work", "1"); code != 2 {
		t.Errorf("another account: %d\n%s", code, out)
	}

	// Without the daemon: what the journal has kept.
	h.write("rules/home.star", rememberingRules)
	d.stop()
	out, code := h.gatefold("eval", `(state.get("guest"), now.device.type, now.pauses)`)
	if code != 0 {
		t.Errorf("from the journal: %d", code)
	}
	contains(t, "from the journal", out, "note: gatefold is not running: this is what was seen last, at ", `("Ann", "computer", 1)`)
}

// While the player cannot be seen there is no now that could be taken for one.
func TestEvalBlind(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", rememberingRules)
	inner := h.api
	h.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.Error(w, "upstream", http.StatusServiceUnavailable)
			return
		}
		inner.ServeHTTP(w, r)
	})
	d := h.run()
	d.until("it is blind", func() bool { return d.account().Blind != "" })
	out, code := h.gatefold("eval", "problem.kind")
	if code != 0 {
		t.Errorf("%d\n%s", code, out)
	}
	contains(t, "problem", out, "\"unreachable\"\n")
	out, _ = h.gatefold("eval", "on_blind(problem)")
	contains(t, "on_blind", out, `would: blink1.blink(color="#ffbf00", every="2s")`)
	out, code = h.gatefold("eval", "now")
	if code != 1 {
		t.Errorf("now: %d", code)
	}
	contains(t, "now", out, "undefined: now", "the player cannot be seen: there is problem")
	out, _ = h.gatefold("eval", `allow()`)
	contains(t, "allow", out, "what is not seen is not judged")
}
