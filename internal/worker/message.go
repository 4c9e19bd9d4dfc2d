package worker

import (
	"errors"
	"fmt"
	"time"

	"gatefold/engine"
	"gatefold/internal/timeline"
)

// request is one thing that the parent wants. One field is set, and Forget beside it.
type request struct {
	Seq    uint64
	Begin  *begin
	Load   *load
	Decide *decide
	Tell   *past // a part of what the next turn is told: it is large
	Story  *stories
	Forget []string // accounts: what was told of them is not kept any more
}

// begin is what a child is told before anything else.
type begin struct {
	Memory     int64
	Limits     Limits
	Vocabulary Vocabulary
	Zone       string
	TZ         string // what the parent takes for the local zone, if its environment says so
}

// load has a ruleset loaded, and if Try each of its handlers run once, at a time.
type load struct {
	Files []file
	Try   bool
	Now   time.Time
	Zone  string
}

// file is an engine.File.
type file struct {
	Path string
	Data []byte
	Err  string
	Lib  bool
}

// decide asks for a decision about an event.
type decide struct {
	Ruleset string
	Event   event
	Past    past
}

// stories has timelines run on a rules folder. What is much comes in parts.
type stories struct {
	More  bool // and another part follows, which is run with this one
	Files []file
	Paths []string
	Data  [][]byte
}

// reply answers the request of its number.
type reply struct {
	Seq      uint64
	Hello    *Confinement
	Loaded   *loaded
	Decided  *decided
	Writes   []engine.Write // more of Decided.State: it is large
	More     bool           // and another reply follows
	Unloaded bool           // the ruleset has to be loaded first
	Stories  *told
	Err      string // it could not be done
}

type loaded struct {
	Description []byte // JSON of an engine.Description
	Problems    []engine.Problem
}

// told is what became of timelines: which fail, and where.
type told struct {
	Failing  []string
	Problems []engine.Problem
}

// storiesMost is how much the timelines of a folder may be together.
const storiesMost = 64 << 20

// storiesOut gives them in parts, of which the last has the rules.
func storiesOut(files engine.Snapshot, all []timeline.Story) (parts []stories, err error) {
	var q stories
	size, total := 0, 0
	for _, s := range all {
		if total += len(s.Data); total > storiesMost {
			return nil, fmt.Errorf("the timelines are more than %d MiB together", storiesMost>>20)
		}
		if size += len(s.Data); size > partMost && len(q.Paths) > 0 {
			q.More = true
			parts = append(parts, q)
			q, size = stories{}, len(s.Data)
		}
		q.Paths, q.Data = append(q.Paths, s.Path), append(q.Data, s.Data)
	}
	q.Files = filesOut(files)
	return append(parts, q), nil
}

func filesOut(s engine.Snapshot) []file {
	out := make([]file, len(s))
	for i, f := range s {
		out[i] = file{Path: f.Path, Data: f.Data, Lib: f.Lib}
		if f.Err != nil {
			out[i].Err = f.Err.Error()
		}
	}
	return out
}

func filesIn(all []file) engine.Snapshot {
	out := make(engine.Snapshot, len(all))
	for i, f := range all {
		out[i] = engine.File{Path: f.Path, Data: f.Data, Lib: f.Lib}
		if f.Err != "" {
			out[i].Err = errors.New(f.Err)
		}
	}
	return out
}
