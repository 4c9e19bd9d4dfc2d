package main

import (
	"strconv"
	"sync"

	"gatefold/engine"
)

// awaited are answers of loops that somebody waits for: a loop reports them by the id of what it was asked.
type awaited[T any] struct {
	of func(engine.Report) (id string, answer T, ok bool)

	mu   sync.Mutex
	n    int
	wait map[string]chan T
}

func newAwaited[T any](of func(engine.Report) (id string, answer T, ok bool)) *awaited[T] {
	return &awaited[T]{of: of, wait: map[string]chan T{}}
}

// begin gives an id, the channel that hears the answer, and what ends the waiting.
func (a *awaited[T]) begin() (id string, answer <-chan T, end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	id = strconv.Itoa(a.n)
	c := make(chan T, 1)
	a.wait[id] = c
	return id, c, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.wait, id)
	}
}

// Observe implements engine.Observer.
func (a *awaited[T]) Observe(_ string, r engine.Report) {
	id, answer, ok := a.of(r)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.wait[id]; c != nil {
		delete(a.wait, id)
		c <- answer
	}
}
