package engine

import (
	"sort"
	"sync"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// What a handler, and a whole turn, may take by the clock on the wall, wherever it is decided.
const (
	WallMost = 2 * time.Second
	TurnMost = 10 * time.Second
)

// Limits bound what rules may use. Zero fields take the defaults.
type Limits struct {
	Steps   uint64        // a handler, and the loading of one file: 1,000,000
	Wall    time.Duration // the backstop behind the steps: 2 s
	Turn    time.Duration // and behind that of one handler, for all of a turn: 10 s
	Effects int           // a turn: 1,000

	// Begins is told what runs next: a handler and where it is, or a file that is read or run ("" and its path). For
	// who has to say what it was that killed the process. Optional.
	Begins func(handler string, at syntax.Position)
}

// reading tells Begins of a file.
func (l Limits) reading(file string) {
	if l.Begins != nil {
		l.Begins("", syntax.MakePosition(&file, 0, 0))
	}
}

func (l Limits) orDefault() Limits {
	if l.Steps == 0 {
		l.Steps = 1_000_000
	}
	if l.Wall == 0 {
		l.Wall = WallMost
	}
	if l.Turn == 0 {
		l.Turn = TurnMost
	}
	if l.Effects == 0 {
		l.Effects = 1000
	}
	return l
}

const (
	publishDepth = 16
	publishTurn  = 256
	logLines     = 100
	logBytes     = 4096
)

// Ruleset is a loaded, vetted and frozen set of rule files. It never changes
// and may be evaluated by many goroutines at once.
type Ruleset struct {
	Hash     string
	Files    Snapshot
	Warnings []Problem
	Logs     []Line // what print said while the files were loaded
	Calls    []Call // every mention of what is predeclared, called or not: for what rules need

	limits    Limits
	handlers  map[string][]handler
	timers    []*Timer
	turns     sync.Pool // of *Turn
	elsewhere Decider   // nil: it decides in this process

	predeclared starlark.StringDict // everything that a rule can name
	globals     []globals           // of each file, those that others load first
}

// Call is a place in the rules that names a builtin, a member of a module, or a
// module as a value.
type Call struct {
	Name string `json:"name"` // "slack.post"
	Pos  string `json:"pos"`
}

// globals are what one file defines.
type globals struct {
	file  string
	names starlark.StringDict
}

type handler struct {
	file string
	fn   *starlark.Function
}

// Timers are the functions given to every and at, in file order.
func (r *Ruleset) Timers() []*Timer { return r.timers }

// Handles says whether any file handles the kind.
func (r *Ruleset) Handles(kind string) bool { return len(r.handlers[kind]) > 0 }

// RuleFiles are the paths of the files that are rules, in the order they run.
func (r *Ruleset) RuleFiles() []string {
	var out []string
	for _, f := range r.Files {
		if f.rule() {
			out = append(out, f.Path)
		}
	}
	sort.Strings(out)
	return out
}
