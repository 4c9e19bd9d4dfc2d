package main

import (
	"sync"
	"testing"
)

// However many looks are due: so many are made at a time, and none is lost.
func TestCrewMakesSoManyAtATime(t *testing.T) {
	c := newCrew()
	const n = 3 * crewMost
	var mu sync.Mutex
	var order []int
	now, most := 0, 0
	var all sync.WaitGroup
	all.Add(n)
	open := make(chan struct{})
	for i := range n {
		c.begin(func() {
			defer all.Done()
			mu.Lock()
			order = append(order, i)
			now++
			most = max(most, now)
			mu.Unlock()
			<-open
			mu.Lock()
			now--
			mu.Unlock()
		})
	}
	close(open)
	all.Wait()
	if most > crewMost {
		t.Errorf("%d at a time, want at most %d", most, crewMost)
	}
	if len(order) != n {
		t.Errorf("%d were made, want %d", len(order), n)
	}
}

// Those that rest are used again, and not more rest than are meant to.
func TestCrewRests(t *testing.T) {
	c := newCrew()
	for range 10 * crewMost {
		done := make(chan struct{})
		c.begin(func() { close(done) })
		<-done
	}
	c.mu.Lock()
	if c.there > crewRests || c.resting > c.there || len(c.line) > 0 {
		t.Errorf("%d are there, %d of them rest, %d wait in line", c.there, c.resting, len(c.line))
	}
	c.mu.Unlock()
	c.dismiss()
}
