package timeline

import (
	"slices"
	"time"
)

// Timeline is a story that was read.
type Timeline struct {
	Name     string // of the file, for messages
	Accounts []string
	Start    time.Time // in the story's zone
	Enforce  bool
	Per30s   int // the gate's budget; 0: the usual one
	PerDay   int

	blocks []*block
	lines  []string // the file's
}

// block is one `at` line with what is indented below it.
type block struct {
	line     int // of the file, from 1
	text     string
	at       time.Duration
	deed     deed // nil: the line only looks
	expected []*expected
}

// expected is one indented line: what is to be carried out, once or in a run.
type expected struct {
	line    int
	text    string        // as written, without indentation
	first   time.Duration // after the block's moment
	last    time.Duration
	every   time.Duration // 0: once
	account string
	call    string // in the notation of effects
	note    string // why nothing can ever be what this line says; "" something can
}

// moments are when the line expects its call, after the block's moment.
func (e *expected) moments() []time.Duration {
	if e.every == 0 {
		return []time.Duration{e.first}
	}
	var out []time.Duration
	for at := e.first; at <= e.last; at += e.every {
		out = append(out, at)
	}
	return out
}

// end is the moment of the last block: the story ends there.
func (t *Timeline) end() time.Duration { return t.blocks[len(t.blocks)-1].at }

// blockAt is the block that what happens at this moment belongs to: the last one that begins no later.
func (t *Timeline) blockAt(at time.Duration) int {
	n, _ := slices.BinarySearchFunc(t.blocks, at, func(b *block, at time.Duration) int {
		if b.at <= at {
			return -1
		}
		return 1
	})
	return max(n-1, 0)
}

// shared says whether lines have to say whose they are.
func (t *Timeline) shared() bool { return len(t.Accounts) > 1 }

// Length is how long the story lasts.
func (t *Timeline) Length() time.Duration { return t.end() }
