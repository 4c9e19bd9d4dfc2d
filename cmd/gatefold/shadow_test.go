package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/reload"
	"gatefold/metrics"
)

// beside is a shadow without a folder: the rules in force, its own, and nothing else of a daemon.
func beside(t *testing.T, real, own string) (*shadow, *syncBuffer) {
	t.Helper()
	log := new(syncBuffer)
	m, err := metrics.New(prometheus.NewRegistry(), metrics.Options{Accounts: []string{"home"}, Now: func() time.Time { return evening }})
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{cfg: &config.Config{Accounts: []config.Account{{Name: "home"}}}, log: newLog(log, false, false, slog.LevelInfo), metrics: m}
	d.rules = &ruleKeeper{d: d, rules: rulesFrom(t, real), trial: trialHere{}}
	d.w.Clock = newClock(1)
	watcher, err := reload.New(reload.Options{Dir: t.TempDir(), Clock: d.w.Clock, Build: func(engine.Snapshot) (func(), error) { return func() {}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return &shadow{
		d: d, watcher: watcher, rules: rulesFrom(t, own), turns: make(chan engine.TurnReport, 2), states: map[string]engine.State{}, said: map[string]bool{},
	}, log
}

// told is what observers hear of a look, by the rules in force.
func (s *shadow) told(t *testing.T, device string, at time.Time, state engine.State) engine.TurnReport {
	t.Helper()
	turn := lookAt("home", device, at)
	d := s.d.rules.inForce().Decide(t.Context(), turn.Event, engine.Facts{}, state)
	return engine.TurnReport{Decision: d, Failed: d.Err, State: state}
}

func TestShadowCompares(t *testing.T) {
	state := func(key string) string {
		return fmt.Sprintf("\ndef on_playback(now):\n    n = state.get(%q, 0)\n    state.set(%q, n + 1)\n    allow(str(n))\n", key, key)
	}
	for name, c := range map[string]struct {
		real, own string
		device    string
		want      string // kinds of disagreement of three turns
		untold    uint64
	}{
		"the same, written otherwise": {denyBob, "\n\n" + denyBob, "Bob", "", 0},
		"another verdict":             {denyBob, allowAll, "Bob", "verdict verdict verdict", 0},
		"another call":                {denyBob, strings.Replace(denyBob, "pause()", "pause(every=\"20s\")", 1), "Bob", "calls calls calls", 0},
		"another message":             {denyBob, strings.Replace(denyBob, "Bob is there", "Bob is here", 1), "Bob", "calls calls calls", 0},
		"it fails":                    {denyBob, "def on_playback(now):\n    allow(1 // 0)\n", "Bob", "error error error", 0},
		"the rules in force fail":     {"def on_playback(now):\n    allow(1 // 0)\n", denyBob, "Bob", "verdict verdict verdict", 0},
		"both fail":                   {"def on_playback(now):\n    allow(1 // 0)\n", "\ndef on_playback(now):\n    allow(2 // 0)\n", "Bob", "", 0},
		"it asks":                     {denyBob, strings.Replace(denyBob, "pause()", "spotify.recently_played()", 1), "Bob", "", 3},
		"its own state goes on":       {state("n"), state("n"), "Bob", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := beside(t, c.real, c.own)
			real := engine.State{}
			for i := range 3 {
				turn := s.told(t, c.device, evening.Add(time.Duration(i)*time.Minute), real)
				real = real.With(turn.Decision.State, turn.Decision.Event.Time)
				if i > 0 { // its throttle holds the message back
					turn.Decision.Once = nil
				}
				s.decide(t.Context(), turn)
			}
			var got []string
			for _, d := range s.newest {
				got = append(got, d.What)
			}
			if strings.Join(got, " ") != c.want || s.seen.Load() != 3 || s.untold.Load() != c.untold || s.disagreed.Load() != uint64(len(got)) {
				t.Errorf("%v, %d seen, %d untold", got, s.seen.Load(), s.untold.Load())
			}
			if said := strings.Count(log.String(), "disagree"); said != min(1, len(got)) && c.want != "" {
				t.Errorf("said %d times:\n%s", said, log.String())
			}
		})
	}
}

// It begins with what the rules in force had kept, and goes on with what it writes itself.
func TestShadowKeepsItsOwnState(t *testing.T) {
	const counting = "def on_playback(now):\n    n = state.get(\"n\", 0)\n    state.set(\"n\", n + %d)\n    log(n)\n    allow()\n"
	s, _ := beside(t, fmt.Sprintf(counting, 1), fmt.Sprintf(counting, 10))
	real := engine.State{"n": {Value: []byte("5")}}
	for i := range 3 {
		turn := s.told(t, "Bob", evening.Add(time.Duration(i)*time.Minute), real)
		real = real.With(turn.Decision.State, turn.Decision.Event.Time)
		s.decide(t.Context(), turn)
	}
	if got := string(s.states["home"]["n"].Value); got != "35" || string(real["n"].Value) != "8" {
		t.Errorf("the shadow's %s, the real %s", got, real["n"].Value)
	}
}

// Whoever is behind does not hold up a loop.
func TestShadowDropsWhatItHasNoTimeFor(t *testing.T) {
	s, _ := beside(t, denyBob, allowAll)
	turn := s.told(t, "Bob", evening, nil)
	for range 5 {
		s.Observe("home", turn)
	}
	if s.dropped.Load() != 3 || len(s.turns) != 2 {
		t.Errorf("%d dropped, %d wait", s.dropped.Load(), len(s.turns))
	}
	s.rules = nil // none could be loaded yet
	s.Observe("home", turn)
	if s.dropped.Load() != 3 {
		t.Error("a turn is dropped that nobody would have seen")
	}
}

// What is listed is bounded, the newest first.
func TestShadowListIsBounded(t *testing.T) {
	s, log := beside(t, denyBob, allowAll)
	for i := range shadowListed + 5 {
		s.disagree(change{event: lookAt("home", fmt.Sprint("d", i), evening).Event, was: engine.DecisionRecord{Err: errors.New("x").Error()}}, "verdict")
	}
	s.d.shadow = s
	list, err := s.d.disagreements(t.Context())
	if err != nil || len(list.Turns) != shadowListed || !strings.HasPrefix(list.Turns[0].Text, "d104: fails -> unknown") {
		t.Errorf("%d, %+v, %v", len(list.Turns), list.Turns[0], err)
	}
	if n := strings.Count(log.String(), "disagree"); n != shadowListed+5 {
		t.Errorf("%d distinct changes are said %d times", shadowListed+5, n)
	}
}

// Only so many distinct changes are logged, and that is said, once; other rules begin anew.
func TestShadowSaysThatItSaysNoMore(t *testing.T) {
	s, log := beside(t, denyBob, allowAll)
	many := func() {
		for i := range shadowSaid + 5 {
			s.disagree(change{event: lookAt("home", fmt.Sprint("d", i), evening).Event, was: engine.DecisionRecord{Err: "x"}}, "verdict")
		}
	}
	s.decide(t.Context(), s.told(t, "Bob", evening, nil)) // which is one of them
	many()
	if n := strings.Count(log.String(), "no more of them are logged"); n != 1 || strings.Count(log.String(), "d1003:") != 0 {
		t.Errorf("said %d times, and: %d", n, strings.Count(log.String(), "d1003:"))
	}
	s.rules = rulesFrom(t, allowAll+"\n")
	s.decide(t.Context(), s.told(t, "Bob", evening, nil))
	many()
	if n := strings.Count(log.String(), "no more of them are logged"); n != 2 {
		t.Errorf("said %d times after other rules came", n)
	}
}
