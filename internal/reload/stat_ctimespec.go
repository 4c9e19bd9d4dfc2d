//go:build darwin || freebsd || netbsd

package reload

import (
	"io/fs"
	"syscall"
)

func (s *stat) addSystem(fi fs.FileInfo) {
	if sys, ok := fi.Sys().(*syscall.Stat_t); ok {
		s.dev, s.ino, s.ctime = uint64(sys.Dev), sys.Ino, syscall.TimespecToNsec(sys.Ctimespec)
	}
}
