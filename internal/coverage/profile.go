package coverage

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/engine"
)

// slower is how many more steps rules may take that count as they go.
const slower = 8

// Profile is what ran of the files of a rules folder.
type Profile struct {
	folder engine.Snapshot

	mu    sync.Mutex
	files []*file
}

// New begins a profile of the files of a folder. What is loaded under another name than it has there, as an edit in a
// timeline does it, counts for the file that has the content.
func New(folder engine.Snapshot) *Profile { return &Profile{folder: folder} }

// Load is engine.Load with a ruleset that counts what its turns run.
func (p *Profile) Load(files engine.Snapshot, limits engine.Limits, modules ...engine.Module) (*engine.Ruleset, error) {
	rules, err := engine.Load(files, limits, modules...)
	if err != nil {
		return nil, err
	}
	limits = loose(limits)
	counting, err := engine.LoadRewritten(files, limits, p.Rewriting(files), modules...)
	if err != nil {
		return nil, err
	}
	return engine.Elsewhere(files, rules.Describe(), both{rules, counting}), nil
}

// both decide every turn: the second only to be counted.
type both struct{ deciding, counting *engine.Ruleset }

// Decide implements engine.Decider.
func (b both) Decide(ctx context.Context, ev engine.Event, facts engine.Facts, state engine.State) engine.Decision {
	d := b.deciding.Evaluate(ctx, ev, facts, state)
	b.counting.Evaluate(ctx, ev, facts, state)
	return d
}

// loose are limits under which rules that count still end where they would.
func loose(l engine.Limits) engine.Limits {
	if l.Steps == 0 {
		l.Steps = 1_000_000
	}
	l.Steps *= slower
	return l
}

// Loose gives the limits of a test that is run once more to be counted.
func Loose(l engine.Limits) engine.Limits { return loose(l) }

// Rewriting puts the counting into files that are loaded once. Tests are not counted.
func (p *Profile) Rewriting(files engine.Snapshot) engine.Rewriting {
	var counted []*file
	add := func(name string, v func(*file, int, starlark.Value)) *starlark.Builtin {
		return starlark.NewBuiltin(name, func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			n, ok := starlark.AsInt32(args[0])
			if ok != nil || n>>pointBits >= len(counted) {
				return nil, errors.New("a count of no file")
			}
			value := starlark.Value(starlark.None)
			if len(args) > 1 {
				value = args[1]
			}
			v(counted[n>>pointBits], n&(1<<pointBits-1), value)
			return value, nil
		})
	}
	return engine.Rewriting{
		File: func(tree *syntax.File) {
			if engine.IsTest(tree.Path) {
				return
			}
			f := p.file(dataOf(files, tree.Path), tree.Path)
			counted = append(counted, f)
			r := rewriter{base: (len(counted) - 1) << pointBits}
			r.file(tree)
		},
		Names: starlark.StringDict{
			ranName:  add(ranName, func(f *file, n int, _ starlark.Value) { f.counts[2*n].Add(1) }),
			tookName: add(tookName, func(f *file, n int, v starlark.Value) { f.took(n, bool(v.Truth())) }),
			eachName: add(eachName, func(f *file, n int, v starlark.Value) { f.took(n, holds(v)) }),
		},
	}
}

// pointBits are those of a number that say which point of a file it is: more than a file of the largest size can have.
const pointBits = 18

func (f *file) took(n int, first bool) {
	if first {
		f.counts[2*n].Add(1)
	} else {
		f.counts[2*n+1].Add(1)
	}
}

// holds says whether there is anything to go through.
func holds(v starlark.Value) bool {
	it := starlark.Iterate(v)
	if it == nil {
		return false // an error of the rule, which the loop finds itself
	}
	defer it.Done()
	var x starlark.Value
	return it.Next(&x)
}

// file is where a content is counted; nil never.
func (p *Profile) file(data []byte, path string) *file {
	p.mu.Lock()
	defer p.mu.Unlock()
	path = p.nameOf(data, path)
	for _, f := range p.files {
		if f.path == path && bytes.Equal(f.data, data) {
			return f
		}
	}
	f := newFile(path, data)
	p.files = append(p.files, f)
	return f
}

// nameOf is the name that the content has in the folder.
func (p *Profile) nameOf(data []byte, path string) string {
	if bytes.Equal(dataOf(p.folder, path), data) {
		return path
	}
	for _, f := range p.folder {
		if bytes.Equal(f.Data, data) {
			return f.Path
		}
	}
	return path
}

func newFile(path string, data []byte) *file {
	f := &file{path: path, data: data}
	tree, err := (&syntax.FileOptions{Set: true}).Parse(path, data, 0)
	if err == nil {
		var r rewriter
		r.file(tree)
		f.points = r.points
	}
	f.counts = make([]atomic.Uint64, 2*len(f.points))
	return f
}

func dataOf(files engine.Snapshot, path string) []byte {
	for _, f := range files {
		if f.Path == path {
			return f.Data
		}
	}
	return nil
}
