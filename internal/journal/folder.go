package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// prepareFolder creates the data folder for its owner alone, or refuses one that others can enter.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &FolderError{Dir: dir, Reason: "cannot be created", Err: err}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return &FolderError{Dir: dir, Reason: "cannot be read", Err: err}
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return &FolderError{Dir: dir, Reason: fmt.Sprintf("others can access it (mode %04o): chmod 700 %s", mode, quotePath(dir))}
	}
	return nil
}

// notWritable explains an error from the first write into the folder.
func notWritable(dir string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &FolderError{Dir: dir, Reason: fmt.Sprintf("this user cannot write to it: chown it, or chmod 700 %s", quotePath(dir)), Err: err}
	}
	return &FolderError{Dir: dir, Reason: "cannot be written to", Err: err}
}

// quotePath makes a path safe to paste into a shell.
func quotePath(path string) string {
	out := []byte{'\''}
	safe := path != ""
	for i := range len(path) {
		c := path[i]
		safe = safe && (plain(c) || c == '/' || c == '.')
		if c == '\'' {
			out = append(out, `'\'`...)
		}
		out = append(out, c)
	}
	if safe && path[0] != '-' {
		return path
	}
	return string(append(out, '\''))
}
