package lsp

import (
	"context"
	"sync"
)

// turns counts the changes of folders. What was begun before the last one is of no use any more.
type turns struct {
	mu    sync.Mutex
	n     map[string]int
	begun map[string]context.CancelFunc
}

func newTurns() *turns {
	return &turns{n: map[string]int{}, begun: map[string]context.CancelFunc{}}
}

// next counts one, and ends what runs for those before.
func (t *turns) next(root string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n[root]++
	if end := t.begun[root]; end != nil {
		end()
	}
	return t.n[root]
}

// over says whether a folder has changed since.
func (t *turns) over(root string, turn int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n[root] != turn
}

// during gives a context that ends with the next change.
func (t *turns) during(ctx context.Context, root string, turn int) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n[root] != turn {
		cancel()
	}
	t.begun[root] = cancel
	return ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.begun, root)
		cancel()
	}
}
