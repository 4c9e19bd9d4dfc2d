package lsp

import "sync"

// backlog is what is to be done of folders: of each the newest state alone, and the folder that has waited longest first.
type backlog struct {
	mu    sync.Mutex
	next  map[string]job
	order []string
	wake  chan struct{}
}

func newBacklog() *backlog { return &backlog{next: map[string]job{}, wake: make(chan struct{}, 1)} }

func (b *backlog) want(j job) {
	b.mu.Lock()
	before, waits := b.next[j.root]
	switch {
	case !waits:
		b.order = append(b.order, j.root)
	case before.turn > j.turn:
		j = before
	case before.turn == j.turn:
		j.try = j.try || before.try
	}
	b.next[j.root] = j
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *backlog) take() (job, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.order) == 0 {
		return job{}, false
	}
	root := b.order[0]
	b.order = b.order[1:]
	j := b.next[root]
	delete(b.next, root)
	return j, true
}

// work does what is wanted until done is closed. A panic of one job is told, and the next is done.
func (b *backlog) work(done <-chan struct{}, do func(job), failed func(any)) {
	for {
		select {
		case <-done:
			return
		case <-b.wake:
		}
		for j, ok := b.take(); ok; j, ok = b.take() {
			func() {
				defer func() {
					if p := recover(); p != nil {
						failed(p)
					}
				}()
				do(j)
			}()
			select {
			case <-done:
				return
			default:
			}
		}
	}
}
