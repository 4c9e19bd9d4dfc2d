package timeline

import (
	"container/heap"
	"time"

	"gatefold/engine"
)

// news is something that reaches a loop at a moment.
type news struct {
	at    time.Time
	n     int // of two at the same moment the one that was added first comes first
	to    *account
	input engine.Input
}

// queue holds the news that is on its way.
type queue struct {
	items newsHeap
	added int
}

func (q *queue) add(at time.Time, to *account, in engine.Input) {
	q.added++
	heap.Push(&q.items, news{at, q.added, to, in})
}

func (q *queue) first() (news, bool) {
	if len(q.items) == 0 {
		return news{}, false
	}
	return q.items[0], true
}

func (q *queue) take() news { return heap.Pop(&q.items).(news) }

func (q *queue) clear() { q.items = nil }

// newsHeap is the heap of package container/heap.
type newsHeap []news

func (h newsHeap) Len() int { return len(h) }
func (h newsHeap) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].n < h[j].n
}
func (h newsHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *newsHeap) Push(x any)   { *h = append(*h, x.(news)) }
func (h *newsHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
