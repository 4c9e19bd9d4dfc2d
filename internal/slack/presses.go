package slack

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// maxWaiting bounds the presses that are being handled or wait for it.
	maxWaiting = 100
	// maxSeen and seenFor bound what is remembered of presses, to tell one that is delivered again.
	maxSeen = 1000
	seenFor = 10 * time.Minute
)

// presses hands presses on: each once, those of one message one after another.
type presses struct {
	handle func(context.Context, Press)
	now    func() time.Time

	mu      sync.Mutex
	ctx     context.Context // of Run
	limit   time.Duration   // of one call
	queues  map[Receipt][]*job
	waiting int
	dropped int
	seen    map[string]*job
	order   []*job // of seen, oldest first
	workers sync.WaitGroup
}

// job is a press on its way.
type job struct {
	press Press
	at    time.Time
	done  chan struct{} // closed when it was handled
}

func (j *job) finished() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

func newPresses(handle func(context.Context, Press), now func() time.Time) *presses {
	return &presses{handle: handle, now: now, queues: make(map[Receipt][]*job), seen: make(map[string]*job)}
}

// start says until when presses are handled, and how long each may take.
func (p *presses) start(ctx context.Context, limit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx, p.limit = ctx, limit
}

// wait returns when nothing is being handled any more.
func (p *presses) wait() { p.workers.Wait() }

// drops is how many presses were not taken.
func (p *presses) drops() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// take puts press in its message's queue, or returns the job that it is already. It is nil if too many wait.
func (p *presses) take(press Press) *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.forget(now)
	if j, ok := p.seen[press.ID]; ok {
		return j
	}
	if p.waiting >= maxWaiting {
		p.dropped++
		return nil
	}
	j := &job{press: press, at: now, done: make(chan struct{})}
	p.seen[press.ID] = j
	p.order = append(p.order, j)
	p.waiting++
	key := press.Receipt()
	p.queues[key] = append(p.queues[key], j)
	if len(p.queues[key]) == 1 {
		ctx, limit := p.ctx, p.limit
		p.workers.Go(func() { p.work(ctx, limit, key) })
	}
	return j
}

// forget drops what is old or too much, and never what is still being handled.
func (p *presses) forget(now time.Time) {
	excess := len(p.order) - maxSeen
	p.order = slices.DeleteFunc(p.order, func(j *job) bool {
		age := now.Sub(j.at)
		recent := age >= 0 && age < seenFor
		if !j.finished() || recent && excess <= 0 {
			return false
		}
		excess--
		if p.seen[j.press.ID] == j {
			delete(p.seen, j.press.ID)
		}
		return true
	})
}

// work handles the presses of one message until none is left. The one that is being handled stays at the front.
func (p *presses) work(ctx context.Context, limit time.Duration, key Receipt) {
	for j := p.front(key); j != nil; j = p.next(key) {
		if ctx.Err() == nil {
			bounded, cancel := context.WithTimeout(ctx, limit)
			p.handle(bounded, j.press)
			cancel()
		}
		if ctx.Err() != nil {
			p.unsee(j)
		}
		close(j.done)
	}
}

func (p *presses) front(key Receipt) *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queues[key][0]
}

// next drops the front of the queue and returns what is the front then, or nil.
func (p *presses) next(key Receipt) *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting--
	if queue := p.queues[key][1:]; len(queue) > 0 {
		p.queues[key] = queue
		return queue[0]
	}
	delete(p.queues, key)
	return nil
}

// unsee makes Slack's next delivery of a press count as the first: the end of Run came before it was handled.
func (p *presses) unsee(j *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.seen, j.press.ID)
}
