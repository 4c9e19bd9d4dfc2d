package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path"
	"sort"
	"strings"
)

// File is one file of a rules folder, or the reason why it cannot be used.
type File struct {
	Path string // slash-separated, relative to the folder
	Data []byte
	Err  error // it was there and could not be taken (a folder, too large, others can write it)
	Lib  bool  // only for load, whatever its name says
}

// Snapshot is a bounded copy of the .star files of a rules folder, in path
// order. Where it was read from is nobody's business here: Load touches no disk.
type Snapshot []File

// Hash identifies the content: the same files have the same hash wherever they lie.
func (s Snapshot) Hash() string {
	h := sha256.New()
	var n [8]byte
	put := func(b []byte) {
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	for _, f := range s.sorted() {
		put([]byte(f.Path))
		put(f.Data)
		why := ""
		if f.Err != nil {
			why = f.Err.Error()
		}
		put([]byte(why))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (s Snapshot) sorted() Snapshot {
	out := append(Snapshot(nil), s...)
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

func (s Snapshot) find(p string) (File, bool) {
	for _, f := range s {
		if f.Path == p {
			return f, true
		}
	}
	return File{}, false
}

// rule says whether the file is part of the ruleset itself.
func (f File) rule() bool { return !f.Lib && IsRule(f.Path) }

// IsRule says whether a path of the rules folder belongs to the ruleset itself:
// not tests, not names that begin with "_" or ".", not what lies in lib/.
func IsRule(p string) bool {
	if path.Ext(p) != ".star" || strings.HasSuffix(p, "_test.star") {
		return false
	}
	for _, part := range strings.Split(p, "/") {
		if strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") || part == "lib" {
			return false
		}
	}
	return true
}

// Alone is the snapshot in which only the given file is a rule: the others are
// there for load.
func (s Snapshot) Alone(rule string) Snapshot {
	out := make(Snapshot, len(s))
	for i, f := range s {
		f.Lib = f.Path != rule
		out[i] = f
	}
	return out
}
