package worker

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// newNote makes the page as memory that no file system knows.
func newNote() (*os.File, error) {
	fd, err := unix.MemfdCreate("gatefold-note", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("making a page of memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "note")
	if err := f.Truncate(noteSize); err != nil {
		f.Close()
		return nil, err
	}
	_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("sealing a page of memory: %w", err)
	}
	return f, nil
}
