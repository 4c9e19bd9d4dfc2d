// Package owner decides whose the files are that root makes in somebody else's folder.
package owner

import (
	"os"
	"syscall"
)

// Like gives f, which is new, to the owner of dir when we are root and dir is not: what a person makes with sudo
// must be of use to the service that the folder belongs to.
func Like(dir string, f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return nil
	}
	return f.Chown(int(stat.Uid), int(stat.Gid))
}
