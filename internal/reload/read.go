package reload

import (
	"fmt"

	"gatefold/engine"
)

// Read takes a bounded copy of every .star file below dir, in path order, with
// lib/, _x.star and x_test.star, without what is hidden or an editor's. Links
// are followed, wherever they lead.
//
// A file that cannot be taken is in the snapshot with its Err: a folder or a pipe
// called x.star, a link to nothing, too large, unreadable, not UTF-8
// (*EncodingError), writable by group or others, or in a folder that is
// (*WritableError). A folder that cannot be taken as a whole is the error of
// Read: ErrNoFolder, *LimitError, *WritableError, or what the system said.
//
// The files belong together: when something changes while they are read, they
// are read again.
func Read(dir string, l Limits) (engine.Snapshot, error) {
	l = l.orDefaults()
	snapshot, _, err := capture(func() *tree { return walk(dir, l) }, l, func(*tree) {})
	return snapshot, err
}

// capture reads what a look finds. It calls watch before that: what changes later
// is an event, what changed before is read, and between the two the fingerprint
// tells.
func capture(look func() *tree, l Limits, watch func(*tree)) (engine.Snapshot, *tree, error) {
	for try := 1; ; try++ {
		t := look()
		watch(t)
		snapshot, err := t.read(l)
		if try == readTries || look().print == t.print {
			return snapshot, t, err
		}
	}
}

func (t *tree) read(l Limits) (engine.Snapshot, error) {
	if t.err != nil {
		return nil, t.err
	}
	snapshot := make(engine.Snapshot, 0, len(t.files))
	var total int64
	for _, e := range t.files {
		data, err := e.read(l.File)
		if err != nil {
			data = nil
		}
		if total += int64(len(data)); total > l.Total {
			return nil, &LimitError{t.root, fmt.Sprintf("its .star files are larger than %s together", bytesText(l.Total))}
		}
		snapshot = append(snapshot, engine.File{Path: e.rel, Data: data, Err: err})
	}
	return snapshot, nil
}
