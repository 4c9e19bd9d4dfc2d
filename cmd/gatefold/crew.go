package main

import "sync"

// crew makes the looks of all accounts, so many at a time; the others wait in line. Without a
// bound, more looks than the machine can make do not only come late: each that has begun takes
// memory, a connection and its turns at every lock from those before it, until ten thousand are
// on their way and none ends. Pauses do not go through it.
//
// Its goroutines are used again: a new one begins with a small stack, and copies it three times
// on its way through net/http.
type crew struct {
	work chan func() // for those that rest

	mu      sync.Mutex
	there   int
	resting int
	line    []func()
}

const (
	// crewMost is enough for 2,500 looks a second, each of which takes 100 ms.
	crewMost = 256
	// crewRests is how many stay when there is nothing to do.
	crewRests = 32
)

func newCrew() *crew { return &crew{work: make(chan func(), crewRests)} }

// begin has a look made, and does not wait for it.
func (c *crew) begin(look func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.resting > 0:
		c.resting--
		c.work <- look // there is room: one that rests takes it
	case c.there < crewMost:
		c.there++
		go c.serve(look)
	default:
		c.line = append(c.line, look)
	}
}

// dismiss sends home who rests.
func (c *crew) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; c.resting > 0; c.resting-- {
		c.there--
		c.work <- nil
	}
}

func (c *crew) serve(look func()) {
	for look != nil {
		look()
		look = c.next()
	}
}

// next is the next look; nil: enough others rest.
func (c *crew) next() func() {
	c.mu.Lock()
	if len(c.line) > 0 {
		look := c.line[0]
		c.line[0] = nil
		if c.line = c.line[1:]; len(c.line) == 0 {
			c.line = nil
		}
		c.mu.Unlock()
		return look
	}
	if c.resting == crewRests {
		c.there--
		c.mu.Unlock()
		return nil
	}
	c.resting++
	c.mu.Unlock()
	return <-c.work
}
