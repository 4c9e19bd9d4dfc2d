package reload

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
)

// walkFile looks at a single file and does not open it. Watched are the folder
// that holds it, the folders on the way of every link that leads to it, and the
// parent of its folder, which may be moved away and made anew.
func walkFile(path string) *tree {
	w := &walker{tree: newTree(path)}
	w.walkFile()
	w.fingerprint()
	return w.tree
}

func (w *walker) walkFile() {
	abs, err := filepath.Abs(w.root)
	if err != nil {
		w.fail(fmt.Errorf("finding the file %s: %w", w.root, err))
		return
	}
	w.root = abs
	end := w.follow(abs)
	w.vital = maps.Clone(w.folders)
	w.follow(filepath.Dir(abs))
	st, err := statPath(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist) && end != abs:
		w.fail(fmt.Errorf("%w: %s leads to %s", ErrNoFile, abs, end))
	case errors.Is(err, fs.ErrNotExist):
		w.fail(fmt.Errorf("%w: %s", ErrNoFile, abs))
	default:
		w.add(entry{rel: filepath.Base(abs), path: abs, stat: st, err: err})
	}
}
