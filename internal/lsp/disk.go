package lsp

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// fingerprint is how what lies in a folder looked from outside: it changes when another program changes a file. By path below
// the folder, of its files and of the folders they lie in.
type fingerprint map[string]outside

// outside is one of them; zero: it is not there.
type outside struct {
	changed int64
	size    int64
	mode    fs.FileMode
}

// look takes it of what is known of a folder.
func (f *folder) look() fingerprint {
	p := fingerprint{"": {}, "lib": {}}
	for rel := range f.seen {
		p[rel] = outside{}
	}
	for rel := range p {
		p[rel] = f.outside(rel)
	}
	return p
}

func (f *folder) outside(rel string) outside {
	info, err := os.Stat(filepath.Join(f.root, filepath.FromSlash(rel)))
	if err != nil {
		return outside{}
	}
	return outside{info.ModTime().UnixNano(), info.Size(), info.Mode()}
}

// with adds the files that were read. What was known before they were stays as it was then, so that a change between the two
// is noticed.
func (p fingerprint) with(f *folder) fingerprint {
	out := fingerprint{"": p[""], "lib": p["lib"]}
	for _, file := range f.disk {
		for rel := file.Path; rel != "."; rel = path.Dir(rel) {
			if known, ok := p[rel]; ok {
				out[rel] = known
			} else {
				out[rel] = f.outside(rel)
			}
		}
	}
	return out
}

// changed says whether another program has changed what lies in a folder, as far as a glance tells.
func (f *folder) changed() bool {
	for rel, was := range f.seen {
		if f.outside(rel) != was {
			return true
		}
	}
	return false
}
