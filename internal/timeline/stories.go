package timeline

import "path/filepath"

// Story is a timeline as it lies in a rules folder: for who runs it elsewhere.
type Story struct {
	Path string // below the folder, with slashes
	Data []byte
}

// Stories reads every *.timeline below dir, in the order of their names: none is no error.
func Stories(dir string) ([]Story, error) {
	paths, err := Paths(dir)
	if err != nil {
		return nil, err
	}
	out := make([]Story, len(paths))
	for i, p := range paths {
		data, err := read(filepath.Join(dir, filepath.FromSlash(p)))
		if err != nil {
			return nil, err
		}
		out[i] = Story{p, data}
	}
	return out, nil
}
