package secrets

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Memory is a store that forgets everything with the process: for a demonstration and for tests. The zero value is empty
// and usable.
type Memory struct {
	mu     sync.Mutex
	values map[string]Value
}

var (
	_ Store  = (*Memory)(nil)
	_ Lister = (*Memory)(nil)
)

// Get is Store.Get.
func (m *Memory) Get(ctx context.Context, name string) (Value, error) {
	if err := checkGet(ctx, name); err != nil {
		return Value{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[name]
	if !ok {
		return Value{}, notFound(name)
	}
	return v, nil
}

// Put is Store.Put.
func (m *Memory) Put(ctx context.Context, name string, v Value) error {
	if err := checkPut(name, v); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string]Value{}
	}
	m.values[name] = NewValue(v.Reveal())
	return nil
}

// Delete is Store.Delete.
func (m *Memory) Delete(ctx context.Context, name string) error {
	if err := checkGet(ctx, name); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.values[name]; !ok {
		return notFound(name)
	}
	delete(m.values, name)
	return nil
}

// List is Lister.List.
func (m *Memory) List(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.values)), nil
}
