package lab

import (
	"fmt"
	"slices"
	"time"
)

// drawOwners makes two to four people. Each has a phone and a computer of his own; the speakers are everybody's.
func (s *Story) drawOwners(c chance) {
	shared := []*Device{
		{ID: "living", Name: "Living Room", Type: "speaker", Ours: true},
		{ID: "kitchen", Name: "Kitchen", Type: "speaker", Ours: true},
	}
	for n := range 2 + c.IntN(3) {
		own := []*Device{
			{ID: fmt.Sprintf("owner-%d-phone", n), Name: fmt.Sprintf("Phone %d", n+1), Type: "smartphone", Ours: true},
			{ID: fmt.Sprintf("owner-%d-computer", n), Name: fmt.Sprintf("Desk %d", n+1), Type: "computer", Ours: true},
		}
		s.Owners = append(s.Owners, Owner{
			Devices: append(own, shared...), Early: 0.1 + 0.4*c.Float64(), Rate: 0.8 + 1.4*c.Float64(),
		})
	}
}

// drawSessions lets every owner listen every day: a session begins for each unit of his rate (the rest by chance), on
// work days from 6:30 to 8:30 or from 16:30 to 22:30, at weekends from 9:00 to 23:00. One session in twenty begins at
// night, from 23:00 to 2:00.
func (s *Story) drawSessions() {
	for n, o := range s.Owners {
		for d := range s.Params.Days {
			c := newChance(derive(s.Params.Seed, forListening, uint64(n), uint64(d)))
			count := int(o.Rate)
			if c.odds(o.Rate - float64(count)) {
				count++
			}
			for i := range count {
				var at time.Duration
				switch weekend := d%7 >= 5; {
				case c.odds(0.05):
					at = c.between(23*time.Hour, 26*time.Hour)
				case weekend:
					at = c.between(9*time.Hour, 23*time.Hour)
				case c.odds(o.Early):
					at = c.between(6*time.Hour+30*time.Minute, 8*time.Hour+30*time.Minute)
				default:
					at = c.between(16*time.Hour+30*time.Minute, 22*time.Hour+30*time.Minute)
				}
				if at += time.Duration(d) * day; at < s.Params.Span() {
					s.Sessions = append(s.Sessions, s.drawSession(c, n, at, derive(s.Params.Seed, forListening, uint64(n), uint64(d), uint64(i))))
				}
			}
		}
	}
}

// drawSession fills a lognormal time (median 45 min, sigma 0.7, at most 6 h) with albums of 8 to 14 tracks (six in ten)
// and single tracks, silent for 5 to 90 s between two of them in four of ten cases. In a quarter of the albums there is a
// pause of 20 s to 10 min (uniform in the logarithm); in one choice of twelve the device is changed.
func (s *Story) drawSession(c chance, owner int, begin time.Duration, seed uint64) Session {
	out := Session{Begin: begin, Owner: owner, Seed: seed}
	device := c.IntN(len(s.Owners[owner].Devices))
	planned := min(c.lognormal(45*time.Minute, 0.7), 6*time.Hour)
	track := 0
	for at := time.Duration(0); at < planned; {
		count := 1
		if c.odds(0.6) {
			count = 8 + c.IntN(7)
		}
		var lasts time.Duration
		for i := range count {
			lasts += trackLength(seed, track+i)
		}
		out.Deeds = append(out.Deeds, Deed{After: at, What: deedPlay, Device: device, Track: track})
		var paused time.Duration
		var between []Deed
		if count > 1 && c.odds(0.25) {
			when := at + c.between(0, lasts)
			paused = c.logUniform(20*time.Second, 10*time.Minute)
			between = append(between, Deed{After: when, What: deedPause}, Deed{After: when + paused, What: deedResume})
		}
		if c.odds(1.0 / 12) {
			device = c.IntN(len(s.Owners[owner].Devices))
			when := at + c.between(0, lasts)
			if n := len(between); n > 0 && when > between[0].After {
				when += paused // nobody moves what is paused
			}
			between = append(between, Deed{After: when, What: deedMove, Device: device})
		}
		slices.SortStableFunc(between, func(a, b Deed) int { return int(a.After - b.After) })
		out.Deeds = append(out.Deeds, between...)
		at += lasts + paused
		track += count
		if over := at >= planned; over || c.odds(0.4) {
			out.Deeds = append(out.Deeds, Deed{After: at, What: deedStop})
			at += c.between(5*time.Second, 90*time.Second)
		}
	}
	return out
}

// trackLength is 2.5 to 5 min: uniform, and the same whenever it is asked for.
func trackLength(seed uint64, n int) time.Duration {
	u := float64(derive(seed, forTaste, uint64(n))>>11) / (1 << 53)
	return 150*time.Second + time.Duration(u*float64(150*time.Second))
}
