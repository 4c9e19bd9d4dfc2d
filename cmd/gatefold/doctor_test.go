package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatefold/internal/sim"
)

// findings asks the doctor.
func (h *house) findings() (map[string][]finding, int) {
	h.t.Helper()
	out, code := h.gatefold("doctor", "--json")
	var all []finding
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&all); err != nil {
		h.t.Fatalf("%v\n%s", err, out)
	}
	byName := map[string][]finding{}
	for _, f := range all {
		byName[f.What] = append(byName[f.What], f)
	}
	return byName, code
}

// graded wants findings of a grade whose text or remedy has a part.
func graded(t *testing.T, found map[string][]finding, what string, g grade, parts ...string) {
	t.Helper()
	for _, f := range found[what] {
		if f.Grade != g {
			continue
		}
		all := true
		for _, p := range parts {
			all = all && strings.Contains(f.Text+" "+f.Do, p)
		}
		if all {
			return
		}
	}
	t.Errorf("%s: want %s with %q, found %+v", what, g, parts, found[what])
}

func (h *house) found() map[string][]finding {
	h.t.Helper()
	found, _ := h.findings()
	return found
}

func TestDoctorOfAHealthyHouse(t *testing.T) {
	h := newHouse(t)
	h.login("--no-browser").agree()
	for _, running := range []bool{false, true} {
		if running {
			d := h.run()
			d.looks(2)
		}
		found, code := h.findings()
		if code != 0 {
			t.Errorf("running %t: exit code %d: %+v", running, code, found)
		}
		for _, what := range []string{"config", "rules", "disk", "secrets", "journal", "slack", "token home", "scopes home", "spotify home", "clock"} {
			graded(t, found, what, gradeOK)
		}
		if running {
			graded(t, found, "daemon", gradeOK, "running, pid")
			graded(t, found, "account home", gradeOK, "enforcing")
		} else {
			graded(t, found, "daemon", gradeWarning, "nobody watches", "gatefold run")
		}
	}
	graded(t, h.found(), "buttons", gradeWarning, "no app token", "gatefold secret set SLACK_APP_TOKEN")
	h.secrets = []string{"GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test", "GATEFOLD_SECRET_SLACK_APP_TOKEN=xapp-test"}
	graded(t, h.found(), "buttons", gradeWarning, "nobody may press", "deciders")
	h.decide("U0ANN")
	graded(t, h.found(), "buttons", gradeOK, "1 user may press")
	out, _ := h.gatefold("doctor")
	h.slack.Revoke("xapp-test")
	graded(t, h.found(), "buttons", gradeFailure, "SLACK_APP_TOKEN")
	contains(t, "doctor", out, "ok       config ", "ok       spotify home  answers; the account of home")
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	h := unlinked(t)
	found, code := h.findings()
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	graded(t, found, "token home", gradeFailure, "not linked", "gatefold login home")
	graded(t, found, "journal", gradeOK, "none yet")
	if exists(filepath.Join(h.dir, "data")) || exists(filepath.Join(h.keys, "gatefold")) {
		t.Error("the doctor made something")
	}

	h.login("--no-browser").agree()
	h.home.Revoke()
	h.slack.Fault(sim.Fault{Kind: sim.KindError, Body: "token_revoked"})
	h.write("rules/home.star", "def on_playback(now):\n    allow(\n")
	found, _ = h.findings()
	graded(t, found, "spotify home", gradeFailure, "invalid_grant", "gatefold login home")
	graded(t, found, "slack", gradeFailure, "token_revoked")
	graded(t, found, "rules", gradeFailure, "home.star:", "gatefold check")

	h.write("rules/home.star", testRules)
	h.slack.ClearFaults()
	h.keep("home", ending(10*24*time.Hour))
	found, _ = h.findings()
	graded(t, found, "token home", gradeWarning, "in 10 days", "gatefold login home")
	key := filepath.Join(h.keys, "gatefold", "key")
	if err := os.Rename(key, key+".lost"); err != nil {
		t.Fatal(err)
	}
	found, code = h.findings()
	graded(t, found, "secrets", gradeFailure, key)
	if code != 1 || exists(key) {
		t.Errorf("exit code %d; a new key: %t", code, exists(key))
	}
	if err := os.Rename(key+".lost", key); err != nil {
		t.Fatal(err)
	}

	d := h.run()
	d.stop()
	path := filepath.Join(h.dir, "data", "journal.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1500; i < len(raw); i += 512 {
		raw[i] ^= 0xff
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	found, _ = h.findings()
	graded(t, found, "journal", gradeFailure)
	h.write("gatefold.yaml", "accounts: home")
	found, _ = h.findings()
	graded(t, found, "config", gradeFailure, "gatefold.yaml:1:")
}

// An answer that could not be read is kept for the doctor, without what is anybody's.
func TestDoctorShowsAMalformedAnswer(t *testing.T) {
	h := newHouse(t)
	h.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}, sim.Item{Name: "Blue Train"})
	d := h.run()
	d.looks(1)
	h.spotify.Fault(sim.Fault{Path: "player", Kind: sim.KindStatus, Status: 200, Body: `{"device":{"name":"Bob's Laptop"},"is_playing":"maybe"}`})
	d.until("it is blind", func() bool { return d.account().Blind == "malformed" })
	d.until("the answer is kept", func() bool {
		found, _ := h.findings()
		return len(found["answers home"]) == 1
	})
	found, _ := h.findings()
	graded(t, found, "answers home", gradeWarning, "GET /me/player", `"is_playing"`)
	if text := found["answers home"][0].Text; strings.Contains(text, "Bob") {
		t.Errorf("it names somebody: %s", text)
	}
}

