package main

import (
	"testing"
	"time"
)

func TestExposure(t *testing.T) {
	begin := time.Date(2026, 11, 26, 21, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	for name, c := range map[string]struct {
		a, b sighting
		want float64
	}{
		"nobody":                         {sighting{at: at(0)}, sighting{at: at(10)}, 0},
		"plays on":                       {sighting{at: at(0), denied: true}, sighting{at: at(10), denied: true}, 10},
		"the next song began in between": {sighting{at: at(0), denied: true}, sighting{at: at(10), denied: true, changed: at(6)}, 10},
		"paused, and played again":       {sighting{at: at(0), denied: true, paused: at(0.5)}, sighting{at: at(10), denied: true, changed: at(3)}, 7.5},
		"a pause that did nothing":       {sighting{at: at(0), denied: true, paused: at(0.5)}, sighting{at: at(10), denied: true, changed: at(-60)}, 10},
		"paused":                         {sighting{at: at(0), denied: true, paused: at(0.5)}, sighting{at: at(10)}, 0.5},
		"began in between":               {sighting{at: at(0)}, sighting{at: at(10), denied: true, changed: at(8)}, 2},
		"began, nobody says when":        {sighting{at: at(0)}, sighting{at: at(10), denied: true}, 10},
		"a clock that is ahead":          {sighting{at: at(0)}, sighting{at: at(10), denied: true, changed: at(12)}, 10},
		"stopped in between":             {sighting{at: at(0), denied: true}, sighting{at: at(10), changed: at(4)}, 4},
		"gone, nobody says when":         {sighting{at: at(0), denied: true}, sighting{at: at(10)}, 5},
		"too long ago":                   {sighting{at: at(0), denied: true}, sighting{at: at(600), denied: true}, 180},
	} {
		e := newExposure()
		if got := e.look("home", sighting{at: c.a.at, denied: c.a.denied, changed: c.a.changed}); got != 0 {
			t.Errorf("%s: the first look adds %s", name, got)
		}
		if !c.a.paused.IsZero() {
			e.pause("home", c.a.paused)
		}
		if got := e.look("home", c.b).Seconds(); got != c.want {
			t.Errorf("%s: %g s, want %g", name, got, c.want)
		}
		e.forget("home")
		if got := e.look("home", sighting{at: at(20), denied: true}); got != 0 {
			t.Errorf("%s: after nothing could be seen: %s", name, got)
		}
	}
}
