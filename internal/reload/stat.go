package reload

import (
	"io/fs"
	"os"
)

// stat is what tells one version of a file from another without reading it.
type stat struct {
	dev, ino     uint64 // both 0 where the system has none
	size         int64  // bytes
	mtime, ctime int64  // Unix nanoseconds
	mode         fs.FileMode
}

func newStat(fi fs.FileInfo) stat {
	s := stat{size: fi.Size(), mtime: fi.ModTime().UnixNano(), mode: fi.Mode()}
	s.addSystem(fi)
	return s
}

// statPath follows links.
func statPath(path string) (stat, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return stat{}, err
	}
	return newStat(fi), nil
}

// node identifies a folder whatever it is called.
type node struct{ dev, ino uint64 }

func (s stat) node() node { return node{s.dev, s.ino} }

// kind names what is not a regular file, for people.
func (s stat) kind() string {
	switch m := s.mode; {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	default:
		return "something else"
	}
}

// writable says whether group or others can write what has this stat. Mode bits
// do not count on a mount that is read-only: a mounted ConfigMap is a folder of
// mode 0777 that nobody can write.
func (s stat) writable(path string) bool {
	return hasModes && s.mode.Perm()&0o022 != 0 && !readOnly(path)
}
