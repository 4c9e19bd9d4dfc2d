package lab

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// quiet is a story of one owner who does not listen, and of one visit.
func quiet(who *Intruder, v Visit) *Story {
	s := &Story{Params: Habits(1, 1), Owners: []Owner{{Devices: []*Device{
		{ID: "living", Name: "Living Room", Type: "speaker", Ours: true},
		{ID: "kitchen", Name: "Kitchen", Type: "speaker", Ours: true},
	}}}}
	v.Who, v.Begin = who, time.Hour
	if v.Patient == 0 {
		v.Patient = 20 * time.Hour
	}
	if v.Stay == 0 {
		v.Stay = time.Hour
	}
	s.Params.Return = 0
	s.Visits = []Visit{v}
	return s
}

// script is a policy that does what a test says.
type script func(w *world)

func (s script) begin(w *world) { s(w) }

// pausesAt pauses the guest's present device at times after he came.
func pausesAt(after ...time.Duration) script {
	return func(w *world) {
		for _, a := range after {
			w.at(time.Hour+a, func() { w.Pause(w.is.device.ID, func(Answer) {}) })
		}
	}
}

func TestTempers(t *testing.T) {
	const s = time.Second
	two := []*Device{foreign("Guest", 0), foreign("Guest", 1)}
	for _, c := range []struct {
		name   string
		who    Intruder
		tries  int
		pauses []time.Duration
		ended  string
		least  time.Duration // heard
		most   time.Duration
		names  []string // of what plays a minute after each pause
	}{
		{"leaves at once", Intruder{Temper: Leaves, Devices: two[:1]}, 0, []time.Duration{10 * s}, "gave up", 10 * s, 11 * s, []string{""}},
		{"presses play again", Intruder{Temper: Presses, After: 10 * s, Devices: two[:1]}, 1, []time.Duration{60 * s, 180 * s}, "gave up", 167 * s, 172 * s, []string{two[0].Name, ""}},
		{"changes the device", Intruder{Temper: Moves, After: 10 * s, Devices: two}, 2, []time.Duration{60 * s, 180 * s, 300 * s}, "gave up", 275 * s, 283 * s, []string{two[1].Name, two[0].Name, ""}},
		{"renames it", Intruder{Temper: Renames, After: 10 * s, Devices: two[:1]}, 2, []time.Duration{60 * s, 180 * s, 300 * s}, "gave up", 275 * s, 283 * s, []string{two[0].Name + " (1)", two[0].Name + " (2)", ""}},
		{"nobody pauses him", Intruder{Temper: Presses, After: 10 * s, Devices: two[:1]}, 1, nil, "had enough", time.Hour, time.Hour, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			rec, err := live(quiet(&c.who, Visit{Tries: c.tries}), false, script(func(w *world) {
				pausesAt(c.pauses...)(w)
				for _, p := range c.pauses {
					w.at(time.Hour+p+time.Minute, func() {
						name := ""
						if w.is.playing {
							name = w.is.device.Name
						}
						names = append(names, name)
					})
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			v := rec.Visits[0]
			if v.Ended != c.ended || v.Heard < c.least || v.Heard > c.most || v.Pauses != len(c.pauses) {
				t.Errorf("%s after %s, %d pauses, heard %s", v.Ended, v.End-v.Begin, v.Pauses, v.Heard)
			}
			for i, want := range c.names {
				if names[i] != want {
					t.Errorf("a minute after pause %d %q plays, want %q", i+1, names[i], want)
				}
			}
		})
	}
}

// Volume 0 is unheard until he turns it up; after a transfer he takes the player back.
func TestVolumeAndTransfer(t *testing.T) {
	who := &Intruder{Temper: Presses, After: time.Second, Devices: []*Device{foreign("Guest", 0)}}
	rec, err := live(quiet(who, Visit{Tries: 1, Stay: 10 * time.Minute}), false, script(func(w *world) {
		w.at(time.Hour+time.Minute, func() { w.volume(0, "") })
		w.at(time.Hour+2*time.Minute, func() { w.transfer("kitchen", false) })
		w.at(time.Hour+2*time.Minute+time.Second, func() {
			if !w.is.device.Ours || !w.is.playing {
				t.Errorf("after the transfer %+v plays", w.is.device)
			}
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	v := rec.Visits[0]
	if v.Muted < 3*time.Second || v.Muted > 8*time.Second {
		t.Errorf("unheard for %s", v.Muted)
	}
	if away := v.End - v.Begin - v.Heard - v.Muted; away < 5*time.Second || away > 15*time.Second {
		t.Errorf("away for %s", away)
	}
}

// What a pause of a device does that is not the active one.
func TestPauseOfAnotherDevice(t *testing.T) {
	for _, c := range []struct {
		ignore   bool
		needless int
	}{{false, 0}, {true, 1}} {
		s := quiet(&Intruder{Temper: Leaves, Devices: []*Device{foreign("Guest", 0)}}, Visit{})
		s.Visits = nil
		s.Sessions = []Session{{Begin: time.Hour, Seed: 1, Deeds: []Deed{{What: deedPlay}, {After: time.Hour, What: deedStop}}}}
		plays := false
		rec, err := live(s, c.ignore, script(func(w *world) {
			w.at(90*time.Minute, func() { w.Pause("gone", func(Answer) {}) })
			w.at(91*time.Minute, func() { plays = w.is.playing })
		}))
		if err != nil {
			t.Fatal(err)
		}
		if rec.Needless != c.needless {
			t.Errorf("ignored %v: %d needless pauses", c.ignore, rec.Needless)
		}
		if !plays {
			t.Errorf("ignored %v: the owner does not go on", c.ignore)
		}
	}
}

// TestLag: a look sees every change within Params.Lag, and never one that is older than what a look saw before.
func TestLag(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := &stage{}
		p := &player{stage: st, lag: 3 * time.Second, rec: newRecord(day), volumes: map[string]int{}}
		c := newChance(rapid.Uint64().Draw(t, "seed"))
		var changes []time.Duration
		newest := -1
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			st.now += time.Duration(rapid.Int64Range(0, 2e9).Draw(t, "gap"))
			if rapid.Bool().Draw(t, "change") {
				p.change(c, state{device: &Device{ID: "x"}, playing: true, track: len(changes)})
				changes = append(changes, st.now)
				continue
			}
			got := -1
			if s := p.look(); s.device != nil {
				got = s.track
			}
			if got < newest {
				t.Fatalf("change %d is seen after change %d", got, newest)
			}
			newest = got
			for i, at := range changes {
				if i > got && st.now-at > 3*time.Second {
					t.Fatalf("change %d is not seen after %s", i, st.now-at)
				}
			}
		}
	})
}

// An owner whose player was taken from him may take it back, and the visit is over then.
func TestOwnersTakeBack(t *testing.T) {
	ousted := 0
	for seed := range uint64(40) {
		s := quiet(&Intruder{Temper: Leaves, Devices: []*Device{foreign("Guest", 0)}}, Visit{})
		s.Sessions = []Session{{Begin: 30 * time.Minute, Seed: seed, Deeds: []Deed{{What: deedPlay}, {After: 2 * time.Hour, What: deedStop}}}}
		rec, err := live(s, false, script(func(*world) {}))
		if err != nil {
			t.Fatal(err)
		}
		v := rec.Visits[0]
		if !v.Within {
			t.Fatal("the visit does not begin within listening")
		}
		if v.Ended == "ousted" {
			ousted++
		}
	}
	if ousted < 20 || ousted > 36 {
		t.Errorf("%d of 40 owners take their player back, want about 28", ousted)
	}
}
