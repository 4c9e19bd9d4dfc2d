// Package lockfile makes the files that are locked with flock(2).
package lockfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"gatefold/internal/owner"
)

// Open opens the file at path for a lock, and makes it (0600, its folder's owner's) where there is none. It follows no
// symbolic link (syscall.ELOOP): what it led to would be written to, or given away.
func Open(path string) (*os.File, error) {
	const flags = os.O_RDWR | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	f, err := os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return os.OpenFile(path, flags, 0)
	}
	if err != nil {
		return nil, err
	}
	if err := owner.Like(filepath.Dir(path), f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
