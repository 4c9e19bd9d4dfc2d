package secrets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// File is the store of sealed files in a folder. It may be open in several processes.
type File struct {
	disk
	dir      folder
	key      keyHolder
	turn     turn // one change at a time in this process
	rotation turn // one rotation at a time, with its question

	mu   sync.Mutex
	keys keys
}

var (
	_ Store   = (*File)(nil)
	_ Lister  = (*File)(nil)
	_ Rotator = (*File)(nil)
)

// accept takes ks for the keys, if they are the keys of the folder.
func (s *File) accept(ks keys) error {
	s.mu.Lock()
	same := ks.equal(s.keys)
	s.mu.Unlock()
	if same {
		return nil
	}
	if err := s.dir.opens(ks); err != nil {
		return err
	}
	s.mu.Lock()
	s.keys = ks
	s.mu.Unlock()
	return nil
}

func (s *File) current() keys {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys
}

// locked calls f while no other call and no other process changes the folder or its key.
func (s *File) locked(ctx context.Context, f func() error) error {
	return s.reading(ctx, func(unlocked error) error {
		if unlocked != nil {
			return unlocked
		}
		return f()
	})
}

// reading is locked for an f that can do without the lock: where we may not take it, because the folder is on a file
// system that can only be read, f is told why, and must change nothing.
func (s *File) reading(ctx context.Context, f func(unlocked error) error) error {
	release, err := s.turn.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	unlock, err := Lock(ctx, s.dir.lockFile())
	var unlocked error
	switch {
	case readOnly(err):
		unlocked = notWritten(s.dir.lockFile(), err)
	case err != nil:
		return err
	default:
		defer unlock()
	}
	unlockKey, err := s.key.lock(ctx)
	if err != nil {
		return err
	}
	defer unlockKey()
	return f(unlocked)
}

// changing calls f under the lock with the keys that are valid now: another process may have rotated them.
func (s *File) changing(ctx context.Context, f func(keys) error) error {
	return s.locked(ctx, func() error {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		return f(s.current())
	})
}

func (s *File) refresh(ctx context.Context) error {
	if err := s.dir.check(); err != nil {
		return err
	}
	ks, err := s.key.load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		names, err := s.dir.names()
		if err != nil {
			return err
		}
		return missingKey(s.key.path(), s.dir, len(names), "")
	}
	if err != nil {
		return err
	}
	return s.accept(ks)
}

// Get returns the secret called name.
func (s *File) Get(ctx context.Context, name string) (Value, error) {
	if err := checkGet(ctx, name); err != nil {
		return Value{}, err
	}
	if err := s.dir.check(); err != nil {
		return Value{}, err
	}
	value, err := s.dir.read(name, s.current())
	if errors.Is(err, WrongKey) {
		value, err = s.readAgain(ctx, name)
	}
	if err != nil {
		return Value{}, err
	}
	return NewValue(value), nil
}

// readAgain reads a secret with the key as it is now, while nobody rotates it.
func (s *File) readAgain(ctx context.Context, name string) (value []byte, err error) {
	err = s.reading(ctx, func(error) error {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		value, err = s.dir.read(name, s.current())
		return err
	})
	return value, err
}

// Put writes the secret called name.
func (s *File) Put(ctx context.Context, name string, v Value) error {
	if err := checkPut(name, v); err != nil {
		return err
	}
	return s.changing(ctx, func(ks keys) error {
		if err := checkPlace(s.dir.file(name)); err != nil {
			return err
		}
		return s.write(name, v.Reveal(), ks)
	})
}

// write seals value to the first of ks.
func (s *File) write(name string, value []byte, ks keys) error {
	sealed, err := seal(encodePayload(name, value), ks[0].Recipient())
	if err != nil {
		return fmt.Errorf("sealing %s: %w", name, err)
	}
	if err := s.replace(s.dir.file(name), sealed); err != nil {
		return notWritten(s.dir.file(name), err)
	}
	return nil
}

// Delete removes the secret called name, whether it can be read or not.
func (s *File) Delete(ctx context.Context, name string) error {
	if err := ValidName(name); err != nil {
		return err
	}
	return s.locked(ctx, func() error {
		err := s.remove(s.dir.file(name))
		if errors.Is(err, fs.ErrNotExist) {
			return notFound(name)
		}
		if err != nil {
			return notWritten(s.dir.file(name), err)
		}
		return nil
	})
}

// List returns the sorted names.
func (s *File) List(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.dir.names()
}
