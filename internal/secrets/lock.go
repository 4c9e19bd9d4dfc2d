package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"gatefold/internal/lockfile"
)

const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 250 * time.Millisecond
)

// Lock takes the lock on path over goroutines and processes, and waits for it until ctx ends. It creates the file
// (0600), which stays: the kernel drops the lock with the process, however that ends, so a file that is there means
// nothing by itself. The folder must exist.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := lockfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("taking the lock %s: %w", path, err)
	}
	if err := waitFlock(ctx, f); err != nil {
		return nil, errors.Join(fmt.Errorf("taking the lock %s: %w", path, err), f.Close())
	}
	return func() {
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // a process that is just being started may have the file open for a moment longer
		_ = f.Close()
	}, nil
}

// waitFlock asks again and again: a call that blocks could not be given up with ctx.
func waitFlock(ctx context.Context, f *os.File) error {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("another process or another call holds it: %w", ctx.Err())
		}
	}
}
