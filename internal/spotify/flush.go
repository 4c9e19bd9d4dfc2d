package spotify

import "context"

// Flush waits for a refresh under way, and tries once more to save a refresh token that could
// not be saved: before the process ends, because with it the only token that works would be
// gone. nil: everything is saved.
func (t *Tokens) Flush(ctx context.Context) error {
	t.mu.Lock()
	f := t.flight
	t.mu.Unlock()
	if f != nil {
		select {
		case <-f.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	t.mu.Lock()
	unsaved := t.unsaved
	t.mu.Unlock()
	if unsaved == nil {
		return nil
	}
	unlock, err := t.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	stored, err := t.load(ctx)
	if err != nil {
		return vaultError("the credential cannot be read", err)
	}
	if !unsaved.follows(stored) {
		return nil // somebody has logged in meanwhile
	}
	_, _, err = t.save(ctx, *unsaved, stored)
	return err
}
