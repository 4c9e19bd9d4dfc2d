package reload

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// tree is a rules folder, or a single file, as one walk saw it: what there is to
// read, what has to be watched, and a fingerprint of both that needs no file to
// be opened.
type tree struct {
	root    string // absolute, as configured
	files   []entry
	inside  map[string]bool // real paths of the folders that hold rules
	folders map[string]bool // real paths of every folder to watch: inside, the parent, the ways of links
	vital   map[string]bool // real paths of those without whose events an edit is missed
	names   map[string]bool // real paths whose events matter wherever they lie
	beside  string          // fingerprint of the timelines: they are not read, and part of print
	print   string
	newest  int64 // the latest ctime of a file, Unix nanoseconds
	err     error // the folder as a whole cannot be taken
}

func newTree(root string) *tree {
	inside := map[string]bool{}
	return &tree{root: root, inside: inside, vital: inside, folders: map[string]bool{}, names: map[string]bool{}}
}

// entry is one file to read: a name that ends in .star, or the single file.
type entry struct {
	rel     string // slash-separated, below the root
	path    string // to open it
	stat    stat
	err     error
	refused error // the folder that holds it can be written by others
}

type folder struct {
	rel, path, real string
	refused         error
}

type walker struct {
	*tree
	limits    Limits
	seen      map[node]bool
	entries   int
	lines     []string // of the fingerprint
	timelines []string // of that of what lies beside the rules
}

// walk looks at everything below dir and opens no file. Real folders come before
// linked ones, and a folder is entered once however many links lead to it: a
// loop ends, and no rule runs twice because of a link.
func walk(dir string, l Limits) *tree {
	w := &walker{limits: l, seen: map[node]bool{}, tree: newTree(dir)}
	w.walk()
	sort.Slice(w.files, func(i, j int) bool { return w.files[i].rel < w.files[j].rel })
	w.fingerprint()
	return w.tree
}

func (w *walker) walk() {
	abs, err := filepath.Abs(w.root)
	if err != nil {
		w.fail(fmt.Errorf("finding the rules folder %s: %w", w.root, err))
		return
	}
	w.root = abs
	real := w.follow(abs)
	st, err := statPath(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.fail(fmt.Errorf("%w: %s", ErrNoFolder, abs))
		return
	case err != nil:
		w.fail(fmt.Errorf("looking at the rules folder: %w", err))
		return
	case !st.mode.IsDir():
		w.fail(fmt.Errorf("the rules folder %s is not a folder", abs))
		return
	case st.writable(abs):
		w.fail(&WritableError{Path: abs, Folder: true})
	}
	plain, linked := []folder{{path: abs, real: real}}, []folder(nil)
	for len(plain)+len(linked) > 0 {
		if len(plain) == 0 {
			plain, linked = linked[:1:1], linked[1:]
		}
		next := plain[0]
		p, l := w.visit(next)
		plain, linked = append(plain[1:], p...), append(linked, l...)
	}
}

// follow notes the way of a path and returns where it leads.
func (w *walker) follow(abs string) string {
	return way(abs, func(folder, name string) {
		w.folders[folder] = true
		w.names[name] = true
	})
}

// visit lists one folder and returns the folders in it, real and linked.
func (w *walker) visit(f folder) (plain, linked []folder) {
	st, err := statPath(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // removed since its parent was listed
	}
	if err != nil {
		w.fail(fmt.Errorf("looking at the folder %s: %w", f.path, err))
		return nil, nil
	}
	if n := st.node(); n != (node{}) {
		if w.seen[n] {
			return nil, nil
		}
		w.seen[n] = true
	}
	w.inside[f.real], w.folders[f.real], w.names[f.real] = true, true, true
	w.lines = append(w.lines, fmt.Sprintf("folder %q %d %d %v", f.rel, st.dev, st.ino, st.mode))
	if st.writable(f.path) {
		f.refused = &WritableError{Path: f.path, Folder: true}
	}
	for _, d := range w.list(f) {
		if sub, isLink := w.look(f, d); sub != nil && isLink {
			linked = append(linked, *sub)
		} else if sub != nil {
			plain = append(plain, *sub)
		}
	}
	return plain, linked
}

