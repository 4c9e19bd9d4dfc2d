package reload

import (
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many links one path may lead through, as in Linux.
const maxLinks = 40

// way walks an absolute path as the kernel does and calls step with every name
// on which it depends where it leads: each link, the end, and in a path that
// leads nowhere the first name that is missing. folder is the real path of the
// folder that holds the name. It returns the real path of the end, or as far as
// it came, so that a watched folder tells when a dangling link comes to life.
func way(path string, step func(folder, name string)) string {
	volume := filepath.VolumeName(path)
	root := volume + string(filepath.Separator)
	real, todo := root, parts(path[len(volume):])
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if name == ".." {
			real = filepath.Dir(real)
			continue
		}
		full := filepath.Join(real, name)
		fi, err := os.Lstat(full)
		isLink := err == nil && fi.Mode()&os.ModeSymlink != 0
		if err != nil || isLink || len(todo) == 0 {
			step(real, full)
		}
		if err != nil {
			return full
		}
		if !isLink {
			real = full
			continue
		}
		target, err := os.Readlink(full)
		if links++; err != nil || links > maxLinks {
			return full
		}
		if filepath.IsAbs(target) {
			real, target = root, target[len(filepath.VolumeName(target)):]
		}
		todo = append(parts(target), todo...)
	}
	return real
}

func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) })
}
