package builtins

import (
	"sync"

	"gatefold/engine"
)

// Arbiter turns what several accounts want of one light into what it shows. For each LED the highest rank wins among
// the accounts that set it, and of equal ranks the account that comes first in the config. It may be used by several
// goroutines.
type Arbiter struct {
	show func(top, bottom LED)

	mu     sync.Mutex
	at     map[string]int // places of accounts, in config order
	wishes []Wish         // by place
	leads  [2]contest     // for the top LED and the bottom one
	top    LED
	bottom LED
}

// NewArbiter makes an arbiter for these accounts, in config order, and shows at once that none of them has been looked
// at: a dark light would say that nothing runs. Show is called with every change, one call at a time; it must neither
// block nor call the arbiter.
func NewArbiter(accounts []string, show func(top, bottom LED)) *Arbiter {
	a := &Arbiter{show: show, at: make(map[string]int, len(accounts))}
	unseen := WishOf(engine.Stands{Condition: engine.ConditionUnknown})
	for _, name := range accounts {
		a.enter(name, unseen)
	}
	a.top, a.bottom = unseen.Top, unseen.Bottom
	show(a.top, a.bottom)
	return a
}

// enter gives an account a place.
func (a *Arbiter) enter(account string, w Wish) {
	i := len(a.wishes)
	a.at[account], a.wishes = i, append(a.wishes, w)
	a.leads[0].join(i, standing{w.TopSet, w.Rank})
	a.leads[1].join(i, standing{w.BottomSet, w.Rank})
}

// Wish implements Lamp. An account that is not in the config comes after those that are.
func (a *Arbiter) Wish(account string, w Wish) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i, ok := a.at[account]; !ok {
		a.enter(account, w)
	} else {
		was := a.wishes[i]
		a.wishes[i] = w
		a.leads[0].move(i, standing{was.TopSet, was.Rank}, standing{w.TopSet, w.Rank})
		a.leads[1].move(i, standing{was.BottomSet, was.Rank}, standing{w.BottomSet, w.Rank})
	}
	top, bottom := a.wishes[a.leads[0].first()].Top, a.wishes[a.leads[1].first()].Bottom
	if top == a.top && bottom == a.bottom {
		return
	}
	a.top, a.bottom = top, bottom
	a.show(top, bottom)
}

var _ Lamp = (*Arbiter)(nil)
