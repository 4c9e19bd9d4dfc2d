package builtins

import (
	"maps"
	"slices"
	"sync"

	"gatefold/engine"
)

// Arbiter turns what several accounts want of lights into what these show. For each LED of each light the highest rank
// wins among the accounts that set it, and of equal ranks the account that comes first in the config. It may be used by
// several goroutines.
type Arbiter struct {
	show func(light string, top, bottom LED)

	mu    sync.Mutex
	at    map[string]int // places of accounts, in config order
	ranks []int          // by place
	usual []Pair         // by place: what is wanted of the light without a name
	// The others keep what is wanted by those who mention them only: with ten thousand accounts there may be ten lights.
	stages []*stage
	others [engine.ConditionFault + 1]Pair // what those want who do not mention a light, by rank
	house  bool                            // a fault of the house covers everything
}

// mostStages is more lights than can be opened. What a rule makes up beyond them is left out.
const mostStages = 64

// stage is one light.
type stage struct {
	light string
	named map[int]Pair // by place; nil for the light without a name
	leads [2]contest   // for the top LED and the bottom one
	shown [2]LED
	begun bool // something was shown
}

// NewArbiter makes an arbiter for these accounts, in config order, and these lights beside the one without a name (""),
// and shows at once on each of them that nobody has been looked at: a dark light would say that nothing runs. A light
// that a wish names first joins them then. Show is called with every change, one call at a time; it must neither block
// nor call the arbiter.
func NewArbiter(accounts, lights []string, show func(light string, top, bottom LED)) *Arbiter {
	a := &Arbiter{show: show, at: make(map[string]int, len(accounts))}
	for rank := range a.others {
		a.others[rank] = left(rank)
	}
	a.open("")
	for _, name := range lights {
		a.open(name)
	}
	unseen := WishOf(engine.Stands{Condition: engine.ConditionUnknown})
	for _, name := range accounts {
		a.enter(name, unseen)
	}
	for _, s := range a.stages {
		a.display(s)
	}
	return a
}

// open adds a light that nobody has mentioned.
func (a *Arbiter) open(light string) *stage {
	s := &stage{light: light}
	if light != "" {
		s.named = map[int]Pair{}
	}
	for place := range a.ranks {
		s.join(place, a.ranks[place], a.pair(s, place))
	}
	a.stages = append(a.stages, s)
	return s
}

// enter gives an account a place.
func (a *Arbiter) enter(account string, w Wish) {
	place := len(a.ranks)
	a.at[account], a.ranks, a.usual = place, append(a.ranks, w.Rank), append(a.usual, w.Pair)
	for _, s := range a.stages {
		p := a.of(w, s)
		s.keep(place, p, w)
		s.join(place, w.Rank, p)
	}
}

func (s *stage) join(place, rank int, p Pair) {
	s.leads[0].join(place, standing{p.TopSet, rank})
	s.leads[1].join(place, standing{p.BottomSet, rank})
}

// keep remembers what the account of a place says of this light, if it does.
func (s *stage) keep(place int, p Pair, w Wish) {
	if s.named == nil {
		return
	}
	if _, says := w.Named[s.light]; says {
		s.named[place] = p
		return
	}
	delete(s.named, place)
}

// pair is what the account of a place wants of a light.
func (a *Arbiter) pair(s *stage, place int) Pair {
	if s.named == nil {
		return a.usual[place]
	}
	if p, ok := s.named[place]; ok {
		return p
	}
	return a.others[a.ranks[place]]
}

// of is w.Of, without making anew what is made already.
func (a *Arbiter) of(w Wish, s *stage) Pair {
	if s.named == nil {
		return w.Pair
	}
	if p, ok := w.Named[s.light]; ok {
		return p
	}
	return a.others[w.Rank]
}

// Wish implements Lamp. An account that is not in the config comes after those that are.
func (a *Arbiter) Wish(account string, w Wish) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, light := range slices.Sorted(maps.Keys(w.Named)) {
		if len(a.stages) < mostStages && !slices.ContainsFunc(a.stages, func(s *stage) bool { return s.light == light }) {
			a.open(light)
		}
	}
	if place, ok := a.at[account]; !ok {
		a.enter(account, w)
	} else {
		a.change(place, w)
	}
	for _, s := range a.stages {
		a.display(s)
	}
}

func (a *Arbiter) change(place int, w Wish) {
	rank := a.ranks[place]
	for _, s := range a.stages {
		was, now := a.pair(s, place), a.of(w, s)
		s.leads[0].move(place, standing{was.TopSet, rank}, standing{now.TopSet, w.Rank})
		s.leads[1].move(place, standing{was.BottomSet, rank}, standing{now.BottomSet, w.Rank})
		s.keep(place, now, w)
	}
	a.ranks[place], a.usual[place] = w.Rank, w.Pair
}

// House says whether gatefold has a fault that is no account's: while it has, every light shows that, whatever accounts
// want.
func (a *Arbiter) House(fault bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.house = fault
	for _, s := range a.stages {
		a.display(s)
	}
}

// display shows what a light should, if that is not what it shows.
func (a *Arbiter) display(s *stage) {
	var now [2]LED
	switch {
	case a.house:
		p := a.others[engine.ConditionFault]
		now = [2]LED{p.Top, p.Bottom}
	case len(a.ranks) == 0: // nobody is there to be looked at
		p := a.others[engine.ConditionUnknown]
		now = [2]LED{p.Top, p.Bottom}
	default:
		now = [2]LED{a.pair(s, s.leads[0].first()).Top, a.pair(s, s.leads[1].first()).Bottom}
	}
	if s.begun && now == s.shown {
		return
	}
	s.shown, s.begun = now, true
	a.show(s.light, now[0], now[1])
}

var _ Lamp = (*Arbiter)(nil)
