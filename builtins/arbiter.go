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

	mu       sync.Mutex
	accounts []string // in config order
	wishes   []Wish
	top      LED
	bottom   LED
}

// NewArbiter makes an arbiter for these accounts, in config order, and shows at once that none of them has been looked
// at: a dark light would say that nothing runs. Show is called with every change, one call at a time; it must neither
// block nor call the arbiter.
func NewArbiter(accounts []string, show func(top, bottom LED)) *Arbiter {
	a := &Arbiter{show: show}
	unseen := WishOf(engine.Stands{Condition: engine.ConditionUnknown})
	for _, name := range accounts {
		a.accounts, a.wishes = append(a.accounts, name), append(a.wishes, unseen)
	}
	a.top, a.bottom = unseen.Top, unseen.Bottom
	show(a.top, a.bottom)
	return a
}

// Wish implements Lamp. An account that is not in the config comes after those that are.
func (a *Arbiter) Wish(account string, w Wish) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := 0
	for i < len(a.accounts) && a.accounts[i] != account {
		i++
	}
	if i == len(a.accounts) {
		a.accounts, a.wishes = append(a.accounts, account), append(a.wishes, w)
	}
	a.wishes[i] = w
	top, bottom := a.settle()
	if top == a.top && bottom == a.bottom {
		return
	}
	a.top, a.bottom = top, bottom
	a.show(top, bottom)
}

func (a *Arbiter) settle() (top, bottom LED) {
	t := a.winner(func(w Wish) bool { return w.TopSet })
	b := a.winner(func(w Wish) bool { return w.BottomSet })
	return a.wishes[t].Top, a.wishes[b].Bottom
}

// winner is the index of the wish that an LED shows: among those that set it, if any, otherwise among all.
func (a *Arbiter) winner(sets func(Wish) bool) int {
	best, bestSets := -1, false
	for i, w := range a.wishes {
		s := sets(w)
		if best < 0 || s && !bestSets || s == bestSets && w.Rank > a.wishes[best].Rank {
			best, bestSets = i, s
		}
	}
	return best
}

var _ Lamp = (*Arbiter)(nil)
