package lsp

import (
	"context"
	"errors"
	"sync"

	"gatefold/engine"
)

// Try runs the rules of a folder, where they can do no harm, and gives what only that can find, as gatefold check does: rules
// that fail though nothing is unusual, and those that do not load or that end the process they run in. An error is that
// nothing could be tried.
type Try func(ctx context.Context, root string, files engine.Snapshot) ([]engine.Problem, error)

// trier tries rules beside the conversation, one folder at a time.
type trier struct {
	*backlog
	try   Try
	turns *turns
	learn func(job, []engine.Problem)
	lacks func(error) // is told once that nothing can be tried
	once  sync.Once
}

// run tries a state of a folder. The next change ends it.
func (t *trier) run(ctx context.Context, j job) {
	ctx, done := t.turns.during(ctx, j.root, j.turn)
	defer done()
	if ctx.Err() != nil {
		return
	}
	problems, err := t.try(ctx, j.root, j.files)
	var load *engine.LoadError
	switch {
	case ctx.Err() != nil: // it was not waited for
		return
	case errors.As(err, &load):
		problems = load.Problems
	case err != nil:
		t.once.Do(func() { t.lacks(err) })
		problems = nil
	}
	t.learn(j, problems)
}

// tried is what came of running the rules of a folder.
type tried struct {
	hash  string // of the files
	found []engine.Problem
	lines []string // that they were found in
}

// learn keeps what came of it.
func (c *checker) learn(j job, problems []engine.Problem) {
	t := tried{hash: j.files.Hash()}
	for _, p := range problems {
		if p.File == "" {
			p.File, p.Line = j.anyRule(), 0
		}
		line := ""
		if p.Line > 0 {
			line = j.text(p.File).numbered(p.Line)
		}
		t.found, t.lines = append(t.found, p), append(t.lines, line)
	}
	c.tried.Lock()
	c.tried.of[j.root] = t
	c.tried.Unlock()
}

func (c *checker) triedOf(root string) (tried, bool) {
	c.tried.Lock()
	defer c.tried.Unlock()
	t, ok := c.tried.of[root]
	return t, ok
}

func (c *checker) forget(root string) {
	c.tried.Lock()
	defer c.tried.Unlock()
	delete(c.tried.of, root)
}

// now is what may still be so of a folder that has changed since: of each line that stands there as it did, wherever it has
// moved, until the rules are tried again.
func (t tried) now(j job) (out []engine.Problem) {
	if t.hash == j.files.Hash() {
		return t.found
	}
	for i, p := range t.found {
		if p.Line == 0 {
			continue
		}
		line, ok := j.text(p.File).nearest(t.lines[i], p.Line)
		if !ok {
			continue
		}
		if p.EndLine > 0 {
			p.EndLine += line - p.Line
		}
		p.Line = line
		out = append(out, p)
	}
	return out
}

// anyRule is a rule file: what is wrong with no place in particular is shown there.
func (j job) anyRule() string {
	first := ""
	for _, f := range j.files {
		if _, open := j.open[f.Path]; open && engine.IsRule(f.Path) && (first == "" || f.Path < first) {
			first = f.Path
		}
	}
	return first
}
