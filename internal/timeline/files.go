package timeline

import (
	"fmt"
	"io/fs"
	"path"

	"gatefold/engine"
)

// Files reads the rule files of a file system: embedded ones, or a folder whose permissions do not matter. What a daemon
// runs is read by internal/reload, which distrusts what it finds.
func Files(fsys fs.FS) (engine.Snapshot, error) {
	var files engine.Snapshot
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".star" {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		files = append(files, engine.File{Path: p, Data: data})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading rule files: %w", err)
	}
	return files, nil
}
