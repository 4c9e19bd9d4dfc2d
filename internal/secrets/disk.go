package secrets

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gatefold/internal/owner"
)

// tempPrefix begins the names of files that are not finished; the name of the file and digits follow.
const tempPrefix = ".gatefold-tmp-"

// disk changes files so that a crash at any point leaves the old content or the new one.
type disk struct {
	// step is called before every single step and ends the change there, as a crash would; nil in production.
	step func(what string) error
}

func (d disk) at(what, path string) error {
	if d.step == nil {
		return nil
	}
	return d.step(what + " " + filepath.Base(path))
}

// replace writes data to path, over what is there. It is durable when the error is nil.
func (d disk) replace(path string, data []byte) error { return d.write(path, data, os.Rename) }

// create writes data to path, which must not exist (fs.ErrExist). It is durable when the error is nil. A link fails
// where a file is, as O_EXCL does, and shows the file only when it is whole.
func (d disk) create(path string, data []byte) error {
	return d.write(path, data, func(temp, path string) error {
		if err := os.Link(temp, path); err != nil {
			return err
		}
		return os.Remove(temp)
	})
}

func (d disk) write(path string, data []byte, place func(temp, path string) error) error {
	if err := d.at("write", path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	if err := d.at("place", path); err != nil {
		return err
	}
	if err := place(temp, path); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temp)))
	}
	if err := d.at("sync", path); err != nil {
		return err
	}
	return syncDir(dir)
}

// writeTemp writes and syncs a new file (0600) beside path and returns its path. It belongs to the owner of the folder:
// what root writes for a service must be readable to it.
func writeTemp(path string, data []byte) (string, error) {
	dir, name := filepath.Split(path)
	f, err := os.CreateTemp(dir, tempPrefix+name+"-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, owner.Like(dir, f), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// makeFolder creates dir (0700) and what is missing above it, durably. Each belongs to the owner of the one above.
func makeFolder(dir string) error {
	if !gone(dir) {
		return nil
	}
	parent := filepath.Dir(dir)
	if err := makeFolder(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, os.ErrExist) {
			return nil // another process was faster
		}
		return err
	}
	// The parent's owner may have put a link in its place by now, and root would give him what it leads to.
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	return errors.Join(owner.Like(parent, f), f.Close(), syncDir(parent))
}

// gone tells whether nothing is at path.
func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// remove deletes path. It is durable when the error is nil.
func (d disk) remove(path string) error {
	if err := d.at("remove", path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// clean removes what an earlier crash has left of the files in dir that want names.
func clean(dir string, want func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ignoreMissing(err)
	}
	for _, e := range entries {
		if name, ok := unfinished(e.Name()); ok && want(name) && e.Type().IsRegular() {
			if err := ignoreMissing(os.Remove(filepath.Join(dir, e.Name()))); err != nil {
				return err
			}
		}
	}
	return nil
}

// unfinished returns the file that temp was to become.
func unfinished(temp string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(temp, tempPrefix)
	if i := strings.LastIndexByte(rest, '-'); ok && i > 0 {
		return rest[:i], true
	}
	return "", false
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
