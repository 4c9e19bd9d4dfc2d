package lab

import (
	"slices"
	"time"
)

// policy is a way of polling: it sends requests to the world, and has nothing else to go by than their answers.
type policy interface {
	// begin is called before anything happens.
	begin(w *world)
}

// household knows the owners' devices by name.
type household []string

// denies says whether an answer shows somebody else's device.
func (h household) denies(a *Answer) bool {
	return a.Device() != nil && !slices.Contains(h, a.Device().Name)
}

// messages are held back while one with the same key is younger than half an hour.
type messages map[string]time.Duration

const messageEvery = 30 * time.Minute

func (m messages) post(w *world, key string) {
	if last, ok := m[key]; ok && w.now-last < messageEvery {
		return
	}
	m[key] = w.now
	w.rec.Messages++
}
