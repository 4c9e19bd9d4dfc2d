package coverage

import (
	"sync/atomic"

	"go.starlark.net/syntax"
)

// file is one content that rules were loaded with, and its counts.
type file struct {
	path   string
	data   []byte
	points []point
	counts []atomic.Uint64 // two of each point: it ran, or it came to true; and it came to false
}

// what a point is about.
type what uint8

const (
	statement what = iota // it runs
	function              // it is called
	branch                // it goes one way or the other
)

// point is a place where something is counted.
type point struct {
	what     what
	at, end  syntax.Position
	name     string // of a function; of a branch "if", "elif", "for", "else", "and", "or", "comprehension if"
	handler  bool   // a function that handles events
	body     int32  // of a lambda: the first line below its own; 0: it has none
	ways     [2]string
	implicit bool // the second way has no code of its own
}

// ran says how often the point was passed, and of a branch how often each way was taken.
func (f *file) ran(i int) (first, second uint64) {
	return f.counts[2*i].Load(), f.counts[2*i+1].Load()
}
