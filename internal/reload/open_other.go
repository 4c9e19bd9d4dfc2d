//go:build !(linux || openbsd || dragonfly || darwin || freebsd || netbsd)

package reload

import (
	"io/fs"
	"os"
)

const (
	openFlags = os.O_RDONLY
	hasModes  = false
)

func readOnly(string) bool { return false }

func (s *stat) addSystem(fs.FileInfo) {}
