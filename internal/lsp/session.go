package lsp

import (
	"errors"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
	"gatefold/internal/manual"
)

// maxFile is what a rule file may hold; of a larger one nothing is said but that.
const maxFile = 256 << 10

// document is one that the editor has open.
type document struct {
	uri     string
	version int
	path    string // below the folder
	folder  *folder
}

// folder is a rules folder: what lies on the disk, and what the editor has open over it.
type folder struct {
	root     string
	disk     engine.Snapshot
	open     map[string]*openText // by path
	outlines map[string]*outline  // of both, as far as they are not stale
	stale    map[string]bool      // the files whose outline is to be made anew before somebody is answered
	turn     int                  // how often it has changed
	fuel     int                  // what is left for the answer that is being found
	seen     fingerprint          // of the disk
	modules  []engine.Module
	manual   *manual.Manual
	members  map[string][]string // of modules
	tests    *testWords
	results  map[string]starlark.Value // of calls that only tests can make
}

// openText is what the editor has of a file.
type openText struct {
	text    text
	uri     string
	version int
}

// session is what is known of an editor's documents. One goroutine owns it.
type session struct {
	o        Options
	manual   *manual.Manual // of rules
	members  map[string][]string
	tests    *testWords
	enc      encoding
	snippets bool // the editor knows them
	oneRange bool // it takes the range of completions once for all of them
	watches  bool // it tells of files that change
	docs     map[string]*document
	folders  map[string]*folder
}

func newSession(o Options, m *manual.Manual) *session {
	rules := m.ForRules()
	return &session{
		o: o, manual: rules, members: membersOf(rules), tests: newTestWords(m), enc: utf16Units,
		docs: map[string]*document{}, folders: map[string]*folder{},
	}
}

// membersOf are those of the modules.
func membersOf(m *manual.Manual) map[string][]string {
	out := map[string][]string{}
	for _, k := range []manual.Kind{manual.Call, manual.Constant} {
		for _, e := range m.Entries(k) {
			if module, member, ok := strings.Cut(e.Name, "."); ok && module != "now" {
				out[module] = append(out[module], member)
			}
		}
	}
	return out
}

// place says in which folder a document lies, and where.
func (s *session) place(uri string) (root, rel string) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return "untitled:" + uri, "untitled.star" // by itself
	}
	file := filepath.FromSlash(u.Path)
	root = s.o.Root(file)
	below, err := filepath.Rel(root, file)
	if err != nil || strings.HasPrefix(below, "..") {
		return filepath.Dir(file), filepath.Base(file)
	}
	return root, filepath.ToSlash(below)
}

func (s *session) didOpen(d textDocumentItem) *folder {
	root, rel := s.place(d.URI)
	f := s.folders[root]
	if f == nil {
		f = &folder{root: root, open: map[string]*openText{}, stale: map[string]bool{}, manual: s.manual, members: s.members, tests: s.tests}
		f.modules = s.o.Modules(root)
		s.folders[root] = f
	}
	s.docs[d.URI] = &document{d.URI, d.Version, rel, f}
	f.stale[rel] = true
	f.open[rel] = &openText{newText(d.Text), d.URI, d.Version}
	s.reread(f)
	return f
}

// reread takes the folder from the disk again.
func (s *session) reread(f *folder) {
	f.disk = nil
	if f.onDisk() {
		f.seen = f.look()
		files, err := s.o.Read(f.root)
		if err != nil {
			s.o.Log.Warn("reading the rules folder", "folder", f.root, "error", err)
		}
		f.disk = files
		f.seen = f.seen.with(f)
	}
	there := map[string]*outline{}
	for _, file := range f.disk {
		if f.open[file.Path] == nil && file.Err == nil {
			f.keep(there, file.Path, string(file.Data))
		}
	}
	for rel, open := range f.open {
		f.keep(there, rel, open.text.s)
	}
	f.outlines = there
}

// onDisk says that there is a folder at all: a document that was never saved has none.
func (f *folder) onDisk() bool { return !strings.HasPrefix(f.root, "untitled:") }

// keep takes over the outline of a file whose text is what it was.
func (f *folder) keep(there map[string]*outline, rel, text string) {
	if o := f.outlines[rel]; o != nil && !f.stale[rel] && o.text.s == text {
		there[rel] = o
		return
	}
	there[rel] = nil
	f.stale[rel] = true
}

// sketch makes ready for a question: the outlines anew that are stale. Nobody needs those of the letters in between.
func (f *folder) sketch() {
	f.fuel = maxFuel
	for rel := range f.stale {
		s := ""
		if open := f.open[rel]; open != nil {
			s = open.text.s
		} else {
			for _, file := range f.disk {
				if file.Path == rel {
					s = string(file.Data)
				}
			}
		}
		if len(s) > maxFile {
			s = ""
		}
		if _, there := f.outlines[rel]; there {
			f.outlines[rel] = newOutline(s)
		}
	}
	clear(f.stale)
}

func (s *session) didChange(p didChangeParams) (*folder, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, errNotOpen
	}
	open := d.folder.open[d.path]
	for _, c := range p.ContentChanges {
		if c.Range == nil {
			open.text = newText(c.Text)
			continue
		}
		t := open.text
		start, end := t.offset(c.Range.Start, s.enc), t.offset(c.Range.End, s.enc)
		open.text = newText(t.s[:start] + c.Text + t.s[max(start, end):])
	}
	d.version, open.version = p.TextDocument.Version, p.TextDocument.Version
	d.folder.stale[d.path] = true
	return d.folder, nil
}

func (s *session) didClose(uri string) *folder {
	d := s.docs[uri]
	if d == nil {
		return nil
	}
	delete(s.docs, uri)
	delete(d.folder.open, d.path)
	if len(d.folder.open) == 0 {
		delete(s.folders, d.folder.root)
	} else {
		s.reread(d.folder)
	}
	return d.folder
}

var errNotOpen = errors.New("this document is not open")

// snapshot is the folder as it would be if everything were saved now.
func (f *folder) snapshot() engine.Snapshot {
	out := make(engine.Snapshot, 0, len(f.disk)+len(f.open))
	for _, file := range f.disk {
		if f.open[file.Path] == nil {
			out = append(out, file)
		}
	}
	for rel, open := range f.open {
		file := engine.File{Path: rel, Data: []byte(strings.TrimPrefix(open.text.s, byteOrderMark))}
		if len(open.text.s) > maxFile {
			file.Data, file.Err = nil, errors.New("larger than 256 KiB: no rule file can be")
		}
		out = append(out, file)
	}
	return out
}

// uri is that of a file of the folder: as the editor wrote it, if it is open.
func (f *folder) uri(rel string) string {
	if open := f.open[rel]; open != nil {
		return open.uri
	}
	return fileURI(f.root, rel)
}

func fileURI(root, rel string) string {
	return (&url.URL{Scheme: "file", Path: path.Join(filepath.ToSlash(root), rel)}).String()
}

// location is a token of a file of the folder.
func (f *folder) location(rel string, at int, e encoding) Location {
	o := f.outlines[rel]
	t := o.tokens[at]
	return Location{f.uri(rel), o.text.span(t.start, t.end, e)}
}