// list reads the names of a folder, as many as may still be looked at.
func (w *walker) list(f folder) []fs.DirEntry {
	dir, err := os.OpenFile(f.path, openFlags, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		w.fail(fmt.Errorf("reading the folder: %w", err))
		return nil
	}
	defer dir.Close()
	left := w.limits.Names - w.entries
	list, err := dir.ReadDir(left + 1)
	if len(list) > left {
		w.fail(&LimitError{w.root, fmt.Sprintf("more than %d names in it", w.limits.Names)})
		list = nil
	} else if err != nil && err != io.EOF {
		w.fail(fmt.Errorf("reading the folder: %w", err))
	}
	w.entries += len(list)
	sort.Slice(list, func(i, j int) bool { return list[i].Name() < list[j].Name() })
	return list
}

// look notes a .star file, or returns the folder that a name is.
func (w *walker) look(in folder, d fs.DirEntry) (sub *folder, isLink bool) {
	if ignored(d.Name()) {
		return nil, false
	}
	e := entry{rel: path.Join(in.rel, d.Name()), path: filepath.Join(in.path, d.Name()), refused: in.refused}
	real := filepath.Join(in.real, d.Name())
	if isBeside(e.rel) {
		st, err := statPath(e.path)
		w.timelines = append(w.timelines, fmt.Sprintf("timeline %q %+v %v", e.rel, st, err))
		return nil, false
	}
	isLink = d.Type()&fs.ModeSymlink != 0
	if isLink {
		real = w.follow(real)
	}
	if !isStar(e.rel) && !isLink && !d.IsDir() {
		return nil, false
	}
	e.stat, e.err = statPath(e.path)
	if isStar(e.rel) {
		if isLink || !errors.Is(e.err, fs.ErrNotExist) { // else removed since it was listed
			w.addRule(e)
		}
		return nil, false
	}
	if e.err != nil {
		w.lost(e)
		return nil, false
	}
	if !e.stat.mode.IsDir() {
		return nil, false
	}
	if strings.Count(e.rel, "/") >= w.limits.Depth {
		w.fail(&LimitError{w.root, fmt.Sprintf("%s lies more than %d folders deep", e.rel, w.limits.Depth)})
		return nil, false
	}
	return &folder{rel: e.rel, path: e.path, real: real, refused: in.refused}, isLink
}

// lost is a name that cannot be followed. If it may have been a folder of rules,
// they must not silently stop being part of the ruleset.
func (w *walker) lost(e entry) {
	gone := errors.Is(e.err, fs.ErrNotExist)
	if gone && path.Ext(e.rel) == "" {
		w.fail(fmt.Errorf("%s is a link to a folder that does not exist", e.path))
	} else if !gone {
		w.fail(fmt.Errorf("following the link: %w", e.err))
	}
}

func (w *walker) addRule(e entry) {
	if len(w.files) == w.limits.Files {
		w.fail(&LimitError{w.root, fmt.Sprintf("more than %d .star files", w.limits.Files)})
		return
	}
	w.add(e)
}

func (w *walker) add(e entry) {
	w.files = append(w.files, e)
	w.newest = max(w.newest, e.stat.ctime)
	w.lines = append(w.lines, fmt.Sprintf("file %q %+v %v", e.rel, e.stat, e.err))
}

// fail keeps the first failure; the walk goes on, because what is there has to be
// watched all the more.
func (w *walker) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *walker) fingerprint() {
	sort.Strings(w.timelines)
	w.beside = strings.Join(w.timelines, "\n")
	w.lines = append(w.lines, w.timelines...)
	sort.Strings(w.lines)
	sum := sha256.Sum256([]byte(fmt.Sprint(strings.Join(w.lines, "\n"), "\n", w.err)))
	w.print = string(sum[:])
}
