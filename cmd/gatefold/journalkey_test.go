package main

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"gatefold/internal/config"
	"gatefold/internal/secrets"
)

// Two processes that start at once make one key.
func TestOneJournalKey(t *testing.T) {
	for range 20 {
		c, folder := &config.Config{Data: t.TempDir()}, t.TempDir()
		keys := make([]string, 4)
		var all sync.WaitGroup
		for i := range keys {
			all.Go(func() {
				store, err := secrets.OpenFile(t.Context(), secrets.FileOptions{
					Dir: filepath.Join(c.Data, "secrets"), KeyFile: filepath.Join(folder, "key"),
				})
				if err != nil {
					t.Error(err)
					return
				}
				key, err := journalKey(t.Context(), c, store)
				if err != nil {
					t.Error(err)
				}
				keys[i] = string(key)
			})
		}
		all.Wait()
		for _, key := range keys {
			if key != keys[0] || len(key) != journalKeySize {
				t.Fatalf("keys %q", keys)
			}
		}
	}
}

// What only reads makes no key.
func TestAKeptJournalKey(t *testing.T) {
	store := new(secrets.Memory)
	c := &config.Config{Data: t.TempDir()}
	if key, err := keptJournalKey(t.Context(), c, store); key != nil || err != nil {
		t.Errorf("%v, %v", key, err)
	}
	if _, err := store.Get(context.Background(), config.JournalKey); err == nil {
		t.Error("one was made")
	}
}
