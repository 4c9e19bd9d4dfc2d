package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"gatefold/internal/lockfile"
)

// lockFolder takes the data folder for this process: an flock on DIR/lock, which holds the pid for people. The kernel
// drops it with the process, however that ends; so the file stays, and a pid in it means nothing by itself.
func lockFolder(dir string) (unlock func() error, err error) {
	f, err := lockfile.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, notLocked(dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(&LockedError{Dir: dir, PID: readPID(f)}, f.Close())
	case err != nil:
		return nil, errors.Join(&FolderError{Dir: dir, Reason: "cannot be locked", Err: err}, f.Close())
	}
	if err := writePID(f); err != nil {
		// The lock holds without the pid, and a full disk is no reason not to look and not to show a light.
		if !errors.Is(err, syscall.ENOSPC) {
			return nil, errors.Join(notWritable(dir, err), f.Close())
		}
	}
	return func() error { return errors.Join(release(f), f.Close()) }, nil
}

// release gives the lock up at once: closing alone does not where a process that is just being started has
// the file open until it becomes another program.
func release(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

func notLocked(dir string, err error) error {
	if errors.Is(err, syscall.ELOOP) {
		path := filepath.Join(dir, "lock")
		return &FolderError{Dir: dir, Reason: "its lock is a symbolic link: look where it leads, then rm " + quotePath(path), Err: err}
	}
	return notWritable(dir, err)
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

func readPID(f *os.File) int {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
