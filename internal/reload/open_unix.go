//go:build linux || openbsd || dragonfly || darwin || freebsd || netbsd

package reload

import (
	"errors"
	"os"
	"syscall"
)

// openFlags never wait: a pipe without a writer opens at once.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK

// hasModes: permission bits mean something here.
const hasModes = true

// readOnly says whether path lies on a mount that cannot be written at all.
func readOnly(path string) bool {
	const wantWrite = 2 // W_OK of access(2)
	return errors.Is(syscall.Access(path, wantWrite), syscall.EROFS)
}
