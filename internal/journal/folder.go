package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gatefold/internal/owner"
)

// prepareFolder creates the data folder for its owner alone, or refuses one that others can enter.
func prepareFolder(dir string) error {
	if err := makeFolder(dir); err != nil {
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

// makeFolder creates dir (0700) and what is missing above it. Each belongs to the owner of the one above.
func makeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) { // another process was faster, or a file is there
		return os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return err
	}
	// The parent's owner may have put a link in its place by now, and root would give him what it leads to.
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	return errors.Join(owner.Like(parent, f), f.Close())
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
