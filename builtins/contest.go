package builtins

import (
	"math/bits"
	"slices"
)

// contest finds whose wish an LED shows. Every account waits here for this answer at each of
// its changes, so it must not take a walk over ten thousand of them.
type contest struct{ tiers []tier } // the best one first

// tier is everybody with the same standing.
type tier struct {
	standing
	count int
	who   []uint64 // one bit for each place
}

// standing is how strong a wish is for an LED: one that sets it before one that does not, and then
// the higher rank.
type standing struct {
	sets bool
	rank int
}

func (s standing) before(o standing) bool {
	if s.sets != o.sets {
		return s.sets
	}
	return s.rank > o.rank
}

func (c *contest) join(place int, s standing) {
	i := slices.IndexFunc(c.tiers, func(t tier) bool { return !t.before(s) })
	if i < 0 {
		i = len(c.tiers)
	}
	if i == len(c.tiers) || c.tiers[i].standing != s {
		c.tiers = slices.Insert(c.tiers, i, tier{standing: s})
	}
	t := &c.tiers[i]
	for place/64 >= len(t.who) {
		t.who = append(t.who, 0)
	}
	t.who[place/64] |= 1 << (place % 64)
	t.count++
}

func (c *contest) move(place int, from, to standing) {
	if from == to {
		return
	}
	i := slices.IndexFunc(c.tiers, func(t tier) bool { return t.standing == from })
	c.tiers[i].who[place/64] &^= 1 << (place % 64)
	if c.tiers[i].count--; c.tiers[i].count == 0 {
		c.tiers = slices.Delete(c.tiers, i, i+1)
	}
	c.join(place, to)
}

// first is the lowest place in the best tier. Somebody must have joined.
func (c *contest) first() int {
	for i, word := range c.tiers[0].who {
		if word != 0 {
			return i*64 + bits.TrailingZeros64(word)
		}
	}
	panic("an empty tier")
}
