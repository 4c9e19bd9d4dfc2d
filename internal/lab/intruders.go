package lab

import (
	"fmt"
	"time"
)

// workDays and so on are the days on which somebody comes.
var (
	workDays = [7]bool{true, true, true, true, true}
	weekend  = [7]bool{5: true, 6: true}
	goingOut = [7]bool{4: true, 5: true}
	allDays  = [7]bool{true, true, true, true, true, true, true}
)

// habits are hours of the week that somebody may prefer. Hours after 24:00 are of the next day.
func habits() []Hours {
	const h = time.Hour
	return []Hours{
		{"an ex-flatmate, on work days from 17 to 19", workDays, 17 * h, 19 * h},
		{"somebody at night, from 23 to 1", allDays, 23 * h, 25 * h},
		{"a teenager after school, on work days from 14 to 16", workDays, 14 * h, 16 * h},
		{"weekend afternoons, from 13 to 17", weekend, 13 * h, 17 * h},
		{"on the way to work, on work days from 7 to 8:30", workDays, 7 * h, 8*h + 30*time.Minute},
		{"Friday and Saturday nights, from 20 to 24", goingOut, 20 * h, 24 * h},
	}
}

// drawIntruders makes two or three people who come again and again, each with one or two of the habits, none of
// which two people share.
func (s *Story) drawIntruders(c chance) {
	hours := habits()
	c.Shuffle(len(hours), func(i, j int) { hours[i], hours[j] = hours[j], hours[i] })
	count := 2 + c.IntN(2)
	for n := range count {
		s.Intruders = append(s.Intruders, drawIntruder(c, fmt.Sprintf("Guest %d", n+1)))
		s.Intruders[n].Hours = hours[n : n+1 : n+1]
	}
	for i, h := range hours[count : 2*count] {
		if s.Params.Habits && c.odds(0.5) {
			s.Intruders[i].Hours = append(s.Intruders[i].Hours, h)
		}
	}
}

// drawIntruder gives a temper: three in ten leave at the first pause, 35 % press play again after 1 to 60 s (uniform in
// the logarithm), one in five changes the device and 15 % rename it, both within 10 to 40 s.
func drawIntruder(c chance, name string) Intruder {
	out := Intruder{Name: name, Devices: []*Device{foreign(name, 0)}}
	switch u := c.Float64(); {
	case u < 0.30:
		out.Temper = Leaves
	case u < 0.65:
		out.Temper, out.After = Presses, c.logUniform(time.Second, time.Minute)
	case u < 0.85:
		out.Temper, out.After = Moves, c.between(10*time.Second, 40*time.Second)
		for n := range 1 + c.IntN(3) {
			out.Devices = append(out.Devices, foreign(name, n+1))
		}
	default:
		out.Temper, out.After = Renames, c.between(10*time.Second, 40*time.Second)
	}
	return out
}

// drawVisits lets intruders come. The day's number of first visits is uniform; each is a stray's, or somebody's in one of
// the preferred hours that fall on this day (uniform in them; without any, nobody comes). Whether it is to begin within
// listening is drawn first, and then who of them comes and when, up to 200 times until it fits; on a day without any
// listening in anybody's hours, it does not.
func (s *Story) drawVisits() {
	p := s.Params
	strays := 0
	for d := range p.Days {
		c := newChance(derive(p.Seed, forVisits, uint64(d)))
		for i := range p.VisitsFrom + c.IntN(p.VisitsTo-p.VisitsFrom+1) {
			within := c.odds(p.Within)
			stray := c.odds(p.Stray)
			who, at, comes := s.drawVisit(c, d, stray)
			for range 200 {
				if !comes || s.listening(at) == within {
					break
				}
				who, at, comes = s.drawVisit(c, d, stray)
			}
			if !comes {
				continue
			}
			if who == nil {
				strays++
				stray := drawIntruder(c, fmt.Sprintf("Stray %d", strays))
				who = &stray
			}
			if at < p.Span() {
				s.Visits = append(s.Visits, newVisit(p, at, who, derive(p.Seed, forVisits, uint64(d), uint64(i)), 0))
			}
		}
	}
	s.drawBurners()
}

// drawVisit says who comes on a day, and when; nil is a stray. On a day that is in
// nobody's hours only strays come.
func (s *Story) drawVisit(c chance, d int, stray bool) (who *Intruder, at time.Duration, comes bool) {
	midnight := time.Duration(d) * day
	if stray {
		return nil, midnight + c.between(0, day), true
	}
	if !s.Params.Habits {
		return &s.Intruders[c.IntN(len(s.Intruders))], midnight + c.between(0, day), true
	}
	type window struct {
		who *Intruder
		Hours
	}
	var open []window
	for i := range s.Intruders {
		for _, h := range s.Intruders[i].Hours {
			if h.Days[d%7] {
				open = append(open, window{&s.Intruders[i], h})
			}
		}
	}
	if len(open) == 0 {
		return nil, 0, false
	}
	w := open[c.IntN(len(open))]
	return w.who, midnight + c.between(w.From, w.To), true
}

// newVisit draws how stubborn somebody is this time: he starts again up to 12 times (uniform) and for 1 to 30 min
// (uniform in the logarithm), whichever ends first. Who changes devices tries each of them once more, who renames his
// gives one to four names.
func newVisit(p Params, at time.Duration, who *Intruder, seed uint64, again int) Visit {
	c := newChance(derive(seed, forPeople))
	v := Visit{
		Begin: at, Who: who, Seed: seed, Return: again,
		Stay:    min(c.lognormal(p.StayMedian, p.StaySigma), 4*time.Hour),
		Tries:   1 + c.IntN(12),
		Patient: c.logUniform(time.Minute, 30*time.Minute),
	}
	switch who.Temper {
	case Leaves:
		v.Tries = 0
	case Moves:
		v.Tries = 1 + c.IntN(len(who.Devices)) // the last one back to where he began
	case Renames:
		v.Tries = 1 + c.IntN(4)
	}
	return v
}

// drawBurners adds the visits that burn the day's budget: at any hour, for 3 to 8 hours.
func (s *Story) drawBurners() {
	p := s.Params
	if p.Burners <= 0 {
		return
	}
	c := newChance(derive(p.Seed, forVisits, 1<<32))
	who := Intruder{Name: "Burner", Temper: Presses, After: 2 * time.Second, Devices: []*Device{foreign("Burner", 0)}}
	for n := range 1 + c.IntN(p.Burners) {
		at := c.between(0, 28*day)
		stay := c.between(3*time.Hour, 8*time.Hour)
		if at >= p.Span() {
			continue
		}
		s.Visits = append(s.Visits, Visit{
			Begin: at, Who: &who, Stay: stay, Tries: 1 << 30, Patient: stay, Burner: true,
			Seed: derive(p.Seed, forVisits, 1<<32, uint64(n)),
		})
	}
}
