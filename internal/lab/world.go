package lab

// world is one run: a story, a server, and what is counted.
type world struct {
	*server
	story  *Story
	onPlay func(first bool) // an intruder plays, for the first time in his visit or again: for the policy that knows
}

// newWorld has everybody of a story do what he intends.
func newWorld(s *Story, ignoreID bool) *world {
	p := s.Params
	p.IgnoreID = ignoreID
	rec := newRecord(p.Span())
	st := &stage{}
	c := newChance(derive(p.Seed, forWorld))
	w := &world{story: s, onPlay: func(bool) {}, server: &server{
		player:  &player{stage: st, lag: p.Lag, volumes: map[string]int{}, rec: rec},
		p:       p,
		c:       c,
		limits:  newLimits(p.Per30s, p.PerDay, newChance(derive(p.Seed, forWorld, 1))),
		rec:     rec,
		devices: map[string]*Device{},
	}}
	for _, o := range s.Owners {
		for _, d := range o.Devices {
			w.devices[d.ID] = d
		}
	}
	for _, x := range s.Sessions {
		w.beginSession(x)
	}
	for _, v := range s.Visits {
		w.beginVisit(v)
	}
	return w
}

// live has a policy live through the story.
func (w *world) live(p policy) *record {
	p.begin(w)
	w.run(w.p.Span())
	w.rec.close(w.now, &w.is)
	return w.rec
}