func first(out string, _ int) string { return out }

// Before the first start there is no place for what a refresh gives, nor for the key
// of a journal: the doctor asks nothing then, and the first start works.
func TestDoctorBeforeTheFirstStart(t *testing.T) {
	h := newHouse(t)
	refreshes := 0
	h.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/api/token") {
			refreshes++
		}
		h.spotify.ServeHTTP(w, r)
	})
	found, _ := h.findings()
	graded(t, found, "token home", gradeOK)
	graded(t, found, "spotify home", gradeWarning, "not asked", "gatefold run")
	if refreshes > 0 || exists(filepath.Join(h.dir, "data")) || exists(filepath.Join(h.keys, "gatefold")) {
		t.Errorf("%d refreshes, or the doctor made something", refreshes)
	}
	h.home.Play(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"}, sim.Item{Name: "So What"})
	d := h.run()
	d.looks(1)
	d.stop()

	// Nor when the secrets are gone, and the journal is there.
	if err := os.RemoveAll(filepath.Join(h.dir, "data", "secrets")); err != nil {
		t.Fatal(err)
	}
	before := refreshes
	found, code := h.findings()
	graded(t, found, "journal", gradeFailure, "JOURNAL_KEY")
	graded(t, found, "spotify home", gradeWarning, "not asked")
	if code != 1 || refreshes != before || exists(filepath.Join(h.dir, "data", "secrets")) {
		t.Errorf("exit code %d, %d refreshes, or it made something", code, refreshes-before)
	}
}

// A 429 that a command gets beside a daemon holds for the daemon as well, also if a look is on its way just then: what that
// shows must not stand until calls are allowed again.
func TestTheDaemonHearsOfA429(t *testing.T) {
	h := newHouse(t)
	h.home.Play(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"}, sim.Item{Name: "So What"})
	limited, onItsWay, answer := make(chan bool, 1), make(chan bool, 1), make(chan bool)
	var hold atomic.Bool
	h.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/me") {
			if strings.HasSuffix(r.URL.Path, "/me/player") && hold.Load() {
				select {
				case onItsWay <- true:
				default:
				}
				select {
				case <-answer:
				case <-r.Context().Done():
				}
			}
			h.spotify.ServeHTTP(w, r)
			return
		}
		select {
		case limited <- true:
		default:
		}
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	comes := func(what string, c chan bool) {
		t.Helper()
		select {
		case <-c:
		case <-time.After(patience):
			t.Fatalf("waited in vain for %s", what)
		}
	}
	d := h.run()
	d.looks(2)
	hold.Store(true)
	comes("a look", onItsWay)
	found, _ := h.findings()
	graded(t, found, "spotify home", gradeFailure, "rate limited")
	comes("the doctor", limited)
	close(answer)
	d.until("it waits", func() bool { return d.account().Blind == "rate_limited" })
}
