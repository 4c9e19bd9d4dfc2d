package lab

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestSameSeedSameStory(t *testing.T) {
	a, b := NewStory(Habits(7, 28)), NewStory(Habits(7, 28))
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed has two stories")
	}
	if c := NewStory(Habits(8, 28)); reflect.DeepEqual(a.Visits, c.Visits) || reflect.DeepEqual(a.Sessions, c.Sessions) {
		t.Error("another seed has the same story")
	}
}

// manyStories is enough of them for shares to be near what they should be.
func manyStories(of func(seed uint64, days int) Params) []*Story {
	var out []*Story
	for seed := range uint64(20) {
		out = append(out, NewStory(of(seed, 28)))
	}
	return out
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s: %.3f, want %.3f, give or take %.3f", what, got, want, within)
	}
}

// TestHabits compares what is drawn with what Params and the comments say.
func TestHabits(t *testing.T) {
	var visits, strays, within, offHours, burners, days int
	tempers := map[Temper]int{}
	people := 0
	for _, s := range manyStories(Habits) {
		days += s.Params.Days
		if n := len(s.Owners); n < 2 || n > 4 {
			t.Errorf("%d owners", n)
		}
		if n := len(s.Intruders); n < 2 || n > 3 {
			t.Errorf("%d intruders", n)
		}
		for _, i := range s.Intruders {
			people++
			tempers[i.Temper]++
			if n := len(i.Hours); n < 1 || n > 2 {
				t.Errorf("%s has %d habits", i.Name, n)
			}
			if i.Temper == Presses && (i.After < time.Second || i.After > time.Minute) {
				t.Errorf("%s presses play after %s", i.Name, i.After)
			}
		}
		own := s.Household()
		for _, v := range s.Visits {
			for _, d := range v.Who.Devices {
				if slices.Contains(own, d.Name) {
					t.Errorf("%s has a device of the household: %s", v.Who.Name, d.Name)
				}
			}
			switch {
			case v.Burner:
				burners++
				if v.Stay < 3*time.Hour || v.Stay > 8*time.Hour {
					t.Errorf("a burner stays for %s", v.Stay)
				}
				continue
			case len(v.Who.Hours) == 0:
				strays++
			case !inHours(v):
				offHours++
			}
			visits++
			if s.listening(v.Begin) {
				within++
			}
		}
	}
	near(t, "first visits a day", float64(visits)/float64(days), 1.5, 0.1)
	near(t, "share of strays", float64(strays)/float64(visits), 0.11, 0.04)
	near(t, "share that begins within listening", float64(within)/float64(visits), 0.3, 0.06)
	near(t, "burners in four weeks", float64(burners)/20, 1.5, 0.4)
	near(t, "share that leaves", float64(tempers[Leaves])/float64(people), 0.30, 0.15)
	near(t, "share that presses play", float64(tempers[Presses])/float64(people), 0.35, 0.15)
	if offHours > 0 {
		t.Errorf("%d visits lie outside of the visitor's hours", offHours)
	}
}

func inHours(v Visit) bool {
	for _, h := range v.Who.Hours {
		for d, on := range h.Days {
			week := v.Begin - time.Duration(d)*day
			for week >= 7*day {
				week -= 7 * day
			}
			if on && week >= h.From && week < h.To {
				return true
			}
		}
	}
	return false
}

// Of a flat population nothing can be learned: every hour of the day has its share.
func TestFlat(t *testing.T) {
	hours := [24]int{}
	n := 0
	for _, s := range manyStories(Flat) {
		for _, v := range s.Visits {
			if !v.Burner {
				hours[v.Begin%day/time.Hour]++
				n++
			}
		}
	}
	near(t, "visits a day", float64(n)/(20*28), 4, 0.2)
	for h := range 24 { // a third is drawn to fall within listening, so nights have less
		if share := float64(hours[h]) / float64(n); share < 0.5/24 || share > 2.2/24 {
			t.Errorf("%d:00 has %.1f %% of the visits", h, 100*share)
		}
	}
}

func TestListening(t *testing.T) {
	night, all := 0, 0
	did := map[deed]int{}
	for _, s := range manyStories(Habits) {
		if !slices.IsSortedFunc(s.Sessions, func(a, b Session) int { return int(a.Begin - b.Begin) }) {
			t.Fatal("sessions are out of order")
		}
		for _, x := range s.Sessions {
			all++
			if h := x.Begin % day / time.Hour; h >= 23 || h < 2 {
				night++
			}
			for i, d := range x.Deeds {
				did[d.What]++
				if i > 0 && d.After < x.Deeds[i-1].After {
					t.Fatalf("deeds are out of order: %v", x.Deeds)
				}
			}
			if x.Deeds[len(x.Deeds)-1].What != deedStop {
				t.Errorf("a session does not end: %v", x.Deeds)
			}
		}
		if h := s.hours(); h/28 < 1 || h/28 > 16 {
			t.Errorf("owners listen %.1f hours a day", h/28)
		}
	}
	near(t, "share of sessions that begin at night", float64(night)/float64(all), 0.05, 0.02)
	if did[deedPause] != did[deedResume] {
		t.Errorf("%d pauses, and %d ends of them", did[deedPause], did[deedResume])
	}
	near(t, "pauses for each album or track", float64(did[deedPause])/float64(did[deedPlay]), 0.6*0.25, 0.02)
	near(t, "changes of device likewise", float64(did[deedMove])/float64(did[deedPlay]), 1.0/12, 0.02)
}
