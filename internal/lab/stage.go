package lab

import (
	"container/heap"
	"time"
)

// stage is virtual time: what is to happen happens in order, in one goroutine. Times count from Start.
type stage struct {
	now   time.Duration
	queue cues
	added int
}

// at has something happen, not before now. Of two things at the same time the one that was added first comes first.
func (s *stage) at(when time.Duration, do func()) {
	s.added++
	heap.Push(&s.queue, cue{max(when, s.now), s.added, do})
}

// run lets everything happen until a time.
func (s *stage) run(until time.Duration) {
	for len(s.queue) > 0 && s.queue[0].when < until {
		c := heap.Pop(&s.queue).(cue)
		s.now = c.when
		c.do()
	}
	s.now = until
}

type cue struct {
	when time.Duration
	n    int
	do   func()
}

// cues is the heap of package container/heap.
type cues []cue

func (h cues) Len() int { return len(h) }
func (h cues) Less(i, j int) bool {
	return h[i].when < h[j].when || h[i].when == h[j].when && h[i].n < h[j].n
}
func (h cues) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *cues) Push(x any)   { *h = append(*h, x.(cue)) }
func (h *cues) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = cue{}
	*h = (*h)[:last]
	return x
}
